"""The steps of one run of a job: claim files, import and archive each, store the result and notify people."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from importer.app import Environment
from importer.core.errors import ImporterError
from importer.core.redaction import redact
from importer.core.time import format_iso
from importer.jobs.config.cron import comes_again, times_after
from importer.jobs.config.loader import LoadedJobs, Task
from importer.jobs.config.model import Job, MissedRuns
from importer.jobs.engine.import_step import ImportResult, LoadAccount, import_file, outline_error
from importer.jobs.engine.results import (
    RETRIED,
    FileResult,
    JobRunResult,
    RunStart,
    is_transient,
    result_of_record,
    summarize_run,
)
from importer.jobs.engine.workers import HoldLock
from importer.jobs.files.archive import ArchivePathTaken, free_path, move_to_archive, write_note
from importer.jobs.files.claiming import claim_files
from importer.jobs.monitoring.status import find_unclaimed
from importer.jobs.notifications.messages import (
    UNCLAIMED,
    message_for_fault,
    message_for_run,
    message_for_silence,
    message_for_unclaimed,
    recipients,
    silence_recipients,
)
from importer.jobs.store.records import (
    FileRecord,
    FileState,
    JobOutcome,
    JobRun,
    NotificationMessage,
    PendingNotification,
)
from importer.jobs.store.store import JobStore
from importer.planning import read_mapping
from importer.sources import source_hash

_log = logging.getLogger(__name__)
MOST_ATTEMPTS = 20
"""A file at which the process ended so often without a result is held: it may be what ends the process."""

_STILL_IN_TIME = timedelta(minutes=10)
"""A run that begins so late is still that of its time; later, nothing was running when it was due."""

_UNCLAIMED_SECONDS = 86_400
_UNCLAIMED_PAUSE = timedelta(days=7)
_SAME_TROUBLE = timedelta(hours=20)
"""Pause before the same trouble is notified again; a job of every night notifies it every night."""


@dataclass(frozen=True, slots=True)
class JobRunner:
    """The steps of the runs of a process, with everything that they share."""

    jobs: LoadedJobs
    store: JobStore
    env: Environment
    load: LoadAccount
    hold: HoldLock

    def is_worth_running(self, name: str, due: str) -> bool:
        """Return whether a run for the ``due`` time (ISO) is still wanted, by the job's rule for missed times.

        The engine begins a time twice that comes twice because clocks go back.
        """
        if name not in self.jobs.tasks:
            return False
        job, moment = self.jobs.task(name).job, datetime.fromisoformat(due)
        schedule = job.schedule
        if schedule and comes_again(schedule.cron or "* *", schedule.timezone or "UTC", moment):
            return False
        if not is_superseded(job, moment, self.env.clock.now()):
            return True
        _log.info("%s: its time %s was missed.", name, due)
        return False

    def begin(self, name: str) -> RunStart:
        """Archive what a crash left, and claim the files that are there. Never raises :class:`ImporterError`."""
        task, now = self.jobs.task(name), self.env.clock.now()
        state = self.store.state(name)
        if not state.known_since:
            self.store.update_job_state(name, known_since=format_iso(now))
        if state.paused_at:
            message = f"The job is paused since {state.paused_at[:16].replace('T', ' ')} UTC."
            stopper = JobRunResult(name, JobOutcome.PAUSED, 0, message, f"importer jobs resume {name}")
            return RunStart(stopper=stopper, started=format_iso(now))
        try:
            notes = self.archive_leftovers(task)
            claimed = claim_files(task, self.store, self.env.clock, read_mapping(task.mapping).sha)
        except ImporterError as error:
            facts = (error.exit_status, error.message, error.remedy)
            stopper = JobRunResult(name, JobOutcome.ERROR, *facts, outline=outline_error(error))
            return RunStart(stopper=stopper, started=format_iso(now))
        notes.extend(claimed.notes)
        notes.extend(
            f"{each} is not taken: its name fits no job's pattern ({task.pattern})."
            for each in find_unclaimed(self.jobs, name)
        )
        return RunStart(claimed.numbers, notes, claimed.held, len(claimed.arriving), started=format_iso(now))

    def archive_leftovers(self, task: Task) -> list[str]:
        """Archive the files whose import ended just before a crash; return a note about each."""
        notes = []
        for entry in self.store.file_records(task.name, [FileState.IMPORTED]):
            result = self.archive(entry.id)
            waits = self.store.file_record(entry.id).state == FileState.IMPORTED.value
            notes.append(result.message if waits else f"{result.path} was imported earlier and is archived only now.")
        return notes

    def import_one(self, number: int) -> FileResult:
        """Import the file with the record ``number``; for one that was imported already, return its stored result."""
        entry = self.store.file_record(number)
        task = self.jobs.task(entry.job)
        if entry.state not in (FileState.TAKEN.value, FileState.APPROVED.value):
            return result_of_record(entry)
        if self.env.stop.is_set():
            message = "Stopped on request before this file."
            return FileResult(JobOutcome.INTERRUPTED, 4, message, path=entry.path, outline=message)
        earlier = self.store.imported_before(task.name, entry.sha)
        if earlier is not None:
            when = earlier.ended_at[:16].replace("T", " ")
            message = (
                f"The same content was imported on {when} UTC as {Path(earlier.path).name} "
                f"(run {earlier.run or 'unknown'}); nothing was sent again."
            )
            remedy = "To send it again on purpose: importer run FILE -m MAPPING --again REASON"
            duplicate = ImportResult(JobOutcome.DUPLICATE, 0, message, remedy, outline=message)
            return self._store_result(entry, task, duplicate)
        if entry.attempts >= MOST_ATTEMPTS and not entry.approved_by:
            message = f"The program ended {entry.attempts} times while it imported this file."
            held = ImportResult(JobOutcome.HELD, 3, message, f"importer jobs approve {task.name}", outline=message)
            return self._store_result(entry, task, held)
        entry = self.store.update_file(number, attempts=entry.attempts + 1)
        result = import_file(task, entry, self.env, self.load)
        if result.outcome in RETRIED:
            # It ended with a result, so this was no crash: attempts begin to count anew.
            entry = self.store.update_file(number, attempts=0, run=result.run or entry.run, message=result.message)
            return FileResult(**{**_values(result), "run": entry.run}, path=entry.path)
        return self._store_result(entry, task, result)

    def _store_result(self, entry: FileRecord, task: Task, result: ImportResult) -> FileResult:
        """Store the result of a file, and where the file goes, before it is moved there."""
        held = result.outcome is JobOutcome.HELD
        folder = task.failed if result.outcome is JobOutcome.FAILED else task.done
        now = self.env.clock.now()
        values = {
            **_values(result),
            "outcome": result.outcome.value,
            "run": result.run or entry.run,
            "state": FileState.HELD.value if held else FileState.IMPORTED.value,
            "ended_at": format_iso(now),
            "archive": "" if held else str(free_path(folder, Path(entry.path).name, now)),
            "approved_by": "" if held else entry.approved_by,
        }
        return result_of_record(self.store.update_file(entry.id, **values))

    def archive(self, number: int) -> FileResult:
        """Move the file of an imported record to its archive; finish a move that was cut short."""
        entry = self.store.file_record(number)
        if entry.state != FileState.IMPORTED.value:
            return result_of_record(entry)
        source, place = Path(entry.path), Path(entry.archive)
        archived = {"state": FileState.ARCHIVED.value}
        if not source.exists():
            there = entry.archive if place.exists() else ""
            return result_of_record(self.store.update_file(entry.id, **archived, archive=there))
        if not _has_imported_content(source, entry):
            # Other content has come under the same name; it is claimed as a file of its own.
            return result_of_record(self.store.update_file(entry.id, **archived, archive=""))
        try:
            move_to_archive(source, place)
        except ArchivePathTaken:
            place = free_path(place.parent, source.name, self.env.clock.now())
            self.store.update_file(entry.id, archive=str(place))
            return self.archive(number)
        except ImporterError as error:
            _log.warning("%s", error.message)
            message = f"{entry.message} {error.message}"
            return replace(result_of_record(entry), archive="", message=message, remedy=error.remedy)
        if entry.outcome in (JobOutcome.FAILED.value, JobOutcome.DUPLICATE.value):
            write_note(source.parent, place, f"{entry.message} {entry.remedy}".strip())
        return result_of_record(self.store.update_file(entry.id, **archived))

    def finish(
        self, name: str, cause: str, due: str, start: RunStart, files: Sequence[FileResult], *, last: bool = True
    ) -> JobRunResult:
        """Store the result of a run together with its notifications, and return it.

        A result that the next try may change is notified only after the ``last`` try.
        """
        result = start.stopper or summarize_run(name, start, files)
        now, outcome = self.env.clock.now(), result.outcome
        if outcome not in (JobOutcome.NOTHING, JobOutcome.BUSY, JobOutcome.PAUSED):
            rows = sum(each.rows for each in files)
            facts = (outcome.value, result.exit_status, len(files), rows, result.message, result.remedy)
            run = JobRun(name, cause, due, start.started, format_iso(now), *facts)
            is_last_word = last or not is_transient(outcome, result.exit_status)
            self._add_run(run, message_for_run(result, now), now, notify=is_last_word)
        if any(each.outcome in (JobOutcome.DONE, JobOutcome.PROBLEMS) for each in files):
            self.store.update_job_state(name, last_success_at=format_iso(now), silence_told_at="")
        _log.info("%s: %s: %s", name, outcome.value, result.message)
        return result

    def _add_run(self, run: JobRun, message: NotificationMessage, now: datetime, *, notify: bool = True) -> None:
        """Store a run with its notifications.

        There are none when the run before had the same trouble and people were notified of it not long ago.
        """
        before = self.store.runs(run.job, 1) if run.outcome in RETRIED else []
        is_same = bool(before) and (before[0].outcome, before[0].message) == (run.outcome, run.message)
        if is_same and self.store.notified_since(run.job, run.outcome, now - _SAME_TROUBLE):
            notify = False
        # A run that failed may be one of a job that was removed meanwhile.
        notify = notify and run.job in self.jobs.tasks
        addresses = recipients(self.jobs.task(run.job).job.notify, JobOutcome(run.outcome)) if notify else []
        self.store.add_run(run, [PendingNotification(message, address) for address in addresses])

    @contextmanager
    def record_faults(self, name: str, cause: str, due: str) -> Iterator[None]:
        """Wrap a run: store a fault of the program itself in the history before it ends the run."""
        try:
            yield
        except Exception as error:
            now = self.env.clock.now()
            message = f"The program failed: {type(error).__name__}: {redact(str(error))}"
            run = JobRun(name, cause, due, format_iso(now), format_iso(now), JobOutcome.ERROR.value, 1, 0, 0, message)
            self._add_run(run, message_for_fault(name, type(error).__name__, now), now)
            raise

    def report_silence(self) -> list[str]:
        """Notify people of jobs without a success for too long; return the names of these jobs."""
        now, silent = self.env.clock.now(), []
        for name, task in self.jobs.tasks.items():
            state = self.store.state(name)
            addresses = silence_recipients(task.job.notify, state, now)
            if addresses and not state.paused_at:
                since = datetime.fromisoformat(state.last_success_at or state.known_since)
                message = message_for_silence(name, since, now)
                self.store.record_silence(name, [PendingNotification(message, address) for address in addresses], now)
                silent.append(name)
        self._report_unclaimed(now)
        return silent

    def _report_unclaimed(self, now: datetime) -> None:
        """Notify people of files that no job has taken for a day, once a week."""
        seen: set[Path] = set()
        for name, task in self.jobs.tasks.items():
            if task.inbox in seen:
                continue
            seen.add(task.inbox)
            found = find_unclaimed(self.jobs, name)
            old = [each for each, arrived in found.items() if now.timestamp() - arrived >= _UNCLAIMED_SECONDS]
            if old and not self.store.notified_since(name, UNCLAIMED, now - _UNCLAIMED_PAUSE):
                message = message_for_unclaimed(name, old, task.pattern)
                addresses = recipients(task.job.notify, JobOutcome.PROBLEMS)
                self.store.add_notifications([PendingNotification(message, each) for each in addresses], now)


def is_superseded(job: Job, due: datetime, now: datetime) -> bool:
    """Return whether a run of ``job`` for the time ``due`` is obsolete: a later one is due, or it was missed.

    After a machine has slept, the engine notices all the times of the nights between, one after the other.
    """
    schedule = job.schedule
    if schedule is None or not schedule.cron or not schedule.timezone:
        return False
    if next(times_after(schedule.cron, schedule.timezone, due)) <= now:
        return True
    return job.missed is MissedRuns.SKIP and now - due > _STILL_IN_TIME


def _values(result: ImportResult) -> dict[str, Any]:
    return {each.name: getattr(result, each.name) for each in fields(ImportResult)}


def _has_imported_content(path: Path, entry: FileRecord) -> bool:
    """Return whether the file still has the imported content; one that was only touched has."""
    try:
        info = path.stat()
        return (info.st_size, info.st_mtime_ns, info.st_ino) == entry.signature or source_hash(path) == entry.sha
    except (OSError, ImporterError):
        return False
