from .interface import EffectType, ReadBackQuery, Target
from .registry import (
    TARGETS,
    ActivityByEmail,
    BulkActivitiesByLeadField,
    BulkActivitiesByLeadId,
    BulkUpsertLeads,
    CaptureLead,
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
    "ReadBackQuery",
    "Target",
    "make_target",
]
