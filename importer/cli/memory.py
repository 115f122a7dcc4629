"""Memory that goes back to the system as soon as a chunk is done, so that the peak is that of one chunk."""

from __future__ import annotations

import contextlib
import os
import sys

_M_MMAP_THRESHOLD = -3
"""From glibc's <malloc.h>."""
_OWN_PIECE = 4 << 20


def give_back_at_once() -> None:
    """Let every large piece of memory be the system's again when it is no longer used.

    Arrow's own allocator and glibc's heap would keep them for later, about 150 MB in a check of a large file, and gain
    no time by it. Must come before Arrow is imported. Where the system has no such switch nothing changes, and neither
    does it for people who have chosen an allocator themselves.
    """
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    if sys.platform == "linux":
        with contextlib.suppress(ImportError, OSError, AttributeError):
            import ctypes

            # A threshold of our own also keeps glibc from raising it while it runs.
            ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, _OWN_PIECE)
