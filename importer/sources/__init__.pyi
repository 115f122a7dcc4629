from .detection import file_signature, source_hash
from .excel.combined_sheets import ROWS_PER_SHEET
from .exploded import explode_columns
from .headings import (
    ANNOTATION_HEADINGS,
    ANNOTATION_MARK_HEADING,
    DECISION_HEADING,
    DECISION_SHEET,
    MARK_HEADING,
    NUMBER_HEADING,
    REASON_HEADING,
    TAKEN_PREFIX,
    find_own_columns,
    normalize_heading,
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
    "ANNOTATION_HEADINGS",
    "ANNOTATION_MARK_HEADING",
    "CHUNK_ROWS",
    "DECISION_HEADING",
    "DECISION_SHEET",
    "MARK_HEADING",
    "NO_HEADINGS",
    "NUMBER_HEADING",
    "REASON_HEADING",
    "ROWS_PER_SHEET",
    "TAKEN_PREFIX",
    "Chunk",
    "Column",
    "Detection",
    "Source",
    "SourceFacts",
    "SourceOptions",
    "explode_columns",
    "file_signature",
    "find_own_columns",
    "normalize_heading",
    "open_source",
    "source_hash",
]
