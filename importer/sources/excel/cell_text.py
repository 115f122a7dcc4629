"""Format the values of workbook cells as text, by rules that never depend on the machine's language.

==================  ==========================================================================
value               text
==================  ==========================================================================
text                as it is, outer spaces included
TRUE, FALSE         ``TRUE``, ``FALSE``
whole number        all its digits, no ``.0``: ``9876543210``
other number        the shortest text with 15 significant digits, as Excel counts: ``0.3``
date                ``2026-02-28``
date and time       ``2026-02-28 14:05:00``, rounded to the second; at midnight exactly, the date alone
time                ``14:05:00``
duration            ``30:05:00``: hours, minutes, seconds
empty cell          empty text
==================  ==========================================================================

Excel keeps 15 digits of a number, so longer ones (card numbers, long ids) are already rounded in the file; such columns
must be text in the workbook. How a cell is displayed (currency, percent, zeros in front) does not matter.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa

_EXACT = 2.0**53
_ISO_DURATION = re.compile(r"PT(\d{1,6})H(\d{1,2})M(\d{1,2})(?:[.,]\d{1,9})?S")


def format_cell(value: Any) -> str:
    """Format one cell as text, by the table above."""
    return _FORMATTERS.get(type(value), str)(value)


def _format_number(value: float) -> str:
    if value.is_integer() and abs(value) < _EXACT:
        return str(int(value))
    # Beyond 2**53 the shortest text that gives the number back is as exact as the file.
    text = repr(value) if value.is_integer() else f"{value:.15g}"
    if "e" not in text:
        return text.removesuffix(".0")
    number = Decimal(text)
    return format(number, "f") if -20 <= number.adjusted() <= 20 else text


def _round_to_second(moment: datetime) -> datetime:
    return (moment + timedelta(microseconds=500_000)).replace(microsecond=0)


def _format_duration(length: timedelta) -> str:
    seconds = round(length.total_seconds())
    minutes, second = divmod(abs(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{'-' if seconds < 0 else ''}{hours}:{minute:02d}:{second:02d}"


_FORMATTERS: dict[type, Callable[[Any], str]] = {
    str: str,
    bool: lambda value: "TRUE" if value else "FALSE",
    float: _format_number,
    int: str,
    datetime: lambda value: _round_to_second(value).isoformat(sep=" "),
    date: str,
    time: lambda value: _round_to_second(datetime.combine(date(1900, 1, 1), value)).strftime("%H:%M:%S"),
    timedelta: _format_duration,
    type(None): lambda _: "",
}


def format_column(values: Sequence[Any]) -> pa.Array:
    """Format the cells of one column as an Arrow array of text."""
    types = set(map(type, values))
    if types == {str}:
        return pa.array(values, pa.large_string())
    if types <= {str, float}:
        return pa.array([value if type(value) is str else _format_number(value) for value in values], pa.large_string())
    return pa.array([format_cell(value) for value in values], pa.large_string())


def format_opendocument_column(values: Sequence[Any]) -> pa.Array:
    """Format a column like :func:`format_column`; durations from 24 hours on are in ISO form (``PT30H05M00S``)."""
    formatted = []
    for value in values:
        found = _ISO_DURATION.fullmatch(value) if isinstance(value, str) and value.startswith("PT") else None
        formatted.append(f"{int(found[1])}:{int(found[2]):02d}:{int(found[3]):02d}" if found else value)
    return format_column(formatted)
