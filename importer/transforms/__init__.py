"""Transforms of columns of text by name, and readers that convert cells to the formats that LeadSquared expects.

This module stays light: it has the names and descriptions, and pandas is imported when a transform is called.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
