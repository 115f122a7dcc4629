"""Every LeadSquared call that can receive rows, by name."""

from __future__ import annotations

from importer.mapping.model import Mapping
from importer.targets.activity_by_email import ActivityByEmail
from importer.targets.bulk_activities import BulkActivitiesByLeadField, BulkActivitiesByLeadId
from importer.targets.bulk_leads import BulkUpsertLeads
from importer.targets.interface import Target
from importer.targets.lead_with_activity import LeadAndActivity, LeadAndActivityAsync
from importer.targets.leads import CaptureLead, CaptureLeadAsync, CreateLead

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
    """The target that the mapping names, ready to build its requests."""
    return TARGETS[mapping.target](mapping)
