"""`importer show`: any report, drawn again."""

from __future__ import annotations

from pathlib import Path

import click

from importer.cli.options import speech_options, surroundings, tell


@click.command("show")
@click.argument("run_id", metavar="RUN")
@click.option("--results", type=click.Path(path_type=Path), help="Path of the results workbook (a new file).")
@speech_options
def command(run_id: str, results: Path | None, as_json: bool, quiet: bool, verbose: int) -> int:
    """Show how RUN ended and write its workbook and report again."""
    from importer.app.imports import show
    from importer.reports.publisher import Places

    outside = surroundings(quiet=quiet or as_json, verbose=verbose)
    return tell(show(run_id, Places(results), outside), as_json=as_json)
