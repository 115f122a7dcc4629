from .detection import file_signature, source_hash
from .interface import (
    CHUNK_ROWS,
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
    "Chunk",
    "Column",
    "Detection",
    "Source",
    "SourceFacts",
    "SourceOptions",
    "file_signature",
    "open_source",
    "source_hash",
]
