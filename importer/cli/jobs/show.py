"""`importer jobs show`: a file of a job, above all one on hold, with the check that a person wants to see."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from importer.cli.jobs.workspace import JobsWorkspace, jobs_options, open_workspace
from importer.cli.streams import print_json, print_lines

if TYPE_CHECKING:
    from importer.jobs import FileRecord
    from importer.reports import Report


@click.command("show")
@click.argument("name", metavar="FILE")
@jobs_options
def show_command(name: str, file: Path | None, as_json: bool) -> int:
    """Show what became of FILE (a name or a path), and check it as its job would if it still waits.

    The check writes a workbook with every row; nothing is sent.
    """
    from importer.reports import build_json_report, render_summary

    with open_workspace(file) as workspace:
        entry = _find(workspace, name)
        report = _check(workspace, entry)
    if as_json:
        check = report and build_json_report(report.summary, report.results, report.page, report.exit_status)
        print_json({"file": asdict(entry), "check": check, "exit_status": 0})
        return 0
    print_lines(
        f"{entry.path}\n    Job {entry.job}: {entry.outcome or entry.state}. {entry.message} {entry.remedy}".rstrip()
    )
    for label, value in (("Run", entry.run), ("Workbook", entry.results), ("File", entry.archive)):
        if value:
            print_lines(f"    {label}: {value}")
    if report is not None:
        print_lines(render_summary(report.summary))
        print_lines(f"Workbook: {report.results}\nReport:   {report.page}")
    return 0


def _find(workspace: JobsWorkspace, name: str) -> FileRecord:
    """Find the newest record of a file, by its name or path then or now. Raises :class:`UsageError`."""
    from importer.core.errors import UsageError
    from importer.core.text import suggest_name

    entries = [entry for entry in workspace.store.file_records() if entry.job in workspace.jobs.tasks]
    wanted = {name, str(Path(name).absolute())}
    for entry in reversed(entries):
        paths = [Path(each) for each in (entry.path, entry.archive) if each]
        if wanted & {text for path in paths for text in (path.name, str(path))}:
            return entry
    known = {Path(entry.path).name for entry in entries}
    raise UsageError(
        f"No job has taken a file {name}.", suggest_name(name, known) if known else "See: importer jobs list"
    )


def _check(workspace: JobsWorkspace, entry: FileRecord) -> Report | None:
    """Check a file that still waits, as its job would; ``None`` for one that is done or gone."""
    from importer.app import account_locale, check
    from importer.config import Locale
    from importer.core.errors import SettingsError
    from importer.jobs import FileState
    from importer.planning import PlanRequest
    from importer.reports import ReportPaths, report_stem

    waits = (FileState.TAKEN, FileState.HELD, FileState.APPROVED)
    if entry.state not in [state.value for state in waits] or not Path(entry.path).is_file():
        return None
    env, task = workspace.env, workspace.jobs.task(entry.job)
    try:
        account, locale = account_locale(task.job.account, env)
    except SettingsError:
        # The service may have keys that this shell has not; the check then lacks what the account says of itself.
        account, locale = "", Locale()
    request = PlanRequest(Path(entry.path), task.mapping, account, locale=locale)
    task.results.mkdir(parents=True, exist_ok=True)
    place = task.results / f"{report_stem(entry.path)}-check-{env.clock.now():%Y%m%d-%H%M%S}.xlsx"
    return check(request, ReportPaths(place), env)
