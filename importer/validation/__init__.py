"""Validation of rows: a mapping is compiled to a pandera schema, and each row becomes a record or gets problems."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
