"""What LeadSquared refuses in the body of an activity."""

from __future__ import annotations

from typing import Any

from importer.sandbox import refusals
from importer.sandbox.fields import ACTIVE_EMAILS, ACTIVITY_TYPES, ActivityType, Field
from importer.sandbox.refusals import ApiError
from importer.sandbox.tenant import Activity
from importer.sandbox.values import moment, set_values, stored_value, text_of


def activity_body(body: Any) -> Activity:
    """The activity in a body, ready to be stored but for its lead; raises :class:`ApiError` for what is refused."""
    if not isinstance(body, dict):
        raise refusals.cannot_deserialize(body, "CustomActivity")
    note = text_of(body.get("ActivityNote"))
    owner = text_of(body.get("ActivityOwnerEmail"))
    happened = text_of(body.get("ActivityDateTime"))
    sent = _sent_fields(body)
    kind = _type(body.get("ActivityEvent"))
    # The documentation says that true SKIPS the validation, against what the name says.
    fields = _stored_fields(kind, sent, any_option=body.get("ValidateDropDownOptions") is True)
    if owner and owner.lower() not in ACTIVE_EMAILS:
        raise refusals.invalid("ActivityOwnerEmail")
    activity: Activity = {"event": kind.code, "note": note, "owner": owner, "fields": fields, "received": body}
    if happened:
        when = moment(happened)
        if when is None:
            raise refusals.invalid("ActivityDateTime")
        activity["CreatedOn"] = when.isoformat()
    return activity


def changed_values(activity: Activity, body: dict[str, Any]) -> Activity:
    """What an update sets in an activity; raises :class:`ApiError` for what is refused. A field left out stays."""
    sent = _sent_fields(body)
    any_option = body.get("ValidateDropDownOptions") is True
    fields = {**activity["fields"], **_stored_values(ACTIVITY_TYPES[activity["event"]], sent, any_option=any_option)}
    _refuse_missing(ACTIVITY_TYPES[activity["event"]], fields)
    note = text_of(body["ActivityNote"]) if "ActivityNote" in body else activity["note"]
    return {"note": note, "fields": fields}


def _type(code: Any) -> ActivityType:
    if code is not None and (not isinstance(code, int) or isinstance(code, bool)):
        raise refusals.error_converting(code, "System.Int32")
    if code not in ACTIVITY_TYPES:
        raise refusals.unknown_event()
    return ACTIVITY_TYPES[code]


def _sent_fields(body: dict[str, Any]) -> dict[str, Any]:
    """Value by schema name; for a custom field set the value is a tuple of its parts."""
    items = body.get("Fields")
    if items is None:
        return {}
    if not isinstance(items, list):
        raise refusals.cannot_deserialize(items, "System.Collections.Generic.List`1[ActivityField]")
    sent: dict[str, Any] = {}
    for item in items:
        if not isinstance(item, dict):
            raise refusals.cannot_deserialize(item, "ActivityField")
        parts = item.get("Fields")
        # Only a field that holds a set is seen with Attribute in place of SchemaName.
        name = item.get("SchemaName") or (item.get("Attribute") if parts is not None else None)
        if not isinstance(name, str):
            raise refusals.activity_field("Field name : '' does not exist.")
        value = text_of(item.get("Value"))
        sent[name] = value if parts is None else (parts,)
    return sent


def _stored_fields(kind: ActivityType, sent: dict[str, Any], *, any_option: bool) -> dict[str, Any]:
    stored = _stored_values(kind, sent, any_option=any_option)
    _refuse_missing(kind, stored)
    return stored


def _stored_values(kind: ActivityType, sent: dict[str, Any], *, any_option: bool) -> dict[str, Any]:
    stored = {}
    for name, value in sent.items():
        field = kind.field(name)
        if field is None:
            raise refusals.activity_field(f"Field name : '{name}' does not exist.")
        stored[name] = _stored(field, value, any_option=any_option)
    return stored


def _refuse_missing(kind: ActivityType, stored: dict[str, Any]) -> None:
    for field in kind.fields:
        if field.mandatory and not stored.get(field.name):
            raise refusals.activity_field(f"Field name : '{field.name}' of datatype : '{field.kind}' is mandatory.")


def _stored(field: Field, value: Any, *, any_option: bool) -> Any:
    def refuse(reason: str) -> ApiError:
        return refusals.activity_field(f"Field name : '{field.name}' of datatype : '{field.kind}' {reason}.")

    if isinstance(value, tuple):
        if field.kind != "CustomObject":
            raise refusals.cannot_deserialize(value[0], "System.String")
        return set_values(field, value[0], lambda part: refuse(f"has no field '{part}'"))
    return stored_value(field, value, refuse, any_option=any_option)
