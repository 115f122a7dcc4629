"""Import spreadsheets into LeadSquared: no row lost, none doubled, every row answered.

`plan_import` and `deliver` are the public interface.
"""

from __future__ import annotations

import importlib
from typing import Any

__version__ = "0.1.0"
__all__ = ["deliver", "plan_import"]


_MODULES = {"deliver": "importer.delivery.deliver_plan", "plan_import": "importer.planning.plan"}


def __getattr__(name: str) -> Any:
    # Imported on first use, so that `importer --help` stays fast.
    if name in _MODULES:
        return getattr(importlib.import_module(_MODULES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
