"""The calls that look leads up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from importer.sandbox import refusals
from importer.sandbox.call import Request
from importer.sandbox.fields import LEAD_FIELD, LEAD_FIELDS
from importer.sandbox.forms import field_value, with_milliseconds
from importer.sandbox.options import Options
from importer.sandbox.tenant import Lead, Tenant

_TIMES = ("CreatedOn", "ModifiedOn")
_LAST = "LeadLastModifiedOn"
_MOST_ROWS = 1000
_MOST_IDS = 10_000


def _shown(tenant: Tenant, lead: Lead, columns: list[str] | None = None) -> dict[str, Any]:
    """The lead as a flat object; a field without a value is null. Its last change is that of its activities, too."""
    shown = {field.name: field_value(lead.get(field.name), lead["ModifiedOn"]) for field in LEAD_FIELDS}
    shown |= {name: with_milliseconds(lead[name]) for name in _TIMES}
    own = tenant.by_lead.get(lead["ProspectID"].lower(), [])
    shown[_LAST] = with_milliseconds(
        max([lead["ModifiedOn"], *(tenant.activities[identity]["ModifiedOn"] for identity in own)])
    )
    return shown if columns is None else {name: shown[name] for name in ("ProspectID", *columns) if name in shown}


def by_email(tenant: Tenant, options: Options, request: Request) -> Any:
    """Leads.GetByEmailaddress. A misspelt parameter is not noticed: the answer is an empty list."""
    found = tenant.find_lead("EmailAddress", request.parameter("emailaddress"))
    return [_shown(tenant, found)] if found and _settled(tenant, found, options) else []


def by_id(tenant: Tenant, options: Options, request: Request) -> Any:
    """Leads.GetById."""
    found = tenant.find_lead("ProspectID", request.parameter("id"))
    return [_shown(tenant, found)] if found else []


def _settled(tenant: Tenant, lead: Lead, options: Options) -> bool:
    """Whether the lead is old enough to be shown."""
    return bool(lead["CreatedOn"] <= (tenant.clock() - timedelta(seconds=options.lead_lag)).isoformat())


def by_phone(tenant: Tenant, options: Options, request: Request) -> Any:
    """RetrieveLeadByPhoneNumber: Phone and Mobile, in any form; of several the one that was active last."""
    found = [lead for lead in tenant.leads_by_phone(request.parameter("phone")) if _settled(tenant, lead, options)]
    return [_shown(tenant, max(found, key=lambda lead: _last_activity(tenant, lead)))] if found else []


def _last_activity(tenant: Tenant, lead: Lead) -> str:
    own = tenant.by_lead.get(lead["ProspectID"].lower(), [])
    return max((str(tenant.activities[identity]["CreatedOn"]) for identity in own), default="")


_OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "=": lambda own, value: own == value,
    "<>": lambda own, value: own != value,
    "LIKE": lambda own, value: value.strip("%") in own,
    ">": lambda own, value: own > value,
    "<": lambda own, value: own < value,
    ">=": lambda own, value: own >= value,
    "<=": lambda own, value: own <= value,
}


def search(tenant: Tenant, options: Options, request: Request) -> Any:
    """Leads.Get: by one criterion. Without ``Parameter`` (as in a ``Query`` wrapper) everything is found."""
    body = request.body
    if not isinstance(body, dict):
        raise refusals.cannot_deserialize(body, "LeadSearch")
    found = [lead for lead in tenant.leads.values() if _settled(tenant, lead, options)]
    parameter = body.get("Parameter")
    if parameter:
        fits = _OPERATORS.get(str(parameter.get("SqlOperator", "=")).upper())
        if fits is None:
            raise refusals.invalid("SqlOperator")
        name, value = str(parameter.get("LookupName", "")), str(parameter.get("LookupValue", "")).lower()
        # The name is case-sensitive, and a wrong one finds nothing instead of being refused.
        known = name in LEAD_FIELD or name in _TIMES
        found = [lead for lead in found if known and fits(str(lead.get(name) or "").lower(), value)]
    return [_shown(tenant, lead, _columns(body)) for lead in _page(found, body.get("Paging") or {})]


def by_ids(tenant: Tenant, options: Options, request: Request) -> Any:
    """Leads/Retrieve/ByIds: those of the ids that are leads, in the order of the ids."""
    body = request.body
    parameters = body.get("SearchParameters") if isinstance(body, dict) else None
    ids = parameters.get("LeadIds") if isinstance(parameters, dict) else None
    if not isinstance(ids, list):
        raise refusals.mandatory("LeadIds")
    if len(ids) > _MOST_IDS:
        raise refusals.invalid("LeadIds")
    found = [lead for identity in ids if (lead := tenant.find_lead("ProspectID", identity)) is not None]
    return [_shown(tenant, lead, _columns(body)) for lead in _page(found, body.get("Paging") or {})]


def _columns(body: dict[str, Any]) -> list[str] | None:
    include = str((body.get("Columns") or {}).get("Include_CSV", ""))
    return [name.strip() for name in include.split(",") if name.strip()] or None


def _page(found: list[Lead], paging: dict[str, Any]) -> list[Lead]:
    try:
        page, size = int(paging.get("PageIndex", 1)), int(paging.get("PageSize", 100))
    except (TypeError, ValueError):
        raise refusals.invalid("Paging") from None
    if page < 1 or not 1 <= size <= _MOST_ROWS:
        raise refusals.invalid("PageSize")
    return found[(page - 1) * size : page * size]
