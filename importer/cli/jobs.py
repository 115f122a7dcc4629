"""`importer jobs`: imports that run by themselves."""

from __future__ import annotations

import json
from pathlib import Path

import click

from importer.cli.jobs_desk import jobs_desk, jobs_options, tell_lines
from importer.cli.jobs_install import install_command
from importer.cli.jobs_metrics import metrics_command
from importer.cli.jobs_notify import test_command
from importer.cli.jobs_past import history_command, tell_letters, turn_words
from importer.cli.jobs_steer import approve_command, pause_command, resume_command
from importer.cli.jobs_turn import run_command
from importer.cli.main import print_json
from importer.cli.streams import answer


@click.group("jobs")
def command() -> None:
    """Imports that run by themselves: by a schedule, from an inbox, with guards."""


@command.command("check")
@jobs_options
def check_command(file: Path | None, as_json: bool) -> int:
    """Find every problem in the jobs file, and look at mappings, accounts and folders."""
    from importer.cli.options import surroundings
    from importer.jobs.config.loader import find_jobs_file, load_jobs
    from importer.jobs.config.preflight import examine

    outside = surroundings(quiet=True, verbose=0)
    path = find_jobs_file(file, outside.environment, outside.home)
    jobs = load_jobs(path)
    findings = examine(jobs, outside.environment, outside.home)
    status = 2 if any(finding.serious for finding in findings) else 0
    if as_json:
        told = [
            {"job": one.job, "serious": one.serious, "message": one.message, "remedy": one.remedy} for one in findings
        ]
        print_json({"file": str(path), "jobs": list(jobs.tasks), "findings": told, "exit_status": status})
        return status
    tell_lines(f"{path} is a sound jobs file with {len(jobs.tasks)} job{'s' * (len(jobs.tasks) != 1)}.")
    for one in findings:
        tell_lines(f"{'Wrong' if one.serious else 'Look'}: job {one.job}: {one.message} {one.remedy}".rstrip())
    return status


@command.command("schema")
def schema_command() -> int:
    """The JSON Schema of jobs files, for editors."""
    from importer.jobs.config.json_schema import jobs_json_schema

    answer(json.dumps(jobs_json_schema(), indent=2, ensure_ascii=False))
    return 0


@command.command("list")
@jobs_options
def list_command(file: Path | None, as_json: bool) -> int:
    """Show the jobs: when each is due, what waits for a person, and how it ended last."""
    from importer.jobs.monitoring.status import describe_jobs

    with jobs_desk(file) as desk:
        listed = describe_jobs(desk.jobs, desk.store, desk.outside.clock.now())
    if as_json:
        print_json({"jobs": listed})
        return 0
    for each in listed:
        due = f"next {each['next'][:16].replace('T', ' ')}" if each["next"] else "paused" if each["paused_at"] else ""
        tell_lines(f"{each['job']}  {each['when']}  {due}".rstrip())
        tell_lines(f"    {each['inbox']} {each['pattern']} → account {each['account']}")
        for held in each["held"]:
            tell_lines(f"    held: {Path(held['path']).name}: {held['why']} {held['remedy']}")
        if each["last"]:
            last = each["last"]
            tell_lines(f"    {last['ended_at'][:16].replace('T', ' ')} UTC  {turn_words(last)}")
        tell_letters(each["notifications"])
    return 0


@command.command("next")
@click.option("--count", type=click.IntRange(1, 1000), default=10, show_default=True, help="How many times.")
@jobs_options
def next_command(count: int, file: Path | None, as_json: bool) -> int:
    """Show when jobs are due next."""
    from importer.jobs.monitoring.status import upcoming_runs

    with jobs_desk(file) as desk:
        times = upcoming_runs(desk.jobs, desk.store, desk.outside.clock.now(), count)
    if as_json:
        print_json({"next": times})
    else:
        lines = (f"{_clock(each['at'])}  {each['job']}" for each in times)
        answer("\n".join(lines) or "No job has a schedule.")
    return 0


def _clock(iso: str) -> str:
    """A moment as people read it: "2026-11-22 02:30 +05:30"."""
    return f"{iso[:16].replace('T', ' ')} {iso[16:].removeprefix(':00')}"


_COMMANDS = (
    history_command,
    run_command,
    approve_command,
    pause_command,
    resume_command,
    test_command,
    install_command,
    metrics_command,
)
for each_command in _COMMANDS:
    command.add_command(each_command)
