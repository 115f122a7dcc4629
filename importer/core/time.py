"""Clocks, and times and durations as text. Times are UTC and timezone-aware; durations are seconds."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from importer.core.text import format_count


class Clock(Protocol):
    """Tells the time and waits."""

    def now(self) -> datetime:
        """The wall clock, in UTC. For reports only: it may jump."""
        ...

    def monotonic(self) -> float:
        """Seconds that never jump."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait; may return early when the program was asked to stop."""
        ...


class SystemClock:
    """The machine's clock. ``stop`` ends every sleep early."""

    def __init__(self, stop: threading.Event) -> None:
        self._stop = stop

    def now(self) -> datetime:
        """The wall clock, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds that never jump."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait for ``seconds``, or until the stop event is set."""
        self._stop.wait(seconds)


def format_iso(moment: datetime) -> str:
    """Format ``moment`` as the ledger and the reports store it: ISO 8601 in UTC, to the millisecond."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")


def start_of_day(moment: datetime) -> str:
    """Return the midnight (UTC) before ``moment``, formatted by :func:`format_iso`: daily quotas count from it."""
    return format_iso(moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0))


def parse_iso(text: str) -> datetime | None:
    """Parse an ISO 8601 time; ``None`` when the text is none."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def format_timestamp(iso: str, time_zone: str = "") -> str:
    """Format an ISO time in UTC for people: "2026-11-20 09:30:00 UTC", or "2026-11-20 15:00:00 (Asia/Kolkata)".

    What is no ISO time comes back unchanged.
    """
    moment = parse_iso(iso)
    if moment is None:
        return iso
    if not time_zone or time_zone == "UTC":
        return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
    return f"{moment.astimezone(ZoneInfo(time_zone)):%Y-%m-%d %H:%M:%S} ({time_zone})"


def format_minute(iso: str) -> str:
    """Format an ISO time to the minute, without its zone: "2026-11-20 09:30"; a day without a time stays one."""
    return iso[:16].replace("T", " ")


def format_duration(seconds: float) -> str:
    """Format seconds in two units ("3 min 12 s", "2 h 5 min"), rounded to seconds; less than nothing is "0 s"."""
    minutes, rest = divmod(max(0, round(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def format_elapsed(started: str, finished: str) -> str:
    """Format the time between two ISO texts ("3 min 12 s"), or "" when one of them is missing."""
    first, last = parse_iso(started), parse_iso(finished)
    if first is None or last is None or (first.tzinfo is None) != (last.tzinfo is None):
        return ""
    return format_duration((last - first).total_seconds())


def format_age(age: timedelta) -> str:
    """Format an age in its largest unit: "3 hours", "1 day", "less than a minute"."""
    for unit, seconds in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        number = int(age.total_seconds() // seconds)
        if number:
            return format_count(number, unit)
    return "less than a minute"
