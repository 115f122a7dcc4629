"""The jobs of a jobs file with their store, as the command line and the page open them."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from importer.app import Environment
from importer.core.errors import JobsFileError
from importer.jobs.config.loader import LoadedJobs, find_jobs_file, load_jobs
from importer.jobs.engine.import_step import LoadAccount
from importer.jobs.engine.job_run import JobRunner
from importer.jobs.engine.workers import HoldLock, exclusive_start, job_locks
from importer.jobs.notifications.addresses import hide_addresses
from importer.jobs.notifications.dispatcher import NotificationDispatcher, make_sender
from importer.jobs.store.database import Databases, find_databases, open_database
from importer.jobs.store.store import JobStore

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class JobsWorkspace:
    """The jobs of a jobs file with their store and environment."""

    jobs: LoadedJobs
    store: JobStore
    databases: Databases
    env: Environment

    @property
    def hold(self) -> HoldLock:
        """Return the function that locks a job, also against other machines where several share a database."""
        return job_locks(self.env.home, self.databases.shared)

    def worker(self, load: LoadAccount) -> JobRunner:
        """Make a worker that runs the jobs with the accounts that ``load`` loads."""
        return JobRunner(self.jobs, self.store, self.env, load, self.hold)

    def notifications(self) -> NotificationDispatcher:
        """Make the dispatcher of the notifications."""
        environment = self.env.variables
        return NotificationDispatcher(self.jobs, self.store, make_sender(environment), environment, self.env.clock)


def open_store(env: Environment) -> tuple[JobStore, Databases]:
    """Open the store of the jobs, and make its tables. Raises :class:`SettingsError` or :class:`LedgerError`."""
    databases = find_databases(env.variables, env.home)
    with exclusive_start(databases.shared, env.clock.sleep):
        return JobStore(open_database(databases.jobs)), databases


@contextmanager
def open_jobs(env: Environment, file: Path | None) -> Iterator[JobsWorkspace]:
    """Open the jobs file ``file``, or the usual one, with its store, which is closed at the end.

    Raises :class:`JobsFileError`, :class:`UsageError`, :class:`SettingsError` or :class:`LedgerError`.
    """
    jobs = load_jobs(find_jobs_file(file, env.variables, env.home))
    hide_addresses(jobs.addresses(), env.variables)
    store, databases = open_store(env)
    try:
        yield JobsWorkspace(jobs, store, databases, env)
    finally:
        store.close()


class JobsFileWatcher:
    """Finds the jobs that are added to the jobs file while a service runs."""

    def __init__(self, workspace: JobsWorkspace) -> None:
        self._workspace = workspace
        self._seen = self._signature()

    def add_new_jobs(self) -> list[str]:
        """Add the new jobs of a changed file to the workspace; return their names.

        Jobs that were changed or removed are as before until the next start. A file with problems is left alone, and
        logged once.
        """
        signature = self._signature()
        if signature == self._seen:
            return []
        self._seen = signature
        jobs, variables = self._workspace.jobs, self._workspace.env.variables
        try:
            newer = load_jobs(jobs.path)
        except JobsFileError as error:
            _log.warning("The jobs file was changed and has problems: %s", error.message)
            return []
        hide_addresses(newer.addresses(), variables)
        if any(newer.tasks.get(name) != task for name, task in jobs.tasks.items()):
            _log.warning("Jobs were changed or removed in %s: that counts from the next start.", jobs.path)
        return jobs.add_new(newer)

    def _signature(self) -> tuple[int, int] | None:
        try:
            info = self._workspace.jobs.path.stat()
        except OSError:
            return None
        return info.st_mtime_ns, info.st_size
