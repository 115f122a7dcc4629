"""Read spreadsheets: every format becomes the same chunks of text cells with their row numbers.

:func:`open_source` detects the format and returns a :class:`~importer.sources.interface.Source`, whose chunks are read
later. Text files are read in this process (``csv``). Workbooks are read in a separate one (``isolation``), where
``excel.workbook`` chooses the sheet, and ``xlsx`` or python-calamine reads it.
"""

from importer.sources.detection import file_signature, source_hash
from importer.sources.opening import open_source

__all__ = ["file_signature", "open_source", "source_hash"]
