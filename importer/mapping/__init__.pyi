from .checks import UPDATE_BEHAVIORS
from .column_references import depends_on_day, find_column_references, fold_heading, replace_rules
from .conditions import DAY_TESTS, NUMBER_TESTS, Condition
from .field_tables import LookupFile
from .headings import HeadingMatch, SourceTable, match_headings
from .json_schema import mapping_json_schema
from .loader import LoadedMapping, parse_mapping
from .model import (
    NEVER_UPDATES,
    Blank,
    FieldRule,
    FieldType,
    FlatField,
    Mapping,
    MarkHandling,
    NonDataRows,
    OnChange,
    OnEarlierRow,
    OnExistingLead,
    OnInvalid,
    OnMissingLead,
    Ragged,
    SameLead,
)
from .re2_patterns import find_part, whole_text_pattern
from .values import resolve_day, template_headings

__all__ = [
    "DAY_TESTS",
    "NEVER_UPDATES",
    "NUMBER_TESTS",
    "UPDATE_BEHAVIORS",
    "Blank",
    "Condition",
    "FieldRule",
    "FieldType",
    "FlatField",
    "HeadingMatch",
    "LoadedMapping",
    "LookupFile",
    "Mapping",
    "MarkHandling",
    "NonDataRows",
    "OnChange",
    "OnEarlierRow",
    "OnExistingLead",
    "OnInvalid",
    "OnMissingLead",
    "Ragged",
    "SameLead",
    "SourceTable",
    "depends_on_day",
    "find_column_references",
    "find_part",
    "fold_heading",
    "mapping_json_schema",
    "match_headings",
    "parse_mapping",
    "replace_rules",
    "resolve_day",
    "template_headings",
    "whole_text_pattern",
]
