"""Answers are read row by row; whatever they do not say clearly gives no receipt."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from importer.core.model import Status
from importer.targets import TARGETS, UpdateActivities, make_target
from tests.contract.targets.test_requests import mapping, target
from tests.support.sampled import examples

MADE = {"RowNumber": 1, "ActivityCreated": True, "ProspectActivityId": "a-1"}
REFUSED = {"RowNumber": 2, "ActivityCreated": False, "ExceptionType": "MXx", "ExceptionMessage": "bad"}


def read(name: str, body: Any, count: int = 2) -> list[tuple[int, str]]:
    return [(receipt.row_number, receipt.status.value) for receipt in target(name).receipts(body, count)]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"Response": [MADE, REFUSED]}, [(1, "created"), (2, "rejected")]),
        ([REFUSED, MADE], [(1, "created"), (2, "rejected")]),
        ({"Response": [{**MADE, "RowNumber": "1"}]}, [(1, "created")]),
        ({"Response": [{"RowNumber": 2, "ActivityCreated": False, "ErrorMessage": "bad"}]}, [(2, "rejected")]),
        ({"Response": [{"RowNumber": 2, "ActivityCreated": False, "ExceptionType": "MXx"}]}, [(2, "rejected")]),
        ({"Response": [MADE]}, [(1, "created")]),
        ({"Response": [{**MADE, "RowNumber": 0}, REFUSED]}, []),
        ({"Response": [{**MADE, "RowNumber": 3}]}, []),
        ({"Response": [{**MADE, "RowNumber": True}]}, []),
        ({"Response": [{**MADE, "RowNumber": "one"}]}, []),
        ({"Response": ["text"]}, []),
        ({"Response": [MADE, {**MADE, "ProspectActivityId": "a-2"}]}, []),
        ({"Response": [{**MADE, "ProspectActivityId": None}, REFUSED]}, [(2, "rejected")]),
        ({"Response": [MADE, {**MADE, "RowNumber": 2, "ProspectActivityId": "A-1"}]}, []),
        ({"Response": [{"RowNumber": 1, "ActivityCreated": False}]}, []),
        ({"Response": [{**REFUSED, "ProspectActivityId": "a-9"}]}, []),
        ({"Status": "Success", "Message": {"Count": 2}}, []),
        ("text", []),
        (None, []),
    ],
)
def test_bulk_activities(body: Any, expected: list[tuple[int, str]]) -> None:
    """Every shape that pages and field reports show."""
    assert read("bulk-activities-by-lead-id", body) == expected
    assert read("bulk-activities-by-lead-field", body) == expected


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({"LeadId": "l", "LeadCreated": True}, [(1, "created")]),
        ({"LeadId": "l", "LeadUpdated": True}, [(1, "updated")]),
        ({"LeadId": "l", "LeadCreated": False, "LeadUpdated": False, "AffectedRows": 0}, [(1, "unchanged")]),
        ({"LeadId": "l", "LeadCreated": False}, []),
        ({"LeadId": "", "ErrorMessage": "Duplicate", "ExceptionType": "MXDuplicateEntryException"}, [(1, "rejected")]),
        ({"LeadId": "", "ErrorMessage": "Invalid Phone format"}, [(1, "rejected")]),
        ({"LeadId": "l", "LeadCreated": True, "ErrorMessage": "odd"}, []),
        ({"LeadId": ""}, []),
    ],
)
def test_bulk_leads(entry: dict[str, Any], expected: list[tuple[int, str]]) -> None:
    """Created, updated, unchanged, refused; contradictions give no receipt."""
    assert read("bulk-upsert-leads", [{"RowNumber": 1, **entry}]) == expected


@pytest.mark.parametrize(
    ("name", "message", "expected"),
    [
        ("activity-by-email", {"Id": "a-1"}, "created"),
        ("activity-by-email", {}, None),
        ("create-lead", {"Id": "l-1"}, "created"),
        ("create-lead", '{"Id": "l-1"}', "created"),
        ("create-lead", "{broken", None),
        ("capture-lead", {"Id": "l-1", "IsCreated": False}, "unchanged"),
        ("capture-lead", {"RelatedId": "l-1", "IsCreated": True}, "created"),
        ("lead-and-activity", {"Id": "a-1", "RelatedId": "l-1"}, "created"),
        ("lead-and-activity", {"RelatedId": "l-1"}, None),
    ],
)
def test_single_calls(name: str, message: Any, expected: str | None) -> None:
    """Success is believed only with an id."""
    found = [status for _, status in read(name, {"Status": "Success", "Message": message}, 1)]
    assert found == ([expected] if expected else [])
    assert read(name, {"Status": "Error", "Message": message}, 1) == []
    assert read(name, [message], 1) == []


@pytest.mark.parametrize(
    ("behavior", "rest", "expected"),
    [
        (None, {}, Status.UPDATED),
        ("UpdateOnlyEmptyFields", {}, Status.UPDATED),
        ("UpdateOnlyEmptyFields", {"AffectedRows": 0}, Status.UNCHANGED),
        ("DoNotUpdate", {}, Status.UNCHANGED),
    ],
)
def test_a_captured_lead_that_was_there_is_updated_or_not(
    behavior: str | None, rest: dict[str, Any], expected: Status
) -> None:
    """By what the mapping asked for, at once and through the queue."""
    answer = {"Status": "Success", "Message": {"Id": "l-1", "IsCreated": False, **rest}}
    for name in ("capture-lead", "capture-lead-async"):
        made = make_target(target(name).mapping.model_copy(update={"update_behavior": behavior}))
        if made.is_async:
            assert made.status_receipt({"TaskStatus": {"Status": "Success", "Message": answer}}).status is expected
        else:
            assert [receipt.status for receipt in made.receipts(answer, 1)] == [expected]


@pytest.mark.parametrize("name", ["capture-lead-async", "lead-and-activity-async"])
def test_async_calls(name: str) -> None:
    """The id of a submission loses its blank; status words count whatever their case; unknown words mean pending."""
    made = target(name)
    (receipt,) = made.receipts({"Status": "Request accepted. …", "RequestID": " r-1"}, 1)
    assert (receipt.status, receipt.request_id) == (Status.PENDING, "r-1")
    assert made.receipts({"Status": "Request accepted."}, 1) == []
    assert made.receipts([], 1) == []

    def status(task: Any) -> Status:
        return made.status_receipt({"RequestId": "r-1", "TaskStatus": task}).status

    for word in ("In-Queue", "QUEUED", "", "Processing"):
        assert status({"Status": word}) is Status.PENDING
    for word in ("FAILURE", "Error", "failed"):
        assert status({"Status": word, "StatusReason": "no"}) is Status.REJECTED
    twin = {"Status": "Success", "Message": {"Id": "x-1", "RelatedId": "l-1"}}
    for message in (twin, json.dumps(twin), twin["Message"]):
        assert status({"Status": "SUCCESS", "Message": message}) is Status.CREATED
    assert status({"Status": "Success", "Message": None}) is Status.UNCERTAIN
    assert made.status_receipt({"Status": "Error", "ExceptionMessage": "unknown id"}).status is Status.PENDING
    assert made.status_receipt("text").status is Status.PENDING
    failed = made.status_receipt(
        {"TaskStatus": {"Status": "Error", "Message": {"ExceptionType": "MXx", "ExceptionMessage": "why"}}}
    )
    assert (failed.error_code, failed.error) == ("MXx", "why")
    assert made.status_receipt({"TaskStatus": {"Status": "Error"}}).error


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(["Success", "a-1"]),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(
        st.sampled_from(["Response", "RowNumber", "ActivityCreated", "ProspectActivityId", "Status", "Message", "Id",
                         "LeadId", "LeadCreated", "RequestID", "TaskStatus", "ErrorMessage"]), inner, max_size=5),
    max_leaves=20,
)  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", list(TARGETS))
@settings(deadline=None, max_examples=examples(100))
@given(body=ANY_JSON, count=st.integers(1, 25))
def test_no_answer_breaks_the_reader(name: str, body: Any, count: int) -> None:
    """Whatever comes back, receipts are for rows of the call, each row at most once, and nothing is raised."""
    made = target(name)
    numbers = [receipt.row_number for receipt in made.receipts(body, count)]
    assert len(numbers) == len(set(numbers))
    assert all(1 <= number <= count for number in numbers)
    if made.is_async:
        made.status_receipt(body)


UPDATED = {"RowNumber": 1, "ActivityUpdated": True, "ProspectActivityId": "a-1"}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"Response": [UPDATED, {**REFUSED, "ActivityUpdated": False}]}, [(1, "updated"), (2, "rejected")]),
        ({"Response": [{**UPDATED, "ExceptionMessage": "bad"}, {"RowNumber": 2}]}, []),
        ({"Response": [{**UPDATED, "ActivityUpdated": False}]}, []),
        ({"Status": "Success", "Message": {"AffectedRows": 2}}, [(1, "updated"), (2, "updated")]),
        ({"Status": "Error"}, []),
        (None, []),
    ],
)
def test_updated_activities(body: Any, expected: list[tuple[int, str]]) -> None:
    """A word for the whole call counts for each row, for each is read back; ids are never taken from the answer."""
    found = UpdateActivities(mapping("bulk-activities-by-lead-id")).receipts(body, 2)
    assert [(one.row_number, one.status.value) for one in found] == expected
    assert not any(one.activity_id for one in found)
