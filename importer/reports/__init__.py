"""What became of every row, as a workbook, a page, terminal text and JSON. Everything is drawn from a RunSummary."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
