"""Memory settings of the process: allocators, Python's garbage collector, and memory that goes back to the system.

Imports nothing large: the settings must be made before Arrow, numpy and pydantic are imported.
"""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager

from importer.core.platform import call_libc

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8
"""From glibc's <malloc.h>."""
_MMAP_BYTES = 4 << 20
"""A piece of this size or larger gets pages of its own, which go back to the system as soon as it is free."""
_KEPT_FREE_BYTES = 8 << 20
"""Free memory that the heap keeps for the next pieces."""
_ARENAS = 2
_GC_THRESHOLD = 100_000
_MIN_NEW_OBJECTS = 20_000
"""So many new objects of Python are worth a collection: the imports of some ten small files, or twenty idle seconds."""
_PAUSE_FACTOR = 100
"""After a collection, the next one waits this many times as long as the collection took."""


def configure_startup(environment: MutableMapping[str, str] | None = None) -> None:
    """Turn off numpy's threads for linear algebra and pydantic's plugins, and collect garbage less often.

    Must come before numpy and pydantic are imported. A variable that the ``environment`` (default: the process's) has
    already keeps its value.
    """
    environment = os.environ if environment is None else environment
    # numpy's library would start a thread for every core, and nothing here uses it.
    environment.setdefault("OPENBLAS_NUM_THREADS", "1")
    environment.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    # Importing pandas makes hundreds of thousands of objects that all stay, and so does a column of texts.
    gc.set_threshold(_GC_THRESHOLD, *gc.get_threshold()[1:])


def configure_allocators() -> None:
    """Make Arrow and glibc return every large piece of memory to the system as soon as it is free.

    Arrow's own allocator and glibc's heap would keep them for later, about 150 MB in a check of a large file, and gain
    no time by it. Must come before Arrow is imported. Where the system has no such switch nothing changes, and an
    allocator chosen by an environment variable stays.
    """
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    # A threshold of our own also keeps glibc from raising it while the program runs.
    call_libc("mallopt", _M_MMAP_THRESHOLD, _MMAP_BYTES)
    # All beyond glibc's 128 KB would be given back and fetched again, page by page, for each column of a chunk.
    call_libc("mallopt", _M_TRIM_THRESHOLD, _KEPT_FREE_BYTES)


def limit_malloc_arenas(environment: Mapping[str, str] | None = None) -> None:
    """Let all threads started from now on share two heaps of glibc, for a program that has many threads.

    glibc would give them eight for each core, each with gaps of its own that no other thread fills. Only Linux has the
    switch. A ``MALLOC_ARENA_MAX`` in the ``environment`` (default: the process's) stays in force.
    """
    if "MALLOC_ARENA_MAX" not in (os.environ if environment is None else environment):
        call_libc("mallopt", _M_ARENA_MAX, _ARENAS)


def trim_heap() -> None:
    """Return the free memory of glibc's heap to the system, before work that needs pieces of other sizes."""
    call_libc("malloc_trim", 0)


@contextmanager
def gc_paused() -> Iterator[None]:
    """Pause Python's garbage collector inside the block.

    It costs up to half of the time where very many small values are made to stay. Only for work that makes no cycles.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def skip_final_gc() -> None:
    """Keep Python from a last garbage collection at the end of the process, whose memory is freed anyway.

    Handlers of ``atexit``, threads and ``finally`` still run.
    """
    gc.freeze()


class IdleMemoryCleaner:
    """Frees the memory of finished work in a long-running program: reference cycles, and free pieces of the heap.

    Python itself would collect the oldest generation only after millions of new objects, for which a service takes
    months. The objects that exist when a cleaner is made count as permanent and are not scanned again.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._not_before = monotonic()
        gc.collect()
        gc.freeze()

    def clear(self) -> bool:
        """Collect garbage and trim the heap if there is enough to free; returns whether it was done.

        All threads stand still meanwhile, so the longer a collection takes the less often it is done: it takes a
        hundredth of the time at most.
        """
        begun = self._monotonic()
        new, *older = gc.get_count()
        if begun < self._not_before or (new < _MIN_NEW_OBJECTS and not any(older)):
            return False
        gc.collect()
        trim_heap()
        ended = self._monotonic()
        self._not_before = ended + _PAUSE_FACTOR * (ended - begun)
        return True
