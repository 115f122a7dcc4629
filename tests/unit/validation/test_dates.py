"""Fields of dates: several forms, date cells of workbooks, offsets, ranges, and the century of short years."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.unit.validation.builders import check, check_cells, wire

DAY: dict[str, Any] = {"type": "date", "format": "%d/%m/%Y"}
MOMENT: dict[str, Any] = {"type": "datetime", "format": "%d/%m/%Y %H:%M", "timezone": "Europe/Berlin"}


@pytest.mark.parametrize(
    ("rule", "text", "expected"),
    [
        (DAY, "2026-02-28", "2026-02-28"),
        (DAY, "2026-02-28 14:05:00", "2026-02-28"),
        (MOMENT, "2026-02-28 14:05:00", "2026-02-28 13:05:00"),
        (MOMENT, "2026-02-28", "2026-02-27 23:00:00"),
        (MOMENT, "2026-02-28T14:05:00+05:30", "2026-02-28 08:35:00"),
        (MOMENT, "25/10/2026 02:30 +0200", "2026-10-25 00:30:00"),
        (MOMENT, "25/10/2026 02:30+01:00", "2026-10-25 01:30:00"),
        ({"type": "date"}, "2026-02-28 14:05:00", "2026-02-28"),
        ({"type": "date", "format": "%Y-%m-%dT%H:%M:%S%z"}, "1985-11-03T00:00:00+05:30", "1985-11-03"),
        ({"type": "date", "format": "%Y/%d/%m"}, "2026/03/02", "2026-02-03"),
        ({"type": "date", "format": ["%d/%m/%Y", "%d-%b-%y"]}, "28-Feb-26", "2026-02-28"),
        ({"type": "date", "format": ["%d/%m/%Y", "%m/%d/%Y"]}, "02/28/2026", "2026-02-28"),
        ({"type": "date", "format": ["%d/%m/%Y", "%m/%d/%Y"]}, "03/03/2026", "2026-03-03"),
        ({**MOMENT, "format": ["%d/%m/%Y %H:%M", "%d.%m.%Y"]}, "28.02.2026", "2026-02-27 23:00:00"),
        ({"type": "date", "format": "%d-%b-%y"}, "03-Nov-68", "2068-11-03"),
        ({"type": "date", "format": "%d-%b-%y", "pivot": "30"}, "03-Nov-31", "1931-11-03"),
        ({"type": "date", "format": "%d-%b-%y", "pivot": "30"}, "03-Nov-30", "2030-11-03"),
    ],
)
def test_a_date_is_read(rule: dict[str, Any], text: str, expected: str) -> None:
    """In a stated form, as workbooks give their date cells, or with its offset."""
    checked = check_cells(rule, text)
    assert checked.problems == []
    assert wire(checked) == [expected]


@pytest.mark.parametrize(
    ("rule", "text", "code"),
    [
        ({"type": "date", "format": ["%d/%m/%Y", "%m/%d/%Y"]}, "03/04/2026", "ambiguous-date"),
        ({"type": "date", "format": "%Y-%d-%m"}, "2026-02-28", "not-a-date"),
        (MOMENT, "25/10/2026 02:30", "time-not-in-zone"),
        ({"type": "datetime", "format": "%d/%m/%Y %H:%M %z"}, "28/02/2026 10:00", "not-a-datetime"),
        ({**DAY, "range": ["2020-01-01", "today"]}, "31/12/2019", "out-of-range"),
        ({**DAY, "range": ["2020-01-01", "today"]}, "02/12/2026", "out-of-range"),
        ({**MOMENT, "range": ["2026-02-28", None]}, "27/02/2026 23:59", "out-of-range"),
        ({**MOMENT, "range": [None, "2026-02-28"]}, "01/03/2026 00:00", "out-of-range"),
    ],
)
def test_a_date_is_a_problem(rule: dict[str, Any], text: str, code: str) -> None:
    """It can mean two days, has another form, or lies outside of its range."""
    assert [problem.code for problem in check_cells(rule, text, locale=None).problems] == [code]


def test_the_ends_of_a_range_of_days_are_inside() -> None:
    """For times, a day begins and ends in the time zone of the field."""
    days = {**DAY, "range": ["2020-01-01", "today"]}
    assert check_cells(days, "01/01/2020", "01/12/2026", today=date(2026, 12, 1)).problems == []
    moments = {**MOMENT, "range": ["2026-02-28", "2026-02-28"]}
    assert check_cells(moments, "28/02/2026 00:00", "28/02/2026 23:59", "").problems == []


@pytest.mark.parametrize(
    ("field", "heading"),
    [("mx_DOB", "Cell"), ("mx_1", "Date of birth"), ("mx_1", "Geburtsdatum"), ("mx_Birth_Date", "B")],
)
def test_a_birth_date_is_never_in_the_future(field: str, heading: str) -> None:
    """Short years behind this one are of the last century, and later days are problems."""
    rule = {"column": heading, "type": "date", "format": ["%d-%b-%y", "%d-%b-%Y"]}
    rows = [["03-Nov-68"], ["03-Nov-26"], ["03-Nov-2068"], ["31-Dec-26"]]
    checked = check({field: rule}, [heading], rows, today=date(2026, 12, 1))
    assert wire(checked, f"activity.{field}")[:2] == ["1968-11-03", "2026-11-03"]
    assert [(problem.row, problem.code) for problem in checked.problems] == [(4, "out-of-range"), (5, "out-of-range")]


def test_other_dates_may_lie_ahead() -> None:
    """A column whose name only resembles one of birth dates."""
    rule = {"column": "Doberman show", "type": "date", "format": "%d-%b-%y"}
    assert wire(check({"mx_1": rule}, ["Doberman show"], [["03-Nov-68"]])) == ["2068-11-03"]
