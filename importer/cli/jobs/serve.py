"""`importer serve`: scheduler and worker of the jobs in one process, and the page for a team if it is wanted."""

from __future__ import annotations

import logging
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from importer.cli.jobs.page import PageOptions, ServedPage, page_served
from importer.cli.jobs.workspace import jobs_options, make_worker, open_jobs_of
from importer.cli.options import build_environment
from importer.cli.streams import print_json, print_message
from importer.core.text import format_count

if TYPE_CHECKING:
    from importer.app import Environment
    from importer.jobs import Engine, JobsWorkspace

_log = logging.getLogger(__name__)
_BUSY = 75
_TIDY_SECONDS = 1800.0
_TAKE_OVER_SECONDS = 10.0
_EXAMINE_SECONDS = 60.0
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
@click.option("--web", metavar="ADDRESS", help="Serve the page for a team there, such as 127.0.0.1:8765.")
@click.option("--public-url", metavar="URL", help="The page's address in browsers, such as https://import.example.com.")
@click.option("--trusted-proxy", default="", metavar="IP", help="The proxy in front of the page that speaks TLS.")
@click.option("--two-people", is_flag=True, help="In the page, nobody approves an import that she prepared herself.")
@click.option("-v", "--verbose", count=True, help="Log what happens; twice for more.")
def command(
    file: Path | None,
    as_json: bool,
    listen: str | None,
    web: str | None,
    public_url: str | None,
    trusted_proxy: str,
    two_people: bool,
    verbose: int,
) -> int:
    """Run the jobs by their schedules until SIGTERM or Ctrl-C, which finish the calls in flight first.

    What was under way when the program ended last, however it ended, is continued. A second start ends quietly with
    exit status 75. On a shared database, any number of machines work together, and continue what one of them leaves.
    The log is also kept as JSON lines in IMPORTER_HOME/logs/serve.jsonl, unless `importer --log-file` names another
    file or none.

    With --web a team imports files in its browsers, too; without a jobs file it waits for the first job.
    """
    from importer.core.memory import limit_malloc_arenas
    from importer.jobs import JOBS_FILE_VARIABLE

    limit_malloc_arenas()
    env = build_environment(quiet=False, verbose=max(verbose, 1), log_name="serve.jsonl")
    if file is not None:
        # The page finds the jobs file as every command does.
        env = replace(env, variables={**env.variables, JOBS_FILE_VARIABLE: str(file.absolute())})
    options = PageOptions(web, public_url, trusted_proxy, two_people) if web else None
    with _only_one(env) as ours:
        if not ours:
            if as_json:
                print_json({"status": "busy", "exit_status": _BUSY, "jobs": []})
            return _BUSY
        with page_served(options, env) as page:
            is_reported = page is not None and _wait_for_jobs_file(env, page, as_json=as_json)
            if not env.stop.is_set():
                with open_jobs_of(env, file) as workspace:
                    _serve_jobs(workspace, page, listen, as_json=as_json and not is_reported)
    print_message("Stopped; what was under way is continued at the next start.")
    return 0


def _only_one(env: Environment) -> AbstractContextManager[bool]:
    """One service on a machine, unless several work together."""
    from importer.jobs import file_lock, find_databases

    shared = find_databases(env.variables, env.home).shared
    return nullcontext(True) if shared else file_lock(env.home, "serve")


def _wait_for_jobs_file(env: Environment, page: ServedPage, *, as_json: bool) -> bool:
    """Wait until there is a jobs file or a stop is requested; return whether there was none at first."""
    from importer.jobs import find_jobs_file_to_write

    path = find_jobs_file_to_write(env.variables, env.home)
    if path.is_file():
        return False
    if as_json:
        print_json({"status": "serving", "exit_status": 0, "jobs": [], "web": page.address})
    print_message("There are no jobs yet. Ctrl-C stops.")
    while not path.is_file() and not env.stop.wait(_NOTIFY_SECONDS):
        page.server.recover()
    return True


def _serve_jobs(workspace: JobsWorkspace, page: ServedPage | None, listen: str | None, *, as_json: bool) -> None:
    """Run the jobs until a stop is requested."""
    from importer.cli.jobs.metrics import metrics_server
    from importer.core.progress import SilentProgress
    from importer.jobs import Engine

    # Several accounts are worked on at once; the log has a line for the end of each run.
    worker = replace(make_worker(workspace), env=replace(workspace.env, progress=SilentProgress()))
    engine = Engine(worker, workspace.databases, "serve")
    try:
        engine.start()
        engine.apply_schedules(workspace.env.clock.now())
        if as_json:
            address = {"web": page.address} if page is not None else {}
            print_json({"status": "serving", "exit_status": 0, "jobs": list(workspace.jobs.tasks), **address})
        number = format_count(len(workspace.jobs.tasks), "job")
        print_message(f"Serving {number} of {workspace.jobs.path}. Ctrl-C stops.")
        with metrics_server(listen, workspace, engine.find_problem):
            _watch(workspace, engine, page)
    finally:
        workspace.env.stop.set()
        engine.stop()
    workspace.notifications().send_due(_LAST_NOTIFY_SECONDS)


def _watch(workspace: JobsWorkspace, engine: Engine, page: ServedPage | None) -> None:
    """Send notifications, continue lost work, take up a changed jobs file and remove old records, until a stop."""
    from importer.core.memory import IdleMemoryCleaner
    from importer.jobs import JobsFileWatcher, take_requests

    env, notifications, leftovers = workspace.env, workspace.notifications(), IdleMemoryCleaner()
    jobs_file = JobsFileWatcher(workspace)
    taken_over = tidied = examined = env.clock.monotonic()
    while not env.stop.wait(min(_NOTIFY_SECONDS, _TAKE_OVER_SECONDS)):
        notifications.send_due(_TIDY_SECONDS, env.stop.is_set)
        leftovers.clear()
        if change := jobs_file.reload():
            engine.apply_schedules(env.clock.now(), (*change.added, *change.changed))
            print_message(f"{workspace.jobs.path} was taken up: {change}.")
        for name in take_requests(env.home):
            # A job that was added a moment ago on another machine may not be known here yet.
            if name in workspace.jobs.tasks:
                engine.run_soon(name, env.clock.now())
        now = env.clock.monotonic()
        if now - taken_over >= _TAKE_OVER_SECONDS:
            taken_over = now
            if engine.is_shared:
                engine.resume_lost_work()
            if page is not None:
                page.server.recover()
        if now - examined >= _EXAMINE_SECONDS:
            examined = now
            _report_problem(workspace, engine)
        if now - tidied >= _TIDY_SECONDS:
            tidied = now
            engine.delete_old(env.clock.now())
            notifications.delete_old()


def _report_problem(workspace: JobsWorkspace, engine: Engine) -> None:
    """Log a problem of the engine, and notify people of it."""
    from importer.core.errors import ImporterError
    from importer.jobs import report_engine_problem

    now = workspace.env.clock.now()
    problem = engine.find_problem(now)
    if not problem:
        return
    _log.error("The engine is stuck: %s", problem)
    try:
        report_engine_problem(workspace.jobs, workspace.store, problem, now)
    except ImporterError as error:
        _log.error("Nobody can be notified of it: %s", error.message)
