"""A jobs file becomes checked jobs, or one error that lists everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from importer.core.errors import JobsFileError, MappingError, MappingProblem, UsageError
from importer.jobs.config.checks import check_jobs
from importer.jobs.config.messages import JOBS
from importer.jobs.config.model import Address, Job, JobsFile
from importer.mapping.decoding import read_text
from importer.mapping.document import Document, read_document
from importer.mapping.loader import ordered, remove, validated_in_rounds
from importer.mapping.secrets import key_like
from importer.mapping.suggestions import advice
from importer.mapping.wording import sentence

VARIABLE = "IMPORTER_JOBS"
_BEGIN = "Begin with a line `jobs:` and name a job below it."


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


@dataclass(frozen=True, slots=True)
class LoadedJobs:
    """A jobs file that passed every check of its text."""

    path: Path
    tasks: Mapping[str, Task]

    def task(self, name: str) -> Task:
        """The job called ``name``. Raises :class:`UsageError` with the nearest known name."""
        if name not in self.tasks:
            raise UsageError(f"There is no job {name} in {self.path}.", advice(name, self.tasks))
        return self.tasks[name]

    def followers(self, name: str) -> list[Task]:
        """The jobs that run after ``name`` has ended well."""
        return [task for task in self.tasks.values() if task.job.after == name]

    def addresses(self) -> list[Address]:
        """Where the addresses of all notifications are kept."""
        return [each.url for task in self.tasks.values() for each in task.job.notify if each.url is not None]


def find_jobs_file(given: Path | None, environment: Mapping[str, str], home: Path) -> Path:
    """The jobs file: the one named, else ``IMPORTER_JOBS``, else ``jobs.yaml`` here or in the home folder.

    Raises :class:`UsageError` when there is none.
    """
    if given is not None:
        return given
    variable = environment.get(VARIABLE, "").strip()
    if variable:
        return Path(variable).expanduser()
    places = [Path("jobs.yaml"), home / "jobs.yaml"]
    found = next((place for place in places if place.is_file()), None)
    if found is None:
        raise UsageError(
            f"There is no jobs file: neither {places[0]} here nor {places[1]}.",
            f"Write one (docs/jobs.md shows how), or name it with --file or {VARIABLE}.",
        )
    return found


def load_jobs(path: Path) -> LoadedJobs:
    """The jobs in the file ``path``. Raises :class:`JobsFileError` with every problem at once, and nothing else."""
    try:
        text = read_text(path)
    except MappingError as error:
        raise JobsFileError(str(path), error.problems) from None
    return parse_jobs(text, path)


def parse_jobs(text: str, path: Path) -> LoadedJobs:
    """As :func:`load_jobs`, for a text that came from ``path``."""
    document = read_document(text)
    jobs = _validated(document)
    if jobs is not None:
        check_jobs(jobs, document)
    if document.problems or jobs is None:
        raise JobsFileError(str(path), ordered(document.problems))
    folder = path.absolute().parent
    return LoadedJobs(path, {name: Task(name, job, folder) for name, job in jobs.jobs.items()})


def _validated(document: Document) -> JobsFile | None:
    if document.data is None and not document.problems:
        document.problems.append(MappingProblem(1, 1, "", "The file is empty.", _BEGIN))
    elif document.data is not None and not isinstance(document.data, dict):
        document.problems.append(MappingProblem(1, 1, "", "The file is not a table of jobs.", _BEGIN))
    if not isinstance(document.data, dict):
        return None
    for path in key_like(document.data):
        document.add(
            path,
            "This looks like a key or password, and everybody who gets the file could read it.",
            "Remove it here, keep it in an environment variable or a private file, and have it changed.",
        )
        document.broken.add(path)
    for path in document.broken:
        remove(document.data, path)
    return validated_in_rounds(JobsFile, document, lambda error: sentence(error, JOBS), {})
