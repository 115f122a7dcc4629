"""Compares a mapping with what the account says of itself, before a single row is read or sent."""

from __future__ import annotations

from importer.crm_schema.checks.activities import compare_activity
from importer.crm_schema.checks.fields import Section, compare_key, compare_section, demand_text
from importer.crm_schema.checks.findings import READS_THEM, Collected
from importer.crm_schema.checks.interface import Call, Findings
from importer.crm_schema.checks.names import proposal
from importer.crm_schema.model import FieldFacts, Metadata
from importer.mapping.loader import LoadedMapping

_ALWAYS = frozenset({"prospectid", "leadtype"})
"""Names by which a call knows the lead or its kind, in small letters; an account need not list them as fields."""
_NAMES = ("FirstName", "LastName", "EmailAddress", "Phone")


def compare(loaded: LoadedMapping, metadata: Metadata, call: Call) -> Findings:
    """Everything in which the mapping does not fit the account."""
    found = Collected(loaded)
    mapping = loaded.mapping
    if mapping.lead or mapping.search_by:
        if metadata.lead_fields:
            _compare_lead(metadata, metadata.lead_fields, call, found)
        else:
            found.not_checked(f"lead fields {READS_THEM}")
    if mapping.activity:
        compare_activity(metadata, call.activity_keys, found)
    return found.findings()


def _compare_lead(metadata: Metadata, fields: tuple[FieldFacts, ...], call: Call, found: Collected) -> None:
    mapping = found.loaded.mapping
    section = Section("lead", "The account", fields, _ALWAYS, locks=call.updates)
    compare_section(section, mapping.lead, metadata, found)
    by = mapping.search_by
    # A field that the mapping fills was looked for already.
    if by and by not in mapping.lead and by.casefold() not in _ALWAYS and section.field(by) is None:
        found.fails("search_by", f"The account has no lead field {by}.", proposal(by, None, fields))
    if mapping.import_key and not mapping.activity:
        compare_key(section, found)
    if mapping.lead and call.creates:
        for field in fields:
            if field.mandatory:
                _compare_mandatory(field, call, found)


def _compare_mandatory(field: FieldFacts, call: Call, found: Collected) -> None:
    mapping = found.loaded.mapping
    name = field.schema_name
    message = f"{field.words} is mandatory in the account, and the mapping does not fill it."
    remedy = f"Add a line `{name}: …` below `lead:`."
    # LeadSquared fills some fields of its own, such as the stage, when they are not sent.
    certain = not call.updates and (name.startswith("mx_") or name in _NAMES)
    if name in mapping.lead:
        if certain:
            demand_text(f"lead.{name}", field, mapping.lead[name], found)
    elif name == mapping.import_key and not mapping.activity:
        return
    elif certain:
        found.fails("lead", message, remedy)
    else:
        found.may_fail("lead", message, remedy)
