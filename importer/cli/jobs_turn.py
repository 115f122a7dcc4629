"""`importer jobs run`: one turn of a job, now."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from importer.cli.jobs_desk import jobs_desk, jobs_options, tell_lines
from importer.cli.main import print_json

if TYPE_CHECKING:
    from importer.jobs.engine.results import JobRunResult

_BUSY = 75
_POST_SECONDS = 30.0
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
    from importer.jobs.engine.scheduler import Engine

    with jobs_desk(file, quiet=quiet or as_json, verbose=verbose) as desk:
        desk.jobs.task(name)
        with desk.hold(f"start-{name}") as ours:
            if not ours:
                return _tell_busy(name, as_json=as_json)
            worker = desk.worker()
            engine = Engine(worker, desk.databases, f"run-{name}")
            try:
                engine.start()
                end = engine.run_now(name, desk.outside.clock.now())
                worker.report_silence()
                engine.delete_old(desk.outside.clock.now())
            finally:
                engine.stop()
        postman = desk.postman()
        postman.send_due(_POST_SECONDS, desk.outside.stop.is_set)
        postman.delete_old()
    return _tell(end, as_json=as_json, quiet=quiet)


def _tell_busy(name: str, *, as_json: bool) -> int:
    from importer.jobs.engine.results import JobRunResult
    from importer.jobs.store.records import JobOutcome

    return _tell(JobRunResult(name, JobOutcome.BUSY, _BUSY, "The job is running already."), as_json=as_json)


def _tell(end: JobRunResult, *, as_json: bool, quiet: bool = False) -> int:
    from importer.jobs.store.records import JobOutcome

    if as_json:
        print_json(end.to_json())
    elif end.outcome != JobOutcome.BUSY and not (quiet and end.exit_status == 0):
        for note in end.notes:
            tell_lines(note)
        for each in end.files:
            tell_lines(f"{Path(each.path).name}: {each.outcome}. {each.message} {each.remedy}".rstrip())
            if each.results:
                tell_lines(f"    Workbook: {each.results}")
            if each.archive:
                tell_lines(f"    File:     {each.archive}")
        if not end.files:
            tell_lines(f"{end.job}: {end.message} {end.remedy}".rstrip())
    return end.exit_status
