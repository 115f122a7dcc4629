"""`importer serve`: scheduler and worker of the jobs in one process."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from importer.cli.jobs_desk import JobsDesk, jobs_desk, jobs_options
from importer.cli.main import print_json

if TYPE_CHECKING:
    from importer.jobs.engine.scheduler import Engine

_BUSY = 75
_TIDY_SECONDS = 1800.0
_LOOK_SECONDS = 10.0
_POST_SECONDS = 5.0
"""How often it looks for notifications to be sent."""

_LAST_POST_SECONDS = 20.0


@click.command("serve")
@jobs_options
@click.option(
    "--listen",
    envvar="IMPORTER_LISTEN",
    metavar="ADDRESS",
    help="Answer /metrics and /health there, such as 127.0.0.1:9464; by default nowhere.",
)
@click.option("-v", "--verbose", count=True, help="Log what happens; twice for more.")
def command(file: Path | None, as_json: bool, listen: str | None, verbose: int) -> int:
    """Run the jobs by their schedules until SIGTERM or Ctrl-C, which finish the calls in flight first.

    What was under way when the program ended last, however it ended, is continued. A second start ends quietly with
    exit status 75. On a shared database, any number of machines work together, and continue what one of them leaves.
    The log is also kept as JSON lines in IMPORTER_HOME/logs/serve.jsonl, unless `importer --log-file` names another
    file or none.
    """
    from importer.cli.jobs_metrics import answering
    from importer.cli.memory import share_heaps
    from importer.cli.streams import say
    from importer.core.progress import Silent
    from importer.jobs.engine.scheduler import Engine

    share_heaps()
    desk_of_jobs = jobs_desk(file, quiet=False, verbose=max(verbose, 1), log_name="serve.jsonl")
    with desk_of_jobs as desk, _only_one(desk) as ours:
        if not ours:
            if as_json:
                print_json({"status": "busy", "exit_status": _BUSY, "jobs": []})
            return _BUSY
        # Several accounts are worked on beside each other; the log has a line for the end of each turn.
        worker = replace(desk.worker(), outside=replace(desk.outside, progress=Silent()))
        engine = Engine(worker, desk.databases, "serve")
        try:
            engine.start()
            engine.apply_schedules(desk.outside.clock.now())
            if as_json:
                print_json({"status": "serving", "exit_status": 0, "jobs": list(desk.jobs.tasks)})
            number = len(desk.jobs.tasks)
            say(f"Serving {number} job{'s' * (number != 1)} of {desk.jobs.path}. Ctrl-C stops.")
            with answering(listen, desk, engine.find_problem):
                _watch(desk, engine)
        finally:
            desk.outside.stop.set()
            engine.stop()
        desk.postman().send_due(_LAST_POST_SECONDS)
    say("Stopped; what was under way is continued at the next start.")
    return 0


def _only_one(desk: JobsDesk) -> AbstractContextManager[bool]:
    """One service on a machine, unless several work together."""
    from importer.jobs.engine.workers import file_lock

    return nullcontext(True) if desk.databases.shared else file_lock(desk.outside.home, "serve")


def _watch(desk: JobsDesk, engine: Engine) -> None:
    """Until somebody asks to stop: send notifications, continue what other machines left, and forget what is old."""
    from importer.cli.memory import Leftovers

    outside, postman, leftovers = desk.outside, desk.postman(), Leftovers()
    looked = tidied = outside.clock.monotonic()
    while not outside.stop.wait(min(_POST_SECONDS, _LOOK_SECONDS)):
        postman.send_due(_TIDY_SECONDS, outside.stop.is_set)
        leftovers.clear()
        now = outside.clock.monotonic()
        if engine.is_shared and now - looked >= _LOOK_SECONDS:
            looked = now
            engine.resume_lost_work()
        if now - tidied >= _TIDY_SECONDS:
            tidied = now
            engine.delete_old(outside.clock.now())
            postman.delete_old()
