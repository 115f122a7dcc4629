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
    OnChange,
    OnInvalid,
    Ragged,
    Repeat,
    SameLead,
)
from .values import template_headings

__all__ = [
    "Blank",
    "FieldRule",
    "FieldType",
    "FlatField",
    "HeadingMatch",
    "LoadedMapping",
    "Mapping",
    "MarkHandling",
    "OnChange",
    "OnInvalid",
    "Ragged",
    "Repeat",
    "SameLead",
    "SourceTable",
    "find_column_references",
    "fold_heading",
    "mapping_json_schema",
    "match_headings",
    "parse_mapping",
    "template_headings",
]
