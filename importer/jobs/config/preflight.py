"""Checks of `jobs check` beyond the jobs file: mappings, accounts, folders and addresses on this machine."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from importer.config import load_account
from importer.core.errors import ImporterError, SettingsError
from importer.jobs.config.code_policy import refuse_code
from importer.jobs.config.loader import LoadedJobs, Task
from importer.jobs.engine.dbos_support import INSTALL
from importer.jobs.files.archive import find_archive_fault
from importer.jobs.notifications.addresses import read_address


@dataclass(frozen=True, slots=True)
class JobFinding:
    """A problem of a job. A ``serious`` one keeps the job from working; others may exist only on this machine."""

    job: str
    serious: bool
    message: str
    remedy: str = ""


def find_job_problems(jobs: LoadedJobs, environment: Mapping[str, str], home: Path) -> list[JobFinding]:
    """Find the problems of the jobs on this machine; nothing is sent and nothing is changed."""
    return [problem for task in jobs.tasks.values() for problem in _check_job(task, environment, home)]


def _check_job(task: Task, environment: Mapping[str, str], home: Path) -> Iterator[JobFinding]:
    try:
        refuse_code(task, environment)
    except ImporterError as error:
        yield JobFinding(task.name, True, error.message, error.remedy)
    try:
        load_account(task.job.account, environment, home)
    except SettingsError as error:
        # The service may have keys that this shell has not.
        yield JobFinding(task.name, False, f"Account {task.job.account}: {error.message}", error.remedy)
    yield from _check_folders(task)
    if task.job.notify and importlib.util.find_spec("apprise") is None:
        yield JobFinding(task.name, False, "Notifications need Apprise, which is not installed.", INSTALL)
    for notification in task.job.notify:
        if notification.url is not None:
            try:
                read_address(notification.url, environment)
            except SettingsError as error:
                yield JobFinding(task.name, False, error.message, error.remedy)


def _check_folders(task: Task) -> Iterator[JobFinding]:
    if not task.inbox.is_dir():
        yield JobFinding(task.name, True, f"There is no folder {task.inbox}.", "Create it, or correct `source:`.")
        return
    if not os.access(task.inbox, os.R_OK | os.W_OK | os.X_OK):
        remedy = "Let the user who runs importer read and write it."
        yield JobFinding(task.name, True, f"The folder {task.inbox} may not be read and changed.", remedy)
    for archive in (task.done, task.failed):
        fault = find_archive_fault(task.inbox, archive)
        if fault:
            remedy = "Name a folder in `after_file:` that is yours and no link, or remove this one."
            yield JobFinding(task.name, True, f"The archive {archive} cannot be used: {fault}.", remedy)
            continue
        existing = next(folder for folder in (archive, *archive.parents) if folder.exists())
        if existing.stat().st_dev != task.inbox.stat().st_dev:
            yield JobFinding(
                task.name,
                True,
                f"The archive {archive} is on another disk than the inbox {task.inbox}.",
                "Name a folder on the same disk, so that a file is moved in one step.",
            )
