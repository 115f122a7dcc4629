"""Activities of a mapping against an account: types, their fields, owners and keys."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.crm_schema.checks.activities import find_event_codes
from importer.crm_schema.checks.findings import IMPORT_KEY_LENGTH, REFRESH_HINT
from importer.crm_schema.model import ActivityType, FieldConstraint, FieldFacts, Owners
from importer.delivery.idempotency_keys import import_key
from importer.mapping.model import FieldRule
from tests.unit.crm_schema.builders import ACCOUNT, UNREAD, VISIT, WEBINAR, activities, problems, warnings

TYPES = 'It has: 201 "Webinar attended", 202 "Store visit", 203 "Call logged".'
MUST = "mx_Custom_1: Webinar"


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (
            "{value: 210}",
            "line 3 (activity.ActivityEvent.value): The account has no activity type with the code 210. "
            f'Did you mean 201 "Webinar attended"? {TYPES}',
        ),
        (
            "{value: Store visits}",
            "line 3 (activity.ActivityEvent.value): The account has no activity type with the code Store visits. "
            f'Did you mean 202 "Store visit"? {TYPES}',
        ),
    ],
)
def test_unknown_types_are_certain_to_fail(event: str, words: str) -> None:
    """The nearest by name is proposed: by what stands there, else by the name of the mapping's file."""
    assert problems(activities("", event)) == [words]


def test_several_types() -> None:
    """Names are compared; what a cell must be depends on its row."""
    both = activities("mx_Custom_1: A", "{column: T, lookup: {a: '201', b: '202'}}")
    assert (problems(both), warnings(both)) == ([], [])
    assert both.constraints == {}
    assert "because the activity type differs between rows" in both.unchecked[0]
    one = activities("mx_Custom_2: A", "{column: T, type: choice, options: ['201', '202']}")
    assert warnings(one) == [
        'line 4 (activity.mx_Custom_2): Activity type 202 "Store visit" has no field mx_Custom_2. '
        'Did you mean mx_Custom_1 ("Store")?'
    ]
    none = activities("mx_Custom_9:\n  fields: {A: B}", "{column: T, lookup: {a: '201'}, default: '202'}")
    assert [problem.split(":")[0] for problem in problems(none)] == ["line 4 (activity.mx_Custom_9)"]
    assert "the fields inside custom field sets" in none.unchecked
    lacking = activities("", "{column: T, lookup: {a: '201', b: '299'}}")
    assert (problems(lacking), len(lacking.warnings)) == ([], 1)
    wrong = activities("", "{column: T, lookup: {a: '298', b: '299'}}")
    assert len(wrong.problems) == 2
    unread = activities(MUST, "{column: T, lookup: {a: '201', b: '203'}}")
    assert unread.unchecked[0] == f"the fields of some activity types {REFRESH_HINT}"


def test_types_from_the_cells() -> None:
    """Every cell must name a type of the account."""
    findings = activities("mx_Custom_9: A", "{column: T}")
    events = (("201", "Webinar attended"), ("202", "Store visit"), ("203", "Call logged"))
    assert findings.constraints == {"activity.ActivityEvent": FieldConstraint("ActivityEvent", events=events)}
    assert "because its type comes from the cells" in findings.unchecked[0]
    assert problems(findings) == []


def test_types_of_leadsquared_itself_need_not_be_listed() -> None:
    """That they are missing proves nothing."""
    findings = activities("", "{value: 23}")
    assert (problems(findings), len(findings.warnings)) == ([], 1)


def test_fields_of_a_type() -> None:
    """They are compared as lead fields are."""
    findings = activities(f"{MUST}\nmx_Custom_3: {{value: X}}\nmx_Custom_4: Plan\nActivityNote: N")
    assert problems(findings) == [
        'line 5 (activity.mx_Custom_3.value): "X" is not an option of "Plan" (mx_Custom_3). It has: "G", "S".',
        'line 6 (activity.mx_Custom_4): Activity type 201 "Webinar attended" has no field mx_Custom_4. '
        'Did you mean mx_Custom_3 ("Plan")?',
    ]
    assert findings.constraints["activity.mx_Custom_1"] == FieldConstraint(
        '"Webinar" (mx_Custom_1)', max_length=20, required=True
    )


def test_mandatory_fields_of_a_type() -> None:
    """Fields of one's own are certain; what LeadSquared may fill is not."""
    findings = activities("ActivityNote: N")
    assert problems(findings) == [
        'line 2 (activity): "Webinar" (mx_Custom_1) is mandatory for activity type 201 "Webinar attended", and the '
        "mapping does not fill it. Add a line `mx_Custom_1: …` below `activity:`."
    ]
    assert len(findings.warnings) == 1
    assert activities(f"{MUST}\nStatus: S").warnings == ()


def test_import_key_of_activities() -> None:
    """The key's field must be there, and the key is as long as is said here."""
    assert len(import_key(b"install", "key", "")) == IMPORT_KEY_LENGTH
    assert problems(activities(MUST, more="import_key: mx_Custom_20\n")) == []
    assert problems(activities(MUST, more="import_key: ActivityNote\n")) == []
    assert problems(activities("ActivityNote: N", more="import_key: mx_Custom_1\n")) == []
    assert problems(activities(MUST, more="import_key: mx_Custom_21\n"))[0].startswith("line 5 (import_key)")


def test_owners() -> None:
    """E-mail addresses, whatever their case; an address that an active user has, too, is fine."""
    findings = activities(f"{MUST}\nActivityOwnerEmail: Owner")
    owners = Owners(frozenset({"ann@example.com"}), frozenset({"omar@example.com"}))
    assert findings.constraints["activity.ActivityOwnerEmail"] == FieldConstraint("ActivityOwnerEmail", owners=owners)
    assert problems(activities(f"{MUST}\nActivityOwnerEmail: {{value: an@example.com}}")) == [
        'line 5 (activity.ActivityOwnerEmail.value): "an@example.com" is no user of the account. '
        "Did you mean ann@example.com?"
    ]
    assert problems(activities(f"{MUST}\nActivityOwnerEmail: {{value: Ann@Example.com}}")) == []
    nobody = activities(f"{MUST}\nActivityOwnerEmail: Owner", account=replace(ACCOUNT, users=()))
    assert nobody.unchecked == (f"owners {REFRESH_HINT}",)


def test_what_could_not_be_compared() -> None:
    """Types that are not shown, fields that nobody asked for, a mapping without a type."""
    assert activities("", account=replace(ACCOUNT, activity_types=())).unchecked == (
        f"activity types and their fields {REFRESH_HINT}",
    )
    assert activities("", "{value: 203}").unchecked == (
        f'the fields of activity type 203 "Call logged" {REFRESH_HINT}',
    )
    assert find_event_codes(None).codes == ()


def test_types_without_names_and_many_types() -> None:
    """They are listed by their code, and not all of them."""
    many = tuple(ActivityType(str(code), "") for code in range(300, 320))
    (told,) = problems(activities("", account=replace(ACCOUNT, activity_types=many)))
    assert told.endswith("It has: 300, 301, 302, 303, 304, 305, 306, 307, 308, 309, 310, 311 and 8 more.")


@given(
    options=st.lists(st.sampled_from("abcdef"), min_size=1, unique=True),
    sent=st.lists(st.sampled_from("abcdef"), min_size=1, unique=True),
)
def test_a_table_stops_an_import_only_when_nothing_of_it_can_arrive(options: list[str], sent: list[str]) -> None:
    """Whatever the account has and the mapping sends."""
    kind = replace(VISIT, fields=(FieldFacts("mx_Custom_1", "P", "Dropdown", options=tuple(options)),))
    table = ", ".join(f"'{number}': {text}" for number, text in enumerate(sent))
    findings = activities(
        f"mx_Custom_1: {{column: C, lookup: {{{table}}}}}",
        "{value: 202}",
        replace(ACCOUNT, activity_types=(WEBINAR, kind, UNREAD)),
    )
    assert bool(findings.problems) == set(options).isdisjoint(sent)
    assert bool(findings.problems or findings.warnings) == (not set(sent) <= set(options))
    assert findings.constraints["activity.mx_Custom_1"].options == tuple(options)


def test_rules_name_types() -> None:
    """A constant, a table, options, or nothing that is known beforehand."""
    assert find_event_codes(FieldRule(value=" 201 ")).codes == ("201",)
    assert find_event_codes(FieldRule(column="A", lookup={"a": "201", "b": "202"}, default="201")).codes == (
        "201",
        "202",
    )
    assert not find_event_codes(FieldRule(template="{A}")).constant
