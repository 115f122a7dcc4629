"""Imports that run by themselves: jobs with a schedule, an inbox, guards, and an engine that survives a crash."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
