"""Parses answers into receipts for the rows of their call. Whatever an answer does not say clearly gives no receipt."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from importer.core.model import Receipt, Status

ReadEntry = Callable[[int, Mapping[str, Any]], Receipt | None]

_DONE_STATUSES = frozenset({"success"})
_FAILED_STATUSES = frozenset({"failure", "error", "failed"})
_MAX_ERROR_LENGTH = 500


def text_of(entry: Mapping[str, Any], *names: str) -> str:
    """Return the first non-empty text among the keys ``names``, without outer blanks."""
    for name in names:
        value = entry.get(name)
        if isinstance(value, str) and value.strip():
            return value.strip()
    return ""


def error_of(entry: Mapping[str, Any]) -> tuple[str, str]:
    """Return the code and text of a refusal; lead calls have `ErrorMessage`, others `ExceptionMessage`."""
    code = text_of(entry, "ExceptionType", "ErrorType")
    message = text_of(entry, "ErrorMessage", "ExceptionMessage", "Message", "Error")
    return code, message[:_MAX_ERROR_LENGTH]


def by_row_number(body: Any, count: int, read: ReadEntry) -> list[Receipt]:
    """Return a receipt for each row that exactly one entry names; entries are a list, or the list below `Response`.

    An entry without a row number from 1 to ``count`` makes the whole numbering unreliable: no receipts at all.
    """
    entries = body.get("Response") if isinstance(body, Mapping) else body
    if not isinstance(entries, list):
        return []
    numbered: dict[int, list[Mapping[str, Any]]] = {}
    for entry in entries:
        number = _row_number(entry)
        if number is None or not 1 <= number <= count:
            return []
        numbered.setdefault(number, []).append(entry)
    read_ones = (read(number, found[0]) for number, found in sorted(numbered.items()) if len(found) == 1)
    receipts = [receipt for receipt in read_ones if receipt is not None]
    # Two rows cannot have created the same activity, so neither of their receipts is trusted.
    uses = Counter(receipt.activity_id.lower() for receipt in receipts if receipt.activity_id)
    return [receipt for receipt in receipts if uses[receipt.activity_id.lower()] <= 1]


def _row_number(entry: Any) -> int | None:
    value = entry.get("RowNumber") if isinstance(entry, Mapping) else None
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def activity_entry(number: int, entry: Mapping[str, Any]) -> Receipt | None:
    """Return the receipt of one row of a bulk activity call."""
    made, identity = entry.get("ActivityCreated"), text_of(entry, "ProspectActivityId")
    if made is True and identity:
        return Receipt(number, Status.CREATED, activity_id=identity, lead_id=text_of(entry, "RelatedProspectId"))
    code, message = error_of(entry)
    if made is False and (code or message) and not identity:
        return Receipt(number, Status.REJECTED, error_code=code or "refused", error=message or code)
    return None


def update_entry(number: int, entry: Mapping[str, Any]) -> Receipt | None:
    """Return the receipt of one row of a bulk update of activities; the id is the one that was sent."""
    done = entry.get("ActivityUpdated")
    code, message = error_of(entry)
    if done is True and not code and not message:
        return Receipt(number, Status.UPDATED)
    if done is False and (code or message):
        return Receipt(number, Status.REJECTED, error_code=code or "refused", error=message or code)
    return None


def lead_entry(number: int, entry: Mapping[str, Any]) -> Receipt | None:
    """Return the receipt of one row of a bulk lead call."""
    identity = text_of(entry, "LeadId")
    code, message = error_of(entry)
    if identity and not code and not message:
        if entry.get("LeadCreated") is True:
            return Receipt(number, Status.CREATED, lead_id=identity)
        if entry.get("LeadUpdated") is True:
            return Receipt(number, Status.UPDATED, lead_id=identity)
        return Receipt(number, Status.UNCHANGED, lead_id=identity) if entry.get("AffectedRows") == 0 else None
    if not identity and (code or message):
        return Receipt(number, Status.REJECTED, error_code=code or "refused", error=message or code)
    return None


def single_activity(body: Any) -> list[Receipt]:
    """Return the receipt of a call that posts one activity: `{"Status": "Success", "Message": {"Id": …}}`."""
    identity = text_of(_message(body), "Id", "ActivityId", "ProspectActivityId")
    lead = text_of(_message(body), "RelatedProspectId", "LeadId", "ProspectId")
    return [Receipt(1, Status.CREATED, activity_id=identity, lead_id=lead)] if identity else []


def single_lead(body: Any, *, updates: bool = True) -> list[Receipt]:
    """Return the receipt of a call that writes one lead; `IsCreated` false means that the lead was there already.

    ``updates`` says whether the call changes such a lead.
    """
    message = _message(body)
    identity = text_of(message, "Id", "LeadId", "RelatedId", "RelatedID", "ProspectId")
    if not identity:
        return []
    if message.get("IsCreated") is not False:
        return [Receipt(1, Status.CREATED, lead_id=identity)]
    changed = updates and message.get("AffectedRows") != 0
    return [Receipt(1, Status.UPDATED if changed else Status.UNCHANGED, lead_id=identity)]


def lead_and_activity(body: Any) -> list[Receipt]:
    """Return the receipt of a call that writes a lead and its activity.

    Its documented answer is not known for certain: ids are looked for under every name that related calls use, and
    an answer that names no activity gives no receipt.
    """
    message = _message(body)
    activity = text_of(message, "ActivityId", "ProspectActivityId", "Id")
    lead = text_of(message, "RelatedProspectId", "RelatedId", "RelatedID", "LeadId", "ProspectId")
    return [Receipt(1, Status.CREATED, activity_id=activity, lead_id=lead)] if activity else []


def _message(body: Any) -> Mapping[str, Any]:
    """Return the content of a successful answer; empty for anything else."""
    if not isinstance(body, Mapping) or str(body.get("Status", "")).strip().lower() != "success":
        return {}
    return _parse_object(body.get("Message"))


def _parse_object(value: Any) -> Mapping[str, Any]:
    """Return a JSON object that may be written as a text; empty for anything else."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return {}
    return value if isinstance(value, Mapping) else {}


def accepted(body: Any) -> list[Receipt]:
    """Return the receipt of an async submission: PENDING, with the id to ask about (the sample begins with a blank)."""
    identity = text_of(body, "RequestID", "RequestId") if isinstance(body, Mapping) else ""
    return [Receipt(1, Status.PENDING, request_id=identity)] if identity else []


def task_status(body: Any, read: Callable[[Any], list[Receipt]]) -> Receipt:
    """Return the receipt in the answer to an async status call; PENDING unless it says clearly that the task ended.

    An answer that tells no state at all is PENDING with an error code. ``read`` reads the content of a finished task
    as the answer of the call's synchronous twin. A task that succeeded without naming an id is UNCERTAIN: reading back
    finds out what it did.
    """
    task = _parse_object(body.get("TaskStatus")) if isinstance(body, Mapping) else {}
    state = str(task.get("Status", "")).strip().lower()
    if state in _FAILED_STATUSES:
        inner = _parse_object(task.get("Message"))
        code, message = error_of(inner)
        reason = message or text_of(task, "StatusReason", "Message") or "LeadSquared could not process the request."
        return Receipt(1, Status.REJECTED, error_code=code or "async-failed", error=reason[:_MAX_ERROR_LENGTH])
    if not state:
        text = "LeadSquared's answer does not tell the state of the request."
        return Receipt(1, Status.PENDING, error_code="no-state", error=text)
    if state not in _DONE_STATUSES:
        return Receipt(1, Status.PENDING)
    content = _parse_object(task.get("Message"))
    twin = content if "Status" in content else {"Status": "Success", "Message": content}
    receipts = read(twin)
    return receipts[0] if receipts else Receipt(1, Status.UNCERTAIN)
