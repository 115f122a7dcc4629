"""Find the cells of the most regular rows of an .xlsx sheet: values in ``<v>``, no formulas, no inline strings.

Excel and most programs write nearly all tables so: ``<row r="7" …><c r="A7" s="1" t="s"><v>12</v></c>…</row>``. Where
:mod:`importer.sources.xlsx.tag_scanner` checks every tag, this checks every cell, eight bytes at a time. It accepts
only spellings that it has compared byte by byte, and raises :class:`IrregularMarkupError` for any other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from importer.sources.xlsx.swar import byte_mask, parse_digits, to_word, words_from

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Positions = NDArray[np.int64]

SHARED_ATTRIBUTE = b' t="s"'
_ROW, _ROW_END = to_word(b'<row r="'), to_word(b"</row>")
_CELL, _VALUE, _ENDS = to_word(b'<c r="'), to_word(b"><v>"), to_word(b"</v></c>")
_A, _LETTERS = ord("A"), 26


class IrregularMarkupError(Exception):
    """The XML is not in the spelling that a scanner requires."""


def require(condition: object) -> None:
    """Raise :class:`IrregularMarkupError` unless the condition holds."""
    if not condition:
        raise IrregularMarkupError


class RegularCells:
    """The cells of a window, all but their types and styles, which the caller parses.

    ``numbers`` are those of the rows, ``row`` the index of each cell's row among them, ``column`` its column from 0.
    ``attributes`` and ``close`` are the positions between which type and style stand; ``begin`` and ``end`` those of
    the content, equal for a cell without one. Raises :class:`IrregularMarkupError`.
    """

    def __init__(self, text: NDArray[np.uint8], size: int) -> None:
        # There are 32 zeros behind the window, so reading a little beyond its end is harmless.
        self._text = text
        self._words = words_from(text)
        # First pass: the positions of all tags, and the letter behind each "<": c, r, v or /.
        self._open = np.flatnonzero(text == ord("<"))
        count = len(self._open)
        # Each tag recognised here holds one ">", so no other can stand anywhere.
        require(count and np.count_nonzero(text == ord(">")) == count)
        self._marks = text[self._open + 1]
        self._tags = np.flatnonzero(self._marks == ord("c"))
        rows = np.flatnonzero(self._marks == ord("r"))
        ends = np.append(rows[1:], count) - 1
        require(len(rows) and not rows[0] and not self._open[0] and len(self._tags))
        # Second pass: rows, then the references of cells, then their contents.
        self._read_rows(rows, ends, size)
        cells = np.diff(np.searchsorted(self._tags, np.append(rows, count)))
        self.row = np.repeat(np.arange(len(rows)), cells)
        self._read_references()
        self._read_contents()
        # A row has two tags, a cell one, and a filled cell three more. If that is all, nothing was overlooked.
        require(count == 2 * len(rows) + len(self._tags) + 3 * np.count_nonzero(self._is_filled))

    def is_shared(self, which: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Tell whether the attributes of these cells begin with those of a shared string without a style."""
        found = self._words[self.attributes[which]] & byte_mask(len(SHARED_ATTRIBUTE))
        same: NDArray[np.bool_] = found == to_word(SHARED_ATTRIBUTE)
        return same

    def _read_rows(self, rows: Positions, ends: Positions, size: int) -> None:
        """Check the tags of each row, and that rows follow each other without a gap; parse their numbers."""
        begin, end = self._open[rows], self._open[ends]
        require((self._words[begin] == _ROW).all() and (ends > rows).all())
        require(((self._words[end] & byte_mask(6)) == _ROW_END).all())
        # The row's tag must end right before the next tag, and not by itself ("/>").
        behind = self._open[rows + 1]
        require((self._text[behind - 1] == ord(">")).all() and (self._text[behind - 2] != ord("/")).all())
        require((end + 6 == np.append(begin[1:], size)).all())
        numbers = self._words[begin + 8]
        self._digits = np.argmax(numbers.view(np.uint8).reshape(-1, 8) == ord('"'), axis=1)
        self.numbers = parse_digits(numbers, self._digits)
        require((self.numbers >= 0).all() and (self._text[begin + 8] != ord("0")).all())
        # The digits with the closing quote, for comparison with the references of the row's cells.
        self._quoted_numbers = numbers & byte_mask(self._digits + 1)

    def _read_references(self) -> None:
        """Parse the letters of each cell's reference (``AB12``), whose digits must be the number of its row."""
        begin = self._open[self._tags]
        require(((self._words[begin] & byte_mask(6)) == _CELL).all())
        # As unsigned bytes, everything but a capital letter is 26 or more.
        first, second, third = (self._text[begin + place] - np.uint8(_A) for place in (6, 7, 8))
        require((first < _LETTERS).all())
        self.column = first.astype(np.int64)
        behind = begin + 7
        two_letters = np.flatnonzero(second < _LETTERS)
        if len(two_letters):
            self.column[two_letters] = (self.column[two_letters] + 1) * _LETTERS + second[two_letters]
            behind[two_letters] += 1
            three_letters = two_letters[third[two_letters] < _LETTERS]
            self.column[three_letters] = (self.column[three_letters] + 1) * _LETTERS + third[three_letters]
            behind[three_letters] += 1
            require(self.column.max() < 16_384)
        digits = self._words[behind] & byte_mask(self._digits + 1)[self.row]
        require((digits == self._quoted_numbers[self.row]).all())
        self.attributes = behind + self._digits[self.row] + 1

    def _read_contents(self) -> None:
        """Find where the attributes end, and the content: of ``…><v>content</v></c>``, or none of ``…/>``."""
        tags = self._tags
        following = self._open[tags + 1]
        self._is_filled = self._marks[tags + 1] == ord("v")
        filled = tags[self._is_filled]
        end = self._open[filled + 2]
        # "</v></c>" is one word, and right behind it stands the next cell or the end of the row.
        last = len(self._open) - 1
        require((self._words[end] == _ENDS).all() and (self._open[np.minimum(filled + 4, last)] == end + 8).all())
        self.close = following - 1
        require(((self._words[self.close[self._is_filled]] & byte_mask(4)) == _VALUE).all())
        empty = self.close[~self._is_filled]
        require((self._text[empty] == ord(">")).all() and (self._text[empty - 1] == ord("/")).all())
        self.close[~self._is_filled] -= 1
        self.begin, self.end = np.zeros(len(tags), np.int64), np.zeros(len(tags), np.int64)
        self.begin[self._is_filled], self.end[self._is_filled] = following[self._is_filled] + 3, end
