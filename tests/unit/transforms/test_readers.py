"""E-mail addresses, ids, ranges and choices: what is read, and what is not taken for one."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from importer.transforms.choices import FLAGS, LookupTable
from importer.transforms.identifiers import read_emails, read_ids
from importer.transforms.numbers import within
from tests.support.sampled import examples
from tests.unit.transforms.builders import column, values

ID = "2c1e8f0a-6b1d-4c52-9e8e-0d3f5a7b9c11"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("meera@example.com", "meera@example.com"),
        ("\u00a0Meera@Example.com\u200b ", "Meera@Example.com"),
        ("o'brien+x@sub.x-y.co.in", "o'brien+x@sub.x-y.co.in"),
        ("ü@münchen.de", "ü@münchen.de"),
        ("x@пример.рф", "x@пример.рф"),
        ("x@xn--e1afmkfd.xn--p1ai", "x@xn--e1afmkfd.xn--p1ai"),
        ("meera@example", None),
        ("meera@@example.com", None),
        ("meera example@example.com", None),
        ("mailto:meera@example.com", None),
        ("Meera <meera@example.com>", None),
        ("a@b.com, c@d.com", None),
        ("a@b.com;c@d.com", None),
        ("meera@example.com.", None),
        ("me..era@example.com", None),
        (".meera@example.com", None),
        ("meera@-example.com", None),
        ("meera@example-.com", None),
        ("meera@192.168.0.1", None),
        ("meera＠example.com", None),
        ("@example.com", None),
        ("meera@\0example.com", None),
        ("x" * 64 + "@example.com", "x" * 64 + "@example.com"),
        ("x" * 65 + "@example.com", None),
        ("x@" + "a." * 130 + "com", None),
        ("", None),
    ],
)
def test_an_email_address_has_one_at_and_a_domain_with_a_dot(text: str, expected: str | None) -> None:
    """Addresses lose blanks and invisible characters, and nothing that only looks like one passes."""
    assert values(read_emails(column(text, "ascii@example.com"))) == [expected, "ascii@example.com"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (ID.upper(), ID),
        (f" {ID}\ufeff", ID),
        (f"{{{ID}}}", None),
        (ID.replace("-", ""), None),
        (ID[:-1], None),
        (ID + "0", None),
        (ID.replace("2c", "２c"), None),
        (f"{ID}\n{ID}", None),
    ],
)
def test_an_id_has_five_groups_of_hexadecimal_digits(text: str, expected: str | None) -> None:
    """Ids are written in small letters; braces and missing hyphens are refused."""
    assert values(read_ids(column(text))) == [expected]


NUMBERS = st.decimals(-1000, 1000, places=3) | st.sampled_from(
    [Decimal("100.0000000000000000001"), Decimal("99.99999999999999999"), Decimal(10) ** 30, Decimal(100)]
)


@pytest.mark.slow
@given(st.lists(NUMBERS, min_size=1, max_size=6), st.none() | NUMBERS, st.none() | NUMBERS)
@settings(deadline=None, max_examples=examples(100))
def test_ranges_are_exact(numbers: list[Decimal], low: Decimal | None, high: Decimal | None) -> None:
    """A number is compared exactly, even where a binary fraction would round it to the end of the range."""
    expected = [(low is None or low <= number) and (high is None or number <= high) for number in numbers]
    assert within(column(*[f"{number:f}" for number in numbers]), low, high).tolist() == expected


def test_a_missing_number_is_in_every_range() -> None:
    """An empty cell is not out of range."""
    assert within(column(None, "5"), Decimal(1), Decimal(4)).tolist() == [True, False]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("TRUE", "1"), ("Yes", "1"), (" y\u200b", "1"), ("1", "1"), ("false", "0"), ("NO", "0"), ("n", "0"), ("0", "0")]
    + [(text, None) for text in ("ja", "on", "1.0", "", "2", "yess")],
)
def test_yes_and_no_have_a_fixed_list_of_words(text: str, expected: str | None) -> None:
    """Only the listed words are read, in any case."""
    assert values(LookupTable(FLAGS).read(column(text))) == [expected]


def test_a_table_is_read_exactly_before_loosely() -> None:
    """Case and blanks only stop to matter where just one entry can be meant."""
    table = LookupTable({"Gold": "G", "gold": "g", "Silver ": "S", "É": "e"})
    texts = column("Gold", "gold", "GOLD", "silver", "Silver ", "e\u0301", "", None)
    assert values(table.read(texts)) == ["G", "g", None, "S", "S", "e", None, None]
    assert values(LookupTable({"YES": "1", "Yes": "1"}).read(column("yes"))) == ["1"]
