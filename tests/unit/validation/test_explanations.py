"""What is said of single texts that are not of their type, and that the advice works."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.validation.builders import check_cells, wire

PHONE: dict[str, Any] = {"type": "phone", "country": "DE"}


@pytest.mark.parametrize(
    ("rule", "text", "words", "better_rule", "better_text"),
    [
        (PHONE, "030 123456 ext. 5", "It has an extension", {}, "030 123456"),
        (PHONE, "030 123456 / 030 123457", "It seems to be several numbers", {}, "030 123457"),
        (PHONE, "49507069464", "write it with a plus", {}, "+4949507069464"),
        ({"type": "phone", "country": None}, "0151 23456789", "add `country`", {"country": "DE"}, "0151 23456789"),
        ({"type": "phone", "country": None}, "0151 23456789", "with a plus", {}, "+49 151 23456789"),
        ({"type": "number"}, "1,200", '`thousands: ","` it is 1200', {"thousands": ","}, "1,200"),
        ({"type": "number"}, "(5)", "`negative: parentheses` it is -5", {"negative": "parentheses"}, "(5)"),
        ({"type": "number"}, "1.234", '`decimal: "."` it is 1.234', {"decimal": "."}, "1.234"),
    ],
)
def test_the_advice_of_a_problem_works(
    rule: dict[str, Any], text: str, words: str, better_rule: dict[str, Any], better_text: str
) -> None:
    """The message says what is wrong, and the cell is read once the advice is followed."""
    locale = {"locale": None}
    (problem,) = check_cells(rule, text, **locale).problems
    assert words in problem.message
    assert check_cells({**rule, **better_rule}, better_text, **locale).problems == []


def test_a_hopeless_column_gets_no_further_advice(monkeypatch: pytest.MonkeyPatch) -> None:
    """Explaining costs time, and after many texts nobody reads it."""
    monkeypatch.setattr("importer.validation.rules._MOST_TEXTS", 1)
    first, second, again = check_cells({"type": "number"}, "(5)", "(6)", "(5)").problems
    assert ["negative" in problem.message for problem in (first, second, again)] == [True, False, True]


def test_phone_format_is_what_leadsquared_gets() -> None:
    """For accounts that keep their numbers in another form."""
    rule = {"type": "phone", "country": "IN", "phone_format": "national"}
    assert wire(check_cells(rule, "+91 98450 98450")) == ["9845098450"]
