"""Counts, lists, times and durations in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from importer.core.text import format_count, is_or_are, join_words, pluralize
from importer.core.time import (
    format_age,
    format_duration,
    format_elapsed,
    format_iso,
    format_minute,
    format_timestamp,
    start_of_day,
)


def test_counts_have_their_noun() -> None:
    assert [format_count(number) for number in (0, 1, 2, 1250)] == ["0 rows", "1 row", "2 rows", "1,250 rows"]
    assert [is_or_are(number) for number in (0, 1, 2)] == ["are", "is", "are"]
    assert (format_count(2, "try", "tries"), pluralize(1, "try", "tries"), pluralize(0, "job")) == (
        "2 tries",
        "try",
        "jobs",
    )


def test_lists_are_joined_as_in_a_sentence() -> None:
    assert [join_words(list(words)) for words in ("", "a", "ab", "abc")] == ["", "a", "a and b", "a, b and c"]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-3, "0 s"), (0.4, "0 s"), (59.6, "1 min 0 s"), (192, "3 min 12 s"), (3600, "1 h 0 min"), (90_061, "25 h 1 min")],
)
def test_durations(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text


def test_elapsed_time_is_known_when_both_ends_are() -> None:
    assert format_elapsed("2026-11-20T09:30:00+00:00", "2026-11-20T09:33:12+00:00") == "3 min 12 s"
    for finished in ("", "never", "2026-11-20T09:33:12"):
        assert format_elapsed("2026-11-20T09:30:00+00:00", finished) == ""


@pytest.mark.parametrize(
    ("age", "text"),
    [
        (timedelta(seconds=59), "less than a minute"),
        (timedelta(minutes=1), "1 minute"),
        (timedelta(hours=3, minutes=59), "3 hours"),
        (timedelta(days=2, hours=1), "2 days"),
        (timedelta(days=1250), "1,250 days"),
    ],
)
def test_ages_have_one_unit(age: timedelta, text: str) -> None:
    assert format_age(age) == text


def test_timestamps() -> None:
    moment = datetime(2026, 11, 20, 9, 30, 1, 234567, tzinfo=UTC)
    assert format_iso(moment) == "2026-11-20T09:30:01.234+00:00"
    assert start_of_day(moment) == "2026-11-20T00:00:00.000+00:00"
    assert format_timestamp(format_iso(moment)) == "2026-11-20 09:30:01 UTC"
    assert format_timestamp("soon") == "soon"
    assert [format_minute(iso) for iso in (format_iso(moment), "2026-11-20", "")] == [
        "2026-11-20 09:30",
        "2026-11-20",
        "",
    ]
