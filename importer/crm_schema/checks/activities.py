"""Checks of the activity of a mapping against the account's activity types and their fields."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from importer.crm_schema.checks.fields import (
    INSIDE_SETS,
    Section,
    compare_key,
    compare_owner,
    compare_section,
    owners_by_email,
    require_text,
)
from importer.crm_schema.checks.findings import (
    REFRESH_HINT,
    FindingsCollector,
    format_activity_type,
    suggest_activity_type,
    suggest_field,
)
from importer.crm_schema.model import ActivityType, FieldConstraint, FieldFacts, Metadata
from importer.mapping import FieldRule

EVENT = "ActivityEvent"
OWNER = "ActivityOwnerEmail"
_OWN_TYPES_END = 100
"""LeadSquared's own types have smaller codes, and it is not documented whether the account lists them."""
_ROWS_DIFFER = "the options, lengths and types of the activity's fields, because the activity type differs between rows"


@dataclass(frozen=True, slots=True)
class Events:
    """The codes that a mapping sends as the activity's type, and the option that holds them.

    ``constant`` is false when they come from the cells.
    """

    codes: tuple[str, ...]
    option: str
    constant: bool = True


def find_event_codes(rule: FieldRule | None) -> Events:
    """Return the codes of activity types that a rule names."""
    if rule is None:
        return Events((), "")
    if rule.value is not None:
        return Events((rule.value.strip(),), "value")
    if rule.lookup is not None:
        texts = [*rule.lookup.values(), rule.default or ""]
        return Events(tuple(dict.fromkeys(text.strip() for text in texts if text.strip())), "lookup")
    if rule.options is not None:
        return Events(tuple(dict.fromkeys(text.strip() for text in rule.options if text.strip())), "options")
    return Events((), "column", constant=False)


def compare_activity(metadata: Metadata, keys: Sequence[str], findings: FindingsCollector) -> None:
    """Compare the section `activity` with the types that it names. ``keys`` are no fields of any type."""
    rules = findings.loaded.mapping.activity
    _compare_owner(metadata, keys, findings)
    if not metadata.activity_types:
        findings.add_unchecked(f"activity types and their fields {REFRESH_HINT}")
        return
    events = find_event_codes(rules.get(EVENT))
    types = [kind for code in events.codes if (kind := _known_type(code, events, metadata, findings)) is not None]
    fields = {name: rule for name, rule in rules.items() if name not in keys}
    if not events.constant:
        findings.constraints[f"activity.{EVENT}"] = FieldConstraint(
            EVENT, events=tuple((kind.event, kind.name) for kind in metadata.activity_types)
        )
        findings.add_unchecked("the activity's fields, because its type comes from the cells")
    elif len(types) == 1 and len(events.codes) == 1:
        _compare_type(types[0], fields, keys, metadata, findings)
    elif types:
        _compare_names(types, fields, findings)


def _known_type(code: str, events: Events, metadata: Metadata, findings: FindingsCollector) -> ActivityType | None:
    types = metadata.activity_types or ()
    kind = metadata.type_of(code)
    if kind is None:
        path = f"activity.{EVENT}.{events.option}"
        message = f"The account has no activity type with the code {code}."
        remedy = suggest_activity_type(code, [findings.loaded.path.stem], types)
        own = code.isdecimal() and int(code) < _OWN_TYPES_END
        some_known = len(events.codes) > 1 and any(metadata.type_of(other) is not None for other in events.codes)
        report = findings.add_warning if own or some_known else findings.add_problem
        report(path, message, remedy)
    return kind


def _compare_type(
    kind: ActivityType,
    fields: dict[str, FieldRule],
    keys: Sequence[str],
    metadata: Metadata,
    findings: FindingsCollector,
) -> None:
    if not kind.fields:
        findings.add_unchecked(f"the fields of activity type {format_activity_type(kind)} {REFRESH_HINT}")
        return
    section = Section(
        "activity", f"Activity type {format_activity_type(kind)}", kind.fields, frozenset({"activitynote"})
    )
    compare_section(section, fields, metadata, findings)
    if findings.loaded.mapping.import_key:
        compare_key(section, findings)
    for field in kind.fields:
        if field.mandatory and field.schema_name not in keys:
            _compare_mandatory(kind, field, fields, findings)


def _compare_mandatory(
    kind: ActivityType, field: FieldFacts, fields: dict[str, FieldRule], findings: FindingsCollector
) -> None:
    name = field.schema_name
    custom = name.startswith("mx_")
    if name in fields:
        if custom:
            require_text(f"activity.{name}", field, fields[name], findings)
        return
    if name == findings.loaded.mapping.import_key:
        return
    message = (
        f"{field.words} is mandatory for activity type {format_activity_type(kind)}, and the mapping does not fill it."
    )
    # LeadSquared fills some fields of its own, such as owner and status, when they are not sent.
    report = findings.add_problem if custom else findings.add_warning
    report("activity", message, f"Add a line `{name}: …` below `activity:`.")


def _compare_names(types: Sequence[ActivityType], fields: dict[str, FieldRule], findings: FindingsCollector) -> None:
    """With several types only the names are compared: what a cell must be depends on its row."""
    known = [kind for kind in types if kind.fields]
    if len(known) < len(types):
        findings.add_unchecked(f"the fields of some activity types {REFRESH_HINT}")
    for name, rule in fields.items():
        lacking = [kind for kind in known if all(field.schema_name != name for field in kind.fields or ())]
        if not lacking:
            continue
        names = ", ".join(map(format_activity_type, lacking))
        message = f"Activity type {names} has no field {name}."
        report = findings.add_problem if len(lacking) == len(types) else findings.add_warning
        report(f"activity.{name}", message, suggest_field(name, rule, lacking[0].fields or ()))
    if any(rule.fields is not None for rule in fields.values()):
        findings.add_unchecked(INSIDE_SETS)
    if fields:
        findings.add_unchecked(_ROWS_DIFFER)


def _compare_owner(metadata: Metadata, keys: Sequence[str], findings: FindingsCollector) -> None:
    rule = findings.loaded.mapping.activity.get(OWNER)
    if rule is None or OWNER not in keys:
        return
    owners = owners_by_email(metadata)
    if owners is None:
        findings.add_unchecked(f"owners {REFRESH_HINT}")
        return
    path = f"activity.{OWNER}"
    findings.constraints[path] = compare_owner(path, rule, OWNER, owners, findings)
