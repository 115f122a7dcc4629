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
    from importer.jobs import pause_job

    with open_workspace(file) as workspace:
        now = pause_job(workspace, name, user_name(), why)
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
    from importer.jobs import resume_job

    with open_workspace(file) as workspace:
        resume_job(workspace, name)
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
    from importer.core.text import display_text
    from importer.jobs import approve_files

    with open_workspace(file) as workspace:
        held = approve_files(workspace, name, user_name(), chosen)
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
