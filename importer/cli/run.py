"""`importer run`: check a file and send its good rows."""

from __future__ import annotations

from typing import Any

import click

from importer.cli.options import file_options, load, request_from, speech_options, surroundings, tell


def delivery_options(command: Any) -> Any:
    """Options of `run` and `resume`."""
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
@delivery_options
@speech_options
def command(
    as_json: bool,
    quiet: bool,
    verbose: int,
    yes: bool,
    dry_run: bool,
    again: str,
    keep_going: bool,
    patience: float,
    **values: Any,
) -> int:
    """Check FILE and send its good rows to LeadSquared, each exactly once.

    The same file with the same mapping continues its run and sends nothing twice.
    """
    from importer.app.dry_run import check
    from importer.app.environment import locale_of
    from importer.app.imports import run
    from importer.config.settings import Locale
    from importer.delivery.deliver import DeliveryOptions
    from importer.reports.publisher import Places

    outside = surroundings(quiet=quiet or as_json, verbose=verbose, yes=yes or as_json)
    places = Places(values["results"])
    if dry_run:
        name, locale = locale_of(values["account"], outside)
        return tell(check(request_from(values, name, locale), places, outside), as_json=as_json)
    account = load(outside, values["account"])
    locale = Locale(account.time_zone, account.country)
    request = request_from(values, account.name, locale, again)
    options = DeliveryOptions(keep_going=keep_going, patience=patience)
    return tell(run(request, account, places, options, outside), as_json=as_json)
