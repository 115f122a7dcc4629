"""`importer jobs pause`, `resume` and `approve`: what a person decides about jobs."""

from __future__ import annotations

from pathlib import Path

import click

from importer.cli.jobs_desk import jobs_desk, jobs_options, person
from importer.cli.main import print_json
from importer.cli.streams import answer


@click.command("pause")
@click.argument("name")
@click.option("--why", default="", help="The reason; it is kept with your name and the time.")
@jobs_options
def pause_command(name: str, why: str, file: Path | None, as_json: bool) -> int:
    """Let the job NAME rest: its files stay where they are until importer jobs resume."""
    from importer.core.time import iso

    with jobs_desk(file) as desk:
        desk.jobs.task(name)
        now = iso(desk.outside.clock.now())
        desk.store.update_job_state(name, paused_at=now, paused_by=person(), paused_why=why)
    if as_json:
        print_json({"job": name, "paused_at": now, "exit_status": 0})
    else:
        answer(
            f"The job {name} is paused. What it is doing right now is finished. To go on: importer jobs resume {name}"
        )
    return 0


@click.command("resume")
@click.argument("name")
@jobs_options
def resume_command(name: str, file: Path | None, as_json: bool) -> int:
    """Let the paused job NAME run again."""
    with jobs_desk(file) as desk:
        desk.jobs.task(name)
        desk.store.update_job_state(name, paused_at="", paused_by="", paused_why="")
    if as_json:
        print_json({"job": name, "paused_at": None, "exit_status": 0})
    else:
        answer(f"The job {name} runs again when it is due. To run it now: importer jobs run {name}")
    return 0


@click.command("approve")
@click.argument("name")
@click.option("--path", "chosen", type=click.Path(path_type=Path), help="Only this file; default: every held one.")
@jobs_options
def approve_command(name: str, chosen: Path | None, file: Path | None, as_json: bool) -> int:
    """Let the files of the job NAME be sent that its guards hold; they go at its next turn."""
    from importer.core.errors import UsageError
    from importer.core.text import shown
    from importer.jobs.store.records import FileState

    with jobs_desk(file) as desk:
        desk.jobs.task(name)
        held = [
            entry
            for entry in desk.store.file_records(name, [FileState.HELD])
            if chosen is None or Path(entry.path).absolute() == chosen.absolute()
        ]
        if not held:
            raise UsageError(f"The job {name} holds no such file.", "See what is held: importer jobs list")
        for entry in held:
            desk.store.update_file(
                entry.id, state=FileState.APPROVED.value, outcome="", attempts=0, approved_by=person(), message=""
            )
    paths = [entry.path for entry in held]
    if as_json:
        print_json({"job": name, "approved": paths, "exit_status": 0})
    else:
        for path in paths:
            answer(shown(f"Approved: {path}"))
        answer(
            f"{'It is' if len(paths) == 1 else 'They are'} sent when the job is due, or now: importer jobs run {name}"
        )
    return 0
