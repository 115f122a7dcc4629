"""What the commands about jobs share: their options, the opened jobs file, and the worker."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from importer.cli.options import build_environment, open_account

if TYPE_CHECKING:
    from importer.app import Environment
    from importer.jobs import JobRunner, JobsWorkspace

Command = TypeVar("Command", bound=Callable[..., Any])


def jobs_options(command: Command) -> Command:
    """Add `--file` and `--json`, which every command about jobs has."""
    file = click.option("--file", type=click.Path(path_type=Path), help="The jobs file; default: jobs.yaml.")
    as_json = click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
    return file(as_json(command))


@contextmanager
def open_workspace(file: Path | None, *, quiet: bool = True, verbose: int = 0) -> Iterator[JobsWorkspace]:
    """Open the jobs file, the store and the environment of a command about jobs; the store is closed at the end.

    Raises :class:`JobsFileError`, :class:`UsageError`, :class:`SettingsError` or :class:`LedgerError`.
    """
    with open_jobs_of(build_environment(quiet=quiet, verbose=verbose), file) as workspace:
        yield workspace


@contextmanager
def open_jobs_of(env: Environment, file: Path | None) -> Iterator[JobsWorkspace]:
    """Open jobs file and store in an environment, as :func:`open_workspace`."""
    from importer.config import remove_keys
    from importer.jobs import open_jobs

    with open_jobs(env, file) as workspace:
        # Now that these are known, no child inherits the database's password or an address of a notification.
        remove_keys(os.environ)
        yield workspace


def make_worker(workspace: JobsWorkspace) -> JobRunner:
    """Make a worker that runs the jobs with the configured accounts, and starts their sandboxes."""
    return workspace.worker(lambda name: open_account(workspace.env, name))
