"""The calls that write activities, alone or together with their lead."""

from __future__ import annotations

from typing import Any

from importer.sandbox import refusals
from importer.sandbox.activity_rules import activity_body, changed_values
from importer.sandbox.bulk import each_row
from importer.sandbox.call import Request
from importer.sandbox.fields import UNIQUE
from importer.sandbox.lead_calls import success, upserted
from importer.sandbox.lead_rules import lead_body, refuse_duplicates
from importer.sandbox.options import Options
from importer.sandbox.refusals import ApiError
from importer.sandbox.tenant import Activity, Tenant
from importer.sandbox.values import GUID, text_of

_SEARCHABLE = (*UNIQUE, "Mobile")
_NEW_LEAD = ("EmailAddress", "FirstName", "LastName", "Phone")


def post(tenant: Tenant, options: Options, request: Request) -> Any:
    """Create: one activity, by lead id or by an e-mail; an e-mail that no lead has makes a new lead."""
    activity = activity_body(request.body)
    body = request.body
    if body.get("RelatedProspectId"):
        return success({"Id": _post_to(tenant, _lead_by_id(tenant, body), activity, request, 0)})
    if not text_of(body.get("EmailAddress")):
        raise refusals.mandatory("RelatedProspectId")
    found = tenant.find_lead("EmailAddress", body["EmailAddress"])
    if found is None:
        lead = lead_body([{"Attribute": name, "Value": body[name]} for name in _NEW_LEAD if body.get(name)], options)
        refuse_duplicates(tenant, lead.fields)
        found = tenant.create_lead(lead.fields)
    return success({"Id": _post_to(tenant, found["ProspectID"], activity, request, 0)})


def _lead_by_id(tenant: Tenant, item: dict[str, Any]) -> str:
    identity = text_of(item.get("RelatedProspectId"))
    if not identity:
        raise refusals.mandatory("RelatedProspectId")
    if not GUID.fullmatch(identity):
        raise refusals.invalid("RelatedProspectId")
    found = tenant.find_lead("ProspectID", identity)
    if found is None:
        raise refusals.unknown_lead()
    return str(found["ProspectID"])


def _post_to(tenant: Tenant, lead: str, activity: Activity, request: Request, row: int) -> str:
    return str(tenant.create_activity({**activity, "lead": lead, "call": request.number, "row": row})["Id"])


def bulk_by_lead_id(tenant: Tenant, options: Options, request: Request) -> Any:
    """Bulk/CustomActivity/Add/ByLeadId."""

    def store(item: tuple[int, Any]) -> str:
        row, sent = item
        activity = activity_body(sent)
        return _post_to(tenant, _lead_by_id(tenant, sent), activity, request, row)

    return _receipts(each_row(tenant, options, _numbered(request.body), store))


def bulk_by_lead_field(tenant: Tenant, options: Options, request: Request) -> Any:
    """Bulk/CustomActivity/Add/ByLeadField; a value that no lead has makes no lead."""
    name = request.parameter("searchBy")
    if not name:
        raise refusals.mandatory("searchBy")
    if name not in _SEARCHABLE:
        raise ApiError("MXInvalidInputException", "Invalid SearchBy value provided")

    def store(item: tuple[int, Any]) -> str:
        row, sent = item
        activity = activity_body(sent)
        value = text_of(sent.get("SearchByValue"))
        if not value:
            raise refusals.mandatory("SearchByValue")
        found = tenant.find_lead(name, value)
        if found is None:
            raise refusals.unknown_lead()
        return _post_to(tenant, found["ProspectID"], activity, request, row)

    return _receipts(each_row(tenant, options, _numbered(request.body), store))


def bulk_update(tenant: Tenant, options: Options, request: Request) -> Any:
    """Bulk/CustomActivity/Update; only what is sent changes, never lead, type or time."""
    locked = options.locked_activity_types.split(",")

    def change(item: tuple[int, Any]) -> str:
        _, sent = item
        if not isinstance(sent, dict):
            raise refusals.cannot_deserialize(sent, "CustomActivity")
        identity = text_of(sent.get("ProspectActivityId"))
        if not identity:
            raise refusals.mandatory("ProspectActivityId")
        activity = tenant.activities.get(identity.lower())
        if activity is None:
            raise refusals.unknown_activity()
        if str(activity["event"]) in locked:
            raise refusals.locked_activity()
        tenant.change_activity(activity, changed_values(activity, sent))
        return identity

    rows = each_row(tenant, options, _numbered(request.body), change)
    if options.update_answer == "status":
        return success({"AffectedRows": sum(refusal is None for _, _, refusal in rows)})
    return _receipts(rows, "ActivityUpdated")


def _numbered(body: Any) -> Any:
    return list(enumerate(body, start=1)) if isinstance(body, list) else body


def _receipts(rows: list[tuple[int, str | None, ApiError | None]], done: str = "ActivityCreated") -> dict[str, Any]:
    receipts: list[dict[str, Any]] = []
    for number, identity, refusal in rows:
        receipt = {"ProspectActivityId": identity, "RowNumber": number, done: refusal is None}
        if refusal is not None:
            receipt |= {"ExceptionType": refusal.kind, "ExceptionMessage": refusal.message}
        receipts.append(receipt)
    return {"Response": receipts}


def refuse_shape(body: Any) -> None:
    """A body with a lead and an activity has both."""
    if not isinstance(body, dict):
        raise refusals.cannot_deserialize(body, "LeadAndActivity")
    if not isinstance(body.get("LeadDetails"), list):
        raise refusals.cannot_deserialize(body.get("LeadDetails"), "System.Collections.Generic.List`1[LeadField]")
    if not isinstance(body.get("Activity"), dict):
        raise refusals.cannot_deserialize(body.get("Activity"), "CustomActivity")


def lead_and_activity(tenant: Tenant, options: Options, request: Request) -> Any:
    """CreateCustom: create or change a lead, then post the activity; both or none."""
    refuse_shape(request.body)
    activity = activity_body(request.body["Activity"])
    identity, is_new, _ = upserted(tenant, options, request.body["LeadDetails"])
    posted = _post_to(tenant, identity, activity, request, 0)
    first, second = (posted, identity) if options.custom_answer == "activity-first" else (identity, posted)
    return success({"Id": first, "RelatedId": second, "IsCreated": is_new})
