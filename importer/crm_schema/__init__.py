"""The schema of a LeadSquared account: its fields, activity types and users, and checks of a mapping against them."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
