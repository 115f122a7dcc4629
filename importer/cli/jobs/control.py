"""`importer jobs pause`, `resume` and `approve`: what a person decides about jobs."""

from __future__ import annotations

from pathlib import Path

import click

from importer.cli.jobs.workspace import jobs_options, open_workspace
from importer.cli.streams import print_json, print_lines, print_output
from importer.core.platform import user_name
from importer.core.text import pluralize


@click.command("pause")
@click.argument("name")
@click.option("--why", default="", help="The reason; it is kept with your name and the time.")
@jobs_options
def pause_command(name: str, why: str, file: Path | None, as_json: bool) -> int:
    """Let the job NAME rest: its files stay where they are until importer jobs resume."""
    from importer.core.time import format_iso

    with open_workspace(file) as workspace:
        workspace.jobs.task(name)
        now = format_iso(workspace.env.clock.now())
        workspace.store.update_job_state(name, paused_at=now, paused_by=user_name(), paused_why=why)
    if as_json:
        print_json({"job": name, "paused_at": now, "exit_status": 0})
    else:
        print_output(
            f"The job {name} is paused. What it is doing right now is finished. To go on: importer jobs resume {name}"
        )
    return 0


@click.command("resume")
@click.argument("name")
@jobs_options
def resume_command(name: str, file: Path | None, as_json: bool) -> int:
    """Let the paused job NAME run again."""
    with open_workspace(file) as workspace:
        workspace.jobs.task(name)
        workspace.store.update_job_state(name, paused_at="", paused_by="", paused_why="")
    if as_json:
        print_json({"job": name, "paused_at": None, "exit_status": 0})
    else:
        print_output(f"The job {name} runs again when it is due. To run it now: importer jobs run {name}")
    return 0


@click.command("approve")
@click.argument("name")
@click.option("--path", "chosen", type=click.Path(path_type=Path), help="Only this file; default: every held one.")
@jobs_options
def approve_command(name: str, chosen: Path | None, file: Path | None, as_json: bool) -> int:
    """Let the files of the job NAME be sent that its guards hold; they go at its next run."""
    from importer.core.errors import UsageError
    from importer.core.text import display_text
    from importer.jobs import FileState

    with open_workspace(file) as workspace:
        workspace.jobs.task(name)
        held = [
            entry
            for entry in workspace.store.file_records(name, [FileState.HELD])
            if chosen is None or Path(entry.path).absolute() == chosen.absolute()
        ]
        if not held:
            raise UsageError(f"The job {name} holds no such file.", "See what is held: importer jobs list")
        for entry in held:
            workspace.store.update_file(
                entry.id, state=FileState.APPROVED.value, outcome="", attempts=0, approved_by=user_name(), message=""
            )
    paths = [entry.path for entry in held]
    if as_json:
        print_json({"job": name, "approved": paths, "exit_status": 0})
    else:
        for path in paths:
            print_output(display_text(f"Approved: {path}"))
        print_output(
            f"{pluralize(len(paths), 'It is', 'They are')} sent when the job is due, or now: importer jobs run {name}"
        )
    return 0


@click.command("test-notification")
@click.argument("name")
@jobs_options
def test_command(name: str, file: Path | None, as_json: bool) -> int:
    """Send a test message to every address of the job NAME, and say which ones work.

    The exit status is 1 when one of them could not be reached.
    """
    from importer.cli.options import build_environment
    from importer.core.errors import UsageError
    from importer.jobs import find_jobs_file, load_jobs, make_sender, try_addresses

    env = build_environment(quiet=True, verbose=0)
    task = load_jobs(find_jobs_file(file, env.variables, env.home)).task(name)
    if not task.job.notify:
        raise UsageError(f"The job {name} notifies nobody.", "Add `notify:` to it; docs/jobs.md shows how.")
    tried = try_addresses(task, make_sender(env.variables), env.variables, env.clock.now())
    status = 1 if any(each["trouble"] for each in tried) else 0
    if as_json:
        print_json({"job": name, "tried": tried, "exit_status": status})
        return status
    for each in tried:
        ended = f"not sent. {each['trouble']}" if each["trouble"] else "sent."
        print_lines(f"{each['when']}: {each['to']}: {ended}")
    return status
