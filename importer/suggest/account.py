"""A description of the account for a proposal, and the fields of it that a column may fill."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from importer.suggest.similarity import QUALIFIED, likeness
from importer.suggest.vocabulary import (
    ACTIVITY_CODE,
    ACTIVITY_NOTE,
    ACTIVITY_OWNER,
    ACTIVITY_TIME,
    CUSTOM_NAMES,
    LEAD_FIELDS,
    WHOLE_NAME,
    CandidateField,
    ValueKind,
)


@dataclass(frozen=True, slots=True)
class KnownField:
    """A field as the account describes it. ``options`` are pairs of value and shown text."""

    name: str
    label: str
    data_type: str
    mandatory: bool = False
    max_length: int = 0
    options: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class AccountProfile:
    """Time zone, country, fields and activity types of an account; empty where unknown, as without a network.

    ``activity_types`` are pairs of code and name; ``fields_of`` reads the fields of one type by its code.
    """

    name: str = ""
    time_zone: str = ""
    country: str = ""
    lead_fields: tuple[KnownField, ...] = ()
    activity_types: tuple[tuple[str, str], ...] = ()
    fields_of: Callable[[str], Sequence[KnownField]] = lambda code: ()


_KINDS = {
    "email": ValueKind.EMAIL,
    "phone": ValueKind.PHONE,
    "website": ValueKind.URL,
    "url": ValueKind.URL,
    "number": ValueKind.NUMBER,
    "date": ValueKind.DATE,
    "datetime": ValueKind.DATE,
    "boolean": ValueKind.FLAG,
    "activeusers": ValueKind.ID,
}
_NOT_FROM_A_CELL = frozenset(("customobject", "file", "image", "audio", "video", "geolocation", "time"))
_FILLED_BY_LEADSQUARED = frozenset(
    ("prospectautoid", "createdon", "modifiedon", "createdby", "modifiedby", "leadlastmodifiedon", "canupdate")
)


def lead_fields_of(facts: AccountProfile) -> list[CandidateField]:
    """Return the lead fields that a column may fill: the account's, or the standard ones when these are not known."""
    if not facts.lead_fields:
        return list(LEAD_FIELDS)
    standard = {field.name.casefold(): field for field in LEAD_FIELDS}
    found = [
        _describe_field(standard.get(known.name.casefold()), known, "lead")
        for known in facts.lead_fields
        if known.name.casefold() not in _FILLED_BY_LEADSQUARED and known.data_type.casefold() not in _NOT_FROM_A_CELL
    ]
    if {"firstname", "lastname"} <= {field.name.casefold() for field in found}:
        found.append(standard[WHOLE_NAME.casefold()])
    return found


def _describe_field(standard: CandidateField | None, known: KnownField, section: str) -> CandidateField:
    """Describe a field of the account: as the standard one, if there is one, with what the account says of it."""
    field = standard
    if field is None:
        kind = ValueKind.CHOICE if known.options else _KINDS.get(known.data_type.casefold(), ValueKind.TEXT)
        field = CandidateField(section, known.name, kind, vague=_find_custom_names(known))
    return replace(
        field,
        name=known.name,
        label=known.label,
        options=known.options,
        max_length=known.max_length,
        mandatory=known.mandatory,
        timed=known.data_type.casefold() == "datetime",
    )


def _find_custom_names(known: KnownField) -> tuple[str, ...]:
    """Return the usual names of the thing that the account has a field of its own for; none for an unusual thing."""
    own = (known.label, known.name.removeprefix("mx_").replace("_", " "))
    groups = [names for names in CUSTOM_NAMES if any(likeness(name, names)[0] >= QUALIFIED for name in own if name)]
    return tuple(dict.fromkeys(name for names in groups for name in names))


def activity_fields_of(facts: AccountProfile, code: str, keys: Sequence[str]) -> list[CandidateField]:
    """Return the fields of an activity of type ``code`` ("": unknown), without those that name the lead.

    ``keys`` are those that the call takes besides the type's own fields.
    """
    found = [ACTIVITY_TIME, ACTIVITY_NOTE]
    if not code:
        found.append(ACTIVITY_CODE)
    if ACTIVITY_OWNER.name in keys:
        found.append(ACTIVITY_OWNER)
    known = facts.fields_of(code) if code else ()
    return found + [
        _describe_field(None, field, "activity")
        for field in known
        if field.data_type.casefold() not in _NOT_FROM_A_CELL
        and field.data_type.casefold() != "activeusers"
        and field.name not in ("ActivityEvent", "ActivityNote", "ActivityDateTime")
    ]


def lead_part(names: Sequence[str]) -> list[CandidateField]:
    """Return the lead fields ``names`` as fields of an activity; Phone also takes headings of mobile numbers."""
    mobile = next(field for field in LEAD_FIELDS if field.name == "Mobile")
    found = [replace(field, section="activity") for field in LEAD_FIELDS if field.name in names]
    return [
        replace(field, phrases=(*field.phrases, *mobile.phrases), vague=(*field.vague, *mobile.vague))
        if field.name == "Phone"
        else field
        for field in found
    ]
