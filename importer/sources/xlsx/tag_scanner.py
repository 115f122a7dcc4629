"""The cells of plainly spelled rows of an .xlsx sheet, found by operations over all bytes of a piece at once.

Programs write nearly all sheets in the same plain spelling. Positions of tags are compared with what that spelling
allows; unless every byte is accounted for there is no answer, and the caller reads the piece in another way.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np

from importer.sources.xlsx.fast_path import SHARED_MARK, OddError, RegularCells, require
from importer.sources.xlsx.shared_strings import legal

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Places = NDArray[np.int64]

_MOST_DIGITS = 9
_MOST_LETTERS = 3


class Kind(IntEnum):
    """What is written in a cell, by its attribute ``t``."""

    NUMBER = 0
    SHARED = 1
    BOOLEAN = 2
    ERROR = 3
    DATE = 4
    TEXT = 5
    INLINE = 6


_ONE_LETTER = {"n": Kind.NUMBER, "s": Kind.SHARED, "b": Kind.BOOLEAN, "e": Kind.ERROR, "d": Kind.DATE}


@dataclass(frozen=True, slots=True)
class Cells:
    """The cells of a piece in their order. ``row`` is the place of the cell's row among ``numbers``; the content of a
    cell are the bytes of the piece from ``begin`` to ``end``. ``style`` is 0 where there is none, and ``formula`` says
    whether the content is the result of one."""

    numbers: Places
    row: Places
    column: Places
    style: Places
    kind: NDArray[np.int8]
    begin: Places
    end: Places
    formula: NDArray[np.bool_]


def plain_cells(piece: bytes) -> Cells | None:
    """The cells of whole rows, or ``None`` when these are not plainly spelled, numbered and in order."""
    # Looking a few bytes beyond the end is then harmless.
    text = np.concatenate([np.frombuffer(piece, np.uint8), np.zeros(32, np.uint8)])
    if not legal(piece):
        return None
    for way in (_regular_cells, _all_cells):
        with suppress(OddError):
            return way(text, len(piece))
    return None


def _regular_cells(text: NDArray[np.uint8], size: int) -> Cells:
    found = RegularCells(text, size)
    style, kind = np.zeros(len(found.row), np.int64), np.zeros(len(found.row), np.int8)
    left = found.close - found.attributes
    shared = left == len(SHARED_MARK)
    shared[shared] = found.shared(shared)
    kind[shared] = Kind.SHARED
    others = np.flatnonzero((left != 0) & ~shared)
    style[others], kind[others] = _attributes(text, found.attributes[others], found.close[others])
    formula = np.zeros(len(found.row), bool)
    cells = Cells(found.numbers, found.row, found.column, style, kind, found.begin, found.end, formula)
    return _in_order(cells)


def _all_cells(text: NDArray[np.uint8], size: int) -> Cells:
    return _in_order(_Piece(text, size).cells())


def _in_order(cells: Cells) -> Cells:
    order = cells.row * (1 << 16) + cells.column
    require((np.diff(order) > 0).all() and (np.diff(cells.numbers) > 0).all())
    return cells


def _code(tag: str) -> int:
    first, second = tag[:2].encode()
    return first << 8 | second


_CELL, _ROW, _CELL_END, _ROW_END = map(_code, ("c ", "row", "/c", "/row"))
_VALUE, _VALUE_END = map(_code, ("v>", "/v"))
_INSIDE, _INSIDE_END, _TEXT_END = map(_code, ("is", "/is", "/t"))
_TEXT, _TEXT_KEPT = map(_code, ("t>", "t "))
_FORMULA, _FORMULA_WITH, _FORMULA_ALONE, _FORMULA_END = map(_code, ("f>", "f ", "f/", "/f"))
_LENGTHS = {_CELL_END: 3, _ROW_END: 5, _VALUE: 2, _VALUE_END: 3, _INSIDE: 3, _INSIDE_END: 4, _TEXT_END: 3, _TEXT: 2,
            _FORMULA: 2, _FORMULA_END: 3, _FORMULA_ALONE: 3, _TEXT_KEPT: len('t xml:space="preserve">')}  # fmt: skip
_SPELLINGS = {_ROW_END: b"/row>", _INSIDE: b"is>", _INSIDE_END: b"/is>", _TEXT_KEPT: b't xml:space="preserve">'}


class _Piece:
    """One look at a piece: the tags in it, then their meaning."""

    def __init__(self, text: NDArray[np.uint8], size: int) -> None:
        self._text = text
        self._open, self._close = np.flatnonzero(text == ord("<")), np.flatnonzero(text == ord(">"))
        count = len(self._open)
        require(count and count == len(self._close))
        require(not self._open[0] and self._close[-1] == size - 1)
        require((self._open[1:] > self._close[:-1]).all() and (self._close - self._open > 1).all())
        self._codes = self._text[self._open + 1].astype(np.int64) << 8 | self._text[self._open + 2]
        self._counted = 0
        self._spelled()

    def _spelled(self) -> None:
        """Every tag but rows, cells and formulas has one spelling only."""
        lengths = self._close - self._open
        for code, length in _LENGTHS.items():
            found = np.flatnonzero(self._codes == code)
            require((lengths[found] == length).all())
            if code in _SPELLINGS:
                for place, byte in enumerate(_SPELLINGS[code], start=1):
                    require((self._text[self._open[found] + place] == byte).all())

    def cells(self) -> Cells:
        """All of them. Raises :class:`OddError` unless that accounts for every byte."""
        row_tags = np.flatnonzero(self._codes == _ROW)
        numbers = self._row_numbers(row_tags)
        tags = np.flatnonzero(self._codes == _CELL)
        row = np.searchsorted(row_tags, tags) - 1
        require(not len(tags) or row[0] >= 0)
        column, behind = self._references(tags, numbers[row])
        alone = self._text[self._close[tags] - 1] == ord("/")
        style, kind = _attributes(self._text, behind, self._close[tags] - alone)
        content, formula, told = self._contents(tags, alone, kind)
        begin, end = self._close[content] + 1, np.append(self._open, 0)[content + 1]
        begin[alone] = end[alone] = 0
        self._all_counted(np.concatenate([content[~alone], told]))
        return Cells(numbers, row, column, style, kind, begin, end, formula)

    def _row_numbers(self, tags: Places) -> Places:
        begin = self._open[tags]
        require(_is(self._text, begin, b'<row r="').all())
        numbers, behind = _number(self._text, begin + 8)
        require((self._text[behind] == ord('"')).all())
        closed = int((self._text[self._close[tags] - 1] == ord("/")).sum())
        # An open row has its end somewhere; a row inside a row would have its cells in disorder, or none.
        require(len(tags) - closed == int((self._codes == _ROW_END).sum()))
        self._counted += 2 * len(tags) - closed
        return numbers

    def _references(self, tags: Places, numbers: Places) -> tuple[Places, Places]:
        """The column of each cell from 0, and the position behind its reference, which must name its row."""
        begin = self._open[tags]
        for place, byte in enumerate(b'r="', start=3):
            require((self._text[begin + place] == byte).all())
        begin = begin + 6
        letters = np.zeros(len(tags), np.int64)
        column = np.zeros(len(tags), np.int64)
        for place in range(_MOST_LETTERS):
            letter = self._text[begin + place].astype(np.int64) - (ord("A") - 1)
            more = (letters == place) & (letter >= 1) & (letter <= 26)
            column[more] = column[more] * 26 + letter[more]
            letters += more
        require((letters > 0).all() and (column <= 16_384).all())
        number, behind = _number(self._text, begin + letters)
        require((number == numbers).all() and (self._text[behind] == ord('"')).all())
        return column - 1, behind + 1

    def _contents(
        self, tags: Places, alone: NDArray[np.bool_], kind: NDArray[np.int8]
    ) -> tuple[Places, NDArray[np.bool_], Places]:
        """For each cell the tag behind which its content stands and whether it has a formula; the tags behind which
        formulas stand."""
        codes = np.append(self._codes, np.zeros(8, np.int64))
        content = tags + 1
        first = codes[content]
        single = (first == _FORMULA_ALONE) | ((first == _FORMULA_WITH) & self._closed_alone(content))
        double = ~single & ((first == _FORMULA) | (first == _FORMULA_WITH))
        single, double = single & ~alone, double & ~alone
        require((codes[content[double] + 1] == _FORMULA_END).all())
        told = content[double]
        content = content + single + 2 * double
        inline = ~alone & (codes[content] == _INSIDE)
        value = ~alone & ~inline
        require((codes[content[value]] == _VALUE).all() and (codes[content[value] + 1] == _VALUE_END).all())
        require((codes[content[value] + 2] == _CELL_END).all())
        content = content + inline
        require(np.isin(codes[content[inline]], (_TEXT, _TEXT_KEPT)).all())
        for place, code in enumerate((_TEXT_END, _INSIDE_END, _CELL_END), start=1):
            require((codes[content[inline] + place] == code).all())
        require((kind[inline] == Kind.INLINE).all())
        self._counted += len(tags) + int(value.sum()) * 3 + int(inline.sum()) * 5
        self._counted += int(single.sum()) + 2 * int(double.sum())
        return np.where(alone, tags, content), single | double, told

    def _closed_alone(self, tags: Places) -> NDArray[np.bool_]:
        close = np.append(self._close, np.zeros(8, np.int64))
        alone: NDArray[np.bool_] = self._text[close[tags] - 1] == ord("/")
        return alone

    def _all_counted(self, texts: Places) -> None:
        """No tag was overlooked, and text stands only behind the tags ``texts``."""
        require(self._counted == len(self._open))
        gaps = self._open[1:] - self._close[:-1] - 1
        gaps[texts] = 0
        require(not gaps.any())


def _number(text: NDArray[np.uint8], begin: Places) -> tuple[Places, Places]:
    """The numbers whose digits begin at these positions, and the positions behind them. Leading zeros are odd."""
    value = np.zeros(len(begin), np.int64)
    length = np.zeros(len(begin), np.int64)
    for place in range(_MOST_DIGITS):
        digit = text[begin + place].astype(np.int64) - ord("0")
        more = (length == place) & (digit >= 0) & (digit <= 9)
        if not more.any():
            break
        value = np.where(more, value * 10 + digit, value)
        length += more
    require((length > 0).all())
    require(((text[begin] != ord("0")) | (length == 1)).all())
    return value, begin + length


def _attributes(text: NDArray[np.uint8], begin: Places, end: Places) -> tuple[Places, NDArray[np.int8]]:
    """Style and kind, where nothing but ``s`` and ``t`` stands between these positions."""
    style = np.zeros(len(begin), np.int64)
    styled = np.flatnonzero(_is(text, begin, b' s="'))
    if len(styled):
        style[styled], behind = _number(text, begin[styled] + 4)
        require((text[behind] == ord('"')).all())
        begin = begin.copy()
        begin[styled] = behind + 1
    kind = np.zeros(len(begin), np.int8)
    left = end - begin
    one = np.flatnonzero(left == 6)
    require(_is(text, begin[one], b' t="').all() and (text[begin[one] + 5] == ord('"')).all())
    known = np.full(256, -1, np.int8)
    known[[ord(letter) for letter in _ONE_LETTER]] = list(_ONE_LETTER.values())
    kind[one] = known[text[begin[one] + 4]]
    for spelling, meaning in ((b' t="str"', Kind.TEXT), (b' t="inlineStr"', Kind.INLINE)):
        found = np.flatnonzero(left == len(spelling))
        require(_is(text, begin[found], spelling).all())
        kind[found] = meaning
    require(np.isin(left, (0, 6, 8, 14)).all() and (kind >= 0).all())
    return style, kind


def _is(text: NDArray[np.uint8], begin: Places, spelling: bytes) -> NDArray[np.bool_]:
    same = np.ones(len(begin), bool)
    for place, byte in enumerate(spelling):
        same &= text[begin + place] == byte
    return same
