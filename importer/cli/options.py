"""Options that several commands share, and the environment, account and report of a command."""

from __future__ import annotations

import os
import secrets
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, TypeVar

import click

from importer.cli.streams import print_json, print_output, stop_live_display
from importer.core.text import display_text
from importer.core.time import SystemClock

if TYPE_CHECKING:
    from importer.app import Environment
    from importer.config import Account, Locale
    from importer.core.progress import Progress
    from importer.planning import PlanRequest
    from importer.reports import Report

Command = TypeVar("Command", bound=Callable[..., Any])

_FILE = click.Path(path_type=Path)


def json_option(command: Command) -> Command:
    """Add `--json`."""
    return click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")(command)


def output_options(command: Command) -> Command:
    """Add `--json`, `--quiet` and `--verbose`."""
    command = click.option("-v", "--verbose", count=True, help="Log what happens; twice for more.")(command)
    command = click.option("-q", "--quiet", is_flag=True, help="No progress, only the end and errors.")(command)
    return json_option(command)


def annotate_option(command: Command) -> Command:
    """Add `--annotate`."""
    words = "Write what became of each row into a copy of your .xlsx workbook, too."
    return click.option("--annotate", is_flag=True, help=words)(command)


def file_options(command: Command) -> Command:
    """Add the files, their mapping, and how to read them."""
    options: list[Callable[[Command], Command]] = [
        click.argument("files", metavar="FILE...", type=_FILE, nargs=-1, required=True),
        click.option("-m", "--mapping", type=_FILE, required=True, help="The mapping file (YAML)."),
        click.option("--account", help="Name of the account; default: the LEADSQUARED_… variables."),
        click.option("--results", type=_FILE, help="Path of the results workbook (a new file)."),
        click.option("--limit", type=click.IntRange(1), help="Only the first N rows."),
        reading_options,
    ]
    return _add_all(command, options)


def reading_options(command: Command) -> Command:
    """Add how to read the file."""
    options: list[Callable[[Command], Command]] = [
        click.option("--sheet", help="Name of the sheet, or its number counted from 1."),
        click.option("--header-row", type=click.IntRange(1), help="Row that holds the headings."),
        click.option("--encoding", help="Encoding of a text file, such as utf-8 or cp1252."),
        click.option("--delimiter", help="Character between the cells of a text file, or: tab."),
        click.option("--pad-short-rows", is_flag=True, help="Missing last cells of a row are empty cells."),
    ]
    return _add_all(command, options)


def _add_all(command: Command, options: list[Callable[[Command], Command]]) -> Command:
    """Add options in their order; as decorators stand above each other, the last one is applied first."""
    for option in reversed(options):
        command = option(command)
    return command


def plan_request(values: dict[str, Any], account: str, locale: Locale, again: str = "") -> PlanRequest:
    """Make the request for a plan of ``values["file"]`` from the options of :func:`file_options`."""
    from importer.planning import PlanRequest
    from importer.sources import SourceOptions

    return PlanRequest(
        source=values["file"],
        mapping=values["mapping"],
        account=account,
        options=SourceOptions(
            sheet=values["sheet"],
            header_row=values["header_row"],
            encoding=values["encoding"],
            delimiter=values["delimiter"],
            pad_short_rows=values["pad_short_rows"],
        ),
        locale=locale,
        limit=values["limit"],
        again=again,
    )


def build_environment(*, quiet: bool, verbose: int, yes: bool = True, log_name: str = "") -> Environment:
    """Build the environment of this machine: variables, clock, network and the person at the terminal.

    Ctrl-C finishes the calls in flight; a second one stops at once. The log also goes into the file that the person
    named, or else, with a ``log_name``, into one of that name in the home folder.
    """
    from importer.app import Environment
    from importer.cli.progress import choose_progress
    from importer.config import home_folder, remove_keys

    os.umask(0o077)
    home = home_folder(os.environ)
    _configure_log(-1 if quiet else verbose, home / "logs" / log_name if log_name else None)
    stop = threading.Event()
    progress = choose_progress(quiet=quiet)
    variables = dict(os.environ)
    person_is_there = is_person_there()
    unattended = yes or not person_is_there
    remove_keys(os.environ)
    _handle_stop_signals(stop, progress)
    return Environment(
        home=home,
        variables=variables,
        clock=SystemClock(stop),
        stop=stop,
        progress=progress,
        make_crm=_make_crm,
        confirm=(lambda question: True) if unattended else _confirm,
        vouched=yes or person_is_there,
        random_text=lambda: secrets.token_hex(2),
    )


def is_person_there() -> bool:
    """Whether somebody at a terminal can answer a question."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def _configure_log(verbosity: int, default: Path | None) -> None:
    from importer.core.logging import LogForm, LogPlace, configure_logging

    context = click.get_current_context(silent=True)
    chosen = context.find_root().params if context else {}
    named, form = (chosen.get("log_file") or "").strip(), chosen.get("log_format")
    path = None if named.lower() == "none" else Path(named).expanduser() if named else default
    place = LogPlace(path, chosen.get("log_size", 10) * 1_000_000, chosen.get("log_keep", 5)) if path else None
    configure_logging(verbosity, form=LogForm(form) if form else None, place=place)


def _make_crm(account: Account) -> Any:
    from importer.leadsquared import LeadSquaredClient

    return LeadSquaredClient(account)


def _confirm(question: str) -> bool:
    stop_live_display()
    return click.confirm(display_text(question), default=True, err=True)


def _handle_stop_signals(stop: threading.Event, progress: Progress) -> None:
    def handle(number: int, frame: FrameType | None) -> None:
        if stop.is_set():
            # The person insists. Calls in flight become uncertain and are read back by `resume`.
            os._exit(128 + number)
        stop.set()
        progress.note("Stopping: the calls in flight are being finished. Press Ctrl-C again to stop at once.")

    # The last one is Ctrl-Break on Windows, and the closing of its console.
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), handle)


def open_account(env: Environment, name: str | None) -> Account:
    """Load the account called ``name``, and start its sandbox if it has one that is not running."""
    from importer.cli.sandbox import ensure_running
    from importer.config import load_account, remove_keys

    account = load_account(name, env.variables, env.home)
    # Now that the keys are known, they are also found in variables with names of the person's own.
    remove_keys(os.environ)
    ensure_running(env.home, account)
    return account


def print_report(report: Report, *, as_json: bool) -> int:
    """Print how an import ended, and return its exit status."""
    from importer.reports import build_json_report, render_summary

    if as_json:
        paths = (report.results, report.page, report.exit_status, report.annotated)
        print_json(build_json_report(report.summary, *paths))
        return report.exit_status
    lines = [render_summary(report.summary)]
    if report.results:
        lines.append(f"Workbook: {display_text(str(report.results))}")
    if report.page:
        lines.append(f"Report:   {display_text(str(report.page))}")
    if report.annotated:
        lines.append(f"Your own workbook with the results: {display_text(str(report.annotated))}")
    print_output("\n".join(lines))
    return report.exit_status
