"""What LeadSquared refuses in the body of a lead."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from importer.sandbox import refusals
from importer.sandbox.fields import LEAD_FIELD, UNIQUE
from importer.sandbox.options import Options
from importer.sandbox.refusals import ApiError
from importer.sandbox.tenant import Lead, Tenant
from importer.sandbox.values import international, set_values, stored_value, text_of

_ONE_OF = ("FirstName", "LastName", "EmailAddress", "Phone")
_LABELS = {"EmailAddress": "Email", "Phone": "Phone Number"}
_SEARCHABLE = {**{name: name for name in UNIQUE}, "ProspectId": "ProspectID"}
"""What SearchBy may say. The lead's id is spelled differently here than everywhere else."""


@dataclass(frozen=True, slots=True)
class LeadBody:
    """A lead: its values as sent and as they are stored, how to find it (empty: not said), and the id that it names."""

    sent: dict[str, Any]
    fields: dict[str, Any]
    search_by: str
    prospect_id: str

    def value(self, name: str) -> str:
        """The value of a field that leads are found by: a phone is compared as it was sent."""
        return self.prospect_id if name == "ProspectID" else str(self.sent.get(name) or "")


def lead_body(pairs: Any, options: Options) -> LeadBody:
    """The lead in an array of pairs; raises :class:`ApiError` for what LeadSquared refuses."""
    if not isinstance(pairs, list):
        raise refusals.cannot_deserialize(pairs, "System.Collections.Generic.List`1[LeadField]")
    named: dict[str, Any] = {}
    for pair in pairs:
        if not isinstance(pair, dict) or not isinstance(pair.get("Attribute"), str):
            raise refusals.cannot_deserialize(pair, "LeadField")
        value = text_of(pair.get("Value"))
        named[pair["Attribute"]] = (value, pair["Fields"]) if pair.get("Fields") is not None else value
    search_by = named.pop("SearchBy", "")
    unknown = [name for name in named if name not in LEAD_FIELD]
    if unknown:
        raise refusals.unknown_attributes(unknown)
    fields = {name: _stored(name, value, options) for name, value in named.items()}
    if search_by and search_by not in _SEARCHABLE:
        raise ApiError("MXInvalidInputException", "Invalid SearchBy value provided")
    prospect_id = str(fields.pop("ProspectID", ""))
    return LeadBody(named, fields, _SEARCHABLE.get(search_by, ""), prospect_id)


def _stored(name: str, value: Any, options: Options) -> Any:
    field = LEAD_FIELD[name]
    if isinstance(value, tuple):
        if field.kind != "CustomObject":
            raise refusals.cannot_deserialize(value[1], "System.String")
        return set_values(field, value[1], lambda part: refusals.unknown_attributes([f"{name}~{part}"]))

    def refuse(reason: str) -> ApiError:
        if field.kind == "Phone":
            return ApiError("MXInvalidInputException", "Invalid Phone format")
        return ApiError("MXInvalidInputException", f"Invalid Input! Parameter Name: {name} {reason}.")

    text = stored_value(field, value, refuse, any_option=options.lead_options == "stored")
    if field.kind == "Phone" and options.phone_storage == "international":
        return international(text, options.country_code)
    return text


def refuse_incomplete(fields: dict[str, Any], options: Options) -> None:
    """A new lead has a name, an e-mail or a phone, and whatever the account demands."""
    if not any(fields.get(name) for name in _ONE_OF):
        raise refusals.mandatory(" or ".join(_ONE_OF))
    for name in mandatory_fields(options):
        if not fields.get(name):
            raise refusals.mandatory(name)


def mandatory_fields(options: Options) -> tuple[str, ...]:
    """The schema names of the fields that a new lead must have."""
    return tuple(name.strip() for name in options.mandatory_lead_fields.split(",") if name.strip())


def refuse_duplicates(tenant: Tenant, fields: dict[str, Any], own: Lead | None = None) -> None:
    """No other lead may have the value of a unique field."""
    for name in UNIQUE:
        found = tenant.find_lead(name, fields.get(name))
        if found is not None and (own is None or found["ProspectID"] != own["ProspectID"]):
            raise refusals.duplicate(_LABELS.get(name, LEAD_FIELD[name].display))
