"""Decode the contents of .xlsx cells into text: numbers, dates, shared strings and the other types."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from importer.sources.excel.cell_text import format_cell
from importer.sources.xlsx.package import NumberKind
from importer.sources.xlsx.shared_strings import SharedStrings, unescape

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

_NUMBER = re.compile(r"[+-]?(\d+(?:\.\d*)?|\.\d+)([eE][+-]?\d{1,4})?", re.ASCII)
_DECIMAL = re.compile(r"-?\d{1,15}\.\d{1,30}", re.ASCII).fullmatch
_EPOCH = datetime.fromisoformat("1899-12-30")
_MAX_DAYS = 2_958_466
_DAYS_TO_1904 = 1462
_CACHE_SIZE = 50_000


CellValue = str | int
"""A text, or the index of a shared string. Indexes are resolved column by column, which is many times faster."""


class UnknownStringError(ValueError):
    """A cell refers to a shared string that the workbook does not hold."""


class CellDecoder:
    """Decodes the cells of one workbook, with its shared ``strings``, styles and date epoch."""

    def __init__(self, strings: SharedStrings, styles: Sequence[NumberKind], *, from_1904: bool) -> None:
        self.strings = strings
        self._blank = strings.blank
        self._count = len(strings)
        self._styles = styles
        self._epoch_shift = _DAYS_TO_1904 if from_1904 else 0
        self._numbers: dict[tuple[str, str], str] = {}

    def decode(self, cell_type: str, content: str, style: str) -> CellValue:
        """Decode a cell by its attribute ``t`` (empty: a number). Raises :class:`UnknownStringError`."""
        if cell_type == "s":
            return self.shared_string(content)
        if cell_type in ("str", "inlineStr"):
            return unescape(content)
        if cell_type == "b":
            return "TRUE" if content.strip() in ("1", "true") else "FALSE"
        if cell_type == "d":
            return _format_iso_date(content.strip())
        return self.format_number(content.strip(), style)

    def shared_string(self, content: str | bytes) -> CellValue:
        """Return the index of a shared string; a blank one as its text, so that blank rows can be recognised."""
        index = int(content)
        if index >= self._count or index < 0:
            raise UnknownStringError(content)
        return self.strings[index] if index in self._blank else index

    def format_number(self, content: str, style: str) -> str:
        """Format a number as its style does: a plain number, a date and time, or a duration."""
        text = self._numbers.get((content, style))
        if text is None:
            number = int(style) if style else 0
            kind = self._styles[number] if number < len(self._styles) else NumberKind.NUMBER
            text = self._format_number(content, kind)
            if len(self._numbers) < _CACHE_SIZE:
                self._numbers[content, style] = text
        return text

    def format_numbers(self, contents: Sequence[str], style: str) -> list[str]:
        """Format several numbers of one style, each as :meth:`format_number` does."""
        number = int(style) if style else 0
        if number < len(self._styles) and self._styles[number] is not NumberKind.NUMBER:
            return [self.format_number(content.strip(), style) for content in contents]
        return [_format_decimal(content) or self.format_number(content.strip(), style) for content in contents]

    def number_kinds(self, styles: NDArray[np.int64]) -> NDArray[np.int8]:
        """Return the kind of value of each style; cells without a style have style 0."""
        import numpy as np

        known = np.array([*self._styles, NumberKind.NUMBER], np.int8)
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

    def _format_number(self, content: str, kind: NumberKind) -> str:
        if kind is NumberKind.NUMBER and content.isdigit() and len(content) < 16 and content[0] != "0":
            return content
        if not _NUMBER.fullmatch(content):
            return content
        number = float(content)
        if kind is NumberKind.DURATION and abs(number) < _MAX_DAYS:
            return format_cell(timedelta(days=number))
        if kind is NumberKind.DATETIME and 0 <= number < _MAX_DAYS:
            return self._format_datetime(number)
        return format_cell(number)

    def _format_datetime(self, number: float) -> str:
        """Format a number of days since the epoch; below 1 it is a time of day."""
        if number < 1:
            return format_cell((_EPOCH + timedelta(days=number)).time())
        days = number + self._epoch_shift
        if 60 <= days < 61:
            # Excel counts 29 February 1900, a day that did not exist; the row is reported when the text is parsed.
            return "1900-02-29"
        # Before that day Excel counts from one day later, 31 December 1899.
        moment = _EPOCH + timedelta(days=days + (days < 60))
        return format_cell(moment.date() if number.is_integer() else moment)


def _format_decimal(content: str) -> str:
    """Format a fraction of usual size as :func:`format_cell` does; empty for other contents."""
    if not _DECIMAL(content):
        return ""
    text = f"{float(content):.15g}"
    return "" if "e" in text or text == "-0" else text


def _format_iso_date(content: str) -> str:
    """Format the ISO date of a cell of the type ``d`` like all other dates."""
    try:
        moment = datetime.fromisoformat(content)
    except ValueError:
        return content
    if moment.tzinfo is not None:
        return content
    is_midnight = moment.time() == datetime.min.time()
    return format_cell(date(moment.year, moment.month, moment.day) if is_midnight else moment)
