"""Decode the contents of .xlsx cells into text: numbers, dates, shared strings and the other types."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from importer.sources.excel.cell_text import UnreadableCellError, format_iso_date, format_number
from importer.sources.excel.number_formats import GENERAL, NumberFormat, NumberKind
from importer.sources.xlsx.shared_strings import SharedStrings, unescape

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

_NUMBER = re.compile(r"[+-]?(\d+(?:\.\d*)?|\.\d+)([eE][+-]?\d{1,4})?", re.ASCII)
_DECIMAL = re.compile(r"-?\d{1,15}\.\d{1,30}", re.ASCII).fullmatch
_CACHE_SIZE = 50_000


CellValue = str | int
"""A text, or the index of a shared string. Indexes are resolved column by column, which is many times faster."""


class CellDecoder:
    """Decodes the cells of one workbook, with its shared ``strings``, styles and date epoch."""

    def __init__(self, strings: SharedStrings, styles: Sequence[NumberFormat], *, from_1904: bool) -> None:
        self.strings = strings
        self._blank = strings.blank
        self._count = len(strings)
        self._styles = styles
        self._from_1904 = from_1904
        self._numbers: dict[tuple[str, str], str] = {}

    def decode(self, cell_type: str, content: str, style: str) -> CellValue:
        """Decode a cell by its attribute ``t`` (empty: a number). Raises :class:`UnreadableCellError`."""
        if cell_type == "s":
            return self.shared_string(content)
        if cell_type in ("str", "inlineStr"):
            return unescape(content)
        if cell_type == "b":
            return "TRUE" if content.strip() in ("1", "true") else "FALSE"
        if cell_type == "d":
            return format_iso_date(content.strip())
        return self.format_number(content.strip(), style)

    def shared_string(self, content: str | bytes) -> CellValue:
        """Return the index of a shared string; a blank one as its text, so that blank rows can be recognised."""
        # Cells of this type without a number are empty; some programs write them.
        digits = content.strip()
        if not digits:
            return ""
        index = int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else self._count
        if index >= self._count:
            raise UnreadableCellError("missing-text", "")
        return self.strings[index] if index in self._blank else index

    def format_number(self, content: str, style: str) -> str:
        """Format a number as its style does: a plain number, a date and time, or a duration.

        Raises :class:`UnreadableCellError`.
        """
        text = self._numbers.get((content, style))
        if text is None:
            text = self._format_number(content, self._find_format(style))
            if len(self._numbers) < _CACHE_SIZE:
                self._numbers[content, style] = text
        return text

    def format_numbers(self, contents: Sequence[str], style: str) -> list[str]:
        """Format several numbers of one style, each as :meth:`format_number` does."""
        if self._find_format(style).kind is not NumberKind.NUMBER:
            return [self.format_number(content.strip(), style) for content in contents]
        return [_format_decimal(content) or self.format_number(content.strip(), style) for content in contents]

    def _find_format(self, style: str) -> NumberFormat:
        """Return the number format of a style; cells without a style have style 0, and unknown ones none."""
        number = int(style) if style.isascii() and style.isdigit() and len(style) < 10 else 0
        return self._styles[number] if number < len(self._styles) else GENERAL

    def number_kinds(self, styles: NDArray[np.int64]) -> NDArray[np.int8]:
        """Return the kind of value of each style; cells without a style have style 0."""
        import numpy as np

        known = np.array([*(style.kind for style in self._styles), NumberKind.NUMBER], np.int8)
        return known[np.minimum(styles, len(known) - 1)]

    def resolve(self, cell: CellValue) -> str:
        """Return the text of a cell."""
        return self.strings[cell] if isinstance(cell, int) else cell

    def to_column(self, cells: Sequence[CellValue]) -> pa.Array:
        """Return the texts of a column as an Arrow array."""
        import pyarrow as pa

        types = set(map(type, cells))
        if types == {int}:
            return self.strings.take(cells)
        if int in types:
            return pa.array(list(map(self.resolve, cells)), pa.large_string())
        return pa.array(cells, pa.large_string())

    def _format_number(self, content: str, number_format: NumberFormat) -> str:
        if number_format.kind is NumberKind.NUMBER and content.isdigit() and len(content) < 16 and content[0] != "0":
            return content
        if not _NUMBER.fullmatch(content):
            return content
        number = float(content)
        try:
            return format_number(number, number_format.kind_of(number), from_1904=self._from_1904)
        except UnreadableCellError as error:
            # The number as the file spells it.
            raise UnreadableCellError(error.flaw.code, content) from None


def _format_decimal(content: str) -> str:
    """Format a fraction of usual size as :func:`format_cell` does; empty for other contents."""
    if not _DECIMAL(content):
        return ""
    text = f"{float(content):.15g}"
    return "" if "e" in text or text == "-0" else text
