"""Rules that look at a whole column at once say of every text what looking at it alone would say."""

from __future__ import annotations

import re

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.mapping.model import FieldRule, FieldType
from importer.transforms.identifiers import stray_letter
from importer.validation import rules
from importer.validation.rules import Rule, value_rules
from tests.unit.validation.builders import TODAY

LETTERS = st.text("ab@.1а\u0435é\n", max_size=6)  # two of them are Cyrillic


def verdicts(rule: Rule, texts: list[str | None]) -> list[bool]:
    column = pd.Series(texts, index=range(7, 7 + len(texts)), dtype="str")
    found = rule.passes(column)
    assert found.index.equals(column.index)
    return [bool(one) for one in found]


def rule_of(name: str, **options: object) -> Rule:
    made = value_rules(FieldRule.model_validate({"column": "A", **options}), lambda texts: texts, TODAY, "")
    return next(rule for rule in made if rule.name == name)


@pytest.mark.slow
@given(st.lists(st.one_of(st.none(), LETTERS, st.text("ab@", max_size=3)), max_size=8))
def test_alphabets_are_judged_text_by_text(texts: list[str | None]) -> None:
    rule = rule_of("one_alphabet", type=FieldType.EMAIL)
    assert verdicts(rule, texts) == [text is None or not stray_letter(text) for text in texts]


@pytest.mark.slow
@pytest.mark.parametrize("pattern", ["a+", r"\w*", "(?:a|b)?", r"[^@]+@[^@]+"])
@given(st.lists(st.one_of(st.none(), LETTERS), max_size=8))
def test_patterns_are_judged_text_by_text(pattern: str, texts: list[str | None]) -> None:
    rule = rule_of("pattern", pattern=pattern)
    assert verdicts(rule, texts) == [text is None or re.fullmatch(pattern, text) is not None for text in texts]


def test_plain_addresses_are_not_looked_at_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nearly every address is ASCII, and in those no alphabets can be mixed."""

    def looked(address: str) -> str:
        raise AssertionError(address)

    monkeypatch.setattr(rules, "stray_letter", looked)
    rule = rule_of("one_alphabet", type=FieldType.EMAIL)
    assert verdicts(rule, ["a@b.com", None, ""]) == [True, True, True]
