"""Every LeadSquared call that can receive rows, by name."""

from __future__ import annotations

from importer.mapping import Mapping
from importer.targets.activity_by_email import ActivityByEmail
from importer.targets.bulk_activities import BulkActivitiesByLeadField, BulkActivitiesByLeadId
from importer.targets.bulk_upsert_leads import BulkUpsertLeads
from importer.targets.capture_lead import CaptureLead, CaptureLeadAsync
from importer.targets.create_lead import CreateLead
from importer.targets.interface import EffectType, ReadBackQuery, Target
from importer.targets.lead_and_activity import LeadAndActivity, LeadAndActivityAsync

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


def make_target(mapping: Mapping) -> Target:
    """Return the target that the mapping names, ready to build its requests."""
    return TARGETS[mapping.target](mapping)
