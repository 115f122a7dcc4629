from .checks import NEVER_UPDATES, UPDATE_BEHAVIORS
from .column_references import find_column_references, fold_heading
from .headings import HeadingMatch, SourceTable, match_headings
from .json_schema import mapping_json_schema
from .loader import LoadedMapping, parse_mapping
from .model import (
    Blank,
    FieldRule,
    FieldType,
    FlatField,
    Mapping,
    MarkHandling,
    OnEarlierRow,
    OnInvalid,
    Ragged,
    SameLead,
)
from .values import template_headings

__all__ = [
    "NEVER_UPDATES",
    "UPDATE_BEHAVIORS",
    "Blank",
    "FieldRule",
    "FieldType",
    "FlatField",
    "HeadingMatch",
    "LoadedMapping",
    "Mapping",
    "MarkHandling",
    "OnEarlierRow",
    "OnInvalid",
    "Ragged",
    "SameLead",
    "SourceTable",
    "find_column_references",
    "fold_heading",
    "mapping_json_schema",
    "match_headings",
    "parse_mapping",
    "template_headings",
]
