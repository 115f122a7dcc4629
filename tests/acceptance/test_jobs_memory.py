"""A service lives for months: what its runs leave in memory is freed, and its many threads share the heap."""

from __future__ import annotations

import re
import time

from tests.acceptance.conftest import Desk
from tests.support.commands import Running
from tests.support.job_files import write_jobs_file
from tests.support.leftovers import watched


def test_what_a_turn_leaves_is_freed_and_its_threads_share_the_heaps(desk: Desk) -> None:
    """At the end of a run, without its memory being asked for by anything else."""
    write_jobs_file(desk, more='schedule: {cron: "* * * * *", timezone: UTC}')
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
