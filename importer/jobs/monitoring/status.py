"""The status of jobs: for `importer jobs list`, `next` and `history`, and for metrics and health checks."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from importer.core.errors import ImporterError
from importer.core.model import Status
from importer.jobs.config.cron import times_after
from importer.jobs.config.loader import LoadedJobs, Task
from importer.jobs.files.inbox import list_unclaimed
from importer.jobs.notifications.addresses import describe_location
from importer.jobs.store.records import FileState, NotificationState, StoredNotification
from importer.jobs.store.store import JobStore
from importer.ledger import LedgerMetrics, LedgerMonitor
from importer.planning import open_plan

LEAST_FREE_BYTES = 200 * 2**20
"""Least free disk space; with less, an import would refuse to begin sooner or later."""

_NOT_SENT = (NotificationState.WAITING, NotificationState.GIVEN_UP)


def due_times(task: Task, start: datetime, count: int) -> list[datetime]:
    """Return the next ``count`` times of a job with a schedule; none for others. Raises :class:`SettingsError`."""
    schedule = task.job.schedule
    if schedule is None or schedule.cron is None or schedule.timezone is None:
        return []
    return list(islice(times_after(schedule.cron, schedule.timezone, start), count))


def describe_schedule(task: Task) -> str:
    """Describe when a job runs."""
    schedule = task.job.schedule
    if schedule is not None:
        return f"{schedule.cron} ({schedule.timezone})"
    return f"after {task.job.after}" if task.job.after else "by hand"


def find_unclaimed(jobs: LoadedJobs, name: str) -> dict[str, float]:
    """Return the files in the inbox of the job ``name`` that no job takes, with the time (since 1970) of their arrival.

    None for a job of a single path, which says nothing about the folder around it.
    """
    task = jobs.task(name)
    return {} if task.job.source.folder is None else list_unclaimed(task.inbox, jobs.patterns(task.inbox))


def describe_jobs(jobs: LoadedJobs, store: JobStore, now: datetime) -> list[dict[str, Any]]:
    """Return one JSON object per job: what it does, whether it is paused, what waits, and its last run."""
    listed = []
    for name, task in jobs.tasks.items():
        state, last = store.state(name), store.runs(name, 1)
        due = due_times(task, now, 1)
        held = store.file_records(name, [FileState.HELD])
        listed.append(
            {
                "job": name,
                "account": task.job.account,
                "mapping": str(task.mapping),
                "inbox": str(task.inbox),
                "pattern": task.job.source.pattern if task.job.source.path is None else task.job.source.path,
                "when": describe_schedule(task),
                "next": due[0].isoformat() if due and not state.paused_at else None,
                "paused_at": state.paused_at or None,
                "paused_by": state.paused_by or None,
                "unclaimed": list(find_unclaimed(jobs, name)),
                "held": [{"path": entry.path, "why": entry.message, "remedy": entry.remedy} for entry in held],
                "last_success_at": state.last_success_at or None,
                "last": asdict(last[0]) if last else None,
                "notifications": [_describe_notification(each) for each in store.notifications([name], _NOT_SENT)],
            }
        )
    return listed


def upcoming_runs(jobs: LoadedJobs, store: JobStore, now: datetime, count: int) -> list[dict[str, str]]:
    """Return the next ``count`` times of all jobs that are not paused, in their order."""
    found = [
        (due, name)
        for name, task in jobs.tasks.items()
        if not store.state(name).paused_at
        for due in due_times(task, now, count)
    ]
    return [{"at": due.isoformat(), "job": name} for due, name in sorted(found)[:count]]


def history(store: JobStore, job: str | None, count: int) -> dict[str, Any]:
    """Return the newest ``count`` runs (under the key ``turns``), files and notifications, newest first."""
    notifications = store.notifications(None if job is None else [job], newest=count)
    return {
        "turns": [asdict(run) for run in store.runs(job, count)],
        "files": [asdict(entry) for entry in store.file_records(job, newest=count)],
        "notifications": [_describe_notification(each) for each in notifications],
    }


def _describe_notification(found: StoredNotification) -> dict[str, Any]:
    """Return a notification as JSON, without its text: the history has the run in full."""
    kept = ("job", "outcome", "title", "created_at", "state", "attempts", "trouble")
    next_at = found.next_at if found.state == NotificationState.WAITING else None
    return {
        **{name: getattr(found, name) for name in kept},
        "to": describe_location(found.address),
        "next_at": next_at,
    }


@dataclass(frozen=True, slots=True)
class JobMetrics:
    """Metrics of one job: files by state, the age in seconds of the one that waits longest, times in ISO, UTC."""

    account: str
    files: Mapping[str, int]
    oldest_seconds: float
    last_success_at: str
    known_since: str
    last_exit_status: int | None
    last_run_at: str
    next_at: str
    paused: bool


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The metrics of ledger and jobs at one moment. ``troubles`` has by part what is wrong or could not be read."""

    at: datetime
    ledger: LedgerMetrics
    jobs: Mapping[str, JobMetrics]
    job_of_run: Mapping[str, str]
    free_bytes: int
    engine_alive: bool | None
    troubles: Mapping[str, str] = field(default_factory=dict)
    invalid_files: Mapping[tuple[str, str, str], int] = field(default_factory=dict)
    """Rows of files for which no run was begun, because none of their rows may be sent; keyed as :meth:`rows` is."""

    def rows(self) -> Counter[tuple[str, str, str]]:
        """Count the rows by account, job (empty: by hand) and status, each status of them, also those without rows."""
        found: Counter[tuple[str, str, str]] = Counter(self.invalid_files)
        for run, status, count in self._rows_of_runs():
            found[self.ledger.accounts.get(run, ""), self.job_of_run.get(run, ""), status] += count
        for account, job in {(account, job) for account, job, _ in found}:
            for each in Status:
                found[account, job, each.value] += 0
        return found

    def _rows_of_runs(self) -> Iterator[tuple[str, str, int]]:
        for (run, status), count in self.ledger.rows.items():
            yield run, status, count
        for run, (folder, rest) in self.ledger.unrecorded.items():
            invalid = 0
            # The plan of an old run may be gone.
            with suppress(ImporterError):
                invalid = min(rest, open_plan(Path(folder)).facts.invalid)
            yield run, Status.INVALID.value, invalid
            yield run, Status.NOT_SENT.value, rest - invalid


@dataclass(frozen=True, slots=True)
class MetricsCollector:
    """Takes snapshots. ``engine_trouble`` returns the engine's problem or an empty text; ``None``: no engine here."""

    home: Path
    jobs: LoadedJobs
    store: JobStore
    ledger: LedgerMonitor
    now: Callable[[], datetime]
    engine_trouble: Callable[[datetime], str] | None = None

    def snapshot(self) -> Snapshot:
        """Take a snapshot. Never raises :class:`ImporterError`: a part that cannot be read is among its troubles."""
        now, troubles = self.now(), {}
        ledger_metrics, jobs, job_of_run, invalid_files, free = LedgerMetrics(), {}, {}, {}, 0
        try:
            ledger_metrics = self.ledger.read_metrics()
        except ImporterError as error:
            troubles["ledger"] = error.message
        try:
            job_of_run = self.store.jobs_by_run()
            jobs = {name: self._measure_job(name, now) for name in self.jobs.tasks}
            invalid_files = {
                (task.job.account, name, Status.INVALID.value): rows
                for name, task in self.jobs.tasks.items()
                if (rows := self.store.invalid_rows_without_run(name))
            }
        except ImporterError as error:
            troubles["jobs_database"] = error.message
        try:
            free = shutil.disk_usage(self.home).free
            if free < LEAST_FREE_BYTES:
                troubles["disk"] = f"Only {free // 2**20} MB are free where IMPORTER_HOME is."
        except OSError as error:
            troubles["disk"] = f"IMPORTER_HOME cannot be read: {error.strerror or error}."
        engine = self.engine_trouble(now) if self.engine_trouble else None
        if engine:
            troubles["engine"] = engine
        alive = None if engine is None else not engine
        return Snapshot(now, ledger_metrics, jobs, job_of_run, free, alive, troubles, invalid_files)

    def _measure_job(self, name: str, now: datetime) -> JobMetrics:
        task, state, last = self.jobs.task(name), self.store.state(name), self.store.runs(name, 1)
        files, oldest = self.store.count_waiting(name)
        due = [] if state.paused_at else due_times(task, now, 1)
        return JobMetrics(
            account=task.job.account,
            files={**files, "unclaimed": len(find_unclaimed(self.jobs, name))},
            oldest_seconds=max(0.0, (now - datetime.fromisoformat(oldest)).total_seconds()) if oldest else 0.0,
            last_success_at=state.last_success_at,
            known_since=state.known_since,
            last_exit_status=last[0].exit_status if last else None,
            last_run_at=last[0].ended_at if last else "",
            next_at=due[0].isoformat() if due else "",
            paused=bool(state.paused_at),
        )
