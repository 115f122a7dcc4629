from .cache import load, save
from .checks.activities import EVENT, OWNER, find_event_codes
from .checks.compare import compare
from .checks.findings import CallTraits, Findings
from .model import (
    ActivityType,
    CrmFieldKind,
    CrmUser,
    FieldConstraint,
    FieldFacts,
    Metadata,
    Owners,
    option_key,
)

__all__ = [
    "EVENT",
    "OWNER",
    "ActivityType",
    "CallTraits",
    "CrmFieldKind",
    "CrmUser",
    "FieldConstraint",
    "FieldFacts",
    "Findings",
    "Metadata",
    "Owners",
    "compare",
    "find_event_codes",
    "load",
    "option_key",
    "save",
]
