"""Results of files and runs as plain values, and the result of a run from those of its files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from importer.core.errors import SettingsError
from importer.jobs.engine.import_step import ImportResult
from importer.jobs.store.records import FileRecord, JobOutcome

_WORST_FIRST = (
    JobOutcome.ERROR,
    JobOutcome.FAILED,
    JobOutcome.INTERRUPTED,
    JobOutcome.HELD,
    JobOutcome.PROBLEMS,
    JobOutcome.BUSY,
    JobOutcome.DONE,
    JobOutcome.DUPLICATE,
    JobOutcome.PAUSED,
    JobOutcome.NOTHING,
)
EXIT_STATUS = {
    JobOutcome.FAILED: 1,
    JobOutcome.INTERRUPTED: 4,
    JobOutcome.HELD: 3,
    JobOutcome.PROBLEMS: 3,
    JobOutcome.BUSY: 75,
}
FINAL = (JobOutcome.DONE, JobOutcome.PROBLEMS, JobOutcome.DUPLICATE, JobOutcome.FAILED)
"""Outcomes of a file after which it goes to an archive."""
RETRIED = (JobOutcome.BUSY, JobOutcome.INTERRUPTED, JobOutcome.ERROR)
"""Outcomes of a file or a run that a later try may change: the file waits where it is."""
SUCCESSFUL = (JobOutcome.DONE, JobOutcome.PROBLEMS, JobOutcome.DUPLICATE, JobOutcome.NOTHING)
"""Outcomes of a run after which the jobs that wait for it may run."""


@dataclass(frozen=True, slots=True)
class FileResult(ImportResult):
    """The result for the file ``path``; ``archive`` is where it is now, if it was moved."""

    path: str = field(kw_only=True)
    archive: str = ""


@dataclass(frozen=True, slots=True)
class JobRunResult:
    """The result of a run. ``outline`` is what may leave this machine of the ``message`` of a run without files."""

    job: str
    outcome: JobOutcome
    exit_status: int
    message: str
    remedy: str = ""
    notes: Sequence[str] = ()
    files: Sequence[FileResult] = field(default_factory=tuple)
    outline: str = ""

    def to_json(self) -> dict[str, object]:
        """Return the result as a JSON object."""
        return {**asdict(self), "notes": list(self.notes), "files": [asdict(each) for each in self.files]}


@dataclass(frozen=True, slots=True)
class RunStart:
    """The start of a run: numbers of the files to import, notes for people, and the result if it cannot go on."""

    numbers: Sequence[int] = ()
    notes: Sequence[str] = ()
    held: int = 0
    arriving: int = 0
    stopper: JobRunResult | None = None
    started: str = ""


def is_transient(outcome: str, exit_status: int) -> bool:
    """Return whether a run ended for a reason that may be gone in a few minutes, such as the network's."""
    return outcome in RETRIED and exit_status != SettingsError.exit_status


def summarize_run(name: str, start: RunStart, files: Sequence[FileResult]) -> JobRunResult:
    """Return the result of a run: that of its worst file; held files of earlier runs do not count again."""
    found = [each.outcome for each in files]
    outcome = next((result for result in _WORST_FIRST if result in found), JobOutcome.NOTHING)
    worst = next((each for each in files if each.outcome is outcome), None)
    if worst is None:
        waiting = [f"{start.arriving} still arriving"] if start.arriving else []
        waiting += [f"{start.held} held"] if start.held else []
        return JobRunResult(name, outcome, 0, f"No new file; {', '.join(waiting) or 'nothing waits'}.", "", start.notes)
    status = worst.exit_status if outcome is JobOutcome.ERROR else EXIT_STATUS.get(outcome, 0)
    message = worst.message if len(files) == 1 else f"{len(files)} files; {Path(worst.path).name}: {worst.message}"
    return JobRunResult(name, outcome, status, message, worst.remedy, start.notes, files)


def merge_results(earlier: Sequence[JobRunResult], last: JobRunResult) -> JobRunResult:
    """Return the result of the ``last`` run together with ``earlier`` ones, which a killed process had left.

    A file counts once, with its last result.
    """
    left = {each.path: each for result in earlier for each in result.files}
    if not left:
        return last
    files = list({**left, **{each.path: each for each in last.files}}.values())
    notes = [*last.notes, "A run that had been cut short was finished first."]
    if not last.files and last.outcome is not JobOutcome.NOTHING:
        return replace(last, notes=notes, files=files)
    return summarize_run(last.job, RunStart(notes=notes), files)


def result_of_record(entry: FileRecord) -> FileResult:
    """Return the result that the database has for a file."""
    values = {each.name: getattr(entry, each.name) for each in fields(FileResult)}
    return file_result_from_json({**values, "outcome": entry.outcome or JobOutcome.INTERRUPTED})


def file_result_from_json(found: Mapping[str, Any]) -> FileResult:
    """Read a :class:`FileResult` from what :func:`dataclasses.asdict` made of it."""
    return FileResult(**{**found, "outcome": JobOutcome(found["outcome"])})


def run_result_from_json(found: Mapping[str, Any]) -> JobRunResult:
    """Read a :class:`JobRunResult` from what :meth:`JobRunResult.to_json` returned."""
    files = [file_result_from_json(each) for each in found["files"]]
    return JobRunResult(**{**found, "outcome": JobOutcome(found["outcome"]), "files": files})


def run_start_from_json(found: Mapping[str, Any]) -> RunStart:
    """Read a :class:`RunStart` from what :func:`dataclasses.asdict` made of it."""
    stopper = found["stopper"]
    return RunStart(**{**found, "stopper": run_result_from_json(stopper) if stopper else None})
