"""One toolkit for the YAML files that people write: strict models, lines of every key, messages and JSON Schemas.

Mappings, jobs files and accounts files differ in their model and their :class:`FileKind`; the rest is here. PyYAML's
events are used, not its constructors, so that every scalar stays the text that was written.
"""

from importer.config.yaml.document import Document, KeyPath, format_path, parse_yaml
from importer.config.yaml.json_schema import SHARE_SCHEMA, build_schema, generate_schema
from importer.config.yaml.loader import decode_text, find_secrets, parse_file, read_text
from importer.config.yaml.messages import FileKind
from importer.config.yaml.values import (
    Country,
    Flag,
    InvalidValueError,
    Share,
    StrictModel,
    Text,
    TimeZone,
    WholeNumber,
    countries,
    read_whole_number,
    validate_country,
    validate_time_zone,
)

__all__ = [
    "SHARE_SCHEMA",
    "Country",
    "Document",
    "FileKind",
    "Flag",
    "InvalidValueError",
    "KeyPath",
    "Share",
    "StrictModel",
    "Text",
    "TimeZone",
    "WholeNumber",
    "build_schema",
    "countries",
    "decode_text",
    "find_secrets",
    "format_path",
    "generate_schema",
    "parse_file",
    "parse_yaml",
    "read_text",
    "read_whole_number",
    "validate_country",
    "validate_time_zone",
]
