"""`importer check`: the dry run."""

from __future__ import annotations

from typing import Any

import click

from importer.cli.options import file_options, request_from, speech_options, surroundings, tell


@click.command("check")
@file_options
@speech_options
def command(as_json: bool, quiet: bool, verbose: int, **values: Any) -> int:
    """Find every problem in FILE and show what would be sent. Sends nothing and needs no keys."""
    from importer.app.dry_run import check
    from importer.app.environment import locale_of
    from importer.reports.publisher import Places

    outside = surroundings(quiet=quiet or as_json, verbose=verbose)
    account, locale = locale_of(values["account"], outside)
    return tell(check(request_from(values, account, locale), Places(values["results"]), outside), as_json=as_json)
