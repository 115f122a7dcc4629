"""Dates: serial numbers and swapped parts are told; columns of one form are not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from tests.unit.data_quality.builders import codes, found, kinds

DAYS = [date(2026, 1, 1) + timedelta(days=number * 5) for number in range(60)]


def written(form: str, days: list[date] = DAYS) -> list[str]:
    return [f"{day:{form}}" for day in days]


def bare(day: date) -> str:
    """As an American Excel shows a date."""
    return f"{day.month}/{day.day}/{day.year}"


@pytest.mark.parametrize("form", ["%d/%m/%Y", "%Y-%m-%d", "%d.%m.%Y", "%d-%b-%Y", "%d/%m/%y", "%Y-%m-%d %H:%M:%S"])
def test_serial_numbers_among_dates(form: str) -> None:
    """One is enough in a column of dates, whatever their form; the day that it means is told."""
    (damage,) = found([*written(form), "45231", "45231.5"])
    assert (damage.kind, damage.rows, damage.first_rows, damage.example) == ("dates-as-numbers", 2, (62, 63), "45231")
    assert "45231 is 2023-11-01" in damage.what


@pytest.mark.parametrize(
    "texts",
    [
        codes(50, 5),
        ["2026-01-01", "45231", "45232", "45233"],
        ["2026-01-01"] * 5 + ["45231", "many", "few", "none"],
        ["2026-01-01"] * 5 + ["99999", "12345", "452310", "4523.5", "45231.x", "4523x.5"],
        ["45231.5", "25000.75", "30000.10"],
    ],
)
def test_numbers_that_are_no_dates(texts: list[str]) -> None:
    """Post codes, a column with few dates, other numbers, amounts."""
    assert "dates-as-numbers" not in kinds(texts)


def test_rows_that_fit_only_the_other_way() -> None:
    """Most rows have the day first, a part of them the month."""
    (damage,) = found([*written("%d/%m/%Y"), "12/31/2026", "01/25/2026", "2/28/2026 10:30"], "Joined")
    assert (damage.kind, damage.rows, damage.first_rows) == ("day-month-swapped", 3, (62, 63, 64))
    assert "the day stands first" in damage.what
    assert "with the day first" in damage.remedy
    (damage,) = found([*written("%m/%d/%y"), "31/12/26", "25/01/26", "28/02/26"])
    assert (damage.example, "the month stands first" in damage.what) == ("31/12/26", True)


@pytest.mark.parametrize(
    ("form", "low", "first"), [("%d/%m/%Y", lambda day: day.day, "day"), ("%m/%d/%Y", lambda day: day.day, "month")]
)
def test_texts_that_became_real_dates(form: str, low: Callable[[date], int], first: str) -> None:
    """A workbook: Excel made dates of what it could read the wrong way, and left the rest as text."""
    texts = [f"{date(day.year, day.day, day.month)}" if low(day) <= 12 else f"{day:{form}}" for day in DAYS]
    (damage,) = found(texts)
    assert damage.kind == "day-month-swapped"
    assert damage.rows == sum(low(day) <= 12 for day in DAYS)
    assert "real dates" in damage.what
    assert f"with the {first} first" in damage.remedy


def test_texts_that_lost_their_zeros() -> None:
    """A CSV: the same, after Excel wrote its dates as it shows them."""
    texts = [bare(date(day.year, day.day, day.month)) if day.day <= 12 else f"{day:%d/%m/%Y}" for day in DAYS]
    (damage,) = found(texts)
    assert (damage.kind, damage.rows) == ("day-month-swapped", sum(len(text) < 10 for text in texts))
    assert "lost the zero" in damage.what


_INNOCENT = [
    written("%d/%m/%Y"),
    written("%m/%d/%Y"),
    written("%Y-%m-%d"),
    written("%d.%m.%Y %H:%M"),
    [bare(day) for day in DAYS],
    [f"{day.day}/{day.month}/{day.year}" for day in DAYS],
    [*written("%d/%m/%Y"), "12/31/2026"],
    # Two honest forms side by side, with days above 12 in both.
    [*written("%d/%m/%Y"), *written("%Y-%m-%d")],
    [*written("%d/%m/%Y", [day for day in DAYS if day.day > 12]), *written("%Y-%m-%d")],
    [*written("%d/%m/%Y", [day for day in DAYS if day.day > 12]), *["2026-03-04"] * 4],
    [*written("%d/%m/%Y", [day for day in DAYS if day.day > 12][:4]), *["2026-03-04"] * 9],
    # Sort codes, versions, addresses, social security numbers, ranges and other things with marks between digits.
    [f"{20 + at % 9}-{at % 12 + 1:02}-{at % 30:02}" for at in range(60)],
    [f"{at % 28 + 1:02}-{at % 31 + 1:02}-{at % 50 + 10:02}" for at in range(60)],
    [f"{at % 30}.{at % 31}.{at % 7}" for at in range(60)],
    [f"10.{at % 250}.{at % 31}.{at}" for at in range(60)],
    [f"{100 + at}-{at % 90 + 10}-{1000 + at}" for at in range(60)],
    [f"{at % 28 + 1}/{at % 31 + 1}" for at in range(60)],
    [f"{at % 28 + 1}/{at % 31 + 1}/5678" for at in range(60)],
    ["31/12/2026", "12/31/2026"] * 5 + ["text"] * 40,
    ["3 rooms", "12 rooms", "2-Zimmer", "10 x 20 x 30"] * 10,
    ["1/", "12/", "12/1", "1/1/", "12/12/2", "12/12/20x6", "1/1/2026!"] * 5,
]


@pytest.mark.parametrize("texts", _INNOCENT)
def test_honest_dates_and_things_that_look_like_them(texts: list[str]) -> None:
    """Silence."""
    assert kinds(texts) == []
