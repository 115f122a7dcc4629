"""Proposals of mappings from a file's headings, the values of all its rows, and the account's own fields.

Nothing here sends requests to LeadSquared: the account's fields come in as values.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
