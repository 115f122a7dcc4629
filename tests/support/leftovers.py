"""A service that tells when the memory of a turn is freed; a module of its own, so that every process can import it."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def watched() -> None:
    """Before the service begins: whatever a turn leaves over writes a file when it is freed, with the number of heaps.

    Python itself is kept from looking, and the service looks often and for little.
    """
    import ctypes
    import gc
    import weakref

    import importer.cli.jobs.serve as serve
    import importer.core.memory as memory
    import importer.jobs.engine.job_run as work

    class Left:
        def __init__(self) -> None:
            self.itself = self

    def freed() -> None:
        libc: Any = ctypes.CDLL(None)
        libc.fopen.restype = ctypes.c_void_p
        file = ctypes.c_void_p(libc.fopen(b"freed.part", b"w"))
        libc.malloc_info(0, file)
        libc.fclose(file)
        Path("freed.part").rename("freed")

    def import_file(*given: Any) -> Any:
        weakref.finalize(Left(), freed)
        return true_import(*given)

    gc.disable()
    true_import, named = work.import_file, work
    named.import_file = import_file
    memory._MIN_NEW_OBJECTS = memory._PAUSE_FACTOR = 0
    serve._NOTIFY_SECONDS = 0.1
