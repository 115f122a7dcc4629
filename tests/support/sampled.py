"""How much of what is slow a run of the tests does; `make test-all` does all of it."""

from __future__ import annotations

import os

ALL_CASES = bool(os.environ.get("ALL_CASES"))


def examples(count: int) -> int:
    """How many of ``count`` examples a property is tried with whose examples are slow: all, or two fifths of them."""
    return count if ALL_CASES else max(4, count * 2 // 5)
