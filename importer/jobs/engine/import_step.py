"""Import one file of a job: hold it if its guards say so, deliver it, and describe the result."""

from __future__ import annotations

import errno
import logging
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from importer.app import Environment, Review, run
from importer.config import Account, Locale
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
from importer.core.model import NEEDS_PERSON, Status
from importer.core.redaction import redact
from importer.core.text import is_or_are
from importer.delivery import DeliveryOptions
from importer.jobs.config.code_policy import refuse_code
from importer.jobs.config.loader import Task
from importer.jobs.config.model import HoldRules, UnusualFiles
from importer.jobs.store.records import FileRecord, JobOutcome
from importer.planning import PlanFacts, PlanRequest
from importer.reports import Report, ReportPaths, report_stem
from importer.sources import file_signature

_log = logging.getLogger(__name__)
_ERRORS_OF_NAMES = (errno.ENAMETOOLONG, errno.EILSEQ, errno.EINVAL, errno.ENOENT, errno.ELOOP)
"""Errors of the system that another name for the file would avoid."""

LoadAccount = Callable[[str], Account]


class OnHold(ImporterError):
    """A file that is not sent before a person has approved it; ``message`` has every reason.

    ``outline`` has the reasons without anything that the file says, such as its headings.
    """

    exit_status = 3

    def __init__(self, message: str, remedy: str = "", outline: str = "") -> None:
        super().__init__(message, remedy)
        self.outline = outline or "A guard wants a person to look at the file first."


@dataclass(frozen=True, slots=True)
class ImportResult:
    """The result of importing one file; ``problems`` counts the rows that need a person.

    ``counts`` has the rows of each status and ``codes`` those of the commonest problems and refusals. ``outline`` is
    the part of ``message`` that may leave this machine: nothing that a file or a server says.
    """

    outcome: JobOutcome
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


_OUTCOMES: tuple[tuple[type[ImporterError], JobOutcome], ...] = (
    (OnHold, JobOutcome.HELD),
    (AnotherRunActive, JobOutcome.BUSY),
    (RunStopped, JobOutcome.INTERRUPTED),
    (SourceError, JobOutcome.FAILED),
    (MappingError, JobOutcome.FAILED),
)
"""Outcomes by error. Any other error is about the environment and not about the file, and the file waits."""

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
_UNUSUAL = "The file is not like the earlier ones (importer jobs list says how)."
_MOST_CODES = 5
_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{1,59}")


def import_file(task: Task, entry: FileRecord, env: Environment, load: LoadAccount) -> ImportResult:
    """Import the file of ``entry`` and return the result, also when an error stops it.

    The same content continues its earlier run of the ledger, so that a repetition sends nothing twice.
    """
    path = Path(entry.path)
    changed = ImportResult(
        JobOutcome.INTERRUPTED,
        4,
        f"{path} was changed, replaced or removed after it had been taken.",
        "Put files into the inbox under another name and rename them when they are whole.",
        outline=f"{path} was changed, replaced or removed after it had been taken.",
    )
    if not _is_unchanged(path, entry):
        return changed
    try:
        return describe_report(_run(task, entry, env, load), task)
    except ImporterError as error:
        outcome = next((result for kind, result in _OUTCOMES if isinstance(error, kind)), JobOutcome.ERROR)
        if outcome is JobOutcome.FAILED and not _is_unchanged(path, entry):
            return changed
        return ImportResult(outcome, error.exit_status, error.message, error.remedy, outline=outline_error(error))
    except Exception as error:  # noqa: BLE001  whatever it is, the next file follows
        # Raised again at each run, it would keep every later file from being imported.
        _log.exception("%s cannot be imported", path)
        return describe_fault(error)


def describe_fault(error: Exception) -> ImportResult:
    """Return the result of a file at which the program itself failed: it is set aside, and the next one follows.

    An error of the disk or the machine is not the file's, which then waits.
    """
    of_machine = isinstance(error, OSError) and error.errno not in _ERRORS_OF_NAMES
    name = type(error).__name__
    return ImportResult(
        JobOutcome.ERROR if of_machine else JobOutcome.FAILED,
        1,
        f"The program failed at this file: {name}: {redact(str(error))}",
        "What was sent of it is recorded (importer runs). Please report this, and put the file into the inbox again "
        "after the next update, or under a plain name: nothing is sent twice.",
        outline=f"The program failed at this file ({name}).",
    )


def outline_error(error: ImporterError) -> str:
    """Return the sentence about ``error`` that may leave this machine: its message may quote a file or a server."""
    if isinstance(error, OnHold):
        return error.outline
    return next(sentence for kind, sentence in _OUTLINES if isinstance(error, kind))


def describe_approval(task: Task) -> str:
    """Describe what a person does about a file on hold."""
    return f"Look at the file (importer check); then run: importer jobs approve {task.name}, or take the file away."


def reasons_to_hold(guards: HoldRules, facts: PlanFacts, odd: Sequence[str]) -> list[str]:
    """Return one sentence per guard that is against sending this plan; ``odd`` describes what is unusual in it."""
    reasons = []
    if facts.selected > guards.max_rows:
        reasons.append(f"The file has {facts.selected:,} rows, more than the {guards.max_rows:,} of `max_rows`.")
    if guards.max_invalid is not None and facts.invalid > guards.max_invalid * facts.selected:
        share = f"{float(guards.max_invalid) * 100:g}%"
        invalid = f"{facts.invalid:,} of {facts.selected:,} rows {is_or_are(facts.invalid)} invalid"
        reasons.append(f"{invalid}, more than the {share} of `max_invalid`.")
    if guards.unusual is UnusualFiles.HOLD:
        reasons.extend(odd)
    if guards.approval:
        reasons.append("The job asks for an approval of every file.")
    return reasons


def make_review(task: Task, *, approved: bool) -> Review:
    """Return the review of plans of ``task``: it raises :class:`OnHold` unless a person has approved the file."""

    def review(facts: PlanFacts, odd: Sequence[str]) -> None:
        reasons = reasons_to_hold(task.job.guards, facts, odd)
        if reasons and not approved:
            # Headings are among what is unusual, and in a file without headings they are somebody's data.
            outline = reasons_to_hold(task.job.guards, facts, [_UNUSUAL] if odd else [])
            raise OnHold(
                f"{' '.join(reasons)} Nothing was sent.",
                describe_approval(task),
                f"{' '.join(outline)} Nothing was sent.",
            )

    return review


def _run(task: Task, entry: FileRecord, env: Environment, load: LoadAccount) -> Report:
    """Plan and deliver the file, without questions to a person."""
    approved = bool(entry.approved_by)
    refuse_code(task, env.variables)
    account = load(task.job.account)
    request = PlanRequest(
        source=Path(entry.path),
        mapping=task.mapping,
        account=account.name,
        locale=Locale(account.time_zone, account.country),
    )
    places = ReportPaths(task.results / f"{report_stem(entry.path)}-{env.clock.now():%Y%m%d-%H%M%S}.xlsx")
    unattended = replace(env, review=make_review(task, approved=approved), confirm=lambda _: True)
    return run(request, account, places, DeliveryOptions(keep_going=approved), unattended)


def _is_unchanged(path: Path, entry: FileRecord) -> bool:
    try:
        return file_signature(path) == entry.signature
    except SourceError:
        return False


def describe_report(report: Report, task: Task) -> ImportResult:
    """Return the result of a file from the report of its import. Raises :class:`LedgerError` that ended it."""
    summary, stopped = report.summary, report.stopped
    if isinstance(stopped, LedgerError):
        raise stopped
    exit_status, remedy = report.exit_status, summary.next_step
    if report.exit_status == RunStopped.exit_status:
        needs_person = isinstance(stopped, RunStopped) and stopped.needs_person
        outcome = JobOutcome.HELD if needs_person else JobOutcome.INTERRUPTED
    elif not summary.run_id and summary.rows > summary.counts.get(Status.LEFT_OUT, 0):
        # No run was begun: none of the rows may be sent.
        outcome, exit_status = JobOutcome.FAILED, 1
    elif not summary.run_id:
        outcome = JobOutcome.DONE
    else:
        outcome = JobOutcome.PROBLEMS if report.exit_status else JobOutcome.DONE
    if outcome is JobOutcome.HELD:
        remedy = f"{stopped.remedy if stopped else ''} {describe_approval(task)}".strip()
    # LeadSquared's codes are texts of a server: only those that look like names pass.
    commonest = sorted(summary.errors, key=lambda group: -group.rows)[:_MOST_CODES]
    return ImportResult(
        outcome,
        exit_status,
        summary.headline,
        remedy,
        summary.run_id,
        summary.rows,
        sum(summary.counts.get(status, 0) for status in NEEDS_PERSON),
        str(report.results or ""),
        str(report.page or ""),
        {status.value: count for status, count in summary.counts.items() if count},
        {group.code if _CODE.fullmatch(group.code) else "other": group.rows for group in commonest},
        outline_error(stopped) if stopped else "",
    )
