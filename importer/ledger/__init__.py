"""The ledger: the durable record of calls, their answers and the outcome of each row."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
