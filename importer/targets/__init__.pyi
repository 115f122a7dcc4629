from .interface import EffectType, ReadBackQuery, Target
from .registry import (
    TARGETS,
    ActivityByEmail,
    BulkActivitiesByLeadField,
    BulkActivitiesByLeadId,
    BulkUpsertLeads,
    CaptureLead,
    LeadAndActivity,
    UpdateActivities,
    check_mapping,
    make_target,
)

__all__ = [
    "TARGETS",
    "ActivityByEmail",
    "BulkActivitiesByLeadField",
    "BulkActivitiesByLeadId",
    "BulkUpsertLeads",
    "CaptureLead",
    "EffectType",
    "LeadAndActivity",
    "ReadBackQuery",
    "Target",
    "UpdateActivities",
    "check_mapping",
    "make_target",
]
