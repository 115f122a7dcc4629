"""Dates and times: one stated form, real days only, and UTC for LeadSquared."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from importer.transforms.columns import LastColumnCache
from importer.transforms.date_forms import FULL_DAYS, FULL_MONTHS, SHORT_DAYS, SHORT_MONTHS, example_of, shown_form
from importer.transforms.dates import Dates, DateTimes
from tests.support.sampled import examples
from tests.unit.transforms.builders import column, values


@pytest.mark.slow
@pytest.mark.parametrize(
    ("form", "text", "expected"),
    [
        ("%d/%m/%Y", "01/02/2026", "2026-02-01"),
        ("%m/%d/%Y", "01/02/2026", "2026-01-02"),
        ("%d/%m/%Y", "1/2/2026", "2026-02-01"),
        ("%d/%m/%Y", " 29/02/2024\u200b", "2024-02-29"),
        ("%d/%m/%Y", "29/02/2025", None),
        ("%d/%m/%Y", "31/02/2026", None),
        ("%d/%m/%Y", "00/00/0000", None),
        ("%d/%m/%Y", "13/13/2026", None),
        ("%d/%m/%Y", "01/02/26", None),
        ("%d/%m/%Y", "01-02-2026", None),
        ("%d/%m/%Y", "01/02/2026 00:00", None),
        ("%d/%m/%Y", "01/02/20260", None),
        ("%d/%m/%Y", "٠١/٠٢/٢٠٢٦", None),
        ("%d/%m/%Y", "45231", None),
        ("%d/%m/%Y", "today", None),
        ("%d/%m/%Y", "01/02/0026", None),
        ("%Y-%m-%d", "2026-02-28", "2026-02-28"),
        ("%Y%m%d", "20260228", "2026-02-28"),
        ("%Y%m%d", "2026228", None),
        ("%d%m%y", "010269", "1969-02-01"),
        ("%d.%m.%y", "01.02.68", "2068-02-01"),
        ("%d.%m.%y", "01.02.2068", None),
        ("%d-%b-%Y", "01-FEB-2026", "2026-02-01"),
        ("%d-%b-%Y", "01-Fxv-2026", None),
        ("%d-%b-%Y", "01-Fév-2026", "2026-02-01"),
        ("%d. %B %Y", "12. MÄRZ 2026", "2026-03-12"),
        ("%d. %B %Y", "1. Januar 2026", "2026-01-01"),
        ("%d %B %Y", "1er janvier 2026", "2026-01-01"),
        ("%A %d %B %Y", "jeudi 1ER janvier 2026", "2026-01-01"),
        ("%d de %B de %Y", "1º de enero de 2026", "2026-01-01"),
        ("%d de %B de %Y", "1.º de janeiro de 2026", "2026-01-01"),
        ("%d° %B %Y", "1° gennaio 2026", "2026-01-01"),
        ("%d %B %Y", "1° gennaio 2026", "2026-01-01"),
        ("%B %d, %Y", "March 3rd, 2026", "2026-03-03"),
        ("%d %b %Y", "22nd Feb 2026", "2026-02-22"),
        ("%d %B %Y", "31st April 2026", None),
        ("%d %B %Y", "1xx janvier 2026", None),
        ("%d/%m/%Y", "1st/10/2026", None),
        ("%d %B %Y", "5 जनवरी 2026", "2026-01-05"),
        ("%d %B %Y", "5 सितम्बर 2026", "2026-09-05"),
        ("%d %B %Y", "3 mars 2026", "2026-03-03"),
        ("%d %b %Y", "3 janv. 2026", "2026-01-03"),
        ("%d %b %Y", "3 juin 2026", "2026-06-03"),
        ("%d de %B de %Y", "7 de Setembro de 2026", "2026-09-07"),
        ("%A %d %B %Y", "giovedì 1 gennaio 2026", "2026-01-01"),
        ("%A %d %B %Y", "vendredi 1 janvier 2026", None),
        ("%d %B %Y", "30 februari 2026", None),
        ("%d %B %Y", "1  february\u00a02026", "2026-02-01"),
        ("%d %B %Y", "1 feb 2026", None),
        ("%a %d %b %Y", "Thu 01 Jan 2026", "2026-01-01"),
        ("%a %d %b %Y", "Fri 01 Jan 2026", None),
        ("%A, %d.%m.%Y", "thursday, 01.01.2026", "2026-01-01"),
        ("100%% %d.%m.%Y", "100% 01.01.2026", "2026-01-01"),
    ],
)
def test_a_day_is_read_in_its_form_only(form: str, text: str, expected: str | None) -> None:
    """A day is what the form says, or missing; the order of day and month is never guessed."""
    assert values(Dates(form).read(column(text))) == [expected]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("form", "zone", "text", "expected"),
    [
        ("%d/%m/%Y %H:%M", "Asia/Kolkata", "01/02/2026 10:00", "2026-02-01 04:30:00"),
        ("%d/%m/%Y %H:%M", "Asia/Kolkata", "01/01/2026 05:29", "2025-12-31 23:59:00"),
        ("%d/%m/%Y %H:%M", "Asia/Kolkata", "01/02/2026 24:00", None),
        ("%d/%m/%Y %H:%M", "Asia/Kolkata", "01/02/2026 10:60", None),
        ("%d/%m/%Y %H:%M:%S", "UTC", "31/12/2016 23:59:60", None),
        ("%d-%b-%Y %I:%M %p", "UTC", "01-Jan-2026 12:05 am", "2026-01-01 00:05:00"),
        ("%d-%b-%Y %I:%M %p", "UTC", "01-Jan-2026 12:05\u202fPM", "2026-01-01 12:05:00"),
        ("%d-%b-%Y %I:%M %p", "UTC", "01-Jan-2026 13:05 PM", None),
        ("%d-%b-%Y %I:%M %p", "UTC", "01-Jan-2026 0:05 PM", None),
        ("%Y-%m-%d %H:%M:%S.%f", "UTC", "2026-01-01 23:59:59.9999", "2026-01-02 00:00:00"),
        ("%Y-%m-%d %H:%M:%S.%f", "UTC", "2026-01-01 23:59:59.49", "2026-01-01 23:59:59"),
        ("%Y-%m-%dT%H:%M:%S%z", "", "2026-01-01T00:00:00+05:30", "2025-12-31 18:30:00"),
        ("%Y-%m-%dT%H:%M:%S%z", "", "2026-01-01T00:00:00-0800", "2026-01-01 08:00:00"),
        ("%Y-%m-%dT%H:%M:%S%z", "", "2026-01-01T00:00:00Z", "2026-01-01 00:00:00"),
        ("%Y-%m-%dT%H:%M:%S%z", "", "2026-01-01T00:00:00+0560", None),
        ("%Y-%m-%dT%H:%M:%S%z", "", "2026-01-01T00:00:00+15:00", None),
        ("%Y-%m-%dT%H:%M:%S%z", "Asia/Kolkata", "2026-01-01T00:00:00+01:00", "2025-12-31 23:00:00"),
        ("%d/%m/%Y %H:%M", "America/New_York", "31/12/9999 23:59", None),
        ("%d/%m/%Y %H:%M", "Asia/Kolkata", "31/12/9999 23:59", "9999-12-31 18:29:00"),
        ("%d/%m/%Y %H:%M", "Asia/Kolkata", "01/01/1000 00:00", None),
    ],
)
def test_a_moment_becomes_utc(form: str, zone: str, text: str, expected: str | None) -> None:
    """An offset in the text wins over the zone; what has another form, or does not exist, is missing."""
    moments = DateTimes([form], zone)
    assert values(moments.read(column(text))) == [expected]
    assert moments.formed(column(text)).tolist() == [expected is not None]


@pytest.mark.parametrize("text", ["29/03/2026 02:30", "25/10/2026 02:30"])
def test_a_local_time_that_happens_never_or_twice_is_told_from_a_malformed_one(text: str) -> None:
    """The clocks of Berlin skip an hour in March and repeat one in October."""
    moments = DateTimes(["%d/%m/%Y %H:%M"], "Europe/Berlin")
    assert values(moments.read(column(text))) == [None]
    assert moments.formed(column(text)).tolist() == [True]


def test_several_forms_are_tried_in_turn() -> None:
    """Without a form, times are read as workbooks give them: midnight is the day alone."""
    moments = DateTimes(["%Y-%m-%d %H:%M:%S", "%Y-%m-%d"], "Asia/Kolkata")
    texts = column("2026-01-01 05:30:00", "2026-01-02", "2026-01-01 05:30", None)
    assert values(moments.read(texts)) == ["2026-01-01 00:00:00", "2026-01-01 18:30:00", None, None]


@pytest.mark.slow
@given(st.dates(date(1000, 1, 1), date(9999, 12, 31)), st.sampled_from(["%d/%m/%Y", "%Y%m%d", "%d-%b-%Y", "%B %d, %Y"]))
@settings(deadline=None, max_examples=examples(100))
def test_every_day_can_be_read_back(day: date, form: str) -> None:
    """Whatever Python writes in a form is read as the same day."""
    assert values(Dates(form).read(column(day.strftime(form)))) == [day.isoformat()]


@pytest.mark.slow
@given(
    st.datetimes(datetime(1970, 1, 1), datetime(2037, 12, 31)),
    st.sampled_from(["Asia/Kolkata", "Europe/Berlin", "America/New_York", "UTC", "Australia/Lord_Howe"]),
)
@settings(deadline=None, max_examples=examples(100))
def test_moments_agree_with_pythons_own_zones(moment: datetime, zone: str) -> None:
    """A moment is Python's UTC where it happens once, and missing where it happens never or twice."""
    local = moment.replace(microsecond=0)
    both = [local.replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC) for fold in (0, 1)]
    expected = f"{both[0]:%Y-%m-%d %H:%M:%S}" if both[0] == both[1] else None
    text = local.isoformat(sep=" ")
    assert values(DateTimes(["%Y-%m-%d %H:%M:%S"], zone).read(column(text))) == [expected]


@pytest.mark.slow
@given(st.lists(st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1)), max_size=5), st.integers(-14, 14))
@settings(deadline=None, max_examples=examples(50))
def test_offsets_are_taken_away(moments: list[datetime], hours: int) -> None:
    """A time with an offset is that much earlier in UTC when it is east."""
    whole = [moment.replace(microsecond=0) for moment in moments]
    texts = column(*[f"{moment:%Y-%m-%d %H:%M:%S}{'-' if hours < 0 else '+'}{abs(hours):02d}:00" for moment in whole])
    expected = [f"{moment - timedelta(hours=hours):%Y-%m-%d %H:%M:%S}" for moment in whole]
    assert values(DateTimes(["%Y-%m-%d %H:%M:%S%z"], "").read(texts)) == expected


def test_forms_are_shown_as_spreadsheets_spell_them() -> None:
    """Messages speak of DD/MM/YYYY and show a date in just that form."""
    assert shown_form("%d/%m/%Y %H:%M") == "DD/MM/YYYY hh:mm"
    assert shown_form("%d-%b-%y %I:%M %p %%") == "DD-MMM-YY hh:mm AM/PM %"
    assert example_of("%d/%m/%Y %H:%M") == "31/12/2026 18:30"
    assert example_of("%Y-%m-%dT%H:%M:%S%z") == "2026-12-31T18:30:00+0530"


def test_a_column_is_not_read_twice_in_a_row() -> None:
    """Checks that look at one column one after another share the work; another column is read anew."""
    lengths: list[int] = []
    remembered = LastColumnCache(lambda texts: lengths.append(len(texts)) or len(texts))
    first, second = column("a"), column("b", "c")
    assert [remembered(first), remembered(first), remembered(second), remembered(first)] == [1, 1, 2, 1]
    assert lengths == [1, 2, 1]


@pytest.mark.parametrize("part", ["b", "B", "a", "A"])
def test_a_name_means_one_month_or_day(part: str) -> None:
    """Whatever the language; so nothing has to be guessed to read it. All are in lower case, and each is read."""
    groups = {"b": SHORT_MONTHS, "B": FULL_MONTHS, "a": SHORT_DAYS, "A": FULL_DAYS}[part]
    named = [name for alike in groups for name in alike]
    assert len(named) == len(set(named))
    assert named == [name.lower() for name in named]
    assert len(groups) == (12 if part in "bB" else 7)


def test_every_name_of_a_month_is_read() -> None:
    """Short ones with and without a dot, in any case of letters."""
    for form, groups in (("%d %B %Y", FULL_MONTHS), ("%d %b %Y", SHORT_MONTHS)):
        for month, alike in enumerate(groups, start=1):
            texts = [f"5 {written} 2026" for name in alike for written in (name, name.upper(), name.title())]
            texts += [f"5 {name}. 2026" for name in alike if form == "%d %b %Y"]
            assert values(Dates(form).read(column(*texts))) == [f"2026-{month:02}-05"] * len(texts)
