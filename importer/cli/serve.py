"""`importer serve`: scheduler and worker of the jobs in one process."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from importer.cli.jobs_desk import jobs_desk, jobs_options
from importer.cli.main import print_json

_BUSY = 75
_TIDY_SECONDS = 1800.0


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
    exit status 75. The log is also kept as JSON lines in IMPORTER_HOME/logs/serve.jsonl, unless `importer --log-file`
    names another file or none.
    """
    from importer.cli.jobs_metrics import answering
    from importer.cli.streams import say
    from importer.jobs.engine import Engine
    from importer.jobs.locks import held_lock
    from importer.pipeline.progress import Silent

    desk_of_jobs = jobs_desk(file, quiet=False, verbose=max(verbose, 1), log_name="serve.jsonl")
    with desk_of_jobs as desk, held_lock(desk.outside.home, "serve") as ours:
        if not ours:
            if as_json:
                print_json({"status": "busy", "exit_status": _BUSY, "jobs": []})
            return _BUSY
        # Several accounts are worked on beside each other; the log has a line for the end of each turn.
        worker = replace(desk.worker(), outside=replace(desk.outside, progress=Silent()))
        engine = Engine(worker, desk.databases, "serve")
        try:
            engine.start()
            engine.keep_schedules(desk.outside.clock.now())
            if as_json:
                print_json({"status": "serving", "exit_status": 0, "jobs": list(desk.jobs.tasks)})
            say(f"Serving {len(desk.jobs.tasks)} jobs of {desk.jobs.path}. Ctrl-C stops.")
            with answering(listen, desk, engine.trouble):
                while not desk.outside.stop.wait(_TIDY_SECONDS):
                    engine.tidy(desk.outside.clock.now())
        finally:
            desk.outside.stop.set()
            engine.stop()
    say("Stopped; what was under way is continued at the next start.")
    return 0
