"""When a job is due."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import islice

import pytest

from importer.config.yaml import InvalidValueError
from importer.jobs.config.cron import times_after, validate_cron


@pytest.mark.parametrize(
    "text", ["* * * * *", "*/15 8-18 * * mon-fri", "0 0 1,15 jan,jul *", "5/10 * * * 7", "0 0 29 2 *", "0 0 31 2 mon"]
)
def test_sound_times(text: str) -> None:
    """Stars, lists, ranges, steps and names; a leap day comes again, and a weekday beside a day counts by itself."""
    assert validate_cron(f"  {text} ") == text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("60 * * * *", "minute"),
        ("* 24 * * *", "hour"),
        ("* * 0 * *", "day"),
        ("* * * 13 *", "month"),
        ("* * * * 8", "weekday"),
        ("* * * * monday", "sun to sat"),
        ("5-1 * * * *", "ends before it begins"),
        ("*/0 * * * *", "step"),
        ("1,,2 * * * *", "minute"),
        ("0 0 30 2 *", "never comes"),
        ("@daily", "0 0 * * *"),
        ("0 30 2 * * *", "6 fields"),
        ("L * * * *", "minute"),
    ],
)
def test_unsound_times(text: str, words: str) -> None:
    """The field that is wrong is named."""
    with pytest.raises(InvalidValueError) as caught:
        validate_cron(text)
    assert words in f"{caught.value.message} {caught.value.remedy}"


@pytest.mark.slow
def test_the_clock_is_that_of_the_time_zone() -> None:
    """Half past two in Kolkata is nine in the evening before, in UTC; a clock change moves nothing in local time."""
    start = datetime(2026, 3, 28, 12, tzinfo=UTC)
    first = next(times_after("30 2 * * *", "Asia/Kolkata", start))
    assert first.astimezone(UTC) == datetime(2026, 3, 28, 21, tzinfo=UTC)
    berlin = [due.astimezone(UTC).hour for due in islice(times_after("0 8 * * *", "Europe/Berlin", start), 2)]
    assert berlin == [6, 6]


@pytest.mark.parametrize(
    ("cron", "start", "hours"),
    [
        ("30 2 * * *", datetime(2027, 10, 30, 22, tzinfo=UTC), ["31T00:30", "01T01:30"]),
        ("0 1-3 * * *", datetime(2027, 10, 30, 22, tzinfo=UTC), ["30T23:00", "31T00:00", "31T02:00"]),
        ("30 * * * *", datetime(2027, 10, 31, tzinfo=UTC), ["31T00:30", "31T01:30", "31T02:30"]),
        ("*/30 2 * * *", datetime(2027, 10, 31, tzinfo=UTC), ["31T00:30", "31T01:00", "31T01:30", "01T01:00"]),
        ("30 2 * * *", datetime(2027, 3, 27, 12, tzinfo=UTC), ["28T01:00", "29T00:30"]),
        ("30 * * * *", datetime(2027, 3, 28, 0, tzinfo=UTC), ["28T00:30", "28T01:30"]),
    ],
)
def test_a_clock_change_neither_doubles_nor_loses_a_time(cron: str, start: datetime, hours: list[str]) -> None:
    """As cron has it: once when the hour comes twice, right after a gap; every hour or minute goes by the real time."""
    due = islice(times_after(cron, "Europe/Berlin", start), len(hours))
    assert [f"{moment.astimezone(UTC):%dT%H:%M}" for moment in due] == hours
