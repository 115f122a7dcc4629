"""`importer decide`: a person decides about uncertain rows."""

from __future__ import annotations

import getpass
import textwrap
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from importer.cli.options import build_environment, output_options
from importer.cli.streams import print_json
from importer.core.text import is_or_are, pluralize, shorten_text

if TYPE_CHECKING:
    from importer.app import Environment, UncertainRow

_CHOICES = {"c": "created", "a": "absent", "g": "abandon"}
_WIDTH = 100


@click.command("decide")
@click.argument("run_id", metavar="[RUN]", required=False)
@click.option("--row", type=int, help="The row, as the spreadsheet numbers it.")
@click.option(
    "--as",
    "decision",
    type=click.Choice(["created", "absent", "abandon", "undecided"]),
    help="created: it is in LeadSquared. absent: it is not, and may be sent again. abandon: give it up. "
    "undecided: take an earlier decision back.",
)
@click.option("--why", default="", help="The reason; it is kept with your name and the time.")
@click.option("--id", "activity_id", default="", help="Id of the activity that you saw in LeadSquared.")
@click.option("--list", "only_list", is_flag=True, help="List the uncertain rows and decide nothing.")
@output_options
def command(
    run_id: str | None,
    row: int | None,
    decision: str | None,
    why: str,
    activity_id: str,
    only_list: bool,
    as_json: bool,
    quiet: bool,
    verbose: int,
) -> int:
    """Decide what became of uncertain rows of RUN, or of the newest run that has any.

    Without --row it asks about one row after the other. A decision is written down with your name, the time and the
    reason, and can be taken back until the row is sent again.
    """
    from importer.app import Decision, decide, uncertain_rows

    env = build_environment(quiet=quiet or as_json, verbose=verbose)
    if row is not None or decision is not None:
        if row is None or decision is None:
            raise click.UsageError("--row and --as belong together.")
        made = decide(run_id, row, Decision(decision), why, getpass.getuser(), env, activity_id)
        if as_json:
            print_json(asdict(made))
        else:
            click.echo(f"Row {row} of run {made.run} is now {made.status.value.replace('_', ' ')}. {made.next_step}")
        return 0
    run, found = uncertain_rows(run_id, env)
    if as_json:
        print_json({"run": run.id, "rows": [asdict(each) for each in found]})
        return 0
    rows = f"{len(found)} {pluralize(len(found), 'row')}"
    click.echo(f"{rows} of run {run.id} {is_or_are(len(found))} uncertain ({run.new.source}).")
    if only_list:
        for each in found:
            click.echo(f"\n{_describe(each)}")
        return 0
    return _ask(run.id, found, env)


def _ask(run_id: str, found: Sequence[UncertainRow], env: Environment) -> int:
    from importer.app import Decision, decide

    for each in found:
        click.echo(f"\n{_describe(each)}")
        answer = click.prompt(
            "Look at the lead in LeadSquared. [c]reated, [a]bsent, [g]ive up, [s]kip or [q]uit",
            type=click.Choice(["c", "a", "g", "s", "q"]),
            show_choices=False,
            default="s",
        )
        if answer == "q":
            break
        if answer == "s":
            continue
        why = click.prompt("Why")
        seen = (
            click.prompt("Id of the activity, if you have it", default="", show_default=False) if answer == "c" else ""
        )
        made = decide(run_id, each.row, Decision(_CHOICES[answer]), why, getpass.getuser(), env, seen)
        click.echo(f"Row {each.row} is now {made.status.value.replace('_', ' ')}. {made.next_step}")
    return 0


def _describe(each: UncertainRow) -> str:
    lines = [f"Row {each.row}"]
    lines += [f"  {shorten_text(label)}: {shorten_text(text)}" for label, text in each.cells]
    known = "".join(shorten_text(each.text[at : at + 60]) for at in range(0, len(each.text), 60))
    lines.append(textwrap.fill(known, _WIDTH, initial_indent="  ", subsequent_indent="  "))
    return "\n".join(lines)
