"""Mapping files: which column becomes which CRM field, and how. Model, loader, checks and heading matching."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
