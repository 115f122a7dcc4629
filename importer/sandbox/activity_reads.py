"""The calls that read activities back, with the quirks that integrators report."""

from __future__ import annotations

import json
import random
from datetime import datetime, timedelta
from typing import Any

from importer.sandbox import refusals
from importer.sandbox.call import Request
from importer.sandbox.fields import ACTIVITY_TYPES, Field, event_name
from importer.sandbox.forms import american, field_value, whole_seconds, with_milliseconds
from importer.sandbox.options import Options
from importer.sandbox.tenant import Activity, Tenant
from importer.sandbox.values import GUID, moment

MOST_ROWS = 1000


def _object(body: Any, name: str) -> dict[str, Any]:
    """A part of the body that is an object; empty when it is missing. Raises ``BadShape``."""
    if body is None:
        return {}
    part = body.get(name) if isinstance(body, dict) else body
    if part is None:
        return {}
    if not isinstance(part, dict):
        raise refusals.cannot_deserialize(part, name)
    return part


def _number(paging: dict[str, Any], name: str, default: int, least: int = 0) -> int:
    """A number of a paging part; texts are taken, too."""
    try:
        number = int(paging.get(name, default))
    except (TypeError, ValueError):
        raise refusals.invalid(name) from None
    if number < least:
        raise refusals.invalid(name)
    return number


def _settled(tenant: Tenant, activity: Activity, lag: float) -> bool:
    written = datetime.fromisoformat(activity["ModifiedOn"])
    return lag <= 0 or tenant.clock() - written >= timedelta(seconds=lag)


def trail(tenant: Tenant, options: Options, request: Request) -> Any:
    """Retrieve: the activities of one lead, newest first, 25 unless paging is asked for."""
    lead = request.parameter("leadId")
    if not lead:
        raise refusals.mandatory("leadId")
    if not GUID.fullmatch(lead):
        raise refusals.invalid("leadId")
    wanted = _object(request.body, "Parameter").get("ActivityEvent")
    found = [
        activity
        for identity in tenant.by_lead.get(lead.lower(), [])
        if wanted in (None, "", (activity := tenant.activities[identity])["event"], str(activity["event"]))
        and _settled(tenant, activity, options.trail_lag)
    ]
    found.sort(key=lambda one: str(one["CreatedOn"]), reverse=True)
    shown = _trail_page(found, _object(request.body, "Paging"), options)
    rows = [_trail_row(one) for one in shown]
    return {"RecordCount": len(found), "ProspectActivities": rows} if rows else {"RecordCount": len(found)}


def _trail_page(found: list[Activity], paging: dict[str, Any], options: Options) -> list[Activity]:
    size = _number(paging, "RowCount", options.trail_rows or max(1, len(found)))
    if size > MOST_ROWS and "RowCount" in paging:
        raise refusals.invalid("RowCount")
    # Offset is a number of pages, not of rows; whether it begins with 0 or 1 differs between accounts.
    page = max(0, _number(paging, "Offset", options.first_offset) - options.first_offset)
    return found[page * size : (page + 1) * size]


def _trail_row(activity: Activity) -> dict[str, Any]:
    code, note = activity["event"], activity["note"]
    return {
        "Id": activity["Id"],
        "EventCode": code,
        "EventName": event_name(code),
        "CreatedOn": whole_seconds(activity["CreatedOn"]),
        "ModifiedOn": whole_seconds(activity["ModifiedOn"]),
        "ActivityType": 2,
        # Known to be unreliable; it says nothing about the type.
        "Type": "Inbound",
        "SessionId": "",
        "RelatedProspectId": activity["lead"],
        "Data": [{"Key": "NotableEventDescription", "Value": note}],
        "ActivityFields": {
            **{name: _american_value(code, name, value, activity) for name, value in activity["fields"].items()},
            "ActivityEvent_Note": note,
            "CreatedOn": american(activity["CreatedOn"]),
            "ModifiedOn": american(activity["ModifiedOn"]),
        },
    }


def _field(code: int, name: str) -> Field | None:
    return ACTIVITY_TYPES[code].field(name) if code in ACTIVITY_TYPES else None


def _american_value(code: int, name: str, value: Any, activity: Activity) -> Any:
    field = _field(code, name)
    if field is not None and field.kind == "DateTime" and value:
        return american(value)
    return field_value(value, activity["ModifiedOn"])


def details(tenant: Tenant, options: Options, request: Request) -> Any:
    """GetActivityDetails: one activity with the settings of its fields."""
    activity = tenant.activities.get(request.parameter("activityId").lower())
    if activity is None:
        raise refusals.unknown_activity()
    kind = ACTIVITY_TYPES.get(activity["event"])
    values = activity["fields"]
    fields = [
        {
            "SchemaName": field.name,
            "DisplayName": field.display,
            "Value": field_value(values.get(field.name, ""), activity["ModifiedOn"]),
            "DataType": field.kind,
        }
        for field in (kind.fields if kind else ())
    ]
    return {
        "Id": activity["Id"],
        "EventCode": activity["event"],
        "EventName": event_name(activity["event"]),
        "ActivityNote": activity["note"],
        "RelatedProspectId": activity["lead"],
        "CreatedOn": with_milliseconds(activity["CreatedOn"]),
        "ModifiedOn": with_milliseconds(activity["ModifiedOn"]),
        "Fields": fields,
    }


def by_event(tenant: Tenant, options: Options, request: Request) -> Any:
    """RetrieveByActivityEvent: one type across leads, in a window of ModifiedOn (both ends whole seconds)."""
    parameter, paging = _object(request.body, "Parameter"), _object(request.body, "Paging")
    size, page = _number(paging, "PageSize", 25, 1), _number(paging, "PageIndex", 1, 1)
    if size > MOST_ROWS:
        raise refusals.invalid("PageSize")
    first, last = _window(parameter)
    found = [
        activity
        for identity in tenant.by_event.get(_event(parameter), [])
        if first <= datetime.fromisoformat((activity := tenant.activities[identity])["ModifiedOn"]) <= last
        and _settled(tenant, activity, options.read_lag)
    ]
    _sort(found, _object(request.body, "Sorting"))
    without_empty = str(parameter.get("RemoveEmptyValue", "")).lower() in ("1", "true")
    rows = [_event_row(one, without_empty=without_empty) for one in found[(page - 1) * size : page * size]]
    return {"RecordCount": len(found), "List": rows} if rows else {"RecordCount": len(found)}


def _event(parameter: dict[str, Any]) -> int:
    code = str(parameter.get("ActivityEvent") or "")
    if not code.isdigit():
        raise refusals.invalid("ActivityEvent")
    return int(code)


def _window(parameter: dict[str, Any]) -> tuple[datetime, datetime]:
    ends = []
    for name in ("FromDate", "ToDate"):
        when = moment(str(parameter.get(name) or ""))
        if when is None:
            raise refusals.invalid(name)
        ends.append(when)
    if ends[0] > ends[1]:
        raise refusals.invalid("FromDate")
    return ends[0], ends[1]


def _sort(found: list[Activity], sorting: dict[str, Any]) -> None:
    column = sorting.get("ColumnName") or "ModifiedOn"
    newest_first = str(sorting.get("Direction", "1")) == "1"
    if column == "ProspectActivityId":
        found.sort(key=lambda one: str(one["Id"]), reverse=newest_first)
    elif column in ("CreatedOn", "ModifiedOn"):
        # Rows of the same second come in another order each time, so they repeat and vanish between pages.
        random.shuffle(found)
        found.sort(key=lambda one: whole_seconds(one[column]), reverse=newest_first)
    else:
        raise refusals.invalid("ColumnName")


def _event_row(activity: Activity, *, without_empty: bool) -> dict[str, Any]:
    kind = ACTIVITY_TYPES.get(activity["event"])
    modified = activity["ModifiedOn"]
    fields = {
        field.name: field_value(activity["fields"].get(field.name, ""), modified)
        for field in (kind.fields if kind else ())
    }
    row = {
        "ProspectActivityId": activity["Id"],
        "RelatedProspectId": activity["lead"],
        "ActivityEvent": activity["event"],
        "ActivityEvent_Note": activity["note"],
        **fields,
        "CreatedOn": whole_seconds(activity["CreatedOn"]),
        "CreatedBy": "Sandbox Administrator",
        "CreatedByEmailAddress": "admin@example.com",
        "ModifiedOn": whole_seconds(modified),
    }
    return {name: value for name, value in row.items() if value != ""} if without_empty else row


def options_text(field: Field) -> str:
    """The options of a dropdown: JSON inside a text, empty for other fields."""
    listed = [
        {"IsDefault": False, "Text": text, "Value": value, "Order": order}
        for order, (value, text) in enumerate(field.options, start=1)
    ]
    return json.dumps(listed) if listed else ""
