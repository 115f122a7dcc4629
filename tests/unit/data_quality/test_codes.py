"""Digit codes: lost zeros, short forms and rounding are told; honest numbers are not."""

from __future__ import annotations

import random

import pytest

from tests.unit.data_quality.builders import bare, codes, found, kinds

LONG = [str(9_198_450_000_00 + number * 7) for number in range(40)]


def test_a_short_form_among_long_numbers() -> None:
    """One cell is enough, and its row is named."""
    (damage,) = found([*LONG, "9.19E+11"], "Phone", "Phone")
    assert (damage.kind, damage.rows, damage.first_rows, damage.example) == ("digits-lost", 1, (42,), "9.19E+11")
    assert damage.field == "Phone"
    assert "digits behind the first few are lost" in damage.what
    assert "Text" in damage.remedy


@pytest.mark.parametrize(
    "texts",
    [
        ["9.19E+11", "9.2E+11", "9.19845E+11", "1E+12"],
        [*(f"+{text}" for text in LONG), "9.19E+11"],
        [*LONG[:3], "9.19E+11", "9.2E+11"],
    ],
)
def test_short_forms_of_codes(texts: list[str]) -> None:
    """All of a column, numbers with a plus beside them, or a few of each."""
    assert kinds(texts) == ["digits-lost"]


@pytest.mark.parametrize(
    "texts",
    [
        ["1.5E+10", "2.3E+14", "1.1E+08", "0.5"],
        ["1.5E+10", "2.3E+14", "1.1E+09"],
        ["1.5E+10", "2.3E+10"],
        ["0.1", "0.25", "3.5", "12E10", "1.2E+10"],
        ["9.19e+11 people", "E+11", "xE+11", "-1.5E+11", "1E+05", *LONG],
        ["A-9.19E+11", "B1", "B2", "9.19E+11"],
    ],
)
def test_measurements_and_words_are_no_short_forms(texts: list[str]) -> None:
    """Powers of ten far apart, decimals, few cells, other texts."""
    assert kinds(texts) == []


def test_post_codes_without_their_zeros() -> None:
    """Not one code of many begins with a zero: Excel took them all."""
    (damage,) = found(bare(codes(300, 5)), "Zip Code", "mx_Zip")
    short = [index for index, text in enumerate(bare(codes(300, 5)), 2) if len(text) < 5]
    assert damage.kind == "leading-zeros-lost"
    assert (damage.rows, damage.first_rows) == (len(short), tuple(short[:5]))
    assert f'"{damage.example}" was "{damage.example.zfill(5)}"' in damage.what
    assert '=TEXT(A2,"00000")' in damage.remedy


@pytest.mark.parametrize("heading", ["PLZ", "ZIP", "mx_Zip", "Postal code", "Código postal", "Home_ZipCode"])
def test_headings_of_post_codes(heading: str) -> None:
    """In several languages and spellings."""
    assert kinds(bare(codes(300, 5)), heading) == ["leading-zeros-lost"]


def test_the_field_tells_what_a_column_is() -> None:
    """The heading alone would not."""
    assert kinds(bare(codes(300, 5)), "Code", "mx_Zip") == ["leading-zeros-lost"]
    assert kinds(bare(codes(300, 5)), "Code") == []


def test_zeros_lost_in_a_part_of_the_file() -> None:
    """Other rows still have their zeros, whatever the column is called."""
    whole = codes(200, 6)
    (damage,) = found([*whole, *bare(codes(200, 6, 8))], "Employee")
    assert damage.kind == "leading-zeros-lost"
    assert 'other rows have them ("0' in damage.what


def test_a_phone_that_lost_its_zero() -> None:
    """National numbers begin with a zero; the ones without are shorter by it."""
    phones = [f"0{text}" for text in codes(60, 10) if text[0] != "0"]
    assert kinds([*phones, "7911123456", "7911123457", "7911123458"], "Phone") == ["leading-zeros-lost"]


def _mixed_phones() -> list[str]:
    chance = random.Random(4)
    return [str(chance.randint(1, 9)) + codes(1, chance.choice((7, 8, 9, 9, 9, 10, 11)), at)[0] for at in range(400)]


@pytest.mark.parametrize(
    ("heading", "texts"),
    [
        ("Price", [str(random.Random(at).randint(1000, 99_999)) for at in range(500)]),
        ("Salary", [str(25_000 + 500 * at) if at % 9 else "9500" for at in range(200)]),
        ("Year", [str(1990 + at % 40) for at in range(200)]),
        ("ID", [str(at) for at in range(1, 20_000)]),
        ("Zip", [str(at) for at in range(1, 40)]),
        ("Phone", _mixed_phones()),
        ("Phone", [*codes(50, 10), *codes(50, 11), *codes(50, 12)]),
        # British and Indian mobile phones.
        ("Phone", [*(f"07{text}" for text in codes(60, 9)), *(f"98{text}" for text in codes(20, 8))]),
        # Times in millionths of seconds.
        ("Stamp", [str(1_700_000_000_000_000 + at * 7000) for at in range(100)]),
        # German post codes, some of them with zeros, and Austrian ones.
        ("PLZ", [*codes(200, 5), *(str(1010 + 10 * at) for at in range(40))]),
        # Indian post codes and American ones.
        ("PIN code", [*(str(560_001 + at) for at in range(200)), *(str(94_000 + at) for at in range(30))]),
        ("Zip", [*(str(90_000 + at) for at in range(30)), "2139", "2140", "2141"]),
        ("Quantity", ["0", "10", "1000", "1200", "1500", "0", "1800", "2000", "900"]),
        ("Code", ["A12", "0012", "0013", "0014", "0015", "12", "13", "14", "B7", "C9"]),
        ("EAN", [*codes(100, 13), *codes(30, 8), *codes(30, 12)]),
        ("Flag", ["0", "1"] * 50),
        ("Empty", [""] * 10),
        ("Very long", ["1" * 40, "2" * 39, "3" * 38] * 3),
        ("Share", ["0.12", "0.5", "1"] * 20),
    ],
)
def test_honest_numbers(heading: str, texts: list[str]) -> None:
    """Amounts, years, counters, phones of many countries, post codes of two."""
    assert kinds(texts, heading) == []


def test_long_numbers_that_were_rounded() -> None:
    """Card numbers of 16 digits whose last one is always zero; ids of 18 digits that end in three."""
    cards = [f"{text}0" for text in codes(30, 15, 3) if text[0] != "0"]
    (damage,) = found(cards, "Card")
    assert (damage.kind, damage.rows, damage.example) == ("digits-rounded", len(cards), cards[0])
    assert kinds([f"{text}000" for text in codes(30, 15, 3) if text[0] != "0"]) == ["digits-rounded"]
    assert kinds([*cards[:6], *[f"4{text}" for text in codes(5, 15)], "x", ""]) == ["digits-rounded"]


@pytest.mark.parametrize(
    "texts",
    [
        [f"4{text}" for text in codes(200, 15)],
        [f"{number}000000000000000" for number in range(100, 200)],
        ["4111111111111110"] * 20,
        [f"{text}0" for text in codes(4, 15, 3)],
        [f"00{text}0" for text in codes(60, 14, 3)],
        codes(100, 15),
    ],
)
def test_long_numbers_that_are_whole(texts: list[str]) -> None:
    """Random last digits, round sums, one value again and again, too few, zeros in front, 15 digits."""
    assert kinds(texts) == []
