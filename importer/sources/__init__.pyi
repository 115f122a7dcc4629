from .detection import file_signature, source_hash
from .exploded import explode_columns
from .headings import (
    DECISION_HEADING,
    DECISION_SHEET,
    MARK_HEADING,
    NUMBER_HEADING,
    REASON_HEADING,
)
from .interface import (
    CHUNK_ROWS,
    NO_HEADINGS,
    Chunk,
    Column,
    Detection,
    Source,
    SourceFacts,
    SourceOptions,
)
from .opening import open_source

__all__ = [
    "CHUNK_ROWS",
    "DECISION_HEADING",
    "DECISION_SHEET",
    "MARK_HEADING",
    "NO_HEADINGS",
    "NUMBER_HEADING",
    "REASON_HEADING",
    "Chunk",
    "Column",
    "Detection",
    "Source",
    "SourceFacts",
    "SourceOptions",
    "explode_columns",
    "file_signature",
    "open_source",
    "source_hash",
]
