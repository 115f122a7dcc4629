"""`importer jobs run`: one run of a job, now."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from importer.cli.jobs.workspace import jobs_options, make_worker, open_workspace
from importer.cli.streams import print_json, print_lines

if TYPE_CHECKING:
    from importer.jobs import JobRunResult

_BUSY = 75
_NOTIFY_SECONDS = 30.0
"""After so long at the end no more notifications are begun; what is left goes with the next start."""


@click.command("run")
@click.argument("name")
@jobs_options
@click.option("-q", "--quiet", is_flag=True, help="No progress, and no word at all when all is well.")
@click.option("-v", "--verbose", count=True, help="Log what happens; twice for more.")
def run_command(name: str, file: Path | None, as_json: bool, quiet: bool, verbose: int) -> int:
    """Run the job NAME once, now, and wait for its end.

    What a killed process left is finished first. While the job is running already, this ends quietly with exit status
    75.
    """
    from importer.jobs import Engine, JobOutcome, JobRunResult

    with open_workspace(file, quiet=quiet or as_json, verbose=verbose) as workspace:
        workspace.jobs.task(name)
        with workspace.hold(f"start-{name}") as ours:
            if not ours:
                return _print_end(
                    JobRunResult(name, JobOutcome.BUSY, _BUSY, "The job is running already."), as_json=as_json
                )
            worker = make_worker(workspace)
            engine = Engine(worker, workspace.databases, f"run-{name}")
            try:
                engine.start()
                end = engine.run_now(name, workspace.env.clock.now())
                worker.report_silence()
                engine.delete_old(workspace.env.clock.now())
            finally:
                engine.stop()
        notifications = workspace.notifications()
        notifications.send_due(_NOTIFY_SECONDS, workspace.env.stop.is_set)
        notifications.delete_old()
    return _print_end(end, as_json=as_json, quiet=quiet)


def _print_end(end: JobRunResult, *, as_json: bool, quiet: bool = False) -> int:
    from importer.jobs import JobOutcome

    if as_json:
        print_json(end.to_json())
    elif end.outcome != JobOutcome.BUSY and not (quiet and end.exit_status == 0):
        for note in end.notes:
            print_lines(note)
        for each in end.files:
            print_lines(f"{Path(each.path).name}: {each.outcome}. {each.message} {each.remedy}".rstrip())
            if each.results:
                print_lines(f"    Workbook: {each.results}")
            if each.archive:
                print_lines(f"    File:     {each.archive}")
        if not end.files:
            print_lines(f"{end.job}: {end.message} {end.remedy}".rstrip())
    return end.exit_status
