"""`importer demo`: the main job on sample data, against a sandbox that it starts and stops itself."""

from __future__ import annotations

import shutil
from dataclasses import replace
from importlib.resources import as_file, files
from pathlib import Path

import click

from importer.cli.options import build_environment, output_options
from importer.cli.streams import print_json, print_output
from importer.core.text import display_text

_IMPORTS = (
    ("webinar-attendance.csv", "webinar-attendance.yaml", "280 webinar visits, posted in bulk by lead id"),
    ("admission-leads.xlsx", "admission-leads.yaml", "new and known leads from a workbook"),
    ("campus-enquiries.csv", "campus-enquiries.yaml", "leads with an activity, through LeadSquared's queue"),
)
"""Sample file, mapping, and what it shows."""


@click.command("demo")
@click.option("--folder", type=click.Path(path_type=Path), default=Path("importer-demo"), show_default=True)
@output_options
def command(folder: Path, as_json: bool, quiet: bool, verbose: int) -> int:
    """Import sample files into a CRM on this computer, and leave the results to look at. Needs no keys."""
    from importer.app import run
    from importer.cli import sandbox
    from importer.config import Locale, without_database
    from importer.core.filesystem import find_free_path
    from importer.delivery import DeliveryOptions
    from importer.planning import PlanRequest
    from importer.reports import Report, ReportPaths, build_json_report, render_summary

    env = build_environment(quiet=quiet or as_json, verbose=verbose)
    # A trial leaves nothing in a database that others share.
    env = replace(env, variables=without_database(env.variables))
    name = f"demo-{env.clock.now():%Y%m%d-%H%M%S}-{env.random_text()}"
    _tidy(env.home)
    account = sandbox.start(
        env.home,
        name,
        ["--latency", "0.15", "--async-delay", "1"],
        {"settle_seconds": "2", "time_zone": "Asia/Kolkata"},
    )
    say = (lambda text: None) if as_json else print_output
    say(f"A CRM for this demo runs at {account.host} (account {name}).\n")
    reports: list[Report] = []
    try:
        with as_file(files("importer") / "samples") as samples:
            for number, (source, mapping, words) in enumerate(_IMPORTS, start=1):
                say(click.style(f"{number}. {source}: {words}", bold=True))
                request = PlanRequest(
                    source=_copy(samples / source, folder),
                    mapping=_copy(samples / mapping, folder),
                    account=account.name,
                    locale=Locale(account.time_zone, account.country),
                )
                workbook = find_free_path(folder / f"{Path(source).stem}-results.xlsx")
                report = run(request, account, ReportPaths(workbook), DeliveryOptions(), env)
                reports.append(report)
                say(render_summary(report.summary))
                if report.exit_status == 4:
                    break
    finally:
        sandbox.stop(env.home, name)
    say("What to look at now:")
    for report in reports:
        say(f"  workbook  {display_text(str(report.results))}")
        say(f"  report    {display_text(str(report.page))}")
    say("The same in your browser, with your own files:  importer web")
    if as_json:
        print_json(
            {"imports": [build_json_report(one.summary, one.results, one.page, one.exit_status) for one in reports]}
        )
    # Rows that need a person are part of the demo, so they are no failure of it.
    return 4 if any(report.exit_status == 4 for report in reports) else 0


def _copy(sample: Path, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    copy = folder / sample.name
    shutil.copyfile(sample, copy)
    return copy


def _tidy(home: Path) -> None:
    """Stop sandboxes of demos that were killed, and forget demos whose runs are all finished."""
    from importer.cli import sandbox

    for connection in sorted(home.glob("sandboxes/demo-*/connection.json"))[:-3]:
        sandbox.stop(home, connection.parent.name)
