"""What makes no difference in a value, by its kind, and what does."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.core.canonical import ComparisonType, canonical_form

TEXT, EMAIL, NUMBER, PHONE, MOMENT = ComparisonType


@pytest.mark.parametrize(
    ("kind", "spellings"),
    [
        (TEXT, ["Hi", "Hi ", " Hi", "\tHi", "Hi\u00a0", "\u200bHi\u200b", "\ufeffHi", "H\u00adi", "\u3000Hi\r\n"]),
        (TEXT, ["Asha Rao", "Asha  Rao", "Asha\u00a0Rao", "Asha\tRao", "Asha\u2009Rao"]),
        (TEXT, ["one\ntwo", "one\r\ntwo", "one\rtwo", "one \n two", "one\u2028two"]),
        (TEXT, ["Zoë", unicodedata.normalize("NFD", "Zoë")]),
        (
            TEXT,
            [
                "6B1F3E60-0000-4000-8000-00000000000A",
                "6b1f3e60-0000-4000-8000-00000000000a",
                "{6B1F3E60-0000-4000-8000-00000000000A}",
                "6b1f3e600000400080000000000000 0a".replace(" ", ""),
            ],
        ),
        (EMAIL, ["lead0061@example.com", "Lead0061@Example.COM", " lead0061@example.com "]),
        (NUMBER, ["5", "5.0", "5.", "+5", "05", "5e0", "0.5e1", " 5 "]),
        (NUMBER, ["0", "-0", "0.00", "0e5"]),
        (NUMBER, ["12.5", "12.50", "1.25e1"]),
        (PHONE, ["+91-9876501001", "+919876501001", "+91 98765 01001", "+91 (98765) 01001"]),
        (
            MOMENT,
            ["2026-11-03 04:30:00", "2026-11-03T04:30:00", "2026-11-03 04:30:00.000", "2026-11-03T10:00:00+05:30"],
        ),
    ],
)
def test_spellings_of_one_value_have_one_form(kind: ComparisonType, spellings: list[str]) -> None:
    assert len({canonical_form(spelling, kind) for spelling in spellings}) == 1


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (TEXT, ["007", "7", "7.0"]),
        (TEXT, ["1.10", "1.1"]),
        (TEXT, ["Asha", "asha"]),
        (TEXT, ["AB-12", "ab-12", "AB12"]),
        (TEXT, ["AshaRao", "Asha Rao"]),
        (TEXT, ["one\ntwo", "one two"]),
        (TEXT, ["", "-"]),
        (NUMBER, ["5", "-5", "50", "5,0", "0.5"]),
        (PHONE, ["+919876501001", "919876501001", "9876501001"]),
        (PHONE, ["+", "none", ""]),
        (EMAIL, ["a.b@example.com", "ab@example.com"]),
        (MOMENT, ["2026-11-03 04:30:00", "2026-11-03 04:30:01", "2026-11-03", "soon"]),
    ],
)
def test_different_values_have_different_forms(kind: ComparisonType, values: list[str]) -> None:
    assert len({canonical_form(value, kind) for value in values}) == len(values)


@given(st.text(), st.sampled_from(list(ComparisonType)))
def test_a_form_is_its_own_form(text: str, kind: ComparisonType) -> None:
    once = canonical_form(text, kind)
    assert canonical_form(once, kind) == once
