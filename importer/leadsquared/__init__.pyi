from .client import LeadSquaredClient, body_bytes
from .error_catalog import DUPLICATE_ENTRY, ERROR_EXPLANATIONS, ErrorExplanation, load_explanations
from .interface import (
    ApiUser,
    Crm,
    CrmActivity,
    CrmLead,
)
from .metadata import (
    FULL_SCOPE,
    MetadataReading,
    MetadataScope,
    complete_metadata,
    parse_queue_metrics,
    read_activity_fields,
    read_activity_types,
    read_lead_fields,
    read_metadata,
    save_metadata,
)
from .query_client import ClockReading, QueryClient, RefusedQueryError, UnansweredError
from .reader import CrmReader, Query, WrittenActivity, parse_timestamp
from .responses import classify

__all__ = [
    "DUPLICATE_ENTRY",
    "ERROR_EXPLANATIONS",
    "FULL_SCOPE",
    "ApiUser",
    "ClockReading",
    "Crm",
    "CrmActivity",
    "CrmLead",
    "CrmReader",
    "ErrorExplanation",
    "LeadSquaredClient",
    "MetadataReading",
    "MetadataScope",
    "Query",
    "QueryClient",
    "RefusedQueryError",
    "UnansweredError",
    "WrittenActivity",
    "body_bytes",
    "classify",
    "complete_metadata",
    "load_explanations",
    "parse_queue_metrics",
    "parse_timestamp",
    "read_activity_fields",
    "read_activity_types",
    "read_lead_fields",
    "read_metadata",
    "save_metadata",
]
