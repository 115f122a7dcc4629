"""Format the values of workbook cells as text, by rules that never depend on the machine's language.

==================  ==========================================================================
value               text
==================  ==========================================================================
text                as it is, outer spaces included
TRUE, FALSE         ``TRUE``, ``FALSE``
whole number        all its digits, no ``.0``: ``9876543210``
other number        the shortest text with 15 significant digits, as Excel counts: ``0.3``
date                ``2026-02-28``
date and time       ``2026-02-28 14:05:00``, rounded to the second; at midnight, the date alone
time                ``14:05:00``
duration            ``30:05:00``: hours, minutes, seconds
empty cell          empty text
==================  ==========================================================================

Excel keeps 15 digits of a number, so longer ones (card numbers, long ids) are already rounded in the file; such columns
must be text in the workbook. How a cell is displayed (currency, percent, zeros in front) does not matter.

A value that has no such text is a :class:`CellFlaw` of its cell; no value ends the reading of a file.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from math import isfinite
from typing import Any, NamedTuple

from importer.sources.excel.number_formats import NumberKind

MAX_DIGITS = 15
"""The number of digits that Excel keeps of a number."""

_EXACT = 2.0**53
_EPOCH = datetime.fromisoformat("1899-12-30")
# Days from 1899-12-30 to the end of the year 9999, and to the other epoch of Excel, 1904-01-01.
_MAX_DAYS = 2_958_466
_DAYS_TO_1904 = 1462
_ISO_DURATION = re.compile(
    r"(-?)P(?:(\d{1,9})D)?(?:T(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9})(?:[.,](\d{1,20}))?S)?)?", re.ASCII
)
# A date, with or without a time of whole seconds, as spreadsheet programs write nearly all of them.
_PLAIN_DATE = re.compile(r"(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d:\d\d))?", re.ASCII)


class CellFlaw(NamedTuple):
    """What is wrong with one cell: the code of its problem, and the text of the cell."""

    code: str
    text: str


class UnreadableCellError(ValueError):
    """A cell has no readable value; ``flaw`` is what becomes of it."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(code, text)
        self.flaw = CellFlaw(code, text)


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


def _format_datetime(moment: datetime) -> str:
    text = _round_to_second(moment).isoformat(sep=" ")
    return text.removesuffix(" 00:00:00")


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
    datetime: _format_datetime,
    date: str,
    time: lambda value: _round_to_second(datetime.combine(date(1900, 1, 1), value)).strftime("%H:%M:%S"),
    timedelta: _format_duration,
    type(None): lambda _: "",
}


def format_number(number: float, kind: NumberKind = NumberKind.NUMBER, *, from_1904: bool = False) -> str:
    """Format the number of a cell as its number format does. Raises :class:`UnreadableCellError`.

    Dates are days since 1899-12-30, or since 1904-01-01; below 1 they are times of day.
    """
    if not isfinite(number):
        raise UnreadableCellError("error-cell", "#NUM!")
    if kind is NumberKind.NUMBER:
        return _format_number(number)
    try:
        if kind is NumberKind.DURATION and abs(number) < _MAX_DAYS:
            return _format_duration(timedelta(days=number))
        if kind is NumberKind.DATETIME and number >= 0:
            return _format_days(number, _DAYS_TO_1904 if from_1904 else 0)
    except OverflowError:
        pass
    # Excel displays such a cell as "####".
    raise UnreadableCellError("impossible-date", _format_number(number))


def _format_days(number: float, shift: int) -> str:
    """Format a number of days as date and time. Raises :class:`OverflowError` behind the year 9999."""
    if number < 1:
        return format_cell((_EPOCH + timedelta(days=number)).time())
    days = number + shift
    if 60 <= days < 61:
        # Excel counts 29 February 1900, a day that did not exist; the row is reported when the text is parsed.
        return "1900-02-29"
    # Before that day Excel counts from one day later, 31 December 1899.
    return _format_datetime(_EPOCH + timedelta(days=days + (days < 60)))


def exceeds_precision(number: float) -> bool:
    """Tell whether a number has more than 15 digits before its decimal point, so that Excel has rounded it.

    From 10**20 on, only numbers with many digits other than zero do: the others were typed with an exponent.
    """
    if abs(number) < 10.0**MAX_DIGITS:
        return False
    return abs(number) < 1e20 or len(Decimal(repr(number)).normalize().as_tuple().digits) >= MAX_DIGITS


def format_iso_duration(content: str, *, as_time: bool) -> str:
    """Format an ISO duration as hours, minutes and seconds; any other text stays as it is.

    ``as_time`` gives those below 24 hours the form of a time of day. Raises :class:`UnreadableCellError` for one that
    is too long.
    """
    found = _ISO_DURATION.fullmatch(content)
    if found is None:
        return content
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups()[1:5])
    try:
        length = timedelta(days, seconds + float(f"0.{found[6] or 0}"), hours=hours, minutes=minutes)
        text = _format_duration(-length if found[1] else length)
    except OverflowError:
        raise UnreadableCellError("impossible-date", content) from None
    return f"0{text}" if as_time and text[1] == ":" else text


def format_iso_date(content: str) -> str:
    """Format an ISO date and time as all other dates; any other text stays as it is.

    An offset is dropped: a cell has no time zone, and spreadsheet programs show the clock as it stands there.

    Raises :class:`UnreadableCellError` for the last half second of the year 9999, which cannot be rounded.
    """
    try:
        moment = datetime.fromisoformat(content).replace(tzinfo=None)
    except ValueError:
        return content
    if plain := _PLAIN_DATE.fullmatch(content):
        return plain[1] if plain[2] in (None, "00:00:00") else f"{plain[1]} {plain[2]}"
    try:
        return _format_datetime(moment)
    except OverflowError:
        raise UnreadableCellError("impossible-date", content) from None
