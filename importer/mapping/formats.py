"""Forms of dates, as Python's strptime spells them, and what people write instead."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from importer.mapping.suggestions import listed
from importer.mapping.unfit import UnfitError

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
_EXCEL = re.compile(r"(?i)yyyy|yy|mmmm|mmm|mm|m|dddd|ddd|dd|d|hh|h|ss|s|am/pm|a/p")


def checked_format(form: str) -> str:
    """``form`` when it is a form of a date, with or without a time. Raises :class:`UnfitError`."""
    if "%" not in form:
        meant = _from_excel(form)
        raise UnfitError(
            f'"{form}" is not a form of dates.',
            f"Did you mean {meant}?" if meant else "Expected something like %d/%m/%Y.",
        )
    directives = _directives(form)
    unknown = [found for found in directives if found not in DIRECTIVES]
    if unknown:
        raise UnfitError(f'"{form}" has {listed(unknown)}, which dates do not have.', f"Known: {listed(DIRECTIVES)}.")
    twice = sorted({found for found in directives if found != "%%" and directives.count(found) > 1})
    if twice:
        raise UnfitError(f'"{form}" has {listed(twice)} twice.', "Write each part once.")
    for choices, word in zip(_DAY, ("day", "month", "year"), strict=True):
        if len(choices & set(directives)) != 1:
            raise UnfitError(
                f'"{form}" must have the {word} exactly once.', f"Expected {' or '.join(sorted(choices))} in it."
            )
    _check_clock(form, set(directives))
    return form


def _directives(form: str) -> list[str]:
    return re.findall(r"%.?", form, re.DOTALL)


def _check_clock(form: str, directives: set[str]) -> None:
    if {"%H", "%I"} <= directives:
        raise UnfitError(f'"{form}" has the hour twice.', "Use %H for 00 to 23, or %I with %p.")
    if ("%I" in directives) != ("%p" in directives):
        raise UnfitError(f'"{form}" needs %I and %p together.', "Use %H for hours from 00 to 23, or %I with %p.")
    if directives & {"%M", "%S", "%f"} and not directives & {"%H", "%I"}:
        raise UnfitError(f'"{form}" has minutes without hours.', "Add %H.")
    try:
        datetime.strptime(_MOMENT.strftime(form), form)  # noqa: DTZ007 - only whether the form can be read
    except (ValueError, re.error):
        raise UnfitError(f'"{form}" is not a form of dates.', "Expected something like %d/%m/%Y.") from None


def has_time(form: str) -> bool:
    """Whether the form has a time of day."""
    return bool(set(_directives(form)) & _TIME)


def _from_excel(form: str) -> str:
    """The strptime form of an Excel form such as ``DD/MM/YYYY hh:mm``, or nothing when it is none."""
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
        return checked_format(meant) if meant != form else ""
    except UnfitError:
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
