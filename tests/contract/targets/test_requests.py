"""Requests have the documented form, for every target."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from importer.core.model import CallClass, HostKind, Record
from importer.leadsquared.client import body_bytes
from importer.mapping.loader import parse_mapping
from importer.mapping.model import FieldRule, Mapping
from importer.targets import TARGETS, UpdateActivities, check_mapping, make_target
from importer.targets.interface import EffectType, Target

GOLDEN = Path(__file__).parent / "golden"
LEAD = "2c1e8f0a-6b1d-4c52-9e8e-0d3f5a7b9c11"


def rules(*names: str) -> dict[str, FieldRule]:
    return {name: FieldRule(column=name) for name in names}


def mapping(target: str) -> Mapping:
    """A sound mapping for the target."""
    activity = rules("ActivityEvent", "ActivityNote", "ActivityDateTime", "mx_Custom_1")
    lead = rules("FirstName", "EmailAddress", "Phone")
    made: dict[str, dict[str, Any]] = {
        "bulk-activities-by-lead-id": {"activity": {**rules("RelatedProspectId", "ActivityOwnerEmail"), **activity}},
        "bulk-activities-by-lead-field": {"activity": {**rules("SearchByValue"), **activity}, "search_by": "Phone"},
        "activity-by-email": {"activity": {**rules("EmailAddress", "FirstName"), **activity}},
        "create-lead": {"lead": lead},
        "capture-lead": {"lead": lead, "update_behavior": "DoNotUpdate"},
        "capture-lead-async": {"lead": lead},
        "lead-and-activity": {"lead": lead, "activity": activity, "search_by": "EmailAddress"},
        "lead-and-activity-async": {"lead": lead, "activity": activity, "search_by": "EmailAddress"},
        "bulk-upsert-leads": {"lead": lead, "search_by": "EmailAddress"},
    }
    return Mapping(target=target, **made[target])


ACTIVITY = {
    "activity.ActivityEvent": "201",
    "activity.ActivityNote": "Came early",
    "activity.ActivityDateTime": "2026-02-01 04:30:00",
    "activity.mx_Custom_1": "Pune",
    "activity.mx_KYC.Status": "Pending",
    "activity.mx_KYC.mx_CustomObject_1": "AB-77",
}
PERSON = {
    "lead.FirstName": "Meera",
    "lead.EmailAddress": "meera@example.org",
    "lead.Phone": "+91-9000000001",
    "lead.mx_KYC.Status": "Pending",
    "lead.mx_KYC.mx_CustomObject_2": "AB-77",
}
FIELDS: dict[str, dict[str, str]] = {
    "bulk-activities-by-lead-id": {
        "activity.RelatedProspectId": LEAD, "activity.ActivityOwnerEmail": "agent@example.com", **ACTIVITY},
    "bulk-activities-by-lead-field": {"activity.SearchByValue": "+91-9000000001", **ACTIVITY},
    "activity-by-email": {"activity.EmailAddress": "meera@example.org", "activity.FirstName": "Meera", **ACTIVITY},
    "create-lead": PERSON,
    "capture-lead": PERSON,
    "capture-lead-async": PERSON,
    "lead-and-activity": {**PERSON, **ACTIVITY},
    "lead-and-activity-async": {**PERSON, **ACTIVITY},
    "bulk-upsert-leads": PERSON,
}  # fmt: skip


def target(name: str) -> Target:
    return make_target(mapping(name))


@pytest.mark.parametrize("name", list(TARGETS))
def test_the_request_is_the_documented_one(name: str) -> None:
    """Method, address and body are pinned by a file that was written from the API's pages."""
    made = target(name)
    request = made.request([Record(2, "k", FIELDS[name])])
    expected = json.loads((GOLDEN / f"{name}.json").read_text("utf-8"))
    shown = {
        "method": request.method,
        "host": request.host.value,
        "path": request.path,
        "params": dict(request.params),
        "body": request.body,
    }
    assert shown == expected
    assert request.call_class is made.call_class
    assert (request.host is HostKind.ASYNC) is made.is_async


@pytest.mark.parametrize("name", list(TARGETS))
@pytest.mark.parametrize("plain", [True, False])
def test_a_ready_request_is_the_request_with_the_bytes_of_its_body(name: str, plain: bool) -> None:
    """With custom field sets and without; nothing else differs."""
    made = target(name)
    fields = {each: text for each, text in FIELDS[name].items() if not plain or each.count(".") == 1}
    records = [Record(row, "k", fields) for row in range(2, 2 + made.batch_size)]
    request, ready = made.request(records), made.ready_request(records)
    assert ready.content == orjson.dumps(request.body)
    assert body_bytes(ready) == body_bytes(request)
    assert replace(ready, body=None, content=None) == replace(request, body=None)


@pytest.mark.parametrize("name", [name for name, kind in TARGETS.items() if kind.batch_size > 1])
def test_a_batch_carries_each_record_once_and_in_order(name: str) -> None:
    """Twenty-five records are twenty-five items."""
    made = target(name)
    records = []
    for number in range(25):
        fields = {**FIELDS[name]}
        marked = "activity.ActivityNote" if "activity" in made.sections else "lead.FirstName"
        fields[marked] = f"row {number}"
        records.append(Record(number + 2, f"k{number}", fields))
    body = made.request(records).body
    assert [f"row {number}" in json.dumps(item) for number, item in enumerate(body)] == [True] * 25
    assert made.call_class is CallClass.BULK


@pytest.mark.parametrize("name", list(TARGETS))
def test_rules_of_every_target(name: str) -> None:
    """Required and identity fields are mapped; leads have a key; the footprint says how to look for the row."""
    made = target(name)
    record = Record(2, "k", FIELDS[name])
    mapped = {field.name for field in made.mapping.flat_fields()}
    assert made.required <= mapped
    assert set(made.identity) <= mapped
    assert made.lead_key(record)
    assert made.lead_key(Record(2, "k", {})) == ""
    query = made.read_back_query(record)
    assert query.effect is (EffectType.ACTIVITY if "activity" in made.sections else EffectType.LEAD)
    assert query.lead_value
    assert (query.event == "201") is (query.effect is EffectType.ACTIVITY)
    if query.effect is EffectType.ACTIVITY:
        assert query.content["mx_KYC.Status"] == "Pending"
    assert made.check_mapping(made.mapping) == []
    assert not made.repeatable(Record(2, "k", {}))
    assert made.repeatable(record) is (name in ("bulk-upsert-leads", "capture-lead", "capture-lead-async"))
    if made.is_async:
        request = made.status_request("r-1")
        assert (request.method, request.host, dict(request.params)) == ("GET", HostKind.ASYNC, {"RequestID": "r-1"})
        assert made.metrics_request() is not None
    else:
        assert made.metrics_request() is None
        with pytest.raises(TypeError):
            made.status_request("r-1")
        with pytest.raises(TypeError):
            made.status_receipt({})


def test_keys_of_leads_are_compared_as_people_mean_them() -> None:
    """Case of e-mails and ids, and spelling of phones, make no difference to the order of rows."""
    by_field = target("bulk-activities-by-lead-field")
    one = by_field.lead_key(Record(2, "k", {"activity.SearchByValue": "+91-90000 00001"}))
    assert one == by_field.lead_key(Record(3, "k", {"activity.SearchByValue": "919000000001"}))
    by_id = target("bulk-activities-by-lead-id")
    assert by_id.lead_key(Record(2, "k", {"activity.RelatedProspectId": LEAD.upper()})) == by_id.lead_key(
        Record(3, "k", {"activity.RelatedProspectId": LEAD})
    )


def test_capture_searches_by_the_named_field() -> None:
    """`search_by` replaces the default order of matching and travels with the lead."""
    text = "target: capture-lead\nsearch_by: mx_Roll\nlead:\n  mx_Roll: Roll\n  EmailAddress: Mail\n"
    words: Any = {
        "targets": TARGETS,
        "transforms": (),
        "check_target": lambda one: TARGETS[one.target].check_mapping(one),
    }
    made = make_target(parse_mapping(text, Path("m.yaml"), **words).mapping)
    record = Record(2, "k", {"lead.mx_Roll": "7", "lead.EmailAddress": "a@b.cc"})
    assert made.lead_key(record) == "mx_Roll=7"
    assert made.read_back_query(record).lead_field == "mx_Roll"
    assert made.request([record]).body[-1] == {"Attribute": "SearchBy", "Value": "mx_Roll"}


@pytest.mark.parametrize(
    ("target_name", "search_by", "filled", "expected"),
    [
        ("capture-lead", None, "EmailAddress", True),
        ("capture-lead", None, "EmailAddress Phone", True),
        ("capture-lead", None, "ProspectID", False),
        ("capture-lead", None, "ProspectID EmailAddress", False),
        ("capture-lead", None, "Phone", False),
        ("capture-lead", "EmailAddress", "ProspectID EmailAddress", True),
        ("capture-lead", "EmailAddress", "ProspectID EmailAddress Phone", False),
        ("capture-lead", "EmailAddress", "Phone", False),
        ("capture-lead", "mx_Roll", "mx_Roll", True),
        ("capture-lead-async", None, "ProspectID", False),
        ("bulk-upsert-leads", "EmailAddress", "EmailAddress", True),
        ("bulk-upsert-leads", "mx_Roll", "mx_Roll", True),
        ("bulk-upsert-leads", "Phone", "Phone EmailAddress", False),
        ("bulk-upsert-leads", "ProspectID", "ProspectID", False),
    ],
)
def test_only_a_call_that_finds_its_own_lead_is_repeated(
    target_name: str, search_by: str | None, filled: str, expected: bool
) -> None:
    """A new lead has another id than the one that was sent, and its phone may be spelled otherwise."""
    lead = rules("ProspectID", "EmailAddress", "Phone", "mx_Roll")
    made = make_target(Mapping(target=target_name, lead=lead, search_by=search_by))
    assert made.repeatable(Record(2, "k", {f"lead.{name}": "x" for name in filled.split()})) is expected


@pytest.mark.parametrize(
    ("search_by", "filled", "expected"),
    [
        (None, "ProspectID EmailAddress", "EmailAddress"),
        (None, "ProspectID Phone", "Phone"),
        (None, "ProspectID", "ProspectID"),
        ("EmailAddress", "ProspectID", ""),
        ("EmailAddress", "ProspectID EmailAddress Phone", "EmailAddress"),
        ("mx_Roll", "mx_Roll EmailAddress", "mx_Roll"),
        ("Phone", "Phone EmailAddress", "Phone"),
    ],
)
def test_a_written_lead_is_looked_for_by_what_it_has(search_by: str | None, filled: str, expected: str) -> None:
    """Its e-mail or phone; its id only where LeadSquared matches by ids and nothing else is known."""
    lead = rules("ProspectID", "EmailAddress", "Phone", "mx_Roll")
    made = make_target(Mapping(target="capture-lead", lead=lead, search_by=search_by))
    query = made.read_back_query(Record(2, "k", {f"lead.{name}": "x" for name in filled.split()}))
    assert (query.lead_field, query.updates) == (expected, True)


def test_searching_by_the_id_has_a_spelling_of_its_own() -> None:
    """Elsewhere the field is called ProspectID."""
    made = make_target(Mapping(target="bulk-upsert-leads", lead=rules("ProspectID"), search_by="ProspectID"))
    ((pair, search),) = made.request([Record(2, "k", {"lead.ProspectID": LEAD})]).body
    assert (pair["Attribute"], search) == ("ProspectID", {"Attribute": "SearchBy", "Value": "ProspectId"})


@pytest.mark.parametrize(
    ("search_by", "names", "words"),
    [
        ("EmailAddress", ("ProspectID", "EmailAddress", "Phone"), "ignores SearchBy beside ProspectID"),
        ("EmailAddress", ("ProspectID", "EmailAddress"), "finds the lead by EmailAddress alone"),
        ("ProspectID", ("ProspectID", "EmailAddress", "Phone"), ""),
        ("EmailAddress", ("EmailAddress", "Phone"), ""),
        (None, ("ProspectID", "EmailAddress", "Phone"), ""),
    ],
)
def test_a_search_field_beside_an_id_is_noted(search_by: str | None, names: tuple[str, ...], words: str) -> None:
    """The mapping can be used, but not everything in it counts."""
    found = Mapping(target="capture-lead", lead=rules(*names), search_by=search_by)
    kind = TARGETS["capture-lead"]
    assert kind.check_mapping(found) == []
    notes = kind.mapping_notes(found)
    assert [words in note.message for note in notes] == ([True] if words else [])


def test_a_key_of_other_calls_names_the_targets_that_have_it() -> None:
    """So that the author can choose one of them."""
    lead = rules("EmailAddress")
    activity = rules("ActivityEvent", "ActivityOwnerEmail")
    (problem,) = check_mapping(
        Mapping(target="lead-and-activity", lead=lead, activity=activity, search_by="EmailAddress")
    )
    assert problem.path == "activity.ActivityOwnerEmail"
    assert problem.remedy.endswith("bulk-activities-by-lead-id, bulk-activities-by-lead-field.")


def test_a_new_lead_may_be_identified_by_a_field_of_the_account() -> None:
    """A row needs one of them, and is looked for by the first; rows that share only one of them need not wait."""
    lead = {**rules("FirstName", "mx_City"), "mx_Roll": FieldRule(column="Roll", unique=True)}
    found = Mapping(target="create-lead", lead=lead)
    assert check_mapping(found) == []
    made = make_target(found)
    assert made.identity == ("lead.mx_Roll", "lead.mx_City")
    one, other = (Record(2, "k", {"lead.mx_City": "Pune", "lead.mx_Roll": roll}) for roll in ("7", "8"))
    assert made.lead_reference(one) == ("mx_Roll", "7")
    assert made.lead_key(one) != made.lead_key(other)
    assert made.lead_key(Record(2, "k", {"lead.FirstName": "Ann"})) == ""


def test_a_type_code_that_is_no_number_goes_out_as_it_stands() -> None:
    """LeadSquared then says what is wrong with it."""
    made = target("activity-by-email")
    assert made.request([Record(2, "k", {"activity.ActivityEvent": "abc"})]).body == {"ActivityEvent": "abc"}


NESTED = FieldRule(fields=rules("Status"))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"target": "bulk-activities-by-lead-id"}, ["needs a section `activity:`"]),
        ({"target": "bulk-activities-by-lead-id", "activity": rules("ActivityNote")},
         ["RelatedProspectId", "ActivityEvent"]),
        ({"target": "bulk-activities-by-lead-id", "lead": rules("FirstName"), "search_by": "Phone",
          "update_behavior": "DoNotUpdate", "activity": rules("RelatedProspectId", "ActivityEvent")},
         ["does not write `lead:`", "does not search", "no `update_behavior`"]),
        ({"target": "bulk-activities-by-lead-field", "activity": rules("SearchByValue", "ActivityEvent")},
         ["needs `search_by:`"]),
        ({"target": "create-lead", "lead": rules("FirstName")}, ["needs one of EmailAddress, Phone, a field that is"]),
        ({"target": "create-lead", "lead": {"mx_Source": FieldRule(value="Fair")}}, ["needs one of EmailAddress"]),
        ({"target": "create-lead"}, ["needs a section `lead:`"]),
        ({"target": "create-lead", "lead": {"EmailAddress": NESTED}}, ["not a custom field set"]),
        ({"target": "capture-lead", "lead": rules("FirstName"), "update_behavior": "Whatever"}, ["not a known"]),
        ({"target": "lead-and-activity", "lead": rules("FirstName"), "activity": rules("ActivityEvent"),
          "search_by": "Phone"}, ["names Phone"]),
        ({"target": "activity-by-email", "activity": rules("EmailAddress", "ActivityEvent", "ActivityOwnerEmail")},
         ["has no key ActivityOwnerEmail"]),
        ({"target": "bulk-activities-by-lead-id", "activity": rules("RelatedProspectId", "ActivityEvent", "Phone")},
         ["has no key Phone"]),
        ({"target": "bulk-activities-by-lead-id", "activity": rules("RelatedProspectId", "ActivityEvent", "activitynote")},
         ["spelled ActivityNote"]),
        ({"target": "capture-lead", "lead": rules("EmailAddress", "SearchBy", "ActivityNote")},
         ["SearchBy is not a field of leads", "ActivityNote is not a field of leads"]),
    ],
)  # fmt: skip
def test_what_a_target_cannot_use(given: dict[str, Any], words: list[str]) -> None:
    """Each problem in words, with what to do."""
    found = Mapping(**given)
    problems = check_mapping(found)
    for word in words:
        assert any(word in problem.message for problem in problems), problems
    assert all(problem.remedy for problem in problems)


def test_updates_of_activities_carry_only_what_changes() -> None:
    """The id of the activity, its note, and fields with their custom field sets; rows of one activity stay apart."""
    updating = UpdateActivities(mapping("bulk-activities-by-lead-id"))
    row = Record(2, "key", ACTIVITY)
    values = {name: ACTIVITY[name] for name in ACTIVITY if updating.can_set(name.removeprefix("activity."))}
    record = updating.record(row, "a-1", values)
    request = updating.ready_request([record])
    assert (request.method, request.path) == ("POST", "/ProspectActivity.svc/Bulk/CustomActivity/Update")
    assert json.loads(body_bytes(request)) == [
        {
            "ProspectActivityId": "a-1",
            "ActivityNote": "Came early",
            "Fields": [
                {"SchemaName": "mx_Custom_1", "Value": "Pune"},
                {
                    "Attribute": "mx_KYC",
                    "Value": "",
                    "Fields": [
                        {"Attribute": "Status", "Value": "Pending"},
                        {"Attribute": "mx_CustomObject_1", "Value": "AB-77"},
                    ],
                },
            ],
        }
    ]
    assert (record.row, record.key, updating.lead_key(record)) == (2, "key", "ProspectActivityId=a-1")
    assert updating.repeatable(record)
    assert updating.required <= set(record.fields)
    assert updating.check_mapping(updating.mapping) == []
    assert updating.name not in TARGETS
