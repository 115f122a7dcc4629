"""Comparison of a mapping with the metadata of its account, before a single row is read or sent."""

from __future__ import annotations

from importer.crm_schema.checks.activities import compare_activity
from importer.crm_schema.checks.fields import Section, compare_key, compare_section, require_text
from importer.crm_schema.checks.findings import REFRESH_HINT, CallTraits, Findings, FindingsCollector, suggest_field
from importer.crm_schema.model import FieldFacts, Metadata
from importer.mapping import LoadedMapping

_ALWAYS = frozenset({"prospectid", "leadtype"})
"""Names by which a call knows the lead or its kind, in small letters; an account need not list them as fields."""
_NAMES = ("FirstName", "LastName", "EmailAddress", "Phone")


def compare(loaded: LoadedMapping, metadata: Metadata, call: CallTraits) -> Findings:
    """Compare a mapping with the account: return problems, warnings, and constraints for the cells.

    Parts of the metadata that were not read are listed as unchecked.
    """
    findings = FindingsCollector(loaded)
    mapping = loaded.mapping
    if mapping.lead or mapping.search_by:
        if metadata.lead_fields:
            _compare_lead(metadata, metadata.lead_fields, call, findings)
        else:
            findings.add_unchecked(f"lead fields {REFRESH_HINT}")
    if mapping.activity:
        compare_activity(metadata, call.activity_keys, findings)
    return findings.collect()


def _compare_lead(
    metadata: Metadata, fields: tuple[FieldFacts, ...], call: CallTraits, findings: FindingsCollector
) -> None:
    mapping = findings.loaded.mapping
    section = Section("lead", "The account", fields, _ALWAYS, locks=call.updates)
    compare_section(section, mapping.lead, metadata, findings)
    by = mapping.search_by
    # A field that the mapping fills was looked for already.
    if by and by not in mapping.lead and by.casefold() not in _ALWAYS and section.field(by) is None:
        findings.add_problem("search_by", f"The account has no lead field {by}.", suggest_field(by, None, fields))
    if mapping.import_key and not mapping.activity:
        compare_key(section, findings)
    if mapping.lead and call.creates:
        for field in fields:
            if field.mandatory:
                _compare_mandatory(field, call, findings)


def _compare_mandatory(field: FieldFacts, call: CallTraits, findings: FindingsCollector) -> None:
    mapping = findings.loaded.mapping
    name = field.schema_name
    message = f"{field.words} is mandatory in the account, and the mapping does not fill it."
    remedy = f"Add a line `{name}: …` below `lead:`."
    # LeadSquared fills some fields of its own, such as the stage, when they are not sent.
    certain = not call.updates and (name.startswith("mx_") or name in _NAMES)
    if name in mapping.lead:
        if certain:
            require_text(f"lead.{name}", field, mapping.lead[name], findings)
    elif name == mapping.import_key and not mapping.activity:
        return
    elif certain:
        findings.add_problem("lead", message, remedy)
    else:
        findings.add_warning("lead", message, remedy)
