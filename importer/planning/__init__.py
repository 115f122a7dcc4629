"""Plan an import: check a source file with a mapping, row by row. Nothing here can send."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
