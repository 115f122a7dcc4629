"""Bodies are the same whichever way they are made: quickly for plain fields, step by step with custom field sets."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from importer.core.model import CallClass, Record, Request
from importer.leadsquared.client import body_bytes
from importer.targets.bodies import activity, encode_activities, group_field_sets, lead_pairs

TOP = ("RelatedProspectId", "ActivityEvent", "ActivityNote")
NAMES = st.sampled_from([*TOP, "City", "mx_A", "mx_B", "mx_Set.X", "mx_Set.Y", "mx_Two.X"])
FLAT = st.builds(lambda section, name: f"{section}.{name}", st.sampled_from(["activity", "lead"]), NAMES)
TEXTS = st.one_of(st.text(max_size=6), st.sampled_from(["201", " 7 ", "٣", "1234567890", '"\\\x1f', "é\u2028😀"]))
FIELDS = st.dictionaries(FLAT, TEXTS, max_size=8)


def content_of(fields: dict[str, str], section: str) -> list[tuple[str, Any]]:
    start = f"{section}."
    return list(
        group_field_sets({name.removeprefix(start): text for name, text in fields.items() if name.startswith(start)})
    )


def expected_activity(fields: dict[str, str]) -> dict[str, Any]:
    """As the API pages put it, one field after the other."""
    body: dict[str, Any] = {}
    below: list[dict[str, Any]] = []
    for name, content in content_of(fields, "activity"):
        if isinstance(content, dict):
            inner = [{"Attribute": each, "Value": text} for each, text in content.items()]
            below.append({"Attribute": name, "Value": "", "Fields": inner})
        elif name in TOP:
            number = name == "ActivityEvent" and content.strip().isascii() and content.strip().isdigit()
            body[name] = int(content) if number and len(content.strip()) < 10 else content
        else:
            below.append({"SchemaName": name, "Value": content})
    if below:
        body["Fields"] = below
    return body


def written(body: Any) -> bytes:
    return body_bytes(Request("POST", "/x", CallClass.BULK, body))


@pytest.mark.slow
@given(FIELDS)
@example({"activity.ActivityEvent": "201", "lead.City": "x", "activity.mx_A": ""})
@example({"activity.mx_Set.X": "1", "activity.ActivityEvent": "5", "activity.mx_A": "2"})
def test_an_activity_is_written_field_by_field(fields: dict[str, str]) -> None:
    """The same bytes, so also the same order."""
    assert written(activity(Record(2, "k", fields), TOP)) == written(expected_activity(fields))


@pytest.mark.parametrize(
    "fields", [{"activity.ActivityNote": "x"}, {"activity.mx_A": "1", "activity.ActivityEvent": "5"}]
)
def test_an_activity_without_a_type_has_none(fields: dict[str, str]) -> None:
    """And one with a type has a number."""
    assert activity(Record(2, "k", fields), TOP) == expected_activity(fields)


@pytest.mark.slow
@given(st.lists(FIELDS, max_size=6), st.integers(1, 4))
@example([{"activity.100%b": "%s", "activity.ActivityEvent": "201", "lead.City": "x"}], 3)
@example([{"activity.mx_A": 'x",\n  "y'}, {"activity.ActivityNote": 'x",', "activity.mx_A": "\\"}], 2)
@example([{"activity.ActivityEvent": "2"}, {"activity.mx_Set.X": "set"}], 1)
@example([{"activity.ActivityEvent": "2"}, {"lead.City": "none of the activity's"}], 1)
def test_the_bytes_of_activities_are_those_of_their_bodies(rows: list[dict[str, str]], times: int) -> None:
    """Whatever the texts are; custom field sets, and activities without any field, are left to the way through bodies."""
    records = [Record(2, "k", fields) for fields in rows * times]
    names = [[name for name in fields if name.startswith("activity.")] for fields in rows]
    plain = all(own and not any(name.count(".") > 1 for name in own) for own in names)
    found = encode_activities(records, TOP)
    assert found == (orjson.dumps([activity(record, TOP) for record in records]) if plain else None)


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [{"activity.ActivityNote": "one field"}],
        [{"activity.mx_A": "below", "activity.ActivityNote": "at the top"}, {"activity.mx_A": "only below"}],
        [{"activity.ActivityEvent": "201", "activity.ActivityNote": "n", "activity.mx_A": '100 % "a"'}] * 3,
        [{"activity.ActivityEvent": "201", "lead.City": "another section"}],
    ],
)
def test_activities_as_bytes(rows: list[dict[str, str]]) -> None:
    """In whatever order the fields come, and however many there are."""
    records = [Record(2, "k", fields) for fields in rows]
    assert encode_activities(records, TOP) == orjson.dumps([activity(record, TOP) for record in records])


@pytest.mark.slow
@given(FIELDS, st.sampled_from([None, "EmailAddress"]))
@example({"lead.City": "x", "activity.mx_A": "", "lead.mx_A": "y"}, None)
def test_a_lead_is_written_pair_by_pair(fields: dict[str, str], search_by: str | None) -> None:
    """With the pair that names the field to search by at the end."""
    expected: list[dict[str, Any]] = []
    for name, content in content_of(fields, "lead"):
        if isinstance(content, dict):
            inner = [{"Attribute": each, "Value": text} for each, text in content.items()]
            expected.append({"Attribute": name, "Value": "", "Fields": inner})
        else:
            expected.append({"Attribute": name, "Value": content})
    if search_by:
        expected.append({"Attribute": "SearchBy", "Value": search_by})
    assert written(lead_pairs(Record(2, "k", fields), search_by)) == written(expected)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("é 李 \u2028 😀 \x7f </", "é 李 \u2028 😀 \x7f </"),
        ('"quoted" \\ and\ttab\r\n', '\\"quoted\\" \\\\ and\\ttab\\r\\n'),
        ("\x00\x1f", "\\u0000\\u001f"),
    ],
)
def test_text_is_written_as_utf_8(text: str, found: str) -> None:
    """Nothing but quotes, backslashes and control characters is escaped."""
    assert written([text]) == f'["{found}"]'.encode()
