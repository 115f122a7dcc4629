from .account_schema import (
    REFRESH,
    AccountSchema,
    check_account_fit,
    has_account_problems,
    load_account_schema,
)
from .corrections import Corrections
from .issue_table import ProblemTable, describe_column
from .mapping_files import mapping_notes, mapping_of_plan, read_mapping
from .mapping_values import fill_lookups
from .plan import (
    PlanRequest,
    PreparedImport,
    fingerprint,
    group_problems,
    match_source_headings,
    plan_import,
    prepare_import,
)
from .store import (
    Plan,
    PlanChunk,
    PlanFacts,
    SchemaSnapshot,
    SchemaState,
    open_plan,
    to_records,
)

__all__ = [
    "REFRESH",
    "AccountSchema",
    "Corrections",
    "Plan",
    "PlanChunk",
    "PlanFacts",
    "PlanRequest",
    "PreparedImport",
    "ProblemTable",
    "SchemaSnapshot",
    "SchemaState",
    "check_account_fit",
    "describe_column",
    "fill_lookups",
    "fingerprint",
    "group_problems",
    "has_account_problems",
    "load_account_schema",
    "mapping_notes",
    "mapping_of_plan",
    "match_source_headings",
    "open_plan",
    "plan_import",
    "prepare_import",
    "read_mapping",
    "to_records",
]
