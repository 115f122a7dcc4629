"""The jobs as a server sees them: the jobs file is read at each request, the store is opened once."""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from importer.app import Environment
from importer.core.errors import ImporterError, UsageError
from importer.jobs import Databases, JobStore, JobsWorkspace, find_jobs_file_to_write, load_jobs, open_store


@dataclass(slots=True)
class JobsAccess:
    """Access to the jobs of an environment."""

    env: Environment
    _opened: tuple[JobStore, Databases] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def file(self) -> Path:
        """The jobs file, which may not be there yet."""
        return find_jobs_file_to_write(self.env.variables, self.env.home).absolute()

    def find(self) -> JobsWorkspace | None:
        """Open the jobs as the file has them now; ``None`` when there is none. Raises as ``load_jobs``."""
        path = self.file
        if not path.is_file():
            return None
        jobs = load_jobs(path)
        with self._lock:
            if self._opened is None:
                self._opened = open_store(self.env)
            store, databases = self._opened
        return JobsWorkspace(jobs, store, databases, self.env)

    def open(self) -> JobsWorkspace:
        """Open the jobs. Raises :class:`UsageError` without a jobs file, and as ``load_jobs``."""
        found = self.find()
        if found is None:
            raise UsageError("There are no jobs here.", "Make one from a finished import: Repeat every night.")
        return found

    def names_by_run(self) -> dict[str, str]:
        """Return the job of each run that a job began; nothing where jobs cannot be read."""
        with suppress(ImporterError):
            found = self.find()
            return found.store.jobs_by_run() if found is not None else {}
        return {}
