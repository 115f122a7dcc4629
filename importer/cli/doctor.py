"""`importer doctor`: what works, what does not, what to do."""

from __future__ import annotations

import click

from importer.cli.main import print_json
from importer.cli.options import load, speech_options, surroundings

_COLOURS = {"ok": "green", "note": "yellow", "problem": "red"}


@click.command("doctor")
@click.option("--account", help="Name of the account; default: the LEADSQUARED_… variables.")
@speech_options
def command(account: str | None, as_json: bool, quiet: bool, verbose: int) -> int:
    """Examine an account: keys, host, time zone, country, clock, limits, fields and queues. Sends nothing."""
    from importer.pipeline.doctor import Health, examine_account
    from importer.reports.words import shown

    outside = surroundings(quiet=quiet or as_json, verbose=verbose)
    examined = []
    for each in examine_account(load(outside, account), outside):
        examined.append(each)
        if not as_json:
            mark = click.style(f"{each.health.value:<8}", fg=_COLOURS[each.health.value])
            click.echo(mark + shown(f"{each.name}: {each.found}"))
            if each.remedy:
                click.echo(f"        {shown(each.remedy)}")
    bad = any(each.health is Health.BAD for each in examined)
    if as_json:
        entries = [
            {"name": each.name, "health": each.health.value, "found": each.found, "remedy": each.remedy}
            for each in examined
        ]
        print_json({"exit_status": int(bad), "examined": entries})
    return int(bad)
