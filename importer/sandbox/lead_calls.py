"""The calls that write leads."""

from __future__ import annotations

from typing import Any

from importer.sandbox import refusals
from importer.sandbox.bulk import each_row
from importer.sandbox.call import Request
from importer.sandbox.fields import CAPTURE_EVENT, UNIQUE
from importer.sandbox.lead_rules import LeadBody, lead_body, refuse_duplicates, refuse_incomplete
from importer.sandbox.options import Options
from importer.sandbox.tenant import Lead, Tenant

_BEHAVIOURS = ("", "None", "DoNotUpdate", "UpdateOnlyEmptyFields", "DoNotUpdateUniqueFields")


def success(message: Any) -> dict[str, Any]:
    """The answer of a single write."""
    return {"Status": "Success", "Message": message}


def create(tenant: Tenant, options: Options, request: Request) -> Any:
    """Lead.Create: a new lead, never an update."""
    lead = lead_body(request.body, options)
    return success({"Id": _create(tenant, options, lead)["ProspectID"]})


def _create(tenant: Tenant, options: Options, lead: LeadBody, identity: str = "") -> Lead:
    refuse_incomplete(lead.fields, options)
    refuse_duplicates(tenant, lead.fields)
    return tenant.create_lead(lead.fields, identity)


def _change(tenant: Tenant, found: Lead, fields: dict[str, Any]) -> bool:
    """Whether the lead is another than before."""
    refuse_duplicates(tenant, fields, found)
    if all((found.get(name) or "") == value for name, value in fields.items()):
        return False
    tenant.change_lead(found, fields)
    return True


def capture(tenant: Tenant, options: Options, request: Request) -> Any:
    """Lead.Capture: a new lead, or a change of the one that matches, by the rules of its page."""
    behaviour = request.parameter("LeadUpdateBehavior")
    if behaviour not in _BEHAVIOURS:
        raise refusals.invalid("LeadUpdateBehavior")
    lead = lead_body(request.body, options)
    found = _captured(tenant, lead)
    if found is None:
        # The id of a visitor of a web site who was anonymous so far is kept; a call cannot tell such ids from others.
        kept = options.unknown_id == "kept" and not tenant.find_lead("ProspectID", lead.prospect_id)
        stored = _create(tenant, options, lead, lead.prospect_id if kept else "")
    else:
        stored = found
        _change(tenant, found, _capture_changes(found, lead.fields, behaviour))
    identity = stored["ProspectID"]
    if options.capture_activity:
        tenant.create_activity({"lead": identity, "event": CAPTURE_EVENT, "note": "", "owner": "", "fields": {}})
    return success({"Id": identity, "RelatedId": identity, "IsCreated": found is None})


def _captured(tenant: Tenant, lead: LeadBody) -> Lead | None:
    """The lead that a capture means. An id with another e-mail than the lead's means a new lead."""
    everything = all(lead.value(name) for name in ("ProspectID", "EmailAddress", "Phone"))
    if lead.search_by and not everything:
        return tenant.find_lead(lead.search_by, lead.value(lead.search_by))
    for name in ("ProspectID", "EmailAddress", "Phone"):
        found = tenant.find_lead(name, lead.value(name))
        if found is None:
            continue
        email = lead.value("EmailAddress")
        other = name == "ProspectID" and email and email.lower() != (found.get("EmailAddress") or "").lower()
        return None if other else found
    return None


def _capture_changes(found: Lead, fields: dict[str, Any], behaviour: str) -> dict[str, Any]:
    """What a repeated capture changes; the first source stays."""
    changes = {name: value for name, value in fields.items() if name != "Source" or not found.get("Source")}
    if behaviour == "DoNotUpdate":
        return {}
    if behaviour == "UpdateOnlyEmptyFields":
        return {name: value for name, value in changes.items() if not found.get(name)}
    if behaviour == "DoNotUpdateUniqueFields":
        return {name: value for name, value in changes.items() if name not in UNIQUE}
    return changes


def upserted(tenant: Tenant, options: Options, pairs: Any) -> tuple[str, bool, bool]:
    """Create or change the lead that SearchBy finds: its id, whether it is new, and whether it changed."""
    lead = lead_body(pairs, options)
    names = ("EmailAddress", "Phone") if options.default_search == "email-phone" else ("EmailAddress",)
    if lead.search_by:
        if not lead.value(lead.search_by):
            raise refusals.ApiError("MXInvalidInputException", "Invalid SearchBy value provided")
        names = (lead.search_by,)
    found = next((one for name in names if (one := tenant.find_lead(name, lead.value(name)))), None)
    if found is None:
        return _create(tenant, options, lead)["ProspectID"], True, False
    return found["ProspectID"], False, _change(tenant, found, lead.fields)


def create_or_update(tenant: Tenant, options: Options, request: Request) -> Any:
    """Lead.CreateOrUpdate."""
    identity, is_new, has_changed = upserted(tenant, options, request.body)
    return success({"Id": identity, "AffectedRows": int(is_new or has_changed)})


def bulk_create_or_update(tenant: Tenant, options: Options, request: Request) -> Any:
    """Lead/Bulk/CreateOrUpdate: a bare array of receipts."""
    receipts: list[dict[str, Any]] = []
    for number, result, refusal in each_row(tenant, options, request.body, lambda row: upserted(tenant, options, row)):
        identity, is_new, has_changed = result or ("", False, False)
        receipt = {"RowNumber": number, "LeadId": identity, "LeadCreated": is_new, "LeadUpdated": has_changed}
        receipt["AffectedRows"] = int(is_new or has_changed)
        if refusal is not None:
            receipt |= {"ExceptionType": refusal.kind, "ErrorMessage": refusal.message}
        receipts.append(receipt)
    return receipts
