"""Make a job: its mapping, its inbox, and its entry in the jobs file, whose other lines stay as they are."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from importer.config import EntryTable, InvalidValueError, read_entries, write_entries
from importer.core.errors import ImporterError, UsageError
from importer.core.filesystem import atomic_write, find_free_path
from importer.jobs.config.code_policy import find_code
from importer.jobs.config.loader import LoadedJobs, find_jobs_file, parse_jobs
from importer.jobs.config.model import validate_job_name
from importer.jobs.config.preflight import find_job_problems

_JOBS = EntryTable(
    key="jobs",
    entry="job",
    head="# Jobs of importer: imports that run by themselves; see docs/jobs.md.\n",
    docs="docs/jobs.md",
)


@dataclass(frozen=True, slots=True)
class NewJob:
    """A job to be made: ``mapping`` is the text of its mapping file.

    ``cron`` and ``timezone`` are its schedule, both empty for a job that is run by hand. ``guards`` are as in the jobs
    file.
    """

    name: str
    account: str
    mapping: str
    pattern: str = "*"
    cron: str = ""
    timezone: str = ""
    guards: Mapping[str, Any] = field(default_factory=dict)


def find_jobs_file_to_write(environment: Mapping[str, str], home: Path) -> Path:
    """Find the jobs file, or the place of a new one: ``IMPORTER_JOBS``, else the home folder."""
    with suppress(UsageError):
        return find_jobs_file(None, environment, home)
    return home / "jobs.yaml"


def create_job(new: NewJob, path: Path, environment: Mapping[str, str], home: Path) -> LoadedJobs:
    """Add a job to the jobs file ``path``, with its mapping and its empty inbox in folders beside it.

    The file is replaced only when it is valid with the new job, and the job can work on this machine. Raises
    :class:`UsageError`, :class:`MappingError`, :class:`JobsFileError` or :class:`SettingsError`; nothing is then left
    behind.
    """
    before = read_entries(path)
    _check_name(new.name, before, path)
    folder = path.absolute().parent
    inbox = folder / "inbox" / new.name
    mapping = find_free_path(folder / "mappings" / f"{new.name}.yaml")
    made = _make_folder(inbox)
    try:
        mapping.parent.mkdir(parents=True, exist_ok=True)
        atomic_write(mapping, new.mapping)
        text = _JOBS.with_entry(before, new.name, _entry(new, inbox, mapping, folder))
        jobs = parse_jobs(text, path)
        _check_job(jobs, new.name, environment, home)
        write_entries(path, text, before)
    except BaseException:
        mapping.unlink(missing_ok=True)
        if made:
            with suppress(OSError):
                inbox.rmdir()
        raise
    return jobs


def _check_name(name: str, text: str, path: Path) -> None:
    try:
        validate_job_name(name)
    except InvalidValueError as error:
        raise UsageError(error.message, error.remedy) from None
    if text and name in parse_jobs(text, path).tasks:
        raise UsageError(f"There is a job {name} already.", "Give this one another name.")


def _make_folder(folder: Path) -> bool:
    """Make a folder; return whether it is new. Raises :class:`ImporterError` when the disk refuses."""
    is_new = not folder.exists()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ImporterError(
            f"The folder {folder} cannot be made: {error.strerror or error}.",
            "Ask whoever looks after this service about the folder, its rights and the disk.",
        ) from None
    return is_new


def _entry(new: NewJob, inbox: Path, mapping: Path, folder: Path) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "account": new.account,
        "mapping": mapping.relative_to(folder).as_posix(),
        "source": {"folder": inbox.relative_to(folder).as_posix(), "pattern": new.pattern},
    }
    if new.cron:
        entry["schedule"] = {"cron": new.cron, "timezone": new.timezone}
    if new.guards:
        entry["guards"] = dict(new.guards)
    return entry


def _check_job(jobs: LoadedJobs, name: str, environment: Mapping[str, str], home: Path) -> None:
    """Refuse a job that names code, or that cannot work on this machine."""
    code = find_code(jobs.task(name))
    if code:
        raise UsageError(
            f"The mapping names code ({code}), which a job that is made here may not.",
            "Write the schema as YAML (`schema.to_yaml()`), or write the job into the jobs file by hand.",
        )
    for problem in find_job_problems(jobs, environment, home):
        if problem.job == name and problem.serious:
            raise UsageError(problem.message, problem.remedy)
