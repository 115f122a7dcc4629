"""The heap of the C library, which keeps for later what the program has given back."""

from __future__ import annotations

import contextlib
import sys


def give_back_now() -> None:
    """Give free memory back to the system, where work that needs other pieces of it begins."""
    ask_glibc("malloc_trim", 0)


def ask_glibc(function: str, *numbers: int) -> None:
    """Call one of glibc's functions with whole numbers. Where the C library is another one nothing happens."""
    if sys.platform == "linux":
        with contextlib.suppress(ImportError, OSError, AttributeError):
            import ctypes

            getattr(ctypes.CDLL(None), function)(*numbers)
