"""The cells of the most regular rows of an .xlsx sheet: values in ``<v>``, no formulas, no texts of their own.

Excel and most programs write nearly all tables so. Where :mod:`importer.sources.xlsx.tag_scanner` looks at every
tag, this looks at every cell, eight bytes at a time; where something is spelled in another way there is no answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from importer.sources.xlsx.swar import digits_of, kept_bytes, word, words

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Places = NDArray[np.int64]
    Words = NDArray[np.uint64]

_ROW, _ROW_END = word(b'<row r="'), word(b"</row>")
SHARED_MARK = b' t="s"'
_CELL, _VALUE, _ENDS = word(b'<c r="'), word(b"><v>"), word(b"</v></c>")
_A, _LETTERS = ord("A"), 26


class OddError(Exception):
    """Something is not spelled so."""


def require(condition: object) -> None:
    """Raise :class:`OddError` unless the condition holds."""
    if not condition:
        raise OddError


class RegularCells:
    """The cells of a piece, of which only the type and style are still to be read.

    ``attributes`` and ``close`` are the positions between which these stand; ``begin`` and ``end`` those of the
    content, equal for a cell without one. Raises :class:`OddError`.
    """

    def __init__(self, text: NDArray[np.uint8], size: int) -> None:
        # There are 32 zeros behind the piece, so looking a little beyond its end is harmless.
        self._text = text
        self._words = words(text)
        self._open = np.flatnonzero(text == ord("<"))
        count = len(self._open)
        # Each tag recognised here holds one, so no other can stand anywhere.
        require(count and np.count_nonzero(text == ord(">")) == count)
        self._marks = text[self._open + 1]
        self._tags = np.flatnonzero(self._marks == ord("c"))
        rows = np.flatnonzero(self._marks == ord("r"))
        ends = np.append(rows[1:], count) - 1
        require(len(rows) and not rows[0] and not self._open[0] and len(self._tags))
        self._read_rows(rows, ends, size)
        cells = np.diff(np.searchsorted(self._tags, np.append(rows, count)))
        self.row = np.repeat(np.arange(len(rows)), cells)
        self._read_references()
        self._read_contents()
        require(count == 2 * len(rows) + len(self._tags) + 3 * np.count_nonzero(self.filled))

    def shared(self, which: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Whether the attributes of these cells begin with those of a shared text without a style."""
        found = self._words[self.attributes[which]] & kept_bytes(len(SHARED_MARK))
        alike: NDArray[np.bool_] = found == word(SHARED_MARK)
        return alike

    def _read_rows(self, rows: Places, ends: Places, size: int) -> None:
        begin, end = self._open[rows], self._open[ends]
        require((self._words[begin] == _ROW).all() and (ends > rows).all())
        require(((self._words[end] & kept_bytes(6)) == _ROW_END).all())
        behind = self._open[rows + 1]
        require((self._text[behind - 1] == ord(">")).all() and (self._text[behind - 2] != ord("/")).all())
        require((end + 6 == np.append(begin[1:], size)).all())
        numbers = self._words[begin + 8]
        self._digits = np.argmax(numbers.view(np.uint8).reshape(-1, 8) == ord('"'), axis=1)
        self.numbers = digits_of(numbers, self._digits)
        require((self.numbers >= 0).all() and (self._text[begin + 8] != ord("0")).all())
        self._named = numbers & kept_bytes(self._digits + 1)

    def _read_references(self) -> None:
        """The column of each cell from 0, and where its reference ends, which must name its row."""
        begin = self._open[self._tags]
        require(((self._words[begin] & kept_bytes(6)) == _CELL).all())
        first, second, third = (self._text[begin + place] - np.uint8(_A) for place in (6, 7, 8))
        require((first < _LETTERS).all())
        self.column = first.astype(np.int64)
        behind = begin + 7
        longer = np.flatnonzero(second < _LETTERS)
        if len(longer):
            self.column[longer] = (self.column[longer] + 1) * _LETTERS + second[longer]
            behind[longer] += 1
            longest = longer[third[longer] < _LETTERS]
            self.column[longest] = (self.column[longest] + 1) * _LETTERS + third[longest]
            behind[longest] += 1
            require(self.column.max() < 16_384)
        named = self._words[behind] & kept_bytes(self._digits + 1)[self.row]
        require((named == self._named[self.row]).all())
        self.attributes = behind + self._digits[self.row] + 1

    def _read_contents(self) -> None:
        tags = self._tags
        following = self._open[tags + 1]
        self.filled = self._marks[tags + 1] == ord("v")
        filled = tags[self.filled]
        end = self._open[filled + 2]
        # Both ends stand together, and right behind them the next cell or the end of the row.
        last = len(self._open) - 1
        require((self._words[end] == _ENDS).all() and (self._open[np.minimum(filled + 4, last)] == end + 8).all())
        self.close = following - 1
        require(((self._words[self.close[self.filled]] & kept_bytes(4)) == _VALUE).all())
        empty = self.close[~self.filled]
        require((self._text[empty] == ord(">")).all() and (self._text[empty - 1] == ord("/")).all())
        self.close[~self.filled] -= 1
        self.begin, self.end = np.zeros(len(tags), np.int64), np.zeros(len(tags), np.int64)
        self.begin[self.filled], self.end[self.filled] = following[self.filled] + 3, end
