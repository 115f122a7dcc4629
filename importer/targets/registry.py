"""Every LeadSquared call that can receive rows, by name."""

from __future__ import annotations

from collections.abc import Iterator

from importer.core.errors import MappingProblem
from importer.mapping import Mapping
from importer.targets.activity_by_email import ActivityByEmail
from importer.targets.bulk_activities import BulkActivitiesByLeadField, BulkActivitiesByLeadId
from importer.targets.bulk_upsert_leads import BulkUpsertLeads
from importer.targets.capture_lead import CaptureLead, CaptureLeadAsync
from importer.targets.create_lead import CreateLead
from importer.targets.interface import EffectType, ReadBackQuery, Target
from importer.targets.lead_and_activity import LeadAndActivity, LeadAndActivityAsync
from importer.targets.update_activities import UpdateActivities

__all__ = [
    "TARGETS",
    "ActivityByEmail",
    "BulkActivitiesByLeadField",
    "BulkActivitiesByLeadId",
    "BulkUpsertLeads",
    "CaptureLead",
    "CaptureLeadAsync",
    "CreateLead",
    "EffectType",
    "LeadAndActivity",
    "LeadAndActivityAsync",
    "ReadBackQuery",
    "Target",
    "UpdateActivities",
    "check_mapping",
    "make_target",
]

TARGETS: dict[str, type[Target]] = {
    target.name: target
    for target in (
        BulkActivitiesByLeadId,
        BulkActivitiesByLeadField,
        ActivityByEmail,
        CreateLead,
        CaptureLead,
        CaptureLeadAsync,
        LeadAndActivity,
        LeadAndActivityAsync,
        BulkUpsertLeads,
    )
}


_LEAD_SECTION_HAS = {"SearchBy": "`search_by:` of the mapping"}
"""Keys that would go into the lead as fields, with the place where the mapping has them."""


def check_mapping(mapping: Mapping) -> list[MappingProblem]:
    """Return everything about a mapping that its target cannot use: rules of the call, and keys of other calls."""
    own = TARGETS[mapping.target].check_mapping(mapping)
    return [*own, *_foreign_keys(mapping), *_impossible_handling(mapping)]


def _impossible_handling(mapping: Mapping) -> Iterator[MappingProblem]:
    """Yield what the mapping wants done with existing or missing leads and the call cannot do."""
    for option in ("existing", "missing"):
        wanted = getattr(mapping, option)
        if wanted is None or wanted in getattr(TARGETS[mapping.target], option):
            continue
        able = [target.name for target in TARGETS.values() if wanted in getattr(target, option)]
        message = f"{mapping.target} cannot do `{option}: {wanted}`: LeadSquared has no such choice for this call."
        remedy = f"Remove it, or use a target that can: {', '.join(able)}."
        yield MappingProblem(0, 0, option, message, remedy)


def _foreign_keys(mapping: Mapping) -> Iterator[MappingProblem]:
    """Yield keys that only other calls have: this one would send them as custom fields, which no account has."""
    known: dict[str, list[str]] = {}
    for target in TARGETS.values():
        for key in target.activity_keys:
            known.setdefault(key, []).append(target.name)
    own = TARGETS[mapping.target].activity_keys
    spelled = {key.casefold(): key for key in known}
    for name in mapping.activity:
        meant = spelled.get(name.casefold())
        if meant is None or name in own:
            continue
        if meant in own:
            yield MappingProblem(0, 0, f"activity.{name}", f"The key is spelled {meant}.", f"Write {meant}.")
            continue
        message = f"{mapping.target} has no key {meant}; it would be sent as a custom field."
        remedy = f"Leave it out, or use a target that has it: {', '.join(known[meant])}."
        yield MappingProblem(0, 0, f"activity.{name}", message, remedy)
    only_activity = set(known) - {name for target in TARGETS.values() for name in target.lead_keys}
    for name in mapping.lead:
        place = "`activity:`" if name in only_activity else _LEAD_SECTION_HAS.get(name)
        if place:
            message = f"{name} is not a field of leads."
            yield MappingProblem(0, 0, f"lead.{name}", message, f"It belongs to {place}.")


def make_target(mapping: Mapping) -> Target:
    """Return the target that the mapping names, ready to build its requests."""
    return TARGETS[mapping.target](mapping)
