from .catalogue import example_of
from .interface import CheckedChunk
from .schema import format_schema
from .validator import SourceColumn, Validator

__all__ = [
    "CheckedChunk",
    "SourceColumn",
    "Validator",
    "example_of",
    "format_schema",
]
