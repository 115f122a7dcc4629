"""What is told of a service that runs by itself: the ledger's figures, the jobs', and how the machine is doing."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from importer.core.errors import ImporterError
from importer.jobs.config.loader import LoadedJobs
from importer.jobs.monitoring.status import due_times
from importer.jobs.store.store import JobStore
from importer.ledger.watching import Figures, LedgerWatch

LEAST_FREE_BYTES = 200 * 2**20
"""With less room than that, an import would refuse to begin sooner or later."""


@dataclass(frozen=True, slots=True)
class JobFigures:
    """One job: files by state, the age of the one that waits longest in seconds, and moments in ISO, UTC."""

    account: str
    files: Mapping[str, int]
    oldest_seconds: float
    last_success_at: str
    known_since: str
    last_exit_status: int | None
    last_turn_at: str
    next_at: str
    paused: bool


@dataclass(frozen=True, slots=True)
class Picture:
    """Everything at one moment. ``troubles`` says by name what could not be looked at or is wrong."""

    at: datetime
    ledger: Figures
    jobs: Mapping[str, JobFigures]
    job_of_run: Mapping[str, str]
    free_bytes: int
    engine_alive: bool | None
    troubles: Mapping[str, str] = field(default_factory=dict)

    def rows(self) -> Counter[tuple[str, str, str]]:
        """Rows by account, job (empty: by hand) and status."""
        found: Counter[tuple[str, str, str]] = Counter()
        for (run, status), count in self.ledger.rows.items():
            found[self.ledger.accounts.get(run, ""), self.job_of_run.get(run, ""), status] += count
        return found


@dataclass(frozen=True, slots=True)
class Watcher:
    """Takes pictures. ``engine_trouble`` says what keeps the engine from working; ``None``: no engine belongs here."""

    home: Path
    jobs: LoadedJobs
    store: JobStore
    ledger: LedgerWatch
    now: Callable[[], datetime]
    engine_trouble: Callable[[datetime], str] | None = None

    def picture(self) -> Picture:
        """How things stand. Never raises :class:`ImporterError`: what cannot be looked at is one of its troubles."""
        now, troubles = self.now(), {}
        figures, jobs, job_of_run, free = Figures(), {}, {}, 0
        try:
            figures = self.ledger.look()
        except ImporterError as error:
            troubles["ledger"] = error.message
        try:
            job_of_run = self.store.jobs_of_runs()
            jobs = {name: self._job(name, now) for name in self.jobs.tasks}
        except ImporterError as error:
            troubles["jobs_database"] = error.message
        try:
            free = shutil.disk_usage(self.home).free
            if free < LEAST_FREE_BYTES:
                troubles["disk"] = f"Only {free // 2**20} MB are free where IMPORTER_HOME is."
        except OSError as error:
            troubles["disk"] = f"IMPORTER_HOME cannot be looked at: {error.strerror or error}."
        engine = self.engine_trouble(now) if self.engine_trouble else None
        if engine:
            troubles["engine"] = engine
        return Picture(now, figures, jobs, job_of_run, free, None if engine is None else not engine, troubles)

    def _job(self, name: str, now: datetime) -> JobFigures:
        task, state, last = self.jobs.task(name), self.store.state(name), self.store.turns(name, 1)
        files, oldest = self.store.waiting(name)
        due = [] if state.paused_at else due_times(task, now, 1)
        return JobFigures(
            account=task.job.account,
            files=files,
            oldest_seconds=max(0.0, (now - datetime.fromisoformat(oldest)).total_seconds()) if oldest else 0.0,
            last_success_at=state.last_success_at,
            known_since=state.known_since,
            last_exit_status=last[0].exit_status if last else None,
            last_turn_at=last[0].ended_at if last else "",
            next_at=due[0].isoformat() if due else "",
            paused=bool(state.paused_at),
        )
