"""`importer decide`: a person settles rows that the machine could not."""

from __future__ import annotations

import getpass
import textwrap
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from importer.cli.options import speech_options, surroundings

if TYPE_CHECKING:
    from importer.app.environment import Surroundings
    from importer.app.manual_resolution import Doubt

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
@click.option("--list", "only_list", is_flag=True, help="List the rows in doubt and decide nothing.")
@speech_options
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
    """Decide what became of rows in doubt of RUN, or of the newest run that has any.

    Without --row it asks about one row after the other. A decision is written down with your name, the time and the
    reason, and can be taken back until the row is sent again.
    """
    from importer.app.manual_resolution import Decision, decide, doubts
    from importer.cli.main import print_json

    outside = surroundings(quiet=quiet or as_json, verbose=verbose)
    if row is not None or decision is not None:
        if row is None or decision is None:
            raise click.UsageError("--row and --as belong together.")
        made = decide(run_id, row, Decision(decision), why, getpass.getuser(), outside, activity_id)
        if as_json:
            print_json(asdict(made))
        else:
            click.echo(f"Row {row} of run {made.run} is now {made.status.value.replace('_', ' ')}. {made.next_step}")
        return 0
    run, found = doubts(run_id, outside)
    if as_json:
        print_json({"run": run.id, "rows": [asdict(doubt) for doubt in found]})
        return 0
    click.echo(f"{len(found)} row{'s' if len(found) != 1 else ''} of run {run.id} in doubt ({run.new.source}).")
    if only_list:
        for doubt in found:
            click.echo(f"\n{_shown(doubt)}")
        return 0
    return _ask(run.id, found, outside)


def _ask(run_id: str, found: Sequence[Doubt], outside: Surroundings) -> int:
    from importer.app.manual_resolution import Decision, decide

    for doubt in found:
        click.echo(f"\n{_shown(doubt)}")
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
        made = decide(run_id, doubt.row, Decision(_CHOICES[answer]), why, getpass.getuser(), outside, seen)
        click.echo(f"Row {doubt.row} is now {made.status.value.replace('_', ' ')}. {made.next_step}")
    return 0


def _shown(doubt: Doubt) -> str:
    from importer.core.text import visible

    lines = [f"Row {doubt.row}"]
    lines += [f"  {visible(label)}: {visible(text)}" for label, text in doubt.cells]
    known = "".join(visible(doubt.text[at : at + 60]) for at in range(0, len(doubt.text), 60))
    lines.append(textwrap.fill(known, _WIDTH, initial_indent="  ", subsequent_indent="  "))
    return "\n".join(lines)
