"""`importer check`, `importer run` and `importer resume`: the dry run of a file, its delivery, and the rest of one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from importer.cli.options import (
    annotate_option,
    build_environment,
    file_options,
    is_person_there,
    open_account,
    output_options,
    plan_request,
    print_report,
)
from importer.cli.several_files import find_files, import_files

if TYPE_CHECKING:
    from importer.app import Environment
    from importer.reports import Report


def delivery_options(command: Any) -> Any:
    """Add the options that `run` and `resume` share."""
    for option in (
        click.option("--keep-going", is_flag=True, help="Go on even if LeadSquared refuses many of the first rows."),
        click.option(
            "--wait",
            "patience",
            type=click.FloatRange(0),
            default=600.0,
            show_default=True,
            help="Seconds to wait for rows in LeadSquared's queue before leaving them to resume.",
        ),
    ):
        command = option(command)
    return command


@click.command("run")
@file_options
@click.option("-y", "--yes", is_flag=True, help="Do not ask before sending.")
@click.option("--dry-run", is_flag=True, help="The same as importer check.")
@click.option("--again", metavar="REASON", default="", help="Send rows again that were sent before, on purpose.")
@annotate_option
@delivery_options
@output_options
def run_command(
    as_json: bool,
    quiet: bool,
    verbose: int,
    yes: bool,
    dry_run: bool,
    again: str,
    annotate: bool,
    keep_going: bool,
    patience: float,
    **values: Any,
) -> int:
    """Check FILE and send its good rows to LeadSquared, each exactly once.

    The same file with the same mapping continues its run and sends nothing twice. Several files, a folder or a pattern
    such as "visits-*.csv" are imported one after the other.
    """
    from importer.app import run
    from importer.cli.decide import decide_about_changes
    from importer.config import Locale
    from importer.delivery import DeliveryOptions
    from importer.reports import ReportPaths

    env = build_environment(quiet=quiet or as_json, verbose=verbose, yes=yes or as_json)
    if dry_run:
        return _check_files(values, env, annotate=annotate, as_json=as_json)
    files, places = find_files(values["files"]), ReportPaths(values["results"], annotate)
    account = open_account(env, values["account"])
    locale = Locale(account.time_zone, account.country)
    options = DeliveryOptions(keep_going=keep_going, patience=patience)

    def import_one(path: Path) -> tuple[Report, int]:
        request = plan_request({**values, "file": path}, account.name, locale, again)
        report = run(request, account, places, options, env)
        if as_json:
            return report, report.exit_status
        status = print_report(report, as_json=False)
        if yes or not is_person_there():
            return report, status
        return report, decide_about_changes(report, options, env) or status

    return import_files(files, values["results"], import_one, env, as_json=as_json)


@click.command("check")
@file_options
@annotate_option
@output_options
def check_command(annotate: bool, as_json: bool, quiet: bool, verbose: int, **values: Any) -> int:
    """Find every problem in FILE and show what would be sent. Sends nothing and needs no keys.

    Several files, a folder or a pattern such as "visits-*.csv" are checked one after the other.
    """
    env = build_environment(quiet=quiet or as_json, verbose=verbose)
    return _check_files(values, env, annotate=annotate, as_json=as_json)


def _check_files(values: dict[str, Any], env: Environment, *, annotate: bool, as_json: bool) -> int:
    from importer.app import account_locale, check
    from importer.reports import ReportPaths

    files, places = find_files(values["files"]), ReportPaths(values["results"], annotate)
    account, locale = account_locale(values["account"], env)

    def check_one(path: Path) -> tuple[Report, int]:
        report = check(plan_request({**values, "file": path}, account, locale), places, env)
        return report, report.exit_status if as_json else print_report(report, as_json=False)

    return import_files(files, values["results"], check_one, env, as_json=as_json)


@click.command("resume")
@click.argument("run_id", metavar="[RUN]", required=False)
@click.option("--results", type=click.Path(path_type=Path), help="Path of the results workbook (a new file).")
@delivery_options
@output_options
def resume_command(
    run_id: str | None,
    results: Path | None,
    keep_going: bool,
    patience: float,
    as_json: bool,
    quiet: bool,
    verbose: int,
) -> int:
    """Finish RUN, or the newest run that is not finished, and search again for uncertain rows."""
    from importer.app import resume
    from importer.delivery import DeliveryOptions
    from importer.reports import ReportPaths

    env = build_environment(quiet=quiet or as_json, verbose=verbose)
    options = DeliveryOptions(keep_going=keep_going, patience=patience)
    report = resume(run_id, lambda name: open_account(env, name), ReportPaths(results), options, env)
    return print_report(report, as_json=as_json)
