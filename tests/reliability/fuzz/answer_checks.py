"""What must hold of every answer, however odd, and answers as they should be."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from typing import Any

from importer.core.errors import CrmError
from importer.core.model import CallClass, Receipt, Reply, Request, Status, Verdict, VerdictKind
from importer.leadsquared.metadata import parse_queue_metrics, read_activity_types, read_lead_fields
from importer.leadsquared.reader import CrmReader
from importer.leadsquared.responses import classify
from importer.planning.plan import read_mapping
from importer.targets.interface import Target
from tests.reliability.fuzz.reading_checks import ROOT

TARGETS = sorted(
    {
        read_mapping(path).mapping.target: read_mapping(path).mapping for path in (ROOT / "mappings").glob("*.yaml")
    }.items()
)
LEAD = "2c1e8f0a-6b1d-4c52-9e8e-0d3f5a7b9c11"
MADE = (Status.CREATED, Status.UPDATED, Status.UNCHANGED)
KEYS = [
    "Status", "Message", "Response", "RowNumber", "ActivityCreated", "ProspectActivityId", "RelatedProspectId", "LeadId", "x",
    "LeadCreated", "LeadUpdated", "AffectedRows", "ErrorMessage", "ExceptionType", "ExceptionMessage", "ErrorType", "Error", "Id",
    "ActivityId", "IsCreated", "RequestID", "RequestId", "TaskStatus", "StatusReason", "RelatedId", "RelatedID", "ProspectId",
    "RecordCount", "ProspectActivities", "EventCode", "CreatedOn", "Data", "Key", "Value", "ActivityFields", "Attribute", "OrgId",
    "LeadPropertyList", "ProspectID", "PendingMessages", "MaxDelayInSeconds", "SchemaName", "MaxLength", "Options", "DisplayName",
]  # fmt: skip
ODD = [
    None, True, False, 0, 1, 2, -1, 10**30, 1.5, "", " ", "1", "2", "01", "١", "1" * 9, "Success", " success ", "Error", "failed",
    "a-1", "A-1", "MXInvalidInputException", "MXAPIRateLimitExceededException", "MXUnAuthorizedAccessException", "\ud800", "\0",
    "x" * 2000, "exceeded the limit of 25 in 5 second(s)", "exceeded the limit of 0 in 0 seconds", "timeout", "[" * 5000,
    '{"Id": "a-1"}', '{"Status": "Success", "Message": {"Id": "a"}}', "null", "1e999", "NaN", "2026-11-20 10:00:00",
    "/Date(99999999999999999)/", "9999-99-99", "0001-01-01T00:00:00+23:59", [], {}, [[1]], {"a": []},
]  # fmt: skip
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


def verdict_of(reply: Reply, alone: bool) -> Verdict:
    """Of any reply; one that is nothing but odd is uncertain, not applied."""
    verdict = classify(reply, alone)
    judged(verdict)
    if verdict.kind is VerdictKind.APPLIED:
        assert reply.status is not None
        assert 200 <= reply.status < 300
        assert reply.failure is None
        assert isinstance(reply.body, dict | list)
    return verdict


def every_question(body: Any) -> None:
    """Asks all that the program asks the CRM; each time ``body`` is the answer."""

    def ask(request: Request) -> Reply:
        return Reply(200, body=body)

    reader = CrmReader(ask)
    questions: list[Callable[[], object]] = [
        reader.read_api_user,
        lambda: reader.activities_of_lead(LEAD, "201"),
        lambda: reader.find_leads("ProspectID", LEAD),
        lambda: reader.find_leads("Phone", "+91 98450 98450"),
        lambda: read_lead_fields(ask),
        lambda: read_activity_types(ask),
        lambda: parse_queue_metrics(ask(Request("GET", "/", CallClass.ASYNC))),
    ]
    for question in questions:
        with contextlib.suppress(CrmError):
            question()
