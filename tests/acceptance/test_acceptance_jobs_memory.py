"""A service lives for months: what its turns leave in memory is freed, and its many threads share the heap."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

from commands import Running
from conftest import Desk
from job_files import jobs


def watched() -> None:
    """Before the service begins: whatever a turn leaves over writes a file when it is freed, with the number of heaps.

    Python itself is kept from looking, and the service looks often and for little.
    """
    import ctypes
    import gc
    import weakref

    import importer.cli.memory as memory
    import importer.cli.serve as serve
    import importer.jobs.work as work

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
    memory._LEFTOVERS = memory._SHARE = 0
    serve._POST_SECONDS = 0.1


def test_what_a_turn_leaves_is_freed_and_its_threads_share_the_heaps(desk: Desk) -> None:
    """At the end of a turn, without its memory being asked for by anything else."""
    jobs(desk, more='schedule: {cron: "* * * * *", timezone: UTC}')
    desk.visits(20, "inbox/one.csv")
    # A file that was taken is imported at once, without waiting for the next minute.
    killed = desk.fork("jobs", "run", "visits", IMPORTER_FAILPOINT="call-witnessed:kill:1").wait()
    assert killed.status == -9
    environment = {name: text for name, text in desk.environment.items() if name != "MALLOC_ARENA_MAX"}
    told_in = desk.folder.with_name(f"{desk.folder.name}-told")
    service = Running(desk.folder, environment, ("serve",), watched, told_in=told_in)
    end = time.monotonic() + 60
    while not (desk.folder / "freed").exists():
        assert time.monotonic() < end, service._err.read_text()
        assert service.is_alive(), service._err.read_text()
        time.sleep(0.1)
    service.process.terminate()
    assert service.wait().status == 0
    assert len(re.findall("<heap nr=", (desk.folder / "freed").read_text())) <= 2
