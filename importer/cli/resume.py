"""`importer resume`: finish what was interrupted."""

from __future__ import annotations

from pathlib import Path

import click

from importer.cli.options import load, speech_options, surroundings, tell
from importer.cli.run import delivery_options


@click.command("resume")
@click.argument("run_id", metavar="[RUN]", required=False)
@click.option("--results", type=click.Path(path_type=Path), help="Path of the results workbook (a new file).")
@delivery_options
@speech_options
def command(
    run_id: str | None,
    results: Path | None,
    keep_going: bool,
    patience: float,
    as_json: bool,
    quiet: bool,
    verbose: int,
) -> int:
    """Finish RUN, or the newest run that is not finished, and look again at rows in doubt."""
    from importer.app.imports import resume
    from importer.delivery.deliver import DeliveryOptions
    from importer.reports.publisher import Places

    outside = surroundings(quiet=quiet or as_json, verbose=verbose)
    options = DeliveryOptions(keep_going=keep_going, patience=patience)
    report = resume(run_id, lambda name: load(outside, name), Places(results), options, outside)
    return tell(report, as_json=as_json)
