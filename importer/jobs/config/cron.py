"""Cron expressions of five fields: strict validation, and the times at which they are due."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from importer.config import InvalidValueError
from importer.core.text import format_count
from importer.jobs.engine.dbos_support import require_engine

_EXPECTED = "Write five fields: minute hour day month weekday, such as 30 2 * * * for half past two every night."
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_DAYS_IN_MONTH = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_SHORTCUTS = {"@hourly": "0 * * * *", "@daily": "0 0 * * *", "@weekly": "0 0 * * 0", "@monthly": "0 0 1 * *"}


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    low: int
    high: int
    words: tuple[str, ...] = ()


_FIELDS = (
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day", 1, 31),
    _Field("month", 1, 12, _MONTHS),
    _Field("weekday", 0, 7, _DAYS),
)


def validate_cron(text: str) -> str:
    """Return ``text`` when it is a cron expression: five fields of numbers, ``*``, lists, ranges and steps.

    Raises :class:`InvalidValueError` with the name of the field, also for a date that never comes.
    """
    if text.strip() in _SHORTCUTS:
        raise InvalidValueError(f'"{text}" is a word of some crons only.', f"Write {_SHORTCUTS[text.strip()]}")
    parts = text.split()
    if len(parts) != len(_FIELDS):
        raise InvalidValueError(f'"{text}" has {format_count(len(parts), "field")}, not five.', _EXPECTED)
    values = [
        set().union(*(_parse_item(item, field) for item in part.split(",")))
        for part, field in zip(parts, _FIELDS, strict=True)
    ]
    days, months = values[2], values[3]
    if parts[4] == "*" and not any(min(days) <= _DAYS_IN_MONTH[month - 1] for month in months):
        raise InvalidValueError(f'"{text}" is a date that never comes.', "No month named here has that day.")
    return " ".join(parts)


def _parse_item(item: str, field: _Field) -> set[int]:
    match = re.fullmatch(r"(\*|\w+(?:-\w+)?)(?:/([0-9]{1,2}))?", item)
    if match is None:
        raise InvalidValueError(f'The {field.name} "{item}" is not understood.', _EXPECTED)
    span, step = match.groups()
    if span == "*":
        low, high = field.low, field.high
    else:
        first, _, last = span.partition("-")
        low = _parse_number(first, field)
        high = _parse_number(last, field) if last else (field.high if step else low)
    if high < low:
        raise InvalidValueError(f'The {field.name} "{item}" ends before it begins.', f"Write {high}-{low}.")
    if step is not None and not 1 <= int(step) <= field.high:
        raise InvalidValueError(
            f'The step of the {field.name} "{item}" makes no sense.', f"Write 1 to {field.high} after /."
        )
    return set(range(low, high + 1, int(step or 1)))


def _parse_number(text: str, field: _Field) -> int:
    if text.lower() in field.words:
        return field.words.index(text.lower()) + field.low
    if not text.isdecimal() or not field.low <= int(text) <= field.high:
        named = f" or {field.words[0]} to {field.words[-1]}" if field.words else ""
        raise InvalidValueError(
            f'The {field.name} "{text}" is not from {field.low} to {field.high}.',
            f"Write a number from {field.low} to {field.high}{named}, or * for every one.",
        )
    return int(text)


def times_after(cron: str, time_zone: str, start: datetime) -> Iterator[datetime]:
    """Iterate over the times at which ``cron`` is due after ``start``, in ``time_zone``.

    When clocks change it is as cron has it: a time that is left out is due right after the change, and one that comes
    twice is due once, unless minute or hour begins with ``*``.

    Raises :class:`SettingsError` when the engine is not installed.
    """
    with require_engine():
        from croniter import croniter
    times = croniter(cron, start.astimezone(ZoneInfo(time_zone)))
    while True:
        due: datetime = times.get_next(datetime)
        if not comes_again(cron, time_zone, due):
            yield due


def comes_again(cron: str, time_zone: str, due: datetime) -> bool:
    """Return whether the local time of ``due`` came an hour before already, and ``cron`` means it only once."""
    minute, hour, *_ = cron.split()
    return due.astimezone(ZoneInfo(time_zone)).fold == 1 and "*" not in (minute[0], hour[0])
