"""What the process gives up before it learns a key: core files, readable memory, files that others may open."""

from __future__ import annotations

import contextlib
import faulthandler
import os
import sys

from importer.core.logging import redact_tracebacks

_PR_SET_DUMPABLE = 4
"""From Linux's <linux/prctl.h>; 0 also hides /proc/PID/environ and /proc/PID/mem from other programs of the user."""


def harden_process() -> None:
    """Let nothing of this process's memory reach the disk or another program of the same user.

    What the operating system does not offer is left out: an import must run where there is no prctl.
    """
    os.umask(0o077)
    faulthandler.disable()
    redact_tracebacks()
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        with contextlib.suppress(ImportError, OSError, AttributeError):
            import ctypes

            ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
