from .catalogue import example_of
from .schema import format_schema
from .validator import SourceColumn, Validator

__all__ = [
    "SourceColumn",
    "Validator",
    "example_of",
    "format_schema",
]
