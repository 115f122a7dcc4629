"""`importer doctor`: what works, what does not, what to do."""

from __future__ import annotations

import click

from importer.cli.main import print_json
from importer.cli.options import load, speech_options, surroundings

_COLOURS = {"ok": "green", "note": "yellow", "problem": "red"}


@click.command("doctor")
@click.option("--account", help="Name of the account; default: the LEADSQUARED_… variables.")
@click.option("--forget-limits", is_flag=True, help="First forget the limits that refusals taught.")
@click.option("--refresh", is_flag=True, help="Remember fields, activity types and users, for checks against them.")
@speech_options
def command(account: str | None, forget_limits: bool, refresh: bool, as_json: bool, quiet: bool, verbose: int) -> int:
    """Examine an account: keys, host, time zone, country, clock, limits, fields and queues. Sends nothing."""
    from importer.app import doctor
    from importer.core.text import shown

    outside = surroundings(quiet=quiet or as_json, verbose=verbose)
    examined = []
    known = load(outside, account)
    if forget_limits:
        doctor.forget_limits(known, outside)
    for each in doctor.examine_account(known, outside, refresh=refresh):
        examined.append(each)
        if not as_json:
            mark = click.style(f"{each.health.value:<8}", fg=_COLOURS[each.health.value])
            click.echo(mark + shown(f"{each.name}: {each.found}"))
            if each.remedy:
                click.echo(f"        {shown(each.remedy)}")
    bad = any(each.health is doctor.Health.BAD for each in examined)
    if as_json:
        entries = [
            {"name": each.name, "health": each.health.value, "found": each.found, "remedy": each.remedy}
            for each in examined
        ]
        print_json({"exit_status": int(bad), "examined": entries})
    return int(bad)
