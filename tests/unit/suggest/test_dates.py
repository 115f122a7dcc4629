"""The form of a date is proven over the whole column, or left to a person."""

from __future__ import annotations

import pandas as pd
import pytest

from importer.mapping.date_formats import validate_date_format
from importer.suggest.date_detection import DateCounts, DateProfile, find_date_forms
from importer.transforms.dates import DateTimes


def find(*chunks: list[str]) -> DateProfile:
    counts = DateCounts()
    for chunk in chunks:
        counts.add(pd.Series(chunk, dtype="str"))
    return counts.profile()


@pytest.mark.parametrize(
    ("text", "forms"),
    [
        ("14/02/2025 18:32", {"%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M"}),
        ("2025-02-10T10:47:00+0530", {"%Y-%m-%dT%H:%M:%S%z"}),
        ("2025-02-10T10:47:00.123Z", {"%Y-%m-%dT%H:%M:%S.%f%z"}),
        ("10-Feb-2025 10:47 AM", {"%d-%b-%Y %I:%M %p"}),
        ("Feb 3, 2025, 10:47:11 PM", {"%b %d, %Y, %I:%M:%S %p"}),
        ("14.02.25", {"%d.%m.%y", "%m.%d.%y", "%y.%m.%d"}),
        ("14-Feb-25", {"%d-%b-%y", "%y-%b-%d"}),
        ("Friday, 14 February 2025", {"%A, %d %B %Y"}),
        ("May 3 2025", {"%b %d %Y", "%B %d %Y"}),
        ("14.02.2025 18:32 Uhr", {"%d.%m.%Y %H:%M Uhr", "%m.%d.%Y %H:%M Uhr"}),
        ("20250214", {"%Y%m%d"}),
        ("9876543210", set()),
        ("+91 98450 98450", set()),
        ("10:30", set()),
        ("12.5", set()),
        ("14 février 2025", {"%d %B %Y"}),
        ("12. März 2026", {"%d. %B %Y", "%d. %b %Y"}),
        ("3 févr. 2026", {"%d %b. %Y", "%d %b %Y"}),
        ("7 de setembro de 2026", {"%d de %B de %Y"}),
        ("1er janvier 2026", {"%d %B %Y"}),
        ("1º de enero de 2026", {"%d de %B de %Y"}),
        ("March 3rd, 2026", {"%B %d, %Y"}),
        ("1st/10/2026", set()),
        ("14 brumaire 2025", set()),
        ("", set()),
    ],
)
def test_every_form_that_a_text_can_have(text: str, forms: set[str]) -> None:
    """Both orders are always among them, and each is one that a mapping accepts."""
    found = {form.text for form in find_date_forms(text)}
    assert found == forms
    assert all(validate_date_format(form) for form in found)


def test_one_value_anywhere_proves_the_order() -> None:
    """It may stand in the last chunk."""
    finding = find(["03/04/2025"] * 50, ["03/04/2025", "13/04/2025"])
    assert finding.proven is not None
    assert finding.proven.text == "%d/%m/%Y"
    assert not finding.proven.timed


@pytest.mark.parametrize(
    ("texts", "form"),
    [
        (["3 mars 2026", "14 juillet 2026", "2 août 2026"], "%d %B %Y"),
        (["3 mars 2026", "14 juil. 2026", "2 janv. 2026"], "%d %b %Y"),
        (["12. März 2026", "1. Oktober 2026", "24. Dezember 2026"], "%d. %B %Y"),
        (["12. Okt. 2026 10:30", "1. Mai 2026 09:00"], "%d. %b %Y %H:%M"),
        (["5 de marzo de 2026", "6 de enero de 2026"], "%d de %B de %Y"),
        (["5 maart 2026", "6 januari 2026"], "%d %B %Y"),
        (["5 gennaio 2026", "6 ottobre 2026"], "%d %B %Y"),
        (["5 aktubar 2026", "6 farvari 2026"], "%d %B %Y"),
        (["5 अक्टूबर 2026", "6 फ़रवरी 2026"], "%d %B %Y"),
        (["1er mars 2026", "14 juillet 2026"], "%d %B %Y"),
        (["2nd Feb 2026", "11th Mar 2026", "23rd Apr 2026"], "%d %b %Y"),
        (["lundi 5 janvier 2026", "mardi 6 janvier 2026"], "%A %d %B %Y"),
    ],
)
def test_months_in_other_languages_are_proven_and_read(texts: list[str], form: str) -> None:
    """The proposed form reads every value of the column."""
    finding = find(texts)
    assert finding.proven is not None
    assert finding.proven.text == form
    assert DateTimes([form], "UTC").formed(pd.Series(texts, dtype="str")).all()
    assert validate_date_format(form)


def test_both_orders_fit() -> None:
    """Nothing is guessed."""
    finding = find(["03/04/2025 10:00", "12/11/2025 11:00"])
    assert finding.ambiguous
    assert finding.proven is None
    assert {form.text for form in finding.forms} == {"%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M"}


def test_mixed_orders_prove_nothing() -> None:
    """Values that only fit one order each."""
    finding = find(["13/04/2025", "04/13/2025", "14/04/2025"])
    assert finding.is_date
    assert finding.forms == ()
    assert finding.unfit == 1


def test_a_date_that_there_is_not() -> None:
    """31 February fits no form; the others prove theirs. Too many of its kind prove nothing."""
    sound = ["13/04/2025", "03/04/2025"] * 20
    finding = find([*sound, "31/02/2025"])
    assert finding.proven is not None
    assert finding.unfit == 1
    assert find([*sound, *["31/02/2025"] * 10]).forms == ()


def test_a_weekday_decides() -> None:
    """5 June 2025 was a Thursday, 6 May a Tuesday."""
    finding = find(["Thu 05/06/2025"])
    assert finding.proven is not None
    assert finding.proven.text == "%a %d/%m/%Y"


def test_words_among_the_dates() -> None:
    """A cell without digits is no date, and does not make the others uncertain."""
    finding = find(["n/a", "13/04/2025", "14/04/2025", "15/04/2025"])
    assert finding.proven is not None
    assert finding.odd == 1


def test_dates_as_workbooks_give_them() -> None:
    """Midnight comes as the day alone, so the two forms are mixed."""
    finding = find(["2025-02-10", "2025-02-10 10:30:00"])
    assert finding.plain
    assert finding.timed


def test_what_is_no_date() -> None:
    """Names, prices and nothing."""
    for values in (["Asha", "Vikram"], ["12.50", "13"], []):
        assert not find(values).is_date
