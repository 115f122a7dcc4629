"""Read spreadsheets: every format becomes the same chunks of text cells with their row numbers.

:func:`open_source` detects the format and returns a :class:`~importer.sources.interface.Source`, whose chunks are read
later. Text files are read in this process (``csv``). Workbooks are read in a separate one (``isolation``), where
``excel.workbook`` chooses the sheet and the reader.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
