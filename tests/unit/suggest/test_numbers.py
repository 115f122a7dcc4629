"""The form of numbers is proven over the whole column, or left to a person."""

from __future__ import annotations

import itertools
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest

from importer.sources import SourceOptions, open_source
from importer.suggest.account import AccountProfile, KnownField
from importer.suggest.mapping_writer import mapping_text
from importer.suggest.number_detection import NumberCounts, NumberProfile
from importer.suggest.proposal import propose
from importer.transforms.numbers import Numbers

LOCALES = {
    "en-US": (",", ".", "$"),
    "en-IN": ("in", ".", "₹"),
    "en-GB": (",", ".", "£"),
    "de-DE": (".", ",", "€"),
    "de-CH": ("'", ".", "CHF"),
    "fr-FR": ("\u202f", ",", "€"),
    "fr-CH": ("\u202f", ",", "CHF"),
    "es-ES": (".", ",", "€"),
    "es-MX": (",", ".", "$"),
    "pt-BR": (".", ",", "R$"),
    "it-IT": (".", ",", "€"),
    "nl-NL": (".", ",", "€"),
    "pl-PL": ("\u00a0", ",", "zł"),
    "id-ID": (".", ",", "Rp"),
    "sv-SE": ("\u00a0", ",", "kr"),
}
"""Separator of thousands, mark of decimals and currency by locale; `in` groups as India does."""

FILES = {
    "whole": ["7", "1234", "56789", "1234567"],
    "cents": ["0.50", "12.05", "1234.56", "-98765.40"],
    "thousandths": ["1.234", "12.345", "0.125", "4567.891"],
    "grouped only": ["1234", "2345", "999", "12000"],
}


def spell(number: Decimal, locale: str) -> str:
    """The number as programs of a locale write it."""
    thousands, decimal, _ = LOCALES[locale]
    sign, digits = ("-", f"{-number:f}") if number < 0 else ("", f"{number:f}")
    whole, point, fraction = digits.partition(".")
    grouped = f"{int(whole):,}"
    if thousands == "in" and len(whole) > 3:
        pairs = [whole[:-3][::-1][at : at + 2][::-1] for at in range(0, len(whole) - 3, 2)][::-1]
        grouped = ",".join([*pairs, whole[-3:]])
    elif thousands != "in":
        grouped = grouped.replace(",", thousands)
    return f"{sign}{grouped}{decimal if point else ''}{fraction}"


def profile(*chunks: list[str]) -> NumberProfile:
    counts = NumberCounts()
    for chunk in chunks:
        counts.add(pd.Series(chunk, dtype="str"))
    return counts.profile()


@pytest.mark.parametrize(("locale", "file"), list(itertools.product(LOCALES, FILES)))
def test_no_locale_is_misread(locale: str, file: str) -> None:
    """Each number is proposed as what it is, or a person is asked; without a stated form it is that or refused."""
    numbers = [Decimal(text) for text in FILES[file]]
    texts = pd.Series([spell(number, locale) for number in numbers], dtype="str")
    found = profile(texts.tolist())
    readings = [Numbers(form).read(texts).tolist() for form in found.forms]
    assert any([Decimal(text) for text in reading] == numbers for reading in readings)
    assert len(readings) == 1 or found.readings
    for number, read in zip(numbers, Numbers().read(texts).tolist(), strict=True):
        assert not isinstance(read, str) or Decimal(read) == number


@pytest.mark.parametrize("locale", LOCALES)
def test_amounts_lose_their_currency(locale: str) -> None:
    """One currency is left out, in front or behind."""
    currency = LOCALES[locale][2]
    texts = [f"{currency} {spell(Decimal('1234.5'), locale)}", f"{spell(Decimal(7), locale)} {currency}"]
    (form,) = profile(texts).forms
    assert [Decimal(text) for text in Numbers(form).read(pd.Series(texts, dtype="str"))] == [Decimal("1234.5"), 7]


def test_a_later_chunk_can_decide() -> None:
    """Both readings fit the first chunk; the second has a decimal."""
    assert len(profile(["1,200"] * 300).forms) == 2
    (form,) = profile(["1,200"] * 300, ["3.5"]).forms
    assert form.thousands == ","


def test_several_readings_are_shown_with_an_example() -> None:
    """The person sees what each form makes of a value."""
    found = profile(["500", "1,200"])
    assert found.describe_alternatives() == '"1,200" can be 1.200 or 1200.'
    assert profile(["12%"]).describe_alternatives() == '"12%" can be 0.12 or 12.'


@pytest.mark.parametrize(
    "texts",
    [["₹ 5", "$ 6"], ["12.05.2026", "13.05.2026"], ["n/a", "-"], ["98450 98450"], ["Room 5", "Room 6"]],
)
def test_other_columns_hold_no_numbers(texts: list[str]) -> None:
    """Amounts of several currencies, dates, words and phone numbers."""
    assert profile(texts) == NumberProfile()


def test_a_few_words_among_the_numbers_do_not_hide_their_form() -> None:
    """They are problems of their rows later."""
    found = profile([*["1.234,50"] * 40, "n/a"])
    assert (found.count, len(found.forms)) == (40, 1)
    assert len(profile([*["1.234,50"] * 4, "n/a"]).forms) == 0


def test_a_field_of_numbers_gets_its_form_or_a_question(tmp_path: Path) -> None:
    """A proven form is stated; of two readings the person uncomments one."""
    file = tmp_path / "leads.csv"
    file.write_text("E-mail;Fee;Revenue\na@example.com;1.234,50;1.200\nb@example.com;7;500\n", encoding="utf-8")
    fields = (
        KnownField("EmailAddress", "Email", "Email"),
        KnownField("mx_Fee", "Fee", "Number"),
        KnownField("mx_Revenue", "Revenue", "Number"),
    )
    facts = AccountProfile(lead_fields=fields)
    text = mapping_text(propose(open_source(file, SourceOptions()), facts, "create-lead"))
    assert 'mx_Fee: {column: Fee, type: number, thousands: "."}' in text
    assert '# mx_Revenue: {column: Revenue, type: number, decimal: "."}' in text
    assert '# mx_Revenue: {column: Revenue, type: number, thousands: "."}' in text
    assert '"1.200" can be 1.200 or 1200.' in text
