"""Options that several commands share, and what they make of them."""

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

if TYPE_CHECKING:
    from importer.app.environment import Surroundings
    from importer.config.settings import Account, Locale
    from importer.core.progress import Progress
    from importer.planning.plan import PlanRequest
    from importer.reports.publisher import Report

Command = TypeVar("Command", bound=Callable[..., Any])

_FILE = click.Path(path_type=Path)


def _apply(options: list[Callable[[Command], Command]]) -> Callable[[Command], Command]:
    def decorate(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


def speech_options(command: Command) -> Command:
    """`--json`, `--quiet`, `--verbose`."""
    return _apply(
        [
            click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output."),
            click.option("-q", "--quiet", is_flag=True, help="No progress, only the end and errors."),
            click.option("-v", "--verbose", count=True, help="Log what happens; twice for more."),
        ]
    )(command)


def file_options(command: Command) -> Command:
    """The file, its mapping, and how to read it."""
    return _apply(
        [
            click.argument("file", type=_FILE),
            click.option("-m", "--mapping", type=_FILE, required=True, help="The mapping file (YAML)."),
            click.option("--account", help="Name of the account; default: the LEADSQUARED_… variables."),
            click.option("--results", type=_FILE, help="Path of the results workbook (a new file)."),
            click.option("--limit", type=click.IntRange(1), help="Only the first N rows."),
            click.option("--sheet", help="Name of the sheet, or its number counted from 1."),
            click.option("--header-row", type=click.IntRange(1), help="Row that holds the headings."),
            click.option("--encoding", help="Encoding of a text file, such as utf-8 or cp1252."),
            click.option("--delimiter", help="Character between the cells of a text file, or: tab."),
            click.option("--pad-short-rows", is_flag=True, help="Missing last cells of a row are empty cells."),
        ]
    )(command)


def request_from(values: dict[str, Any], account: str, locale: Locale, again: str = "") -> PlanRequest:
    """The plan that the options of :func:`file_options` ask for."""
    from importer.planning.plan import PlanRequest
    from importer.sources.interface import SourceOptions

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


def surroundings(*, quiet: bool, verbose: int, yes: bool = True, log_name: str = "") -> Surroundings:
    """The real machine: environment, clock, network and the person at the terminal.

    Ctrl-C finishes the calls in flight; a second one stops at once. The log also goes into the file that the person
    named, or else, with a ``log_name``, into one of that name in the home folder.
    """
    from importer.app.environment import Surroundings
    from importer.cli.progress import choose_progress
    from importer.config.settings import forget_keys, home_folder
    from importer.core.time import SystemClock

    os.umask(0o077)
    home = home_folder(os.environ)
    _configure_log(-1 if quiet else verbose, home / "logs" / log_name if log_name else None)
    stop = threading.Event()
    progress = choose_progress(quiet=quiet)
    environment = dict(os.environ)
    forget_keys(os.environ)
    _stop_politely(stop, progress)
    return Surroundings(
        home=home,
        environment=environment,
        clock=SystemClock(stop),
        stop=stop,
        progress=progress,
        make_crm=_make_crm,
        confirm=_confirm(yes),
        vouched=yes or _person_is_there(),
        random_text=lambda: secrets.token_hex(2),
    )


def _configure_log(verbosity: int, default: Path | None) -> None:
    from importer.core.logging import LogForm, LogPlace, configure_logging

    context = click.get_current_context(silent=True)
    chosen = context.find_root().params if context else {}
    named, form = (chosen.get("log_file") or "").strip(), chosen.get("log_format")
    path = None if named.lower() == "none" else Path(named).expanduser() if named else default
    place = LogPlace(path, chosen.get("log_size", 10) * 1_000_000, chosen.get("log_keep", 5)) if path else None
    configure_logging(verbosity, form=LogForm(form) if form else None, place=place)


def _make_crm(account: Account) -> Any:
    from importer.leadsquared.client import LeadSquaredClient

    return LeadSquaredClient(account)


def _confirm(yes: bool) -> Callable[[str], bool]:
    """Asks when a person is there; `--yes` and scripts are not asked."""
    from importer.core.text import shown

    if yes or not _person_is_there():
        return lambda question: True
    return lambda question: click.confirm(shown(question), default=True, err=True)


def _person_is_there() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()


def _stop_politely(stop: threading.Event, progress: Progress) -> None:
    def handle(number: int, frame: FrameType | None) -> None:
        if stop.is_set():
            # The person insists. Calls in flight become uncertain and are read back by `resume`.
            os._exit(128 + number)
        stop.set()
        progress.note("Stopping: the calls in flight are being finished. Press Ctrl-C again to stop at once.")

    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), handle)


def load(outside: Surroundings, name: str | None) -> Account:
    """The account called ``name``; a sandbox account's sandbox is started when it is not running."""
    from importer.cli.local_crm import ensure_running
    from importer.config.accounts import load_account
    from importer.config.settings import forget_keys

    account = load_account(name, outside.environment, outside.home)
    # Now that the keys are known, they are also found in variables with names of the person's own.
    forget_keys(os.environ)
    ensure_running(outside.home, account)
    return account


def tell(report: Report, *, as_json: bool) -> int:
    """Print how it ended; the exit status."""
    from importer.cli.main import print_json
    from importer.cli.streams import answer
    from importer.core.text import shown
    from importer.reports.json_report import json_report
    from importer.reports.summary import render_summary

    if as_json:
        print_json(json_report(report.summary, report.results, report.page, report.exit_status))
        return report.exit_status
    lines = [render_summary(report.summary)]
    if report.results:
        lines.append(f"Workbook: {shown(str(report.results))}")
    if report.page:
        lines.append(f"Report:   {shown(str(report.page))}")
    answer("\n".join(lines))
    return report.exit_status
