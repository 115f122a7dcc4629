"""Checks of a mapping by its target: what each call needs and cannot use, as problems for the author of the mapping."""

from __future__ import annotations

from importer.core.errors import MappingProblem
from importer.mapping import UPDATE_BEHAVIORS, Mapping


def section_problems(mapping: Mapping, sections: tuple[str, ...]) -> list[MappingProblem]:
    """Report sections that the target needs and the mapping lacks, or that it has and the target cannot use."""
    problems = []
    for section, fields in (("lead", mapping.lead), ("activity", mapping.activity)):
        if section in sections and not fields:
            problems.append(
                _problem("target", f"{mapping.target} needs a section `{section}:`.", "Add it with its fields.")
            )
        if section not in sections and fields:
            problems.append(
                _problem(section, f"{mapping.target} does not write `{section}:` fields.", "Remove the section.")
            )
    return problems


def needs_field(mapping: Mapping, section: str, field: str, why: str) -> list[MappingProblem]:
    """Report a problem when ``field`` is not mapped."""
    fields = mapping.lead if section == "lead" else mapping.activity
    if not fields or field in fields:
        return []
    return [_problem(section, f"{mapping.target} needs the field {field}: {why}.", f"Add it below `{section}:`.")]


def needs_one_of(mapping: Mapping, section: str, fields: tuple[str, ...], why: str) -> list[MappingProblem]:
    """Report a problem when none of ``fields`` is mapped."""
    mapped = mapping.lead if section == "lead" else mapping.activity
    if not mapped or any(field in mapped for field in fields):
        return []
    listed = ", ".join(fields)
    return [_problem(section, f"{mapping.target} needs one of {listed}: {why}.", f"Add one below `{section}:`.")]


def needs_identified(mapping: Mapping, fields: tuple[str, ...]) -> list[MappingProblem]:
    """Report a problem when nothing that is mapped identifies a lead, and the mapping does not allow that."""
    if mapping.allow_unidentified or mapping.search_by or not mapping.lead or any(f in mapping.lead for f in fields):
        return []
    message = f"No field below `lead:` identifies the lead ({', '.join(fields)}), so every import would make it again."
    return [_problem("lead", message, "Map one of them, or write `allow_unidentified: true`.")]


def needs_search_by(mapping: Mapping, mapped_in: str) -> list[MappingProblem]:
    """Report a missing `search_by`, or one whose field the section ``mapped_in`` (if any) does not fill."""
    if not mapping.search_by:
        words = f"{mapping.target} needs `search_by:`, the lead field by which LeadSquared finds the lead."
        return [_problem("target", words, "Add for example search_by: EmailAddress")]
    fields = mapping.lead if mapped_in == "lead" else mapping.activity
    if mapped_in and fields and mapping.search_by not in fields:
        words = f"`search_by` names {mapping.search_by}, which the section `{mapped_in}:` does not fill."
        return [_problem("search_by", words, f"Map {mapping.search_by} there, or search by another field.")]
    return []


def search_by_notes(mapping: Mapping, matched_by: tuple[str, ...]) -> list[MappingProblem]:
    """Note what `search_by` is worth beside an id, where a call matches leads by ``matched_by``, an id first."""
    search_by, (identity, *others) = mapping.search_by, matched_by
    if not search_by or search_by == identity or identity not in mapping.lead:
        return []
    if all(name in mapping.lead for name in others):
        listed = f"{', '.join(matched_by[:-1])} and {matched_by[-1]}"
        message = (
            f"LeadSquared ignores SearchBy beside {identity}: it matches a row that fills {listed} by these, in this "
            "order."
        )
    else:
        message = f"`search_by` takes the place of {identity}: LeadSquared finds the lead by {search_by} alone."
    return [_problem("search_by", message, f"Leave out {identity} or `search_by`.")]


def no_search_by(mapping: Mapping) -> list[MappingProblem]:
    """Report a `search_by` that is given to a call that takes none."""
    if not mapping.search_by:
        return []
    return [_problem("search_by", f"{mapping.target} does not search by a field.", "Remove `search_by`.")]


def update_behavior_problems(mapping: Mapping, *, allowed: bool) -> list[MappingProblem]:
    """Report an `update_behavior` where the call takes none, or with an unknown value."""
    chosen = mapping.update_behavior
    if chosen is None or (allowed and chosen in UPDATE_BEHAVIORS):
        return []
    if not allowed:
        return [_problem("update_behavior", f"{mapping.target} has no `update_behavior`.", "Remove it.")]
    known = ", ".join(UPDATE_BEHAVIORS)
    return [_problem("update_behavior", f'"{chosen}" is not a known behaviour.', f"Known: {known}.")]


def no_nested(mapping: Mapping, section: str, names: tuple[str, ...]) -> list[MappingProblem]:
    """Report plain fields of the call that the mapping writes as a custom field set."""
    fields = mapping.lead if section == "lead" else mapping.activity
    return [
        _problem(f"{section}.{name}", f"{name} is a plain field, not a custom field set.", "Give it a column or value.")
        for name in names
        if name in fields and fields[name].fields is not None
    ]


def _problem(path: str, message: str, remedy: str) -> MappingProblem:
    return MappingProblem(0, 0, path, message, remedy)
