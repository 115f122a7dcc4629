"""The jobs of a jobs file with their store, as the command line and the page open them."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from importer.app import Environment
from importer.config import decode_text, read_program
from importer.core.errors import JobsFileError, SettingsError
from importer.jobs.config.changes import JobsFileChange, compare_jobs, find_weakened
from importer.jobs.config.loader import LoadedJobs, find_jobs_file, load_jobs, parse_jobs
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
    """Takes up a changed jobs file while a service runs: whole, or not at all.

    Runs that have begun end as they began. Guards that hold less than before count from the next start, which needs
    the rights over the service and not only those over the file.
    """

    def __init__(self, workspace: JobsWorkspace) -> None:
        self._workspace = workspace
        self._seen = self._signature()

    def reload(self) -> JobsFileChange:
        """Read the file if it has changed, and replace the jobs; return what is different now.

        A file that others may change, or that has problems, changes nothing and is logged once.
        """
        signature = self._signature()
        if signature == self._seen:
            return JobsFileChange()
        self._seen = signature
        jobs, variables = self._workspace.jobs, self._workspace.env.variables
        try:
            content = read_program(jobs.path, "the jobs")
            newer = parse_jobs(decode_text(content, jobs.path, JobsFileError), jobs.path)
        except (JobsFileError, SettingsError) as error:
            _log.warning("The jobs file was changed and is not taken up: %s %s", error.message, error.remedy)
            return JobsFileChange()
        if weakened := find_weakened(jobs.tasks, newer.tasks):
            names = ", ".join(weakened)
            _log.warning("%s holds less for a person in %s: restart importer serve to take it up.", jobs.path, names)
            return JobsFileChange()
        hide_addresses(newer.addresses(), variables)
        change = compare_jobs(jobs.tasks, newer.tasks)
        jobs.tasks = newer.tasks
        if change:
            _log.info("The jobs file %s (SHA-256 %s) was taken up: %s.", jobs.path, sha256(content).hexdigest(), change)
        return change

    def _signature(self) -> tuple[int, ...] | None:
        try:
            info = self._workspace.jobs.path.stat()
        except OSError:
            return None
        return info.st_ino, info.st_mtime_ns, info.st_ctime_ns, info.st_size
