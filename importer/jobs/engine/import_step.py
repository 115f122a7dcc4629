"""One file of a job goes through plan and delivery, and how that ended is put into one word."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from importer.app.environment import Surroundings
from importer.app.imports import run
from importer.config.settings import Account, Locale
from importer.core.errors import (
    AnotherRunActive,
    CrmError,
    ImporterError,
    LedgerError,
    MappingError,
    ReportError,
    RunStopped,
    SettingsError,
    SourceError,
)
from importer.core.model import NEEDS_PERSON
from importer.delivery.deliver import DeliveryOptions
from importer.jobs.config.loader import Task
from importer.jobs.engine.approval import Held, approve_words, review_for
from importer.jobs.store.store import Entry, Result
from importer.planning.plan import PlanRequest
from importer.reports.interface import ErrorGroup
from importer.reports.publisher import Places, Report
from importer.sources import file_signature

Load = Callable[[str], Account]


@dataclass(frozen=True, slots=True)
class Verdict:
    """How the import of one file ended; ``problems`` are rows that need a person.

    ``counts`` has the rows of each status and ``codes`` those of the commonest problems and refusals. ``outline`` is
    what of the ``message`` may be told outside of this machine: nothing that a file or a server says.
    """

    outcome: Result
    exit_status: int
    message: str
    remedy: str = ""
    run: str = ""
    rows: int = 0
    problems: int = 0
    results: str = ""
    report: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)
    codes: Mapping[str, int] = field(default_factory=dict)
    outline: str = ""


def import_file(task: Task, entry: Entry, outside: Surroundings, load: Load) -> Verdict:
    """Import the file of ``entry``; whatever stops it is part of the verdict.

    The same content continues its run, so that a repetition sends nothing twice.
    """
    path = Path(entry.path)
    if not _is_as_it_was(path, entry):
        return _changed(path)
    try:
        return _verdict(_run(task, entry, outside, load), task)
    except ImporterError as error:
        outcome = next((result for kind, result in _ENDS if isinstance(error, kind)), Result.ERROR)
        if outcome is Result.FAILED and not _is_as_it_was(path, entry):
            return _changed(path)
        return Verdict(outcome, error.exit_status, error.message, error.remedy, outline=outline_of(error))


_ENDS: tuple[tuple[type[ImporterError], Result], ...] = (
    (Held, Result.HELD),
    (AnotherRunActive, Result.BUSY),
    (RunStopped, Result.INTERRUPTED),
    (SourceError, Result.FAILED),
    (MappingError, Result.FAILED),
)
"""What an error says of the file; any other says something of the surroundings, and the file waits."""

_OUTLINES: tuple[tuple[type[ImporterError], str], ...] = (
    (AnotherRunActive, "Another import is sending to the account."),
    (RunStopped, "It stopped before its end. Nothing is lost."),
    (SourceError, "The file cannot be read."),
    (MappingError, "The mapping is wrong, or the file does not fit it."),
    (SettingsError, "Host, keys, limits or accounts are not as they must be."),
    (CrmError, "LeadSquared cannot be asked."),
    (LedgerError, "The memory on disk, of the ledger or the jobs, cannot be used."),
    (ReportError, "The reports cannot be written."),
    (ImporterError, "Something outside of the file kept it from being imported, such as its folder or the disk."),
)
_MOST_CODES = 5
_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{1,59}")


def outline_of(error: ImporterError) -> str:
    """What may be told of ``error`` outside of this machine: its message may quote a file or a server."""
    if isinstance(error, Held):
        return error.outline
    return next(words for kind, words in _OUTLINES if isinstance(error, kind))


def _run(task: Task, entry: Entry, outside: Surroundings, load: Load) -> Report:
    approved = bool(entry.approved_by)
    account = load(task.job.account)
    request = PlanRequest(
        source=Path(entry.path),
        mapping=task.mapping,
        account=account.name,
        locale=Locale(account.time_zone, account.country),
    )
    stem = Path(entry.path).name.split(".")[0] or "import"
    places = Places(task.results / f"{stem}-{outside.clock.now():%Y%m%d-%H%M%S}.xlsx")
    unattended = replace(outside, review=review_for(task, approved=approved), confirm=lambda _: True)
    return run(request, account, places, DeliveryOptions(keep_going=approved), unattended)


def _is_as_it_was(path: Path, entry: Entry) -> bool:
    try:
        return file_signature(path) == entry.signature
    except SourceError:
        return False


def _changed(path: Path) -> Verdict:
    words = f"{path} was changed, replaced or removed after it had been taken."
    return Verdict(
        Result.INTERRUPTED,
        4,
        words,
        "Put files into the inbox under another name and rename them when they are whole.",
        outline=words,
    )


def _verdict(report: Report, task: Task) -> Verdict:
    summary = report.summary
    outcome, remedy = _outcome(report), summary.next_step
    if outcome is Result.HELD:
        remedy = f"{report.stopped.remedy if report.stopped else ''} {approve_words(task)}".strip()
    return Verdict(
        outcome,
        1 if outcome is Result.FAILED else report.exit_status,
        summary.headline,
        remedy,
        summary.run_id,
        summary.rows,
        sum(summary.counts.get(status, 0) for status in NEEDS_PERSON),
        str(report.results or ""),
        str(report.page or ""),
        {status.value: count for status, count in summary.counts.items() if count},
        _codes(summary.errors),
        outline_of(report.stopped) if report.stopped else "",
    )


def _codes(groups: Sequence[ErrorGroup]) -> dict[str, int]:
    """The commonest codes with their rows; LeadSquared's are texts of a server, and only names pass."""
    commonest = sorted(groups, key=lambda group: -group.rows)[:_MOST_CODES]
    return {group.code if _CODE.fullmatch(group.code) else "other": group.rows for group in commonest}


def _outcome(report: Report) -> Result:
    if report.exit_status == RunStopped.exit_status:
        stopped = report.stopped
        wants_person = isinstance(stopped, RunStopped) and stopped.needs_person
        return Result.HELD if wants_person else Result.INTERRUPTED
    if not report.summary.run_id:
        # Nothing was begun: the file has no rows, or none that may be sent.
        return Result.FAILED if report.summary.rows else Result.DONE
    return Result.PROBLEMS if report.exit_status else Result.DONE
