"""Readers of spreadsheets: every format becomes the same chunks of text cells with their row numbers."""

from importer.sources.detection import file_signature, source_hash
from importer.sources.opening import open_source

__all__ = ["file_signature", "open_source", "source_hash"]
