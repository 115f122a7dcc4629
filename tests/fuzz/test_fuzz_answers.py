"""Any bytes and any JSON as an answer: never an exception, never a receipt that the answer does not clearly give."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from typing import Any

import pytest
from fuzz_words import ROOT, bounded, examples
from hypothesis import given
from hypothesis import strategies as st

from importer.crm.answers import classify
from importer.crm.metadata import read_activity_types, read_lead_fields, read_metrics
from importer.crm.parsing import parse_json
from importer.crm.reader import CrmReader
from importer.errors import CrmError
from importer.model import CallClass, Receipt, Reply, Request, Status, TransportFailure, Verdict, VerdictKind
from importer.pipeline.plan import read_mapping
from importer.targets import make_target
from importer.targets.interface import Target

TARGETS = sorted(
    {
        read_mapping(path).mapping.target: read_mapping(path).mapping for path in (ROOT / "mappings").glob("*.yaml")
    }.items()
)
LEAD = "2c1e8f0a-6b1d-4c52-9e8e-0d3f5a7b9c11"
MADE = (Status.CREATED, Status.UPDATED, Status.UNCHANGED)
_KEYS = [
    "Status", "Message", "Response", "RowNumber", "ActivityCreated", "ProspectActivityId", "RelatedProspectId", "LeadId", "x",
    "LeadCreated", "LeadUpdated", "AffectedRows", "ErrorMessage", "ExceptionType", "ExceptionMessage", "ErrorType", "Error", "Id",
    "ActivityId", "IsCreated", "RequestID", "RequestId", "TaskStatus", "StatusReason", "RelatedId", "RelatedID", "ProspectId",
    "RecordCount", "ProspectActivities", "EventCode", "CreatedOn", "Data", "Key", "Value", "ActivityFields", "Attribute", "OrgId",
    "LeadPropertyList", "ProspectID", "PendingMessages", "MaxDelayInSeconds", "SchemaName", "MaxLength", "Options", "DisplayName",
]  # fmt: skip
_ODD = [
    None, True, False, 0, 1, 2, -1, 10**30, 1.5, "", " ", "1", "2", "01", "١", "1" * 9, "Success", " success ", "Error", "failed",
    "a-1", "A-1", "MXInvalidInputException", "MXAPIRateLimitExceededException", "MXUnAuthorizedAccessException", "\ud800", "\0",
    "x" * 2000, "exceeded the limit of 25 in 5 second(s)", "exceeded the limit of 0 in 0 seconds", "timeout", "[" * 5000,
    '{"Id": "a-1"}', '{"Status": "Success", "Message": {"Id": "a"}}', "null", "1e999", "NaN", "2026-11-20 10:00:00",
    "/Date(99999999999999999)/", "9999-99-99", "0001-01-01T00:00:00+23:59", [], {}, [[1]], {"a": []},
]  # fmt: skip
_SCALARS = st.sampled_from(_ODD) | st.text(max_size=5)
_ENTRY = st.dictionaries(st.sampled_from(_KEYS), _SCALARS, max_size=6)
JSON = st.recursive(
    _SCALARS | _ENTRY,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(_KEYS), inner, max_size=5),
    max_leaves=12,
)
_ROW = {"RowNumber": 1, "ActivityCreated": True, "ProspectActivityId": "a-1", "RelatedProspectId": "l-1"}
_LEAD = {"RowNumber": 2, "LeadId": "l-2", "LeadCreated": True, "LeadUpdated": False, "AffectedRows": 1}
_TASK = {"Status": "Success", "Message": json.dumps({"Status": "Success", "Message": {"Id": "a-1", "IsCreated": True}})}
GOOD = [
    {"Response": [_ROW, {**_ROW, "RowNumber": 2, "ProspectActivityId": "a-2"}]},
    {"Response": [{**_LEAD, "RowNumber": 1, "LeadId": "l-1"}, _LEAD]},
    {"Status": "Success", "Message": {"Id": "a-1", "IsCreated": True, "RelatedId": "l-1"}},
    {"Status": "Success", "Message": {"ActivityId": "a-1", "ProspectId": "l-1"}},
    {"RequestID": " r-1"},
    {"TaskStatus": _TASK},
    {"Status": "Error", "ExceptionType": "MXInvalidInputException", "ExceptionMessage": "no"},
]


@st.composite
def changed(draw: st.DrawFn, good: list[Any] | None = None) -> Any:
    """An answer as it should be, with some things in it replaced, removed or doubled."""
    body = json.loads(json.dumps(draw(st.sampled_from(good or GOOD))))
    for _ in range(draw(st.integers(1, 3))):
        inside = body
        while isinstance(inside, dict | list) and inside:
            keys = list(inside) if isinstance(inside, dict) else list(range(len(inside)))
            key = draw(st.sampled_from(keys))
            if isinstance(inside[key], dict | list) and draw(st.integers(0, 3)):
                inside = inside[key]
                continue
            if draw(st.integers(0, 4)):
                inside[key] = draw(JSON)
            elif isinstance(inside, list):
                inside.append(inside[key])
            else:
                del inside[key]
            break
    return body


def sound(receipt: Receipt, count: int) -> None:
    """One row of the call, a known status, and texts that say enough and not too much."""
    assert 1 <= receipt.row_number <= count
    texts = (receipt.activity_id, receipt.lead_id, receipt.request_id, receipt.error_code, receipt.error)
    assert all(type(text) is str for text in texts)
    assert len(receipt.error) <= 500
    if receipt.status in MADE:
        assert receipt.activity_id or receipt.lead_id
        assert not receipt.error_code
    elif receipt.status is Status.REJECTED:
        assert receipt.error_code
        assert receipt.error


def judged(verdict: Verdict) -> None:
    assert isinstance(verdict.kind, VerdictKind)
    assert type(verdict.code) is type(verdict.message) is str
    assert verdict.kind is VerdictKind.APPLIED or verdict.code
    assert verdict.limit is None or (verdict.limit.calls > 0 and verdict.limit.seconds > 0)
    assert verdict.retry_after is None or 1 <= verdict.retry_after <= 300


def one_after_the_other(target: Target, body: Any, count: int) -> None:
    receipts = target.receipts(body, count)
    numbers = [receipt.row_number for receipt in receipts]
    assert numbers == sorted(set(numbers))
    for receipt in receipts:
        sound(receipt, count)
        # An id that the answer does not hold would be made up.
        for identity in filter(None, (receipt.activity_id, receipt.lead_id, receipt.request_id)):
            assert json.dumps(identity)[1:-1] in json.dumps(body).replace('\\"', '"').replace("\\\\", "\\")
    made = [receipt.activity_id.lower() for receipt in receipts if receipt.activity_id]
    assert len(made) == len(set(made)), "two rows cannot have made the same activity"
    if target.is_async:
        told = target.status_receipt(body)
        assert told.status in (*MADE, Status.PENDING, Status.REJECTED, Status.UNCERTAIN)
        assert told.row_number == 1


@pytest.mark.parametrize(("name", "mapping"), TARGETS, ids=[name for name, _ in TARGETS])
@examples(40)
@given(body=changed() | JSON, count=st.integers(1, 3))
def test_any_answer_to_any_call(name: str, mapping: Any, body: Any, count: int) -> None:
    """Each target reads it its own way."""
    target = make_target(mapping)
    with bounded():
        one_after_the_other(target, body, count if target.batch_size > 1 else 1)


@examples(150)
@given(
    body=changed() | JSON,
    status=st.none()
    | st.sampled_from([200, 201, 204, 301, 400, 401, 403, 404, 405, 408, 409, 429, 500, 502, 503, 0, 999]),
    text=_SCALARS.map(str),
    failure=st.none() | st.sampled_from(TransportFailure),
    wait=st.none() | st.floats(allow_nan=False),
    alone=st.booleans(),
)
def test_any_reply_has_a_verdict(
    body: Any, status: int | None, text: str, failure: TransportFailure | None, wait: float | None, alone: bool
) -> None:
    """And one that is nothing but odd is uncertain, not applied."""
    reply = Reply(status, body=body, text=text, failure=failure, retry_after=wait)
    with bounded():
        verdict = classify(reply, alone)
    judged(verdict)
    if verdict.kind is VerdictKind.APPLIED:
        assert status is not None
        assert 200 <= status < 300
        assert failure is None
        assert isinstance(body, dict | list)


@examples(150)
@given(
    content=st.binary(max_size=80)
    | (changed() | JSON).map(lambda body: json.dumps(body).encode())
    | st.lists(st.sampled_from(['{"a":', "[", "]", "}", ",", '"a"', "1", "1e999", "NaN", "9" * 5000, "\ufeff", '"\\ud800"']), max_size=70)
    .map(lambda parts: "".join(parts).encode())
)  # fmt: skip
def test_any_bytes_are_json_or_nothing(content: bytes) -> None:
    """What is read can be written again."""
    with bounded():
        value = parse_json(content)
        json.dumps(value, allow_nan=False)
        judged(classify(Reply(200, body=value), True))


_ACTIVITY = {
    "Id": "a-1",
    "EventCode": 201,
    "CreatedOn": "2026-11-20 10:00:00",
    "Data": [{"Key": "mx_Custom_1", "Value": "x"}],
}
_PROPERTY = {"Attribute": "ProspectID", "Value": LEAD}
SEEN = [
    {"RecordCount": 1, "ProspectActivities": [{**_ACTIVITY, "ActivityFields": {"mx_Custom_2": '{"Status": "Open"}'}}]},
    [{"LeadPropertyList": [_PROPERTY, {"Attribute": "CreatedOn", "Value": "2026-11-20 10:00:00"}]}],
    [{"ProspectID": LEAD, "EmailAddress": "a@example.com", "CreatedOn": "2026-11-20 10:00:00.000"}],
    {"OrgId": "1", "FirstName": "Ann", "LSQCommonServiceURLs": {"api": "https://api.example.com"}},
    [{"SchemaName": "mx_City", "DisplayName": "City", "MaxLength": "200", "Options": [{"Value": "Pune"}]}],
    [{"ActivityEvent": 201, "DisplayName": "Visit"}],
    {"PendingMessages": 3, "MaxDelayInSeconds": "1.5", "ProcessingRatePerMinute": 60},
]


@pytest.mark.parametrize("seen", SEEN, ids=["activities", "leads", "flat", "keys", "fields", "types", "queue"])
@examples(30)
@given(data=st.data())
def test_any_answer_to_a_question(seen: Any, data: st.DataObject) -> None:
    """What was asked for, or an error for people."""
    body = data.draw(changed([seen]) | JSON)

    def ask(request: Request) -> Reply:
        return Reply(200, body=body)

    reader = CrmReader(ask)
    questions: list[Callable[[], object]] = [
        reader.who_am_i,
        lambda: reader.activities_of_lead(LEAD, "201"),
        lambda: reader.find_leads("ProspectID", LEAD),
        lambda: reader.find_leads("Phone", "+91 98450 98450"),
        lambda: read_lead_fields(ask),
        lambda: read_activity_types(ask),
        lambda: read_metrics(ask(Request("GET", "/", CallClass.ASYNC))),
    ]
    with bounded():
        for question in questions:
            with contextlib.suppress(CrmError):
                question()


def test_the_answers_are_read() -> None:
    """Before anything is changed, each gives a receipt to some call."""
    for body in GOOD[:-2]:
        assert any(make_target(mapping).receipts(body, 2) for _, mapping in TARGETS), body
