"""Memory that goes back to the system: as soon as a chunk is done, and in a service what its finished turns left."""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Callable, Mapping

from importer.core.memory import ask_glibc, give_back_now

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8
"""From glibc's <malloc.h>."""
_OWN_PIECE = 4 << 20
_SPARE = 8 << 20
"""Free memory that the heap keeps for what comes next."""
_HEAPS = 2
_LEFTOVERS = 20_000
"""So many new objects of Python are worth a look: the imports of some ten small files, or twenty idle seconds."""
_SHARE = 100
"""At most one part in so many of the time is spent on looking."""


def give_back_at_once() -> None:
    """Let every large piece of memory be the system's again when it is no longer used.

    Arrow's own allocator and glibc's heap would keep them for later, about 150 MB in a check of a large file, and gain
    no time by it. Must come before Arrow is imported. Where the system has no such switch nothing changes, and neither
    does it for people who have chosen an allocator themselves.
    """
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    # A threshold of our own also keeps glibc from raising it while it runs.
    ask_glibc("mallopt", _M_MMAP_THRESHOLD, _OWN_PIECE)
    # All beyond glibc's 128 KB would be given back and fetched again, page by page, for each column of a chunk.
    ask_glibc("mallopt", _M_TRIM_THRESHOLD, _SPARE)


def share_heaps(environment: Mapping[str, str] | None = None) -> None:
    """Let all threads to come use two heaps, for a program that has many of them.

    glibc would give them eight for each core, each with gaps of its own that no other thread fills. Only Linux has the
    switch. A ``MALLOC_ARENA_MAX`` in the ``environment`` (default: the process's) stays in force.
    """
    if "MALLOC_ARENA_MAX" not in (os.environ if environment is None else environment):
        ask_glibc("mallopt", _M_ARENA_MAX, _HEAPS)


class Leftovers:
    """What finished work leaves in a program that stays: objects that refer to each other in cycles, and free memory.

    Python itself would look through everything after millions of new objects only, for which a service takes months.
    What is there when this is made counts as what stays, and is not looked through again.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._not_before = monotonic()
        gc.collect()
        gc.freeze()

    def clear(self) -> bool:
        """Free them and give the memory back to the system, if there is enough of it; whether it was done.

        Everything else stands still meanwhile, so where there is much to look through it is done less often: it takes
        a hundredth of the time at most.
        """
        begun = self._monotonic()
        new, *older = gc.get_count()
        if begun < self._not_before or (new < _LEFTOVERS and not any(older)):
            return False
        gc.collect()
        give_back_now()
        ended = self._monotonic()
        self._not_before = ended + _SHARE * (ended - begun)
        return True
