"""What is known of the account: nothing when offline, else its time zone, country, fields and activity types."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from importer.suggest.activity_words import ACTIVITY_CODE, ACTIVITY_NOTE, ACTIVITY_OWNER, ACTIVITY_TIME
from importer.suggest.fields import WHOLE_NAME, Field, Kind
from importer.suggest.lead_words import LEAD_FIELDS
from importer.suggest.other_words import other_names


@dataclass(frozen=True, slots=True)
class KnownField:
    """A field as the account describes it. ``options`` are pairs of value and shown text."""

    name: str
    label: str
    data_type: str
    mandatory: bool = False
    max_length: int = 0
    options: tuple[tuple[str, str], ...] = ()


def _no_fields(code: str) -> Sequence[KnownField]:
    return ()


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """What is known of the account; empty means unknown.

    ``activity_types`` are pairs of code and name; ``fields_of`` tells the fields of one type by its code.
    """

    name: str = ""
    time_zone: str = ""
    country: str = ""
    lead_fields: tuple[KnownField, ...] = ()
    activity_types: tuple[tuple[str, str], ...] = ()
    fields_of: Callable[[str], Sequence[KnownField]] = _no_fields


_KINDS = {
    "email": Kind.EMAIL,
    "phone": Kind.PHONE,
    "website": Kind.URL,
    "url": Kind.URL,
    "number": Kind.NUMBER,
    "date": Kind.DATE,
    "datetime": Kind.DATE,
    "boolean": Kind.FLAG,
    "activeusers": Kind.ID,
}
_NOT_FROM_A_CELL = frozenset(("customobject", "file", "image", "audio", "video", "geolocation", "time"))
_OWN_BUSINESS = frozenset(
    ("prospectautoid", "createdon", "modifiedon", "createdby", "modifiedby", "leadlastmodifiedon", "canupdate")
)
"""Lead fields that LeadSquared fills itself."""


def lead_fields_of(facts: AccountFacts) -> list[Field]:
    """The lead fields that a column may fill: the account's, or the standard ones when these are not known."""
    if not facts.lead_fields:
        return list(LEAD_FIELDS)
    standard = {field.name.casefold(): field for field in LEAD_FIELDS}
    found = [
        _enriched(standard.get(known.name.casefold()), known, "lead")
        for known in facts.lead_fields
        if known.name.casefold() not in _OWN_BUSINESS and known.data_type.casefold() not in _NOT_FROM_A_CELL
    ]
    if {"firstname", "lastname"} <= {field.name.casefold() for field in found}:
        found.append(standard[WHOLE_NAME.casefold()])
    return found


def _enriched(standard: Field | None, known: KnownField, section: str) -> Field:
    kind = _KINDS.get(known.data_type.casefold(), Kind.TEXT)
    names = () if standard else other_names(known.label, known.name)
    field = standard or Field(section, known.name, Kind.CHOICE if known.options else kind, names)
    return replace(
        field,
        name=known.name,
        label=known.label,
        options=known.options,
        max_length=known.max_length,
        mandatory=known.mandatory,
        timed=known.data_type.casefold() == "datetime",
    )


def activity_fields_of(facts: AccountFacts, code: str, *, bulk: bool) -> list[Field]:
    """The fields of an activity of type ``code`` besides those that name the lead; "" when the type is not known."""
    found = [ACTIVITY_TIME, ACTIVITY_NOTE]
    if not code:
        found.append(ACTIVITY_CODE)
    if bulk:
        found.append(ACTIVITY_OWNER)
    known = facts.fields_of(code) if code else ()
    return found + [
        _enriched(None, field, "activity")
        for field in known
        if field.data_type.casefold() not in _NOT_FROM_A_CELL
        and field.data_type.casefold() != "activeusers"
        and field.name not in ("ActivityEvent", "ActivityNote", "ActivityDateTime")
    ]


def lead_part(names: Sequence[str]) -> list[Field]:
    """Lead fields that a call takes among those of the activity; a phone is a phone, whatever the heading calls it."""
    mobile = next(field for field in LEAD_FIELDS if field.name == "Mobile")
    found = [replace(field, section="activity") for field in LEAD_FIELDS if field.name in names]
    return [
        replace(field, phrases=(*field.phrases, *mobile.phrases), vague=(*field.vague, *mobile.vague))
        if field.name == "Phone"
        else field
        for field in found
    ]
