"""`importer decide`: a person decides about uncertain and changed rows."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from importer.cli.options import build_environment, open_account, output_options, print_report
from importer.cli.streams import print_json
from importer.core.platform import user_name
from importer.core.text import format_count, is_or_are, shorten_text

if TYPE_CHECKING:
    from importer.app import Environment, UndecidedRow
    from importer.delivery import DeliveryOptions
    from importer.reports import Report

_CHOICES = {"c": "created", "a": "absent", "g": "abandon"}
_CHANGE_CHOICES = {"u": "update", "s": "send", "k": "keep"}
_CHANGE_ANSWERS = [*_CHANGE_CHOICES, "l"]
_CHANGE_QUESTION = "[u]pdate what was sent earlier, [s]end as new, [k]eep what was sent earlier, or decide [l]ater"
_WIDTH = 100
_MOST_DIFFERENCES = 5


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
@click.option(
    "--changed",
    type=click.Choice(["update", "send", "keep"]),
    help="Decide about all changed rows, or that of --row. update: correct what was sent earlier. send: send them as "
    "new rows. keep: LeadSquared keeps what was sent earlier.",
)
@click.option("--why", default="", help="The reason; it is kept with your name and the time.")
@click.option("--id", "activity_id", default="", help="Id of the activity that you saw in LeadSquared.")
@click.option("--list", "only_list", is_flag=True, help="List the uncertain and changed rows and decide nothing.")
@output_options
def command(
    run_id: str | None,
    row: int | None,
    decision: str | None,
    changed: str | None,
    why: str,
    activity_id: str,
    only_list: bool,
    as_json: bool,
    quiet: bool,
    verbose: int,
) -> int:
    """Decide what became of uncertain rows of RUN, or of the newest run that has any, and what becomes of changed ones.

    Without --row and --changed it asks about one row after the other. A decision is written down with your name, the
    time and the reason, and can be taken back until the row is sent again.
    """
    from importer.app import ChangeDecision, Decision, decide, decide_changes, undecided_rows

    env = build_environment(quiet=quiet or as_json, verbose=verbose)
    if changed is not None:
        if decision is not None:
            raise click.UsageError("--changed and --as cannot be combined.")
        settled = decide_changes(run_id, ChangeDecision(changed), why, user_name(), env, row)
        if as_json:
            print_json(asdict(settled))
        else:
            click.echo(f"{format_count(settled.rows)} of run {settled.run}: {changed}. {settled.next_step}")
        return 0
    if row is not None or decision is not None:
        if row is None or decision is None:
            raise click.UsageError("--row and --as belong together.")
        made = decide(run_id, row, Decision(decision), why, user_name(), env, activity_id)
        if as_json:
            print_json(asdict(made))
        else:
            click.echo(f"Row {row} of run {made.run} is now {made.status.value.replace('_', ' ')}. {made.next_step}")
        return 0
    run, found = undecided_rows(run_id, env)
    if as_json:
        print_json({"run": run.id, "rows": [asdict(each) for each in found]})
        return 0
    click.echo(f"{format_count(len(found))} of run {run.id} {is_or_are(len(found))} to be decided ({run.new.source}).")
    if only_list:
        for each in found:
            click.echo(f"\n{_describe(each)}")
        return 0
    return _ask(run.id, found, env)


def _ask(run_id: str, found: Sequence[UndecidedRow], env: Environment) -> int:
    from importer.app import Decision, decide

    for each in found:
        click.echo(f"\n{_describe(each)}")
        if each.status.value == "changed":
            _ask_about_change(run_id, each, env)
            continue
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
        made = decide(run_id, each.row, Decision(_CHOICES[answer]), why, user_name(), env, seen)
        click.echo(f"Row {each.row} is now {made.status.value.replace('_', ' ')}. {made.next_step}")
    return 0


def _ask_about_change(run_id: str, each: UndecidedRow, env: Environment) -> None:
    from importer.app import ChangeDecision, decide_changes

    answer = click.prompt(_CHANGE_QUESTION, type=click.Choice(_CHANGE_ANSWERS), show_choices=False, default="l")
    if answer == "l":
        return
    decision = ChangeDecision(_CHANGE_CHOICES[answer])
    made = decide_changes(run_id, decision, "", user_name(), env, each.row)
    click.echo(f"Row {each.row}: {decision.value}. {made.next_step}")


def decide_about_changes(report: Report, options: DeliveryOptions, env: Environment) -> int | None:
    """Ask the person once about all changed rows of an import, and do what they say.

    Returns the exit status of the import that sends them; ``None`` when there is nothing to ask or it stays open.
    """
    from importer.app import ChangeDecision, decide_changes, describe_changes, resume
    from importer.core.model import Status
    from importer.reports import ReportPaths

    run_id, rows = report.summary.run_id, report.summary.counts.get(Status.CHANGED, 0)
    if not rows:
        return None
    click.echo(
        f"\n{format_count(rows)} {is_or_are(rows)} held, because an earlier import sent something alike:", err=True
    )
    for text, count in describe_changes(run_id, env)[:_MOST_DIFFERENCES]:
        click.echo(f"  {format_count(count)}: {shorten_text(text)}", err=True)
    answer = click.prompt(
        _CHANGE_QUESTION, type=click.Choice(_CHANGE_ANSWERS), show_choices=False, default="l", err=True
    )
    if answer == "l":
        return None
    decision = ChangeDecision(_CHANGE_CHOICES[answer])
    decide_changes(run_id, decision, "", user_name(), env)
    again = resume(run_id, lambda name: open_account(env, name), ReportPaths(), options, env)
    return print_report(again, as_json=False)


def _describe(each: UndecidedRow) -> str:
    lines = [f"Row {each.row} ({each.status.value})"]
    lines += [f"  {shorten_text(label)}: {shorten_text(text)}" for label, text in each.cells]
    known = "".join(shorten_text(each.text[at : at + 60]) for at in range(0, len(each.text), 60))
    lines.append(textwrap.fill(known, _WIDTH, initial_indent="  ", subsequent_indent="  "))
    return "\n".join(lines)
