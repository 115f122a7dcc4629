"""Spreadsheets in, chunks of text cells out: whatever the format, the rooms above see the same."""

from importer.sources.files import file_signature, source_hash
from importer.sources.opening import open_source

__all__ = ["file_signature", "open_source", "source_hash"]
