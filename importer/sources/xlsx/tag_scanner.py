"""Find the cells of a window of an .xlsx sheet by NumPy operations over all of its bytes at once.

Programs write nearly all sheets in the same plain spelling. The most regular windows are scanned by
:mod:`importer.sources.xlsx.fast_path`; others here, where every tag is compared with the spellings that are allowed.
Unless every byte is accounted for, the result is ``None``, and the caller uses the row parsers.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np

from importer.sources.xlsx.fast_path import SHARED_ATTRIBUTE, IrregularMarkupError, RegularCells, require
from importer.sources.xlsx.shared_strings import is_legal_xml

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Positions = NDArray[np.int64]

_MAX_DIGITS = 9
_MAX_LETTERS = 3


class CellType(IntEnum):
    """The type of a cell, by its attribute ``t``."""

    NUMBER = 0
    SHARED = 1
    BOOLEAN = 2
    ERROR = 3
    DATE = 4
    TEXT = 5
    INLINE = 6


_ONE_LETTER_TYPES = {
    "n": CellType.NUMBER,
    "s": CellType.SHARED,
    "b": CellType.BOOLEAN,
    "e": CellType.ERROR,
    "d": CellType.DATE,
}


@dataclass(frozen=True, slots=True)
class ScannedCells:
    """The cells of a window in their order, as arrays with one item per cell.

    ``numbers`` are those of the rows, and ``row`` is the index of the cell's row among them. ``column`` counts from 0,
    ``style`` is 0 where there is none. The content of a cell is the bytes of the window from ``begin`` to ``end``;
    ``formula`` tells whether a formula calculated it.
    """

    numbers: Positions
    row: Positions
    column: Positions
    style: Positions
    type: NDArray[np.int8]
    begin: Positions
    end: Positions
    formula: NDArray[np.bool_]


def scan_cells(window: bytes) -> ScannedCells | None:
    """Find the cells of a window; ``None`` unless its rows are plainly spelled, numbered and in order."""
    # With zeros behind it, reading a few bytes beyond the end of the window is harmless.
    text = np.concatenate([np.frombuffer(window, np.uint8), np.zeros(32, np.uint8)])
    if not is_legal_xml(window):
        return None
    for scan in (_scan_regular, _scan_tags):
        with suppress(IrregularMarkupError):
            return scan(text, len(window))
    return None


def _scan_regular(text: NDArray[np.uint8], size: int) -> ScannedCells:
    found = RegularCells(text, size)
    style, cell_type = np.zeros(len(found.row), np.int64), np.zeros(len(found.row), np.int8)
    # Most cells have no attribute, or that of a shared string alone; only the others are parsed.
    length = found.close - found.attributes
    shared = length == len(SHARED_ATTRIBUTE)
    shared[shared] = found.is_shared(shared)
    cell_type[shared] = CellType.SHARED
    others = np.flatnonzero((length != 0) & ~shared)
    style[others], cell_type[others] = _parse_attributes(text, found.attributes[others], found.close[others])
    formula = np.zeros(len(found.row), bool)
    return _require_order(
        ScannedCells(found.numbers, found.row, found.column, style, cell_type, found.begin, found.end, formula)
    )


def _scan_tags(text: NDArray[np.uint8], size: int) -> ScannedCells:
    return _require_order(_TagScan(text, size).read_cells())


def _require_order(cells: ScannedCells) -> ScannedCells:
    """Return the cells. Raises :class:`IrregularMarkupError` unless rows and columns ascend."""
    order = cells.row * (1 << 16) + cells.column
    require((np.diff(order) > 0).all() and (np.diff(cells.numbers) > 0).all())
    return cells


def _tag_code(tag: str) -> int:
    """Return the first two bytes of a tag as one number."""
    first, second = tag[:2].encode()
    return first << 8 | second


# Tags are recognised by the two bytes behind "<". Those below have one spelling each, of this length up to ">".
_CELL, _ROW, _CELL_END, _ROW_END = map(_tag_code, ("c ", "row", "/c", "/row"))
_VALUE, _VALUE_END = map(_tag_code, ("v>", "/v"))
_INLINE, _INLINE_END, _TEXT_END = map(_tag_code, ("is", "/is", "/t"))
_TEXT, _TEXT_PRESERVED = map(_tag_code, ("t>", "t "))
_FORMULA, _FORMULA_WITH_ATTRIBUTES, _FORMULA_EMPTY, _FORMULA_END = map(_tag_code, ("f>", "f ", "f/", "/f"))
_LENGTHS = {_CELL_END: 3, _ROW_END: 5, _VALUE: 2, _VALUE_END: 3, _INLINE: 3, _INLINE_END: 4, _TEXT_END: 3, _TEXT: 2,
            _FORMULA: 2, _FORMULA_END: 3, _FORMULA_EMPTY: 3,
            _TEXT_PRESERVED: len('t xml:space="preserve">')}  # fmt: skip
_SPELLINGS = {_ROW_END: b"/row>", _INLINE: b"is>", _INLINE_END: b"/is>", _TEXT_PRESERVED: b't xml:space="preserve">'}


class _TagScan:
    """One scan of a window: first the positions and codes of all tags, then their meaning."""

    def __init__(self, text: NDArray[np.uint8], size: int) -> None:
        self._text = text
        # First pass: "<" and ">" must alternate, from the first byte of the window to the last.
        self._open, self._close = np.flatnonzero(text == ord("<")), np.flatnonzero(text == ord(">"))
        count = len(self._open)
        require(count and count == len(self._close))
        require(not self._open[0] and self._close[-1] == size - 1)
        require((self._open[1:] > self._close[:-1]).all() and (self._close - self._open > 1).all())
        self._codes = self._text[self._open + 1].astype(np.int64) << 8 | self._text[self._open + 2]
        self._counted_tags = 0
        # Every tag but those of rows, cells and formulas has one spelling only.
        lengths = self._close - self._open
        for code, length in _LENGTHS.items():
            found = np.flatnonzero(self._codes == code)
            require((lengths[found] == length).all())
            if code in _SPELLINGS:
                require(_has_spelling(text, self._open[found] + 1, _SPELLINGS[code]).all())

    def read_cells(self) -> ScannedCells:
        """Return all cells. Raises :class:`IrregularMarkupError` unless they account for every byte."""
        row_tags = np.flatnonzero(self._codes == _ROW)
        numbers = self._read_row_numbers(row_tags)
        tags = np.flatnonzero(self._codes == _CELL)
        row = np.searchsorted(row_tags, tags) - 1
        require(not len(tags) or row[0] >= 0)
        column, behind = self._read_references(tags, numbers[row])
        is_empty = self._text[self._close[tags] - 1] == ord("/")
        style, cell_type = _parse_attributes(self._text, behind, self._close[tags] - is_empty)
        content, formula, formula_texts = self._find_contents(tags, is_empty, cell_type)
        begin, end = self._close[content] + 1, np.append(self._open, 0)[content + 1]
        begin[is_empty] = end[is_empty] = 0
        # No tag was overlooked, and text stands only in contents and formulas.
        require(self._counted_tags == len(self._open))
        gaps = self._open[1:] - self._close[:-1] - 1
        gaps[np.concatenate([content[~is_empty], formula_texts])] = 0
        require(not gaps.any())
        return ScannedCells(numbers, row, column, style, cell_type, begin, end, formula)

    def _read_row_numbers(self, tags: Positions) -> Positions:
        begin = self._open[tags]
        require(_has_spelling(self._text, begin, b'<row r="').all())
        numbers, behind = _parse_numbers(self._text, begin + 8)
        require((self._text[behind] == ord('"')).all())
        empty = int((self._text[self._close[tags] - 1] == ord("/")).sum())
        # An open row has its end somewhere; a row inside a row would have its cells in disorder, or none.
        require(len(tags) - empty == int((self._codes == _ROW_END).sum()))
        self._counted_tags += 2 * len(tags) - empty
        return numbers

    def _read_references(self, tags: Positions, numbers: Positions) -> tuple[Positions, Positions]:
        """Return the column of each cell from 0, and the position behind its reference, which must name its row."""
        begin = self._open[tags]
        require(_has_spelling(self._text, begin + 3, b'r="').all())
        begin = begin + 6
        letters = np.zeros(len(tags), np.int64)
        column = np.zeros(len(tags), np.int64)
        for place in range(_MAX_LETTERS):
            letter = self._text[begin + place].astype(np.int64) - (ord("A") - 1)
            goes_on = (letters == place) & (letter >= 1) & (letter <= 26)
            column[goes_on] = column[goes_on] * 26 + letter[goes_on]
            letters += goes_on
        require((letters > 0).all() and (column <= 16_384).all())
        number, behind = _parse_numbers(self._text, begin + letters)
        require((number == numbers).all() and (self._text[behind] == ord('"')).all())
        return column - 1, behind + 1

    def _find_contents(
        self, tags: Positions, is_empty: NDArray[np.bool_], cell_type: NDArray[np.int8]
    ) -> tuple[Positions, NDArray[np.bool_], Positions]:
        """Return for each cell the tag behind which its content stands and whether it has a formula, and the tags
        behind which the texts of formulas stand."""
        codes = np.append(self._codes, np.zeros(8, np.int64))
        close = np.append(self._close, np.zeros(8, np.int64))
        # Skip the formula: one tag that is empty, or a beginning and an end.
        content = tags + 1
        first = codes[content]
        ends_itself = self._text[close[content] - 1] == ord("/")
        single = (first == _FORMULA_EMPTY) | ((first == _FORMULA_WITH_ATTRIBUTES) & ends_itself)
        double = ~single & ((first == _FORMULA) | (first == _FORMULA_WITH_ATTRIBUTES))
        single, double = single & ~is_empty, double & ~is_empty
        require((codes[content[double] + 1] == _FORMULA_END).all())
        formula_texts = content[double]
        content = content + single + 2 * double
        # What follows is <v>…</v></c>, or <is><t>…</t></is></c> in a cell of the type inlineStr.
        inline = ~is_empty & (codes[content] == _INLINE)
        value = ~is_empty & ~inline
        require((codes[content[value]] == _VALUE).all() and (codes[content[value] + 1] == _VALUE_END).all())
        require((codes[content[value] + 2] == _CELL_END).all())
        content = content + inline
        require(np.isin(codes[content[inline]], (_TEXT, _TEXT_PRESERVED)).all())
        for place, code in enumerate((_TEXT_END, _INLINE_END, _CELL_END), start=1):
            require((codes[content[inline] + place] == code).all())
        require((cell_type[inline] == CellType.INLINE).all())
        self._counted_tags += len(tags) + int(value.sum()) * 3 + int(inline.sum()) * 5
        self._counted_tags += int(single.sum()) + 2 * int(double.sum())
        return np.where(is_empty, tags, content), single | double, formula_texts


def _parse_numbers(text: NDArray[np.uint8], begin: Positions) -> tuple[Positions, Positions]:
    """Parse the numbers whose digits begin at these positions; return them and the positions behind them.

    Leading zeros are irregular.
    """
    value = np.zeros(len(begin), np.int64)
    length = np.zeros(len(begin), np.int64)
    for place in range(_MAX_DIGITS):
        digit = text[begin + place].astype(np.int64) - ord("0")
        goes_on = (length == place) & (digit >= 0) & (digit <= 9)
        if not goes_on.any():
            break
        value = np.where(goes_on, value * 10 + digit, value)
        length += goes_on
    require((length > 0).all())
    require(((text[begin] != ord("0")) | (length == 1)).all())
    return value, begin + length


def _parse_attributes(text: NDArray[np.uint8], begin: Positions, end: Positions) -> tuple[Positions, NDArray[np.int8]]:
    """Parse style and type, where nothing but ``s`` and ``t``, in this order, may stand between these positions."""
    style = np.zeros(len(begin), np.int64)
    styled = np.flatnonzero(_has_spelling(text, begin, b' s="'))
    if len(styled):
        style[styled], behind = _parse_numbers(text, begin[styled] + 4)
        require((text[behind] == ord('"')).all())
        begin = begin.copy()
        begin[styled] = behind + 1
    # The length of the rest tells which spelling it must have: ` t="s"` and the like, ` t="str"` or ` t="inlineStr"`.
    cell_type = np.zeros(len(begin), np.int8)
    length = end - begin
    short = np.flatnonzero(length == 6)
    require(_has_spelling(text, begin[short], b' t="').all() and (text[begin[short] + 5] == ord('"')).all())
    known = np.full(256, -1, np.int8)
    known[[ord(letter) for letter in _ONE_LETTER_TYPES]] = list(_ONE_LETTER_TYPES.values())
    cell_type[short] = known[text[begin[short] + 4]]
    for spelling, meaning in ((b' t="str"', CellType.TEXT), (b' t="inlineStr"', CellType.INLINE)):
        found = np.flatnonzero(length == len(spelling))
        require(_has_spelling(text, begin[found], spelling).all())
        cell_type[found] = meaning
    require(np.isin(length, (0, 6, 8, 14)).all() and (cell_type >= 0).all())
    return style, cell_type


def _has_spelling(text: NDArray[np.uint8], begin: Positions, spelling: bytes) -> NDArray[np.bool_]:
    """Tell for each position whether these bytes stand there."""
    same = np.ones(len(begin), bool)
    for place, byte in enumerate(spelling):
        same &= text[begin + place] == byte
    return same
