"""Formats of dates, as Python's strptime spells them, and proposals for Excel's formats."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer

from importer.config import InvalidValueError
from importer.core.text import format_names

DIRECTIVES = {
    "%d": "day of the month; beside the name of a month also 1st, 1er, 1º",
    "%m": "month as a number",
    "%b": "month, short name (Jan, Okt., févr.), in the same languages",
    "%B": "month, full name: English, German, French, Spanish, Portuguese, Italian, Dutch, Indonesian, Hindi",
    "%Y": "year with four digits",
    "%y": "year with two digits",
    "%a": "weekday, short name",
    "%A": "weekday, full name",
    "%H": "hour, 00 to 23",
    "%I": "hour, 01 to 12 (needs %p)",
    "%p": "AM or PM",
    "%M": "minute",
    "%S": "second",
    "%f": "fraction of a second",
    "%z": "offset from UTC, such as +0530 or Z",
    "%%": "a percent sign",
}
_DAY = ({"%d"}, {"%m", "%b", "%B"}, {"%Y", "%y"})
_TIME = {"%H", "%I", "%p", "%M", "%S", "%f", "%z"}
_MOMENT = datetime(2001, 2, 3, 16, 5, 6, tzinfo=UTC)
_DIRECTIVE = re.compile(r"%.?", re.DOTALL)
_EXCEL = re.compile(r"(?i)yyyy|yy|mmmm|mmm|mm|m|dddd|ddd|dd|d|hh|h|ss|s|am/pm|a/p")


def read_date_formats(given: Any) -> Any:
    """Return a list of valid formats from one or several. Raises :class:`InvalidValueError`."""
    if isinstance(given, str):
        return [validate_date_format(given)]
    if not isinstance(given, list | tuple) or not given:
        return given or None
    return [validate_date_format(form) if isinstance(form, str) else form for form in given]


DateFormats = Annotated[
    tuple[str, ...],
    BeforeValidator(read_date_formats),
    # One form is written as the text it was, so that the digest of a mapping stays the same.
    PlainSerializer(lambda forms: forms[0] if forms is not None and len(forms) == 1 else forms),
]
"""One form of dates, or several that occur in one column."""


def validate_date_format(form: str) -> str:
    """Return ``form`` when it is a format of a date, with or without a time. Raises :class:`InvalidValueError`."""
    if "%" not in form:
        meant = _from_excel(form)
        raise InvalidValueError(
            f'"{form}" is not a form of dates.',
            f"Did you mean {meant}?" if meant else "Expected something like %d/%m/%Y.",
        )
    directives = _DIRECTIVE.findall(form)
    unknown = [found for found in directives if found not in DIRECTIVES]
    if unknown:
        raise InvalidValueError(
            f'"{form}" has {format_names(unknown)}, which dates do not have.', f"Known: {format_names(DIRECTIVES)}."
        )
    twice = sorted({found for found in directives if found != "%%" and directives.count(found) > 1})
    if twice:
        raise InvalidValueError(f'"{form}" has {format_names(twice)} twice.', "Write each part once.")
    for choices, word in zip(_DAY, ("day", "month", "year"), strict=True):
        if len(choices & set(directives)) != 1:
            raise InvalidValueError(
                f'"{form}" must have the {word} exactly once.', f"Expected {' or '.join(sorted(choices))} in it."
            )
    _check_clock(form, set(directives))
    return form


def validate_day_format(form: str) -> str:
    """Return ``form`` when it writes a day, or a part of one such as %B %Y. Raises :class:`InvalidValueError`."""
    directives = _DIRECTIVE.findall(form)
    known = {"%%", "%a", "%A"}.union(*_DAY)
    unknown = [found for found in directives if found not in known]
    if unknown or not set(directives) - {"%%"}:
        raise InvalidValueError(f'"{form}" is not a form of days.', "Expected something like %Y-%m-%d or %B %Y.")
    return form


def _check_clock(form: str, directives: set[str]) -> None:
    if {"%H", "%I"} <= directives:
        raise InvalidValueError(f'"{form}" has the hour twice.', "Use %H for 00 to 23, or %I with %p.")
    if ("%I" in directives) != ("%p" in directives):
        raise InvalidValueError(f'"{form}" needs %I and %p together.', "Use %H for hours from 00 to 23, or %I with %p.")
    if directives & {"%M", "%S", "%f"} and not directives & {"%H", "%I"}:
        raise InvalidValueError(f'"{form}" has minutes without hours.', "Add %H.")
    try:
        datetime.strptime(_MOMENT.strftime(form), form)  # noqa: DTZ007 - only whether the form can be read
    except (ValueError, re.error):
        raise InvalidValueError(f'"{form}" is not a form of dates.', "Expected something like %d/%m/%Y.") from None


def has_time(form: str) -> bool:
    """Whether the format has a time of day."""
    return bool(set(_DIRECTIVE.findall(form)) & _TIME)


def _from_excel(form: str) -> str:
    """Translate an Excel format such as ``DD/MM/YYYY hh:mm`` to strptime's; empty when it is none."""
    seen_hour = False
    twelve = re.search(r"(?i)am/pm|a/p", form) is not None

    def translate(found: re.Match[str]) -> str:
        nonlocal seen_hour
        word = found.group().lower()
        if word in ("h", "hh"):
            seen_hour = True
            return "%I" if twelve else "%H"
        if word in ("m", "mm"):
            return "%M" if seen_hour else "%m"
        return _EXCEL_WORDS[word]

    meant = _EXCEL.sub(translate, form)
    try:
        return validate_date_format(meant) if meant != form else ""
    except InvalidValueError:
        return ""


_EXCEL_WORDS = {
    "yyyy": "%Y",
    "yy": "%y",
    "mmmm": "%B",
    "mmm": "%b",
    "dddd": "%A",
    "ddd": "%a",
    "dd": "%d",
    "d": "%d",
    "ss": "%S",
    "s": "%S",
    "am/pm": "%p",
    "a/p": "%p",
}
