"""Load a jobs file: checked jobs, or one error that lists everything that is wrong with it."""

from __future__ import annotations

import glob
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from importer.config import FileKind, find_secrets, parse_file, read_text
from importer.core.errors import JobsFileError, UsageError
from importer.core.text import suggest_name
from importer.jobs.config.checks import check_jobs
from importer.jobs.config.model import Address, Archive, HoldRules, Inbox, Job, JobsFile, NotificationRule, Schedule

JOBS_FILE_VARIABLE = "IMPORTER_JOBS"
_BEGIN = "Begin with a line `jobs:` and name a job below it."
_JOBS_FILE = FileKind(
    model=JobsFile,
    error=JobsFileError,
    sections={
        "at the left edge of the file": JobsFile,
        "below the name of a job": Job,
        "into `source:`": Inbox,
        "into `schedule:`": Schedule,
        "into `after_file:`": Archive,
        "into `guards:`": HoldRules,
        "into an item of `notify:`": NotificationRule,
    },
    example="{folder: inbox}",
    empty=("The file is empty.", _BEGIN),
    no_table=("The file is not a table of jobs.", _BEGIN),
    secret=(
        "This looks like a key or password, and everybody who gets the file could read it.",
        "Remove it here, keep it in an environment variable or a private file, and have it changed.",
    ),
    find_secrets=find_secrets,
)


@dataclass(frozen=True, slots=True)
class Task:
    """A job with its name, and its paths as they are on this machine; ``folder`` is that of the jobs file."""

    name: str
    job: Job
    folder: Path

    @property
    def mapping(self) -> Path:
        """Where the mapping is."""
        return self.folder / Path(self.job.mapping).expanduser()

    @property
    def inbox(self) -> Path:
        """The folder in which the files are found."""
        source = self.job.source
        if source.path is not None:
            return (self.folder / Path(source.path).expanduser()).parent
        return self.folder / Path(source.folder or ".").expanduser()

    @property
    def pattern(self) -> str:
        """The pattern of the names that the job takes."""
        source = self.job.source
        return glob.escape(Path(source.path).name) if source.path is not None else source.pattern

    @property
    def done(self) -> Path:
        """The archive of imported files."""
        return self.inbox / Path(self.job.after_file.done).expanduser()

    @property
    def failed(self) -> Path:
        """The archive of files that could not be imported."""
        return self.inbox / Path(self.job.after_file.failed).expanduser()

    @property
    def results(self) -> Path:
        """The folder of the results."""
        return self.folder / Path(self.job.results).expanduser()


@dataclass(slots=True)
class LoadedJobs:
    """A jobs file that passed every check of its text.

    All parts of a service share one, whose ``tasks`` are replaced as a whole when the file has changed.
    """

    path: Path
    tasks: Mapping[str, Task]
    _pinned: dict[str, Task] = field(default_factory=dict)

    def task(self, name: str) -> Task:
        """Return the job called ``name``; while it runs, as it was when its run began.

        Raises :class:`UsageError` with the nearest known name.
        """
        task = self._pinned.get(name) or self.tasks.get(name)
        if task is None:
            raise UsageError(f"There is no job {name} in {self.path}.", suggest_name(name, self.tasks))
        return task

    @contextmanager
    def pinned(self, name: str) -> Iterator[None]:
        """Keep the job ``name`` as it is while the block, which is one run of it, lasts."""
        self._pinned[name] = self.tasks[name]
        try:
            yield
        finally:
            del self._pinned[name]

    def patterns(self, inbox: Path) -> list[str]:
        """Return the patterns of all jobs that take files from ``inbox``."""
        return [task.pattern for task in self.tasks.values() if task.inbox == inbox]

    def followers(self, name: str) -> list[Task]:
        """Return the jobs that run after ``name`` has ended well."""
        return [task for task in self.tasks.values() if task.job.after == name]

    def addresses(self) -> list[Address]:
        """Return where the addresses of all notifications are kept."""
        return [each.url for task in self.tasks.values() for each in task.job.notify if each.url is not None]


def find_jobs_file(given: Path | None, environment: Mapping[str, str], home: Path) -> Path:
    """Find the jobs file: the one named, else ``IMPORTER_JOBS``, else ``jobs.yaml`` here or in the home folder.

    Raises :class:`UsageError` when there is none.
    """
    if given is not None:
        return given
    variable = environment.get(JOBS_FILE_VARIABLE, "").strip()
    if variable:
        return Path(variable).expanduser()
    places = [Path("jobs.yaml"), home / "jobs.yaml"]
    found = next((place for place in places if place.is_file()), None)
    if found is None:
        raise UsageError(
            f"There is no jobs file: neither {places[0]} here nor {places[1]}.",
            f"Write one (docs/jobs.md shows how), or name it with --file or {JOBS_FILE_VARIABLE}.",
        )
    return found


def load_jobs(path: Path) -> LoadedJobs:
    """Load the jobs in the file ``path``. Raises only :class:`JobsFileError`, with every problem at once."""
    return parse_jobs(read_text(path, JobsFileError), path)


def parse_jobs(text: str, path: Path) -> LoadedJobs:
    """Parse the jobs in the ``text`` of the file ``path``; as :func:`load_jobs`."""
    file, _ = parse_file(text, path, _JOBS_FILE, check_jobs)
    folder = path.absolute().parent
    return LoadedJobs(path, {name: Task(name, job, folder) for name, job in file.jobs.items()})
