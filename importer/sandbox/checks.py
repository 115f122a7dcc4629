"""What LeadSquared refuses in the bodies of leads and activities."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from importer.sandbox.seed import ACTIVITY_TYPES, LEAD_FIELDS, USERS
from importer.sandbox.tenant import ApiError, Tenant

GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_LEAD_FIELDS = {field["SchemaName"]: field for field in LEAD_FIELDS}
_SET_FIELD = re.compile(r"Status|mx_CustomObject_[0-9]+")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
UNIQUE = tuple(name for name, field in _LEAD_FIELDS.items() if field["IsLeadIdentifier"] and name != "ProspectID")


def bad_json(message: str) -> ApiError:
    """The refusal of a body whose shape is wrong."""
    return ApiError("", f"Cannot deserialize the current JSON into the expected type. {message}", 400)


def lead_from_pairs(pairs: Any) -> tuple[dict[str, Any], str]:
    """The fields of a lead and its SearchBy; raises :class:`ApiError` for what LeadSquared refuses."""
    if not isinstance(pairs, list) or not all(isinstance(pair, dict) and "Attribute" in pair for pair in pairs):
        raise bad_json("A lead is an array of Attribute and Value.")
    fields: dict[str, Any] = {}
    search_by = ""
    for pair in pairs:
        name, value = pair["Attribute"], pair.get("Value", "")
        if name == "SearchBy":
            search_by = str(value)
        elif isinstance(pair.get("Fields"), list):
            fields[name] = {inner.get("Attribute"): inner.get("Value") for inner in pair["Fields"]}
        else:
            fields[name] = "" if value is None else value
    unknown = [name for name in fields if name not in _LEAD_FIELDS]
    if unknown:
        raise ApiError("MXUnknownAttributeException", f"Attribute(s) does not exist - {','.join(unknown)}.")
    for name, value in fields.items():
        _check_lead_value(name, value)
    return fields, search_by


def _check_lead_value(name: str, value: Any) -> None:
    field = _LEAD_FIELDS[name]
    if isinstance(value, dict):
        wrong = [inner for inner in value if not isinstance(inner, str) or not _SET_FIELD.fullmatch(inner)]
        if field["DataType"] != "CustomObject" or wrong:
            raise ApiError("MXUnknownAttributeException", f"Attribute(s) does not exist - {name}~{wrong}.")
        return
    if not isinstance(value, str):
        raise bad_json(f"The value of {name} is not a string.")
    if not value:
        return
    if len(value) > int(field["MaxLength"]):
        raise ApiError("MXInvalidInputException", f"Invalid Input! Parameter Name: {name} is too long.")
    options = [option["Value"] for option in field["Options"]]
    if options and value not in options:
        raise ApiError("MXInvalidInputException", f"Invalid Input! Parameter Name: {name} has no option {value}.")
    kind = field["DataType"]
    if kind == "Email" and not _EMAIL.fullmatch(value):
        raise ApiError("MXInvalidInputException", "Invalid Input! Parameter Name: EmailAddress")
    if kind == "Phone" and not re.fullmatch(r"\+?[0-9][0-9\-]{5,18}", value):
        raise ApiError("MXInvalidInputException", "Invalid Phone format")
    if kind == "Number" and not re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", value):
        raise ApiError("MXInvalidInputException", f"Invalid Input! Parameter Name: {name}")
    if kind == "Date":
        moment(value, name)


def refuse_duplicates(tenant: Tenant, fields: dict[str, Any], own: str = "") -> None:
    """A unique value that another lead has already."""
    for name in UNIQUE:
        value = fields.get(name)
        found = tenant.find_lead(name, value) if isinstance(value, str) and value else None
        if found is not None and found["ProspectID"].lower() != own.lower():
            label = "Phone Number" if name == "Phone" else "Email"
            raise ApiError("MXDuplicateEntryException", f"A Lead with same {label} already exists.")


def moment(text: str, name: str) -> datetime:
    """A date or time in the form that LeadSquared takes."""
    for form in ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d"):
        try:
            return datetime.strptime(text, form)  # noqa: DTZ007  the form has no zone; it is UTC by definition
        except ValueError:
            continue
    raise ApiError("MXInvalidInputException", f"Invalid Input! Parameter Name: {name}")


def activity_from(body: Any) -> dict[str, Any]:
    """An activity ready to be stored, without its lead; raises :class:`ApiError` for what LeadSquared refuses."""
    if not isinstance(body, dict):
        raise bad_json("An activity is an object.")
    event = body.get("ActivityEvent")
    kind = ACTIVITY_TYPES.get(event) if isinstance(event, int) else None
    if kind is None:
        raise ApiError("MXInvalidActivityException", "Event Code is invalid or empty")
    fields: dict[str, Any] = {}
    for item in body.get("Fields") or []:
        name = item.get("SchemaName") or item.get("Attribute")
        if isinstance(item.get("Fields"), list):
            fields[name] = {inner.get("Attribute"): inner.get("Value") for inner in item["Fields"]}
        else:
            fields[name] = item.get("Value")
    _check_activity_fields(kind["fields"], fields)
    owner = body.get("ActivityOwnerEmail", "")
    if owner and owner not in [user["EmailAddress"] for user in USERS if user["StatusCode"] == 0]:
        raise ApiError("MXInvalidInputException", "Invalid Input! Parameter Name: ActivityOwnerEmail")
    activity = {"event": event, "note": body.get("ActivityNote", ""), "fields": fields, "owner": owner}
    if body.get("ActivityDateTime"):
        activity["CreatedOn"] = moment(body["ActivityDateTime"], "ActivityDateTime").isoformat() + "+00:00"
    return activity


def _check_activity_fields(known: list[dict[str, Any]], fields: dict[str, Any]) -> None:
    by_name = {field["SchemaName"]: field for field in known}
    for name, value in fields.items():
        field = by_name.get(name)
        if field is None:
            raise ApiError("MXInvalidActivityFieldsException", f"Field name : '{name}' does not exist.")
        if isinstance(value, dict):
            if field["DataType"] != "CustomObject":
                raise ApiError("MXInvalidActivityFieldsException", f"Field name : '{name}' is no custom field set.")
        elif not isinstance(value, str):
            raise bad_json(f"The value of {name} is not a string.")
        elif len(value) > field["MaxFieldLength"]:
            raise ApiError("MXInvalidActivityFieldsException", f"Field name : '{name}' is too long.")
        elif field["options"] and value and value not in field["options"]:
            raise ApiError("MXInvalidActivityFieldsException", f"Field name : '{name}' has no option '{value}'.")
    for field in known:
        if field["IsMandatory"] and not fields.get(field["SchemaName"]):
            text = f"Field name : '{field['SchemaName']}' of datatype : '{field['DataType']}' is mandatory."
            raise ApiError("MXInvalidActivityFieldsException", text)
