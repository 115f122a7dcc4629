"""What a person does with jobs: pause and resume them, look at files and approve them, and put files into an inbox."""

from __future__ import annotations

import fnmatch
import shutil
from contextlib import suppress
from pathlib import Path
from typing import IO

from importer.app import Environment, account_locale, check
from importer.config import Locale
from importer.core.errors import ImporterError, SettingsError, UsageError
from importer.core.filesystem import open_atomic
from importer.core.text import suggest_name
from importer.core.time import format_iso
from importer.jobs.config.loader import Task
from importer.jobs.files.archive import free_path, move_to_archive
from importer.jobs.files.inbox import reason_to_skip
from importer.jobs.store.records import FileRecord, FileState, JobOutcome
from importer.jobs.workspace import JobsWorkspace
from importer.planning import PlanRequest
from importer.reports import Report, ReportPaths, report_stem

_REQUESTS = Path("jobs", "requested")
"""A folder of the home folder with an empty file for each job that a person wants to run now."""

_WAITING = (FileState.TAKEN, FileState.HELD, FileState.APPROVED)


def pause_job(workspace: JobsWorkspace, name: str, who: str, why: str) -> str:
    """Pause the job ``name`` until :func:`resume_job`; return the time. Raises :class:`UsageError` for no such job."""
    workspace.jobs.task(name)
    now = format_iso(workspace.env.clock.now())
    workspace.store.update_job_state(name, paused_at=now, paused_by=who, paused_why=why)
    return now


def resume_job(workspace: JobsWorkspace, name: str) -> None:
    """Let a paused job run again when it is due. Raises :class:`UsageError` for no such job."""
    workspace.jobs.task(name)
    workspace.store.update_job_state(name, paused_at="", paused_by="", paused_why="")


def request_run(workspace: JobsWorkspace, name: str) -> None:
    """Let a service run the job ``name`` as soon as it can.

    Raises :class:`UsageError` for no such job, or a paused one.
    """
    workspace.jobs.task(name)
    if workspace.store.state(name).paused_at:
        raise UsageError(f"The job {name} is paused.", "Resume it first.")
    folder = workspace.env.home / _REQUESTS
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    (folder / name).touch(mode=0o600)


def take_requests(home: Path) -> list[str]:
    """Return the jobs that a person wants to run now, each to one service only."""
    taken = []
    for path in sorted((home / _REQUESTS).glob("*")):
        # Another service may have taken it a moment ago.
        with suppress(FileNotFoundError):
            path.unlink()
            taken.append(path.name)
    return taken


def approve_files(workspace: JobsWorkspace, name: str, who: str, path: Path | None = None) -> list[FileRecord]:
    """Approve the held files of the job ``name``, or the one at ``path``; they are sent at its next run.

    Return the records as they were. Raises :class:`UsageError` when it holds no such file.
    """
    workspace.jobs.task(name)
    held = [
        entry
        for entry in workspace.store.file_records(name, [FileState.HELD])
        if path is None or Path(entry.path).absolute() == path.absolute()
    ]
    if not held:
        raise UsageError(f"The job {name} holds no such file.", "See what is held: importer jobs list")
    for entry in held:
        workspace.store.update_file(
            entry.id, state=FileState.APPROVED.value, outcome="", attempts=0, approved_by=who, message=""
        )
    return held


def find_file(workspace: JobsWorkspace, name: str) -> FileRecord:
    """Find the newest record of a file, by its name or path then or now. Raises :class:`UsageError`."""
    entries = [entry for entry in workspace.store.file_records() if entry.job in workspace.jobs.tasks]
    wanted = {name, str(Path(name).absolute())}
    for entry in reversed(entries):
        paths = [Path(each) for each in (entry.path, entry.archive) if each]
        if wanted & {text for path in paths for text in (path.name, str(path))}:
            return entry
    known = {Path(entry.path).name for entry in entries}
    raise UsageError(
        f"No job has taken a file {name}.", suggest_name(name, known) if known else "See: importer jobs list"
    )


def check_report_path(task: Task, entry: FileRecord, workspace: JobsWorkspace) -> Path:
    """Return the path of a new workbook for :func:`check_waiting_file`, in the job's folder of results."""
    task.results.mkdir(parents=True, exist_ok=True)
    return task.results / f"{report_stem(entry.path)}-check-{workspace.env.clock.now():%Y%m%d-%H%M%S}.xlsx"


def is_waiting(entry: FileRecord) -> bool:
    """Return whether a file still waits in the inbox to be imported."""
    return entry.state in [state.value for state in _WAITING] and Path(entry.path).is_file()


def check_waiting_file(workspace: JobsWorkspace, entry: FileRecord, places: ReportPaths, env: Environment) -> Report:
    """Check a file that still waits as its job would, and write the reports to ``places``. Sends nothing."""
    task = workspace.jobs.task(entry.job)
    try:
        account, locale = account_locale(task.job.account, env)
    except SettingsError:
        # The service may have keys that this process has not; the check then lacks what the account says of itself.
        account, locale = "", Locale()
    return check(PlanRequest(Path(entry.path), task.mapping, account, locale=locale), places, env)


def withdraw_file(workspace: JobsWorkspace, entry: FileRecord, who: str) -> Path:
    """Move a held file out of the inbox, to the failed files of its job; return its new path.

    Raises :class:`UsageError` for a file that is not held any more, and :class:`ImporterError` when the disk refuses.
    """
    if entry.state != FileState.HELD.value or not is_waiting(entry):
        raise UsageError("The file is not held any more.", "Look at what became of it.")
    source, now = Path(entry.path), workspace.env.clock.now()
    place = free_path(workspace.jobs.task(entry.job).failed, source.name, now)
    move_to_archive(source, place)
    workspace.store.update_file(
        entry.id,
        state=FileState.ARCHIVED.value,
        outcome=JobOutcome.FAILED.value,
        archive=str(place),
        ended_at=format_iso(now),
        message=f"{who} took it out of the inbox; nothing of it was sent.",
        remedy="",
    )
    return place


def put_file(workspace: JobsWorkspace, name: str, content: IO[bytes], file_name: str) -> Path:
    """Put a file into the inbox of the job ``name``, in one step, and return its path.

    A job of a single path gets it under that name. Raises :class:`UsageError` for a name that the job does not take,
    for one that is there already and for an empty file, and :class:`ImporterError` when the disk refuses.
    """
    task = workspace.jobs.task(name)
    path = task.inbox / (file_name if task.job.source.path is None else Path(task.job.source.path).name)
    reason = reason_to_skip(path.name)
    if reason or not fnmatch.fnmatchcase(path.name.lower(), task.pattern.lower()):
        raise UsageError(
            f"The job {name} does not take a file called {path.name}{f': it looks like {reason}' if reason else ''}.",
            f"Rename the file so that it fits {task.pattern}, then put it here again.",
        )
    try:
        with open_atomic(path, overwrite=False) as file:
            shutil.copyfileobj(content, file, 1 << 20)
            if not file.tell():
                raise UsageError(f"{path.name} is empty: it has no byte.", "Save it again, then put it here.")
    except FileExistsError:
        raise UsageError(
            f"A file called {path.name} is waiting in the inbox already.",
            "Wait until it has been imported, or give this one another name.",
        ) from None
    except OSError as error:
        raise ImporterError(
            f"The file cannot be put into {path.parent}: {error.strerror or error}.",
            "Ask whoever looks after this service about the folder, its rights and the disk.",
        ) from None
    return path
