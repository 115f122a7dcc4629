"""`importer jobs show`: a file of a job, above all one on hold, with the check that a person wants to see."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from importer.cli.jobs.workspace import jobs_options, open_workspace
from importer.cli.streams import print_json, print_lines


@click.command("show")
@click.argument("name", metavar="FILE")
@jobs_options
def show_command(name: str, file: Path | None, as_json: bool) -> int:
    """Show what became of FILE (a name or a path), and check it as its job would if it still waits.

    The check writes a workbook with every row; nothing is sent.
    """
    from importer.jobs import check_report_path, check_waiting_file, find_file, is_waiting
    from importer.reports import ReportPaths, build_json_report, render_summary

    with open_workspace(file) as workspace:
        entry = find_file(workspace, name)
        report = None
        if is_waiting(entry):
            place = check_report_path(workspace.jobs.task(entry.job), entry, workspace)
            report = check_waiting_file(workspace, entry, ReportPaths(place), workspace.env)
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
