"""What the account demands of a cell, with the exact words."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from importer.crm_schema.model import CrmFieldKind, FieldConstraint, Owners
from importer.validation.interface import CheckedChunk
from tests.support.sampled import examples
from tests.unit.validation.builders import cells_of, messages_of, numbers, validator, wire

PLACE = 'row 2, column A "Cell": '
PLAN = FieldConstraint('"Plan" (mx_1)', options=("Gold", "Silver"))
OWNERS = FieldConstraint(
    '"Owner" (mx_1)', owners=Owners(frozenset({"ann@example.com"}), frozenset({"omar@example.com"}))
)


def check(demand: FieldConstraint, rule: dict[str, Any], *texts: str) -> CheckedChunk:
    """A file of one column "Cell", which fills the field `mx_1`, of which the account demands something."""
    made = validator({"mx_1": rule if "value" in rule else {"column": "Cell", **rule}}, ["Cell"])
    made.apply_constraints({"activity.mx_1": demand})
    return made.check(numbers(len(texts)), cells_of(["Cell"], [[text] for text in texts]))


CASES: list[tuple[FieldConstraint, dict[str, Any], str, str, str]] = [
    (
        PLAN,
        {},
        "Gol",
        "not-an-account-option",
        '"Gol" is not an option of "Plan" (mx_1). Did you mean "Gold"? '
        "Options: Gold, Silver. Correct the cell, translate it with `lookup:`, or add the option in LeadSquared.",
    ),
    (
        PLAN,
        {"lookup": {"Best": "Golden"}},
        "Best",
        "not-an-account-option",
        '"Golden" is not an option of "Plan" (mx_1). Did you mean "Gold"? '
        "Options: Gold, Silver. Correct the cell, translate it with `lookup:`, or add the option in LeadSquared.",
    ),
    (
        FieldConstraint('"Email" (mx_1)', kind=CrmFieldKind.EMAIL),
        {},
        "not an email",
        "not-of-account-type",
        '"not an email" does not fit "Email" (mx_1), a field of type e-mail in your account. '
        "Correct the cell, or add `type: email` and how its cells are written to the field in the mapping.",
    ),
    (
        FieldConstraint("mx_1", max_length=5),
        {},
        "Zürich",
        "too-long-for-account",
        "The text has 6 characters; mx_1 holds 5 in your account. "
        "Shorten the text, or make the field longer in LeadSquared.",
    ),
    (
        OWNERS,
        {},
        "an@example.com",
        "unknown-user",
        '"an@example.com" is no user of the account. Did you mean "ann@example.com"? '
        "Correct the cell. LeadSquared lists the users under Settings > Users and Permissions.",
    ),
    (
        OWNERS,
        {},
        "Omar@Example.com",
        "inactive-user",
        '"Omar@Example.com" is a user who is not active. Name an active user, or activate this one in LeadSquared.',
    ),
    (
        FieldConstraint("mx_1", events=(("201", "Webinar"), ("202", "Visit"))),
        {},
        "210",
        "unknown-activity-type",
        'The account has no activity type with the code 210. It has: 201 "Webinar", 202 "Visit".',
    ),
    (
        FieldConstraint("mx_1", required=True),
        {},
        "",
        "required",
        "The cell is empty, but activity.mx_1 is required. Fill in the cell.",
    ),
]


@pytest.mark.parametrize(("demand", "rule", "text", "code", "words"), CASES)
def test_each_demand_in_words(demand: FieldConstraint, rule: dict[str, Any], text: str, code: str, words: str) -> None:
    """One problem, with its code and its words."""
    checked = check(demand, rule, text)
    assert [problem.code for problem in checked.problems] == [code]
    assert messages_of(checked) == [PLACE + words]
    assert not checked.ok.any()


@pytest.mark.parametrize(
    ("demand", "rule", "text"),
    [
        (PLAN, {}, "Gold"),
        (PLAN, {}, ""),
        (PLAN, {"lookup": {"G": "Gold"}}, "G"),
        (PLAN, {"value": "Anything"}, "x"),
        (FieldConstraint("mx_1", max_length=5), {}, "Ürich"),
        (FieldConstraint("mx_1", max_length=5), {"type": "number"}, "12.50"),
        (OWNERS, {}, " ANN@example.com"),
        (OWNERS, {}, ""),
        (FieldConstraint("mx_1", events=(("201", "Webinar"),)), {}, "201 "),
        (FieldConstraint("mx_1", required=True), {"default": "none"}, ""),
        (FieldConstraint("mx_1"), {}, "anything"),
    ],
)
def test_what_the_account_takes_passes(demand: FieldConstraint, rule: dict[str, Any], text: str) -> None:
    """Nothing is said, and the text is sent; constants are judged with the mapping, not row by row."""
    assert messages_of(check(demand, rule, text)) == []


def test_one_cell_has_one_problem() -> None:
    """What the mapping refuses is not refused a second time."""
    short = FieldConstraint("mx_1", max_length=5)
    checked = check(short, {"max_length": "8"}, "12345", "123456", "123456789")
    assert [(problem.row, problem.code) for problem in checked.problems] == [
        (3, "too-long-for-account"),
        (4, "too-long"),
    ]
    assert [problem.code for problem in check(PLAN, {"type": "email"}, "Gol").problems] == ["not-an-email"]


@pytest.mark.slow
@settings(max_examples=examples(100))
@given(
    texts=st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=6), min_size=1, max_size=6)
)
def test_demands_only_take_rows_away(texts: list[str]) -> None:
    """They change no text, and a row that they pass would have passed without them."""
    free = check(FieldConstraint("mx_1"), {}, *texts)
    held = check(FieldConstraint("mx_1", options=("a", "b"), max_length=3), {}, *texts)
    assert wire(free) == wire(held)
    assert set(held.rows[held.ok]) <= set(free.rows[free.ok])
    allowed = [text is None or text in ("a", "b") for text in wire(free)]
    assert held.ok.tolist() == [a and b for a, b in zip(allowed, free.ok.tolist(), strict=True)]


@pytest.mark.parametrize(
    ("kind", "fitting", "others"),
    [
        (CrmFieldKind.EMAIL, ["a@example.com"], ["a@example", "a@example.com, b@example.com"]),
        (CrmFieldKind.PHONE, ["+91-9845098450", "98450 98450"], ["n/a", "9.19E+11"]),
        (CrmFieldKind.NUMBER, ["12.5", "-3"], ["1,200", "1.234", "+5", "ten"]),
        (CrmFieldKind.DATE, ["2026-02-28"], ["28/02/2026", "2026-02-30", "2026-02-28 10:00:00"]),
        (CrmFieldKind.DATETIME, ["2026-02-28", "2026-02-28 10:00:00"], ["28/02/2026 10:00", "2026-02-28 25:00:00"]),
        (CrmFieldKind.BOOLEAN, ["1", "True"], ["yes please", "2"]),
    ],
)
def test_without_a_type_a_text_must_be_what_the_account_takes(
    kind: CrmFieldKind, fitting: list[str], others: list[str]
) -> None:
    """It is sent as it stands, so it must have LeadSquared's form already; an empty cell is not sent."""
    constraint = FieldConstraint("mx_1", kind=kind)
    for text in (*fitting, ""):
        assert check(constraint, {}, text).problems == [], text
    for text in others:
        assert [problem.code for problem in check(constraint, {}, text).problems] == ["not-of-account-type"], text


def test_the_accounts_spelling_of_an_option_is_sent() -> None:
    """Blanks around or inside an option do not matter; two options that differ only by them stay apart."""
    stage = FieldConstraint("mx_1", options=("Interested ", "Not  now", "Open", "Open "))
    checked = check(stage, {}, "Interested", "Not now", "Open", " Not now ", "interested")
    assert wire(checked)[:4] == ["Interested ", "Not  now", "Open", "Not  now"]
    assert [problem.row for problem in checked.problems] == [6]
    assert wire(check(stage, {"lookup": {"i": "Interested"}, "default": "Not now"}, "i", "x")) == [
        "Interested ",
        "Not  now",
    ]
    assert wire(check(stage, {"value": "Interested"}, "x")) == ["Interested "]


def test_an_owner_is_sent_as_the_check_saw_it() -> None:
    """Without the blanks that a mapping may keep."""
    assert wire(check(OWNERS, {"marks": "keep"}, "ann@example.com ")) == ["ann@example.com"]
