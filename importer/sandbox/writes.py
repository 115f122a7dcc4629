"""The calls that write: leads, activities, both together, and the async queue."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable
from typing import Any

from importer.sandbox.checks import GUID, activity_from, bad_json, lead_from_pairs, refuse_duplicates
from importer.sandbox.options import Options
from importer.sandbox.tenant import ApiError, Tenant

MOST_ROWS = 25
Params = dict[str, str]


class Writes:
    """The writing operations of one tenant. Each gives the body of a successful answer or raises :class:`ApiError`."""

    def __init__(self, tenant: Tenant, options: Options) -> None:
        self.tenant = tenant
        self.options = options

    def create_lead(self, body: Any, params: Params) -> Any:
        fields, _ = lead_from_pairs(body)
        if not any(fields.get(name) for name in ("FirstName", "LastName", "EmailAddress", "Phone")):
            raise ApiError("MXMandatoryAttributeMissingException", "'FirstName' is mandatory for this operation.")
        refuse_duplicates(self.tenant, fields)
        return _success({"Id": self.tenant.put_lead(fields)})

    def capture_lead(self, body: Any, params: Params) -> Any:
        fields, search_by = lead_from_pairs(body)
        found = self._matched(fields, search_by)
        if found is None:
            fields.pop("ProspectID", None)
            refuse_duplicates(self.tenant, fields)
            identity = self.tenant.put_lead(fields)
            return _success({"Id": identity, "RelatedId": identity, "IsCreated": True})
        return _success(
            {"Id": self._change(found, fields, params), "RelatedId": found["ProspectID"], "IsCreated": False}
        )

    def _matched(self, fields: dict[str, Any], search_by: str) -> dict[str, Any] | None:
        for name in (search_by,) if search_by else ("ProspectID", "EmailAddress", "Phone"):
            value = fields.get(name)
            found = self.tenant.find_lead(name, value) if isinstance(value, str) and value else None
            if found is not None:
                other = fields.get("EmailAddress")
                if name == "ProspectID" and other and found.get("EmailAddress", "").lower() != other.lower():
                    return None
                return found
        return None

    def _change(self, found: dict[str, Any], fields: dict[str, Any], params: Params) -> str:
        behaviour = params.get("LeadUpdateBehavior", "")
        changes = {name: value for name, value in fields.items() if name not in ("ProspectID", "Source")}
        if behaviour == "DoNotUpdate":
            changes = {}
        if behaviour == "UpdateOnlyEmptyFields":
            changes = {name: value for name, value in changes.items() if not found.get(name)}
        if behaviour == "DoNotUpdateUniqueFields":
            changes = {name: value for name, value in changes.items() if name not in ("EmailAddress", "Phone")}
        refuse_duplicates(self.tenant, changes, found["ProspectID"])
        return self.tenant.put_lead({**changes, "ProspectID": found["ProspectID"]})

    def upsert_lead(self, body: Any, params: Params) -> Any:
        entry = self._upsert(body)
        return _success({"Id": entry["LeadId"], "AffectedRows": entry["AffectedRows"]})

    def _upsert(self, pairs: Any) -> dict[str, Any]:
        fields, search_by = lead_from_pairs(pairs)
        name = search_by or "EmailAddress"
        value = fields.get(name)
        if search_by and not value:
            raise ApiError("MXInvalidInputException", "Invalid SearchBy value provided")
        found = self.tenant.find_lead(name, value) if isinstance(value, str) and value else None
        refuse_duplicates(self.tenant, fields, found["ProspectID"] if found else "")
        if found is None:
            return {
                "LeadId": self.tenant.put_lead(fields),
                "LeadCreated": True,
                "LeadUpdated": False,
                "AffectedRows": 1,
            }
        same = all(found.get(field) == text for field, text in fields.items())
        identity = found["ProspectID"]
        if not same:
            self.tenant.put_lead({**fields, "ProspectID": identity})
        return {"LeadId": identity, "LeadCreated": False, "LeadUpdated": not same, "AffectedRows": int(not same)}

    def bulk_upsert(self, body: Any, params: Params) -> Any:
        entries = []
        for number, pairs, problem in self._rows(body, self._upsert):
            if problem is None:
                entries.append({"RowNumber": number, **pairs})
            else:
                entries.append(
                    {"RowNumber": number, "LeadId": "", "LeadCreated": False, "LeadUpdated": False, "AffectedRows": 0,
                     "ExceptionType": problem.kind, "ErrorMessage": problem.message}
                )  # fmt: skip
        return entries

    def _rows(self, body: Any, act: Callable[[Any], Any]) -> list[tuple[int, Any, ApiError | None]]:
        """Each row's result or refusal, in the style of refusing bad rows that is switched on."""
        if not isinstance(body, list):
            raise bad_json("Expected an array.")
        if len(body) > MOST_ROWS:
            raise ApiError("MXInvalidInputException", f"Invalid Input! At most {MOST_ROWS} rows are allowed.")
        done: list[tuple[int, Any, ApiError | None]] = []
        whole = self.options.bulk_refusal
        if whole == "whole-call":
            self._try_all(body, act)
        for number, item in enumerate(body, start=1):
            try:
                done.append((number, act(item), None))
            except ApiError as error:
                if whole != "per-row" or error.status == 400:
                    raise
                done.append((number, None, error))
        return done

    def _try_all(self, body: list[Any], act: Callable[[Any], Any]) -> None:
        """Refuse the call before anything is stored, if any row would be refused."""
        trial = Writes(_Trial(self.tenant), self.options)
        for item in body:
            getattr(trial, act.__name__)(item)

    def bulk_by_lead_id(self, body: Any, params: Params) -> Any:
        return self._activity_answer(self._rows(body, self._post_by_id))

    def bulk_by_lead_field(self, body: Any, params: Params) -> Any:
        self._search_by = params.get("searchBy", "")
        if not self._search_by:
            raise ApiError("MXMandatoryAttributeMissingException", "'searchBy' is mandatory.")
        items = [{**item, "searchBy": self._search_by} for item in body] if isinstance(body, list) else body
        return self._activity_answer(self._rows(items, self._post_by_field))

    def _activity_answer(self, rows: list[tuple[int, Any, ApiError | None]]) -> Any:
        entries = []
        for number, identity, problem in rows:
            if problem is None:
                entries.append({"ProspectActivityId": identity, "RowNumber": number, "ActivityCreated": True})
            else:
                entries.append(
                    {"ProspectActivityId": None, "RowNumber": number, "ActivityCreated": False,
                     "ExceptionType": problem.kind, "ExceptionMessage": problem.message}
                )  # fmt: skip
        return {"Response": entries}

    def _post_by_id(self, item: Any) -> str:
        activity = activity_from(item)
        lead = item.get("RelatedProspectId", "")
        if not isinstance(lead, str) or not GUID.fullmatch(lead) or self.tenant.find_lead("ProspectID", lead) is None:
            raise ApiError("MXInvalidLeadException", "Lead does not exist.")
        return self.tenant.put_activity({**activity, "lead": lead, "received": item})

    def _post_by_field(self, item: Any) -> str:
        activity = activity_from(item)
        found = self.tenant.find_lead(item["searchBy"], str(item.get("SearchByValue", "")))
        if found is None:
            raise ApiError("MXInvalidLeadException", "Lead does not exist.")
        return self.tenant.put_activity({**activity, "lead": found["ProspectID"], "received": item})

    def post_activity(self, body: Any, params: Params) -> Any:
        activity = activity_from(body)
        if body.get("RelatedProspectId"):
            return _success({"Id": self._post_by_id(body)})
        address = str(body.get("EmailAddress", ""))
        if not address:
            raise ApiError("MXMandatoryAttributeMissingException", "'RelatedProspectId' is mandatory.")
        found = self.tenant.find_lead("EmailAddress", address)
        if found is None:
            names = ("EmailAddress", "FirstName", "LastName", "Phone")
            fields, _ = lead_from_pairs([{"Attribute": name, "Value": body[name]} for name in names if body.get(name)])
            lead = self.tenant.put_lead(fields)
        else:
            lead = found["ProspectID"]
        return _success({"Id": self.tenant.put_activity({**activity, "lead": lead, "received": body})})

    def lead_and_activity(self, body: Any, params: Params) -> Any:
        if not isinstance(body, dict) or "LeadDetails" not in body or "Activity" not in body:
            raise bad_json("Expected LeadDetails and Activity.")
        activity = activity_from(body["Activity"])
        entry = self._upsert(body["LeadDetails"])
        item = {**activity, "lead": entry["LeadId"], "received": body["Activity"]}
        return _success({"Id": self.tenant.put_activity(item), "RelatedId": entry["LeadId"]})

    def submit(self, kind: str, body: Any, params: Params) -> Any:
        """Put a request into the queue. The id in the answer has a leading blank, as in the pages' sample."""
        if kind == "lead":
            lead_from_pairs(body)
        identity = str(uuid.uuid4())
        due = time.time() + self.options.async_delay
        fails = self.options.async_fails > 0
        self.options.async_fails = max(0, self.options.async_fails - 1)
        task = {"kind": kind, "body": body, "params": params, "due": due, "status": "In-Queue", "fails": fails}
        self.tenant.put_task(identity, task)
        accepted = "Request accepted. Please use below request id to check the status"
        return {"Status": accepted, "RequestID": f" {identity}"}

    def work_queue(self) -> None:
        """Process what is due."""
        with self.tenant.lock:
            for identity, task in list(self.tenant.queue.items()):
                if task["status"] == "In-Queue" and task["due"] <= time.time():
                    self.tenant.put_task(identity, {**task, **self._processed(task)})

    def _processed(self, task: dict[str, Any]) -> dict[str, Any]:
        if task["fails"]:
            return {"status": "FAILURE", "reason": "The request could not be processed", "message": None}
        operation = self.capture_lead if task["kind"] == "lead" else self.lead_and_activity
        try:
            answer = operation(task["body"], task["params"])
        except ApiError as error:
            return {"status": "ERROR", "reason": error.message, "message": None}
        return {"status": "Success", "reason": "Request was successfully completed", "message": answer}

    def task_status(self, identity: str) -> Any:
        task = self.tenant.queue.get(identity.strip())
        if task is None:
            raise ApiError("MXInvalidInputException", "Invalid Input! Parameter Name: RequestID")
        name = "Lead Capture" if task["kind"] == "lead" else "Activity Create Custom"
        return {
            "RequestId": identity.strip(),
            "TaskStatus": {
                "TaskType": name,
                "Status": task["status"],
                "StatusReason": task.get("reason", ""),
                "TaskCurrentStep": None,
                "TaskLastStep": "In-Process-Queue",
                "RequestBody": json.dumps(task["body"]),
                "Message": task.get("message"),
            },
        }

    def metrics(self, kind: str) -> Any:
        waiting = [task for task in self.tenant.queue.values() if task["kind"] == kind and task["status"] == "In-Queue"]
        late = max((time.time() - task["due"] for task in waiting), default=0.0)
        return {
            "PendingMessages": len(waiting),
            "MaxDelayInSeconds": max(0, round(late)),
            "ProcessingratePerMinute": 24.8,
        }


class _Trial(Tenant):
    """A tenant that shows what is there and keeps nothing."""

    def __init__(self, tenant: Tenant) -> None:
        self._shown = tenant

    def find_lead(self, name: str, value: str) -> dict[str, Any] | None:
        return self._shown.find_lead(name, value)

    def put_lead(self, fields: dict[str, Any]) -> str:
        return str(fields.get("ProspectID", "trial"))

    def put_activity(self, activity: dict[str, Any]) -> str:
        return "trial"


def _success(message: dict[str, Any]) -> dict[str, Any]:
    return {"Status": "Success", "Message": message}
