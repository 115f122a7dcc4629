"""What the commands about jobs share: the jobs file, the store, and the worker."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from importer.cli.options import build_environment, open_account

if TYPE_CHECKING:
    from importer.app import Environment
    from importer.jobs import Databases, HoldLock, JobRunner, JobStore, LoadedJobs, NotificationDispatcher

Command = TypeVar("Command", bound=Callable[..., Any])


def jobs_options(command: Command) -> Command:
    """Add `--file` and `--json`, which every command about jobs has."""
    file = click.option("--file", type=click.Path(path_type=Path), help="The jobs file; default: jobs.yaml.")
    as_json = click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
    return file(as_json(command))


@dataclass(frozen=True, slots=True)
class JobsWorkspace:
    """The jobs of a jobs file with their store and environment."""

    jobs: LoadedJobs
    store: JobStore
    databases: Databases
    env: Environment

    def worker(self) -> JobRunner:
        """Make a worker that runs the jobs with the configured accounts."""
        from importer.jobs import JobRunner

        env = self.env
        return JobRunner(self.jobs, self.store, env, lambda name: open_account(env, name), self.hold)

    @property
    def hold(self) -> HoldLock:
        """Return the function that locks a job, also against other machines where several share a database."""
        from importer.jobs import job_locks

        return job_locks(self.env.home, self.databases.shared)

    def notifications(self) -> NotificationDispatcher:
        """Make the dispatcher of the notifications."""
        from importer.jobs import NotificationDispatcher, make_sender

        environment = self.env.variables
        return NotificationDispatcher(self.jobs, self.store, make_sender(environment), environment, self.env.clock)


@contextmanager
def open_workspace(
    file: Path | None, *, quiet: bool = True, verbose: int = 0, log_name: str = ""
) -> Iterator[JobsWorkspace]:
    """Open the jobs file, the store and the environment of a command about jobs; the store is closed at the end.

    Raises :class:`JobsFileError`, :class:`UsageError`, :class:`SettingsError` or :class:`LedgerError`.
    """
    from importer.config import remove_keys
    from importer.jobs import (
        JobStore,
        exclusive_start,
        find_databases,
        find_jobs_file,
        hide_addresses,
        load_jobs,
        open_database,
    )

    env = build_environment(quiet=quiet, verbose=verbose, log_name=log_name)
    jobs = load_jobs(find_jobs_file(file, env.variables, env.home))
    databases = find_databases(env.variables, env.home)
    hide_addresses(jobs.addresses(), env.variables)
    # Now that these are known, no child inherits the database's password or an address of a notification.
    remove_keys(os.environ)
    with exclusive_start(databases.shared, env.clock.sleep):
        store = JobStore(open_database(databases.jobs))
    try:
        yield JobsWorkspace(jobs, store, databases, env)
    finally:
        store.close()
