"""`importer doctor`: examine an account and print what works, what does not, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from importer.cli.options import build_environment, open_account, output_options
from importer.cli.streams import print_json, print_output
from importer.core.text import display_text

if TYPE_CHECKING:
    from importer.app import Examination

_COLOURS = {"ok": "green", "note": "yellow", "problem": "red"}


def print_examination(each: Examination, indent: str = "") -> None:
    """Print one examination with its mark in colour, and what to do on the next line."""
    mark = click.style(f"{each.health.value:<8}", fg=_COLOURS[each.health.value])
    print_output(indent + mark + display_text(f"{each.name}: {each.found}"))
    if each.remedy:
        print_output(f"{indent}        {display_text(each.remedy)}")


def examination_json(each: Examination) -> dict[str, str]:
    """Return one examination as JSON."""
    return {"name": each.name, "health": each.health.value, "found": each.found, "remedy": each.remedy}


@click.command("doctor")
@click.option("--account", help="Name of the account; default: the LEADSQUARED_… variables.")
@click.option("--forget-limits", is_flag=True, help="First forget the limits that refusals taught.")
@click.option("--refresh", is_flag=True, help="Remember fields, activity types and users, for checks against them.")
@output_options
def command(account: str | None, forget_limits: bool, refresh: bool, as_json: bool, quiet: bool, verbose: int) -> int:
    """Examine an account: keys, host, time zone, country, clock, limits, fields and queues. Sends nothing."""
    from importer.app import Health, examine_account
    from importer.app import forget_limits as forget_learned_limits

    env = build_environment(quiet=quiet or as_json, verbose=verbose)
    examined = []
    known = open_account(env, account)
    if forget_limits:
        forget_learned_limits(known, env)
    for each in examine_account(known, env, refresh=refresh):
        examined.append(each)
        if not as_json:
            print_examination(each)
    bad = any(each.health is Health.BAD for each in examined)
    if as_json:
        print_json({"exit_status": int(bad), "examined": [examination_json(each) for each in examined]})
    return int(bad)
