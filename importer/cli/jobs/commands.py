"""`importer jobs`: imports that run by themselves."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from importer.cli.jobs.control import approve_command, pause_command, resume_command, test_command
from importer.cli.jobs.decide import decide_command
from importer.cli.jobs.install import install_command
from importer.cli.jobs.metrics import metrics_command
from importer.cli.jobs.run import run_command
from importer.cli.jobs.show import show_command
from importer.cli.jobs.workspace import jobs_options, open_workspace
from importer.cli.streams import print_json, print_lines, print_output
from importer.core.text import format_count

Row = Mapping[str, Any]
"""A run, file or notification as `--json` prints it."""


@click.group("jobs")
def command() -> None:
    """Imports that run by themselves: by a schedule, from an inbox, with guards."""


@command.command("check")
@jobs_options
def check_command(file: Path | None, as_json: bool) -> int:
    """Find every problem in the jobs file, and look at mappings, accounts and folders."""
    from importer.cli.options import build_environment
    from importer.jobs import find_job_problems, find_jobs_file, load_jobs

    env = build_environment(quiet=True, verbose=0)
    path = find_jobs_file(file, env.variables, env.home)
    jobs = load_jobs(path)
    findings = find_job_problems(jobs, env.variables, env.home)
    status = 2 if any(finding.serious for finding in findings) else 0
    if as_json:
        listed = [
            {"job": one.job, "serious": one.serious, "message": one.message, "remedy": one.remedy} for one in findings
        ]
        print_json({"file": str(path), "jobs": list(jobs.tasks), "findings": listed, "exit_status": status})
        return status
    print_lines(f"{path} is a valid jobs file with {len(jobs.tasks)} job{'s' * (len(jobs.tasks) != 1)}.")
    for one in findings:
        print_lines(f"{'Wrong' if one.serious else 'Look'}: job {one.job}: {one.message} {one.remedy}".rstrip())
    return status


@command.command("schema")
def schema_command() -> int:
    """The JSON Schema of jobs files, for editors."""
    from importer.jobs import jobs_json_schema

    print_output(json.dumps(jobs_json_schema(), indent=2, ensure_ascii=False))
    return 0


@command.command("list")
@jobs_options
def list_command(file: Path | None, as_json: bool) -> int:
    """Show the jobs: when each is due, what waits for a person, and how it ended last."""
    from importer.jobs import describe_jobs

    with open_workspace(file) as workspace:
        listed = describe_jobs(workspace.jobs, workspace.store, workspace.env.clock.now())
    if as_json:
        print_json({"jobs": listed})
        return 0
    for each in listed:
        due = f"next {_minute(each['next'])}" if each["next"] else "paused" if each["paused_at"] else ""
        print_lines(f"{each['job']}  {each['when']}  {due}".rstrip())
        print_lines(f"    {each['inbox']} {each['pattern']} → account {each['account']}")
        for name in each["unclaimed"]:
            print_lines(f"    no job takes: {name}")
        for held in each["held"]:
            print_lines(f"    held: {Path(held['path']).name}: {held['why']} {held['remedy']}")
        if each["last"]:
            print_lines(f"    {_minute(each['last']['ended_at'])} UTC  {_describe_end(each['last'])}")
        for line in _describe_notifications(each["notifications"], "notification "):
            print_lines(line)
    return 0


@command.command("next")
@click.option("--count", type=click.IntRange(1, 1000), default=10, show_default=True, help="How many times.")
@jobs_options
def next_command(count: int, file: Path | None, as_json: bool) -> int:
    """Show when jobs are due next."""
    from importer.jobs import upcoming_runs

    with open_workspace(file) as workspace:
        times = upcoming_runs(workspace.jobs, workspace.store, workspace.env.clock.now(), count)
    if as_json:
        print_json({"next": times})
    else:
        # Such as "2026-11-22 02:30 +05:30  visits".
        lines = (f"{_minute(each['at'])} {each['at'][16:].removeprefix(':00')}  {each['job']}" for each in times)
        print_output("\n".join(lines) or "No job has a schedule.")
    return 0


@command.command("history")
@click.argument("name", required=False)
@click.option("--limit", type=click.IntRange(1, 10_000), default=20, show_default=True, help="The newest N.")
@jobs_options
def history_command(name: str | None, limit: int, file: Path | None, as_json: bool) -> int:
    """Show what the jobs, or the job NAME, did, newest first, and what became of each file and notification."""
    from importer.jobs import find_unclaimed, history

    with open_workspace(file) as workspace:
        if name is not None:
            workspace.jobs.task(name)
        past = history(workspace.store, name, limit)
        names = [name] if name is not None else workspace.jobs.tasks
        unclaimed = {
            str(workspace.jobs.task(each).inbox / file)
            for each in names
            for file in find_unclaimed(workspace.jobs, each)
        }
        past["unclaimed"] = sorted(unclaimed)
    if as_json:
        print_json(past)
        return 0
    lines = [*_describe_runs(past["turns"]), *_describe_files(past["files"])]
    if past["notifications"]:
        lines += ["Notifications", *_describe_notifications(past["notifications"])]
    if past["unclaimed"]:
        lines += ["Taken by no job", *(f"    {path}" for path in past["unclaimed"])]
    for line in lines:
        print_lines(line)
    if not lines:
        print_output("Nothing was done yet.")
    return 0


def _describe_runs(runs: list[Row]) -> Iterator[str]:
    if runs:
        yield "Runs (times in UTC)"
    for each in runs:
        yield f"    {_minute(each['ended_at'])}  {each['job']}  {_describe_end(each)}"


def _describe_end(run: Row) -> str:
    """Describe how a run ended and, unless all went well, what to do; further lines are indented below."""
    remedy = f" {run['remedy']}" if run["exit_status"] else ""
    return f"{run['outcome']}: {run['message']}{remedy}".replace("\n", "\n      ")


def _describe_files(files: list[Row]) -> Iterator[str]:
    if files:
        yield "Files"
    for each in files:
        end = each["outcome"] or each["state"]
        if each["rows"]:
            end += f", {format_count(each['rows'])}"
            end += f", {each['problems']:,} of them for a person" if each["problems"] else ""
        ended_at = _minute(each["ended_at"] or each["taken_at"])
        yield f"    {ended_at}  {each['job']}  {Path(each['path']).name}: {end}"
        if each["remedy"] and each["state"] == "held":
            yield f"        {each['remedy']}"
        yield f"        File:     {each['archive'] or each['path']}"
        if each["results"]:
            yield f"        Workbook: {each['results']}"


def _describe_notifications(notifications: Iterable[Row], prefix: str = "") -> Iterator[str]:
    for each in notifications:
        tries = "" if each["attempts"] == 1 else f", {each['attempts']} tries"
        next_try = f", next {_minute(each['next_at'])}" if each["next_at"] else ""
        facts = f"{_minute(each['created_at'])} UTC, to {each['to']}{tries}{next_try}"
        yield f"    {prefix}{each['state']}: {each['title']} ({facts})"
        if each["trouble"]:
            yield f"        {each['trouble']}"


def _minute(moment: str) -> str:
    return moment[:16].replace("T", " ")


for each_command in (
    run_command,
    show_command,
    approve_command,
    decide_command,
    pause_command,
    resume_command,
    test_command,
    install_command,
    metrics_command,
):
    command.add_command(each_command)
