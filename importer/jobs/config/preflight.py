"""What `jobs check` looks at beyond the text of the jobs file: mappings, accounts, folders and addresses."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from importer.config.accounts import load_account
from importer.core.errors import ImporterError, SettingsError
from importer.jobs.config.loader import LoadedJobs, Task
from importer.jobs.engine.dbos_support import INSTALL
from importer.jobs.notifications.addresses import read_address
from importer.planning.plan import read_mapping


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about a job. ``serious`` keeps it from working; the rest may be so only in this place."""

    job: str
    serious: bool
    message: str
    remedy: str = ""


def examine(jobs: LoadedJobs, environment: Mapping[str, str], home: Path) -> list[Finding]:
    """Everything that a look at this machine tells about the jobs; nothing is sent and nothing is changed."""
    return [finding for task in jobs.tasks.values() for finding in _of_job(task, environment, home)]


def _of_job(task: Task, environment: Mapping[str, str], home: Path) -> Iterator[Finding]:
    try:
        read_mapping(task.mapping)
    except ImporterError as error:
        yield Finding(task.name, True, error.message, error.remedy)
    try:
        load_account(task.job.account, environment, home)
    except SettingsError as error:
        # The service may have keys that this shell has not.
        yield Finding(task.name, False, f"Account {task.job.account}: {error.message}", error.remedy)
    yield from _of_folders(task)
    if task.job.notify and importlib.util.find_spec("apprise") is None:
        yield Finding(task.name, False, "Notifications need Apprise, which is not installed.", INSTALL)
    for notification in task.job.notify:
        if notification.url is not None:
            try:
                read_address(notification.url, environment)
            except SettingsError as error:
                yield Finding(task.name, False, error.message, error.remedy)


def _of_folders(task: Task) -> Iterator[Finding]:
    if not task.inbox.is_dir():
        yield Finding(task.name, True, f"There is no folder {task.inbox}.", "Create it, or correct `source:`.")
        return
    if not os.access(task.inbox, os.R_OK | os.W_OK | os.X_OK):
        remedy = "Let the user who runs importer read and write it."
        yield Finding(task.name, True, f"The folder {task.inbox} may not be read and changed.", remedy)
    for archive in (task.done, task.failed):
        existing = next(folder for folder in (archive, *archive.parents) if folder.exists())
        if existing.stat().st_dev != task.inbox.stat().st_dev:
            yield Finding(
                task.name,
                True,
                f"The archive {archive} is on another disk than the inbox {task.inbox}.",
                "Name a folder on the same disk, so that a file is moved in one step.",
            )
