"""`importer serve`: scheduler and worker of the jobs in one process."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from importer.cli.jobs.workspace import jobs_options, make_worker, open_workspace
from importer.cli.streams import print_json

if TYPE_CHECKING:
    from importer.jobs import Engine, JobsWorkspace

_BUSY = 75
_TIDY_SECONDS = 1800.0
_TAKE_OVER_SECONDS = 10.0
_NOTIFY_SECONDS = 5.0
"""How often it looks for notifications to be sent."""

_LAST_NOTIFY_SECONDS = 20.0


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
    from importer.cli.jobs.metrics import metrics_server
    from importer.cli.streams import print_message
    from importer.core.memory import limit_malloc_arenas
    from importer.core.progress import SilentProgress
    from importer.jobs import Engine

    limit_malloc_arenas()
    opened = open_workspace(file, quiet=False, verbose=max(verbose, 1), log_name="serve.jsonl")
    with opened as workspace, _only_one(workspace) as ours:
        if not ours:
            if as_json:
                print_json({"status": "busy", "exit_status": _BUSY, "jobs": []})
            return _BUSY
        # Several accounts are worked on at once; the log has a line for the end of each run.
        worker = replace(make_worker(workspace), env=replace(workspace.env, progress=SilentProgress()))
        engine = Engine(worker, workspace.databases, "serve")
        try:
            engine.start()
            engine.apply_schedules(workspace.env.clock.now())
            if as_json:
                print_json({"status": "serving", "exit_status": 0, "jobs": list(workspace.jobs.tasks)})
            number = len(workspace.jobs.tasks)
            print_message(f"Serving {number} job{'s' * (number != 1)} of {workspace.jobs.path}. Ctrl-C stops.")
            with metrics_server(listen, workspace, engine.find_problem):
                _watch(workspace, engine)
        finally:
            workspace.env.stop.set()
            engine.stop()
        workspace.notifications().send_due(_LAST_NOTIFY_SECONDS)
    print_message("Stopped; what was under way is continued at the next start.")
    return 0


def _only_one(workspace: JobsWorkspace) -> AbstractContextManager[bool]:
    """One service on a machine, unless several work together."""
    from importer.jobs import file_lock

    return nullcontext(True) if workspace.databases.shared else file_lock(workspace.env.home, "serve")


def _watch(workspace: JobsWorkspace, engine: Engine) -> None:
    """Send notifications, take over work of other machines and remove old records, until a stop is requested."""
    from importer.core.memory import IdleMemoryCleaner

    env, notifications, leftovers = workspace.env, workspace.notifications(), IdleMemoryCleaner()
    taken_over = tidied = env.clock.monotonic()
    while not env.stop.wait(min(_NOTIFY_SECONDS, _TAKE_OVER_SECONDS)):
        notifications.send_due(_TIDY_SECONDS, env.stop.is_set)
        leftovers.clear()
        now = env.clock.monotonic()
        if engine.is_shared and now - taken_over >= _TAKE_OVER_SECONDS:
            taken_over = now
            engine.resume_lost_work()
        if now - tidied >= _TIDY_SECONDS:
            tidied = now
            engine.delete_old(env.clock.now())
            notifications.delete_old()
