"""The activity of a mapping against the account's activity types and their fields."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from importer.crm_schema.checks.fields import (
    INSIDE_SETS,
    Section,
    compare_key,
    compare_section,
    demand_text,
    owners_by_email,
)
from importer.crm_schema.checks.findings import READS_THEM, Collected
from importer.crm_schema.checks.names import proposal, shown_type, type_proposal
from importer.crm_schema.checks.values import compare_owner
from importer.crm_schema.constraints import Demand
from importer.crm_schema.model import ActivityType, FieldFacts, Metadata
from importer.mapping.model import FieldRule

EVENT = "ActivityEvent"
OWNER = "ActivityOwnerEmail"
_OWN_TYPES_END = 100
"""LeadSquared's own types have smaller codes, and it is not documented whether the account lists them."""
_ROWS_DIFFER = "the options, lengths and types of the activity's fields, because the activity type differs between rows"


@dataclass(frozen=True, slots=True)
class Events:
    """The codes that a mapping sends as the activity's type, and where they stand.

    ``told`` is false when they come from the cells.
    """

    codes: tuple[str, ...]
    option: str
    told: bool = True


def events_of(rule: FieldRule | None) -> Events:
    """The codes of activity types that a rule names."""
    if rule is None:
        return Events((), "")
    if rule.value is not None:
        return Events((rule.value.strip(),), "value")
    if rule.lookup is not None:
        texts = [*rule.lookup.values(), rule.default or ""]
        return Events(tuple(dict.fromkeys(text.strip() for text in texts if text.strip())), "lookup")
    if rule.options is not None:
        return Events(tuple(dict.fromkeys(text.strip() for text in rule.options if text.strip())), "options")
    return Events((), "column", told=False)


def compare_activity(metadata: Metadata, keys: Sequence[str], found: Collected) -> None:
    """Compare the section `activity` with the types that it names. ``keys`` are no fields of any type."""
    rules = found.loaded.mapping.activity
    _compare_owner(metadata, keys, found)
    if not metadata.activity_types:
        found.not_checked(f"activity types and their fields {READS_THEM}")
        return
    events = events_of(rules.get(EVENT))
    types = [kind for code in events.codes if (kind := _known_type(code, events, metadata, found)) is not None]
    fields = {name: rule for name, rule in rules.items() if name not in keys}
    if not events.told:
        found.demands[f"activity.{EVENT}"] = Demand(
            EVENT, events=tuple((kind.event, kind.name) for kind in metadata.activity_types)
        )
        found.not_checked("the activity's fields, because its type comes from the cells")
    elif len(types) == 1 and len(events.codes) == 1:
        _compare_type(types[0], fields, keys, metadata, found)
    elif types:
        _compare_names(types, fields, found)


def _known_type(code: str, events: Events, metadata: Metadata, found: Collected) -> ActivityType | None:
    types = metadata.activity_types or ()
    kind = metadata.type_of(code)
    if kind is None:
        path = f"activity.{EVENT}.{events.option}"
        message = f"The account has no activity type with the code {code}."
        remedy = type_proposal(code, [found.loaded.path.stem], types)
        own = code.isdecimal() and int(code) < _OWN_TYPES_END
        tell = found.may_fail if own or (len(events.codes) > 1 and _some_known(events, metadata)) else found.fails
        tell(path, message, remedy)
    return kind


def _some_known(events: Events, metadata: Metadata) -> bool:
    return any(metadata.type_of(code) is not None for code in events.codes)


def _compare_type(
    kind: ActivityType, fields: dict[str, FieldRule], keys: Sequence[str], metadata: Metadata, found: Collected
) -> None:
    if not kind.fields:
        found.not_checked(f"the fields of activity type {shown_type(kind)} {READS_THEM}")
        return
    section = Section("activity", f"Activity type {shown_type(kind)}", kind.fields, frozenset({"activitynote"}))
    compare_section(section, fields, metadata, found)
    if found.loaded.mapping.import_key:
        compare_key(section, found)
    for field in kind.fields:
        if field.mandatory and field.schema_name not in keys:
            _compare_mandatory(kind, field, fields, found)


def _compare_mandatory(kind: ActivityType, field: FieldFacts, fields: dict[str, FieldRule], found: Collected) -> None:
    name = field.schema_name
    custom = name.startswith("mx_")
    if name in fields:
        if custom:
            demand_text(f"activity.{name}", field, fields[name], found)
        return
    if name == found.loaded.mapping.import_key:
        return
    message = f"{field.words} is mandatory for activity type {shown_type(kind)}, and the mapping does not fill it."
    # LeadSquared fills some fields of its own, such as owner and status, when they are not sent.
    tell = found.fails if custom else found.may_fail
    tell("activity", message, f"Add a line `{name}: …` below `activity:`.")


def _compare_names(types: Sequence[ActivityType], fields: dict[str, FieldRule], found: Collected) -> None:
    """With several types only the names are compared: what a cell must be depends on its row."""
    known = [kind for kind in types if kind.fields]
    if len(known) < len(types):
        found.not_checked(f"the fields of some activity types {READS_THEM}")
    for name, rule in fields.items():
        lacking = [kind for kind in known if all(field.schema_name != name for field in kind.fields or ())]
        if not lacking:
            continue
        names = ", ".join(map(shown_type, lacking))
        message = f"Activity type {names} has no field {name}."
        tell = found.fails if len(lacking) == len(types) else found.may_fail
        tell(f"activity.{name}", message, proposal(name, rule, lacking[0].fields or ()))
    if any(rule.fields is not None for rule in fields.values()):
        found.not_checked(INSIDE_SETS)
    if fields:
        found.not_checked(_ROWS_DIFFER)


def _compare_owner(metadata: Metadata, keys: Sequence[str], found: Collected) -> None:
    rule = found.loaded.mapping.activity.get(OWNER)
    if rule is None or OWNER not in keys:
        return
    owners = owners_by_email(metadata)
    if owners is None:
        found.not_checked(f"owners {READS_THEM}")
        return
    path = f"activity.{OWNER}"
    found.demands[path] = compare_owner(path, rule, OWNER, owners, found)
