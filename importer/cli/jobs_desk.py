"""What the commands about jobs share: the jobs file, the memory, and the worker around them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from importer.cli.options import load, surroundings

if TYPE_CHECKING:
    from importer.app.environment import Surroundings
    from importer.jobs.config.loader import LoadedJobs
    from importer.jobs.engine.job_run import JobRunner
    from importer.jobs.engine.workers import HoldLock
    from importer.jobs.notifications.dispatcher import NotificationDispatcher
    from importer.jobs.store.database import Databases
    from importer.jobs.store.store import JobStore

Command = TypeVar("Command", bound=Callable[..., Any])


def jobs_options(command: Command) -> Command:
    """`--file` and `--json`, which every command about jobs has."""
    file = click.option("--file", type=click.Path(path_type=Path), help="The jobs file; default: jobs.yaml.")
    as_json = click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
    return file(as_json(command))


@dataclass(frozen=True, slots=True)
class JobsDesk:
    """The jobs of this machine and what is remembered of them."""

    jobs: LoadedJobs
    store: JobStore
    databases: Databases
    outside: Surroundings

    def worker(self) -> JobRunner:
        """Somebody who does the work, with the real accounts."""
        from importer.jobs.engine.job_run import JobRunner

        outside = self.outside
        return JobRunner(self.jobs, self.store, outside, lambda name: load(outside, name), self.hold)

    @property
    def hold(self) -> HoldLock:
        """Holds locks of the jobs, against other machines, too, where several share a database."""
        from importer.jobs.engine.workers import job_locks

        return job_locks(self.outside.home, self.databases.shared)

    def postman(self) -> NotificationDispatcher:
        """Somebody who sends the notifications."""
        from importer.jobs.notifications.dispatcher import NotificationDispatcher, make_sender

        environment = self.outside.environment
        return NotificationDispatcher(self.jobs, self.store, make_sender(environment), environment, self.outside.clock)


@contextmanager
def jobs_desk(file: Path | None, *, quiet: bool = True, verbose: int = 0, log_name: str = "") -> Iterator[JobsDesk]:
    """Everything that a command about jobs needs; closed at the end.

    Raises :class:`JobsFileError`, :class:`UsageError`, :class:`SettingsError` or :class:`LedgerError`.
    """
    from importer.config.settings import forget_keys
    from importer.jobs.config.loader import find_jobs_file, load_jobs
    from importer.jobs.engine.workers import exclusive_start
    from importer.jobs.notifications.addresses import hide_addresses
    from importer.jobs.store.database import find_databases, open_database
    from importer.jobs.store.store import JobStore

    outside = surroundings(quiet=quiet, verbose=verbose, log_name=log_name)
    jobs = load_jobs(find_jobs_file(file, outside.environment, outside.home))
    databases = find_databases(outside.environment, outside.home)
    hide_addresses(jobs.addresses(), outside.environment)
    # Now that these are known, no child inherits the database's password or an address of a notification.
    forget_keys(os.environ)
    with exclusive_start(databases.shared, outside.clock.sleep):
        store = JobStore(open_database(databases.jobs))
    try:
        yield JobsDesk(jobs, store, databases, outside)
    finally:
        store.close()


def person() -> str:
    """Who is at the terminal, as far as the system tells."""
    import getpass

    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "unknown"


def tell_lines(text: str) -> None:
    """Print sentences whose own line breaks are ours, such as those of a list of problems."""
    from importer.cli.streams import answer
    from importer.core.redaction import redact
    from importer.core.text import printable

    answer(printable(redact(text.rstrip()), keep="\n"))
