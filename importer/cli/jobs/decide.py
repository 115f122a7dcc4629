"""`importer jobs decide`: a person decides about the rows of a job's file that are held as changed."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from importer.cli.jobs.workspace import jobs_options, open_workspace
from importer.cli.options import open_account, print_report
from importer.cli.streams import print_json
from importer.core.platform import user_name
from importer.core.text import format_count


@click.command("decide")
@click.argument("name", metavar="FILE")
@click.option(
    "--changed",
    type=click.Choice(["update", "send", "keep"]),
    required=True,
    help="update: correct what was sent earlier. send: send all changed rows as new ones. keep: LeadSquared keeps what "
    "was sent earlier.",
)
@click.option("--why", default="", help="The reason; it is kept with your name and the time.")
@jobs_options
def decide_command(name: str, changed: str, why: str, file: Path | None, as_json: bool) -> int:
    """Decide about the rows of FILE (a name or a path) that look like rows sent earlier, and differ.

    The decision holds for later files of the job, too. Rows to send are sent at once.
    """
    from importer.app import ChangeDecision, decide_changes, resume
    from importer.core.errors import UsageError
    from importer.delivery import DeliveryOptions
    from importer.jobs import describe_report, find_file
    from importer.reports import ReportPaths

    with open_workspace(file) as workspace:
        entry, env = find_file(workspace, name), workspace.env
        if not entry.run:
            raise UsageError(f"No row of {entry.path} was sent or held yet.", f"See: importer jobs show {name}")
        decided = decide_changes(entry.run, ChangeDecision(changed), why, user_name(), env)
        task = workspace.jobs.task(entry.job)
        results = ReportPaths(task.results / f"{Path(entry.results or entry.path).stem}.xlsx")
        report = resume(entry.run, lambda account: open_account(env, account), results, DeliveryOptions(), env)
        result = describe_report(report, task)
        values = asdict(result) | {"outcome": result.outcome.value}
        workspace.store.update_file(entry.id, **{name: value for name, value in values.items() if name != "outline"})
    if as_json:
        print_json({"file": entry.path, "decided": asdict(decided), "outcome": result.outcome.value, "exit_status": 0})
        return 0
    click.echo(f"{format_count(decided.rows)} of run {decided.run}: {changed}.")
    print_report(report, as_json=False)
    return 0
