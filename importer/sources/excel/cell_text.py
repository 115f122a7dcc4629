"""Excel's values as text, by rules that never depend on the machine's language.

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

Excel keeps 15 digits of a number, so longer ones (card numbers, long ids) were rounded before we see them; such columns
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


def text_of(value: Any) -> str:
    """One cell as text, by the table above."""
    written = _WRITTEN.get(type(value), str)
    return written(value)


def _number(value: float) -> str:
    if value.is_integer() and abs(value) < _EXACT:
        return str(int(value))
    # Beyond 2**53 the shortest text that gives the number back is as exact as the file.
    text = repr(value) if value.is_integer() else f"{value:.15g}"
    if "e" not in text:
        return text.removesuffix(".0")
    number = Decimal(text)
    return format(number, "f") if -20 <= number.adjusted() <= 20 else text


def _to_second(moment: datetime) -> datetime:
    return (moment + timedelta(microseconds=500_000)).replace(microsecond=0)


def _duration(length: timedelta) -> str:
    seconds = round(length.total_seconds())
    minutes, second = divmod(abs(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{'-' if seconds < 0 else ''}{hours}:{minute:02d}:{second:02d}"


def _moment(value: datetime) -> str:
    return _to_second(value).isoformat(sep=" ")


def _time(value: time) -> str:
    return _to_second(datetime.combine(date(1900, 1, 1), value)).strftime("%H:%M:%S")


_WRITTEN: dict[type, Callable[[Any], str]] = {
    str: str,
    bool: lambda value: "TRUE" if value else "FALSE",
    float: _number,
    int: str,
    datetime: _moment,
    date: str,
    time: _time,
    timedelta: _duration,
    type(None): lambda _: "",
}


def column_of(values: Sequence[Any]) -> pa.Array:
    """The cells of one column as an Arrow array of text."""
    types = set(map(type, values))
    if types == {str}:
        return pa.array(values, pa.large_string())
    if types <= {str, float}:
        return pa.array([value if type(value) is str else _number(value) for value in values], pa.large_string())
    return pa.array([text_of(value) for value in values], pa.large_string())


def opendocument_column(values: Sequence[Any]) -> pa.Array:
    """As :func:`column_of`, where times of 24 hours and more arrive in ISO form (``PT30H05M00S``)."""
    return column_of([_iso_duration(value) for value in values])


def _iso_duration(value: Any) -> Any:
    if isinstance(value, str) and value.startswith("PT") and (found := _ISO_DURATION.fullmatch(value)):
        return f"{int(found[1])}:{int(found[2]):02d}:{int(found[3]):02d}"
    return value
