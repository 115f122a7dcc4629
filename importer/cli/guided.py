"""`importer FILE`: one import from the proposed mapping to the results, with a question before anything is sent."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from importer.cli.options import (
    build_environment,
    is_person_there,
    open_account,
    plan_request,
    print_report,
    reading_options,
)
from importer.cli.streams import print_message
from importer.core.errors import MappingError, SettingsError, UsageError
from importer.core.model import Status
from importer.core.text import display_text, escape_text, format_count, is_or_are

if TYPE_CHECKING:
    from importer.app import Environment
    from importer.config import Account

_ENDINGS = (".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".xls", ".xlsb", ".ods", ".gz", ".zip")


def looks_like_file(word: str) -> bool:
    """Return whether a word in the place of a command is a file: one is there, or it ends as spreadsheets do."""
    # os.path.isfile never raises, whatever the name.
    return os.path.isfile(word) or word.lower().endswith(_ENDINGS)


@click.command("FILE")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("-m", "--mapping", type=click.Path(path_type=Path), help="The mapping; default: one is proposed.")
@click.option("--account", help="Name of the account; default: the LEADSQUARED_… variables.")
@reading_options
@click.option("-v", "--verbose", count=True, help="Log what happens; twice for more.")
def command(file: Path, mapping: Path | None, account: str | None, verbose: int, **reading: Any) -> int:
    """Import FILE step by step: propose a mapping, check every row, ask, and send."""
    if not is_person_there():
        raise UsageError(
            f"Importing {display_text(str(file))} step by step needs somebody at a terminal who answers.",
            "In a script: importer mapping new FILE, once; then importer check FILE -m MAPPING, "
            "and importer run FILE -m MAPPING --yes.",
        )
    env = build_environment(quiet=False, verbose=verbose, yes=False)
    if account:
        open_account(env, account)
    if mapping is None:
        mapping = _find_or_propose(file, account, reading, env)
    _wait_until_valid(mapping, file)
    values = {"file": file, "mapping": mapping, "account": account, "results": None, "limit": None, **reading}
    return _check_and_send(values, env)


def _find_or_propose(file: Path, account: str | None, reading: dict[str, Any], env: Environment) -> Path:
    """Return the mapping of an earlier import with the file's name, or a new one that is proposed."""
    from importer.app import ProposalRequest, propose_mapping
    from importer.cli.mapping import print_proposal
    from importer.sources import SourceOptions

    request = ProposalRequest(file, account=account, options=SourceOptions(**reading))
    if request.place.is_file():
        _print_step(1, f"The mapping {request.place} is there already and is used.")
        return request.place
    _print_step(1, "Which column goes to which field? A mapping is proposed from the whole file.")
    print_proposal(propose_mapping(request, env), file)
    return request.place


def _wait_until_valid(mapping: Path, file: Path) -> None:
    """Let the person read and correct the mapping until it is valid and fits the file."""
    from importer.app import check_mapping_file
    from importer.suggest import open_questions

    is_first = True
    while True:
        questions = list(open_questions(mapping.read_text("utf-8", "replace")))
        try:
            list(check_mapping_file(mapping, file))
            if not questions or not is_first:
                return
        except MappingError as error:
            print_message(escape_text(error.message, keep="\n"))
        if is_first and click.confirm(f"Open {display_text(str(mapping))} now?", default=True, err=True):
            click.launch(str(mapping.absolute()))
        is_first = False
        left = f" {format_count(len(questions), 'question')} in it {is_or_are(len(questions))} marked TODO."
        print_message(
            f"Correct the mapping in an editor and save it.{left if questions else ''}\n"
            "The same with the mouse: importer web"
        )
        click.prompt("Press Enter to go on, Ctrl-C to stop", default="", show_default=False, err=True)


def _check_and_send(values: dict[str, Any], env: Environment) -> int:
    from importer.app import account_locale, check, run
    from importer.cli.decide import decide_about_changes
    from importer.config import Locale
    from importer.delivery import DeliveryOptions
    from importer.reports import ReportPaths

    _print_step(2, "Every row is checked; nothing is sent.")
    report = check(plan_request(values, *account_locale(values["account"], env)), ReportPaths(), env)
    status = print_report(report, as_json=False)
    if not report.summary.counts.get(Status.NOT_SENT):
        return status
    _print_step(3, "The ready rows can be sent. The others can be corrected and sent later.")
    account = _choose_account(values["account"], env)
    request = plan_request(values, account.name, Locale(account.time_zone, account.country))
    options = DeliveryOptions()
    sent = run(request, account, ReportPaths(), options, env)
    status = print_report(sent, as_json=False)
    return decide_about_changes(sent, options, env) or status


def _choose_account(name: str | None, env: Environment) -> Account:
    """Return the account; without one, the sandbox if the person wants it. Raises :class:`UsageError`."""
    from importer.cli.web import web_config
    from importer.web import SANDBOX

    try:
        return open_account(env, name)
    except SettingsError as error:
        if name:
            raise
        print_message(f"No account is set up yet. {display_text(error.message)}")
    if not click.confirm("Try it with the sandbox, a CRM on this computer?", default=True, err=True):
        raise UsageError("Nothing was sent: there is no account.", "Set one up: importer accounts add NAME")
    web_config(env).start_sandbox()
    return open_account(env, SANDBOX)


def _print_step(number: int, text: str) -> None:
    print_message(click.style(f"\n{number}. {display_text(text)}", bold=True))
