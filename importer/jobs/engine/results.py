"""How files and turns end, in plain values, and what the end of its files makes of a turn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from importer.core.errors import SettingsError
from importer.jobs.engine.import_step import Verdict
from importer.jobs.store.store import Entry, Result

_WORST_FIRST = (
    Result.ERROR,
    Result.FAILED,
    Result.INTERRUPTED,
    Result.HELD,
    Result.PROBLEMS,
    Result.BUSY,
    Result.DONE,
    Result.DUPLICATE,
    Result.PAUSED,
    Result.NOTHING,
)
EXIT_STATUS = {Result.FAILED: 1, Result.INTERRUPTED: 4, Result.HELD: 3, Result.PROBLEMS: 3, Result.BUSY: 75}
ENDED = (Result.DONE, Result.PROBLEMS, Result.DUPLICATE, Result.FAILED)
"""Ends of a file after which it goes to an archive."""
TRIED_AGAIN = (Result.BUSY, Result.INTERRUPTED, Result.ERROR)
"""Ends of a file or a turn that a later try may mend: the file waits where it is."""
WELL_ENOUGH = (Result.DONE, Result.PROBLEMS, Result.DUPLICATE, Result.NOTHING)
"""Ends of a turn after which the jobs that wait for it may run."""


@dataclass(frozen=True, slots=True)
class FileEnd(Verdict):
    """How the work on the file ``path`` ended; ``archive`` is where it is now, if it was moved."""

    path: str = field(kw_only=True)
    archive: str = ""


@dataclass(frozen=True, slots=True)
class TurnEnd:
    """How a turn ended. ``outline`` is what may be told outside of this machine of an end without files."""

    job: str
    outcome: Result
    exit_status: int
    message: str
    remedy: str = ""
    notes: Sequence[str] = ()
    files: Sequence[FileEnd] = field(default_factory=tuple)
    outline: str = ""

    def plain(self) -> dict[str, object]:
        """As JSON has it."""
        return {**asdict(self), "notes": list(self.notes), "files": [asdict(each) for each in self.files]}


@dataclass(frozen=True, slots=True)
class Begun:
    """What a turn found at its start: numbers of entries, sentences for people, and what keeps it from working."""

    numbers: Sequence[int] = ()
    notes: Sequence[str] = ()
    held: int = 0
    arriving: int = 0
    stopper: TurnEnd | None = None
    started: str = ""


def passes_by_itself(outcome: str, exit_status: int) -> bool:
    """Whether a turn ended for a reason that may be gone in a few minutes, such as the network's."""
    return outcome in TRIED_AGAIN and exit_status != SettingsError.exit_status


def sum_up(name: str, begun: Begun, ends: Sequence[FileEnd]) -> TurnEnd:
    """The end of a turn is that of its worst file; held files of earlier turns do not count again."""
    found = [each.outcome for each in ends]
    outcome = next((result for result in _WORST_FIRST if result in found), Result.NOTHING)
    worst = next((each for each in ends if each.outcome is outcome), None)
    status = worst.exit_status if worst and outcome is Result.ERROR else EXIT_STATUS.get(outcome, 0)
    if worst is None:
        waiting = [f"{begun.arriving} still arriving"] if begun.arriving else []
        waiting += [f"{begun.held} held"] if begun.held else []
        return TurnEnd(name, outcome, 0, f"No new file; {', '.join(waiting) or 'nothing waits'}.", "", begun.notes)
    message = worst.message if len(ends) == 1 else f"{len(ends)} files; {Path(worst.path).name}: {worst.message}"
    return TurnEnd(name, outcome, status, message, worst.remedy, begun.notes, ends)


def together(earlier: Sequence[TurnEnd], last: TurnEnd) -> TurnEnd:
    """The end of a start that first finished ``earlier`` turns, which a killed one had left, and then did the ``last``.

    A file counts once, with its last end.
    """
    left = {each.path: each for end in earlier for each in end.files}
    if not left:
        return last
    files = list({**left, **{each.path: each for each in last.files}}.values())
    notes = [*last.notes, "A turn that had been cut short was finished first."]
    if not last.files and last.outcome is not Result.NOTHING:
        return replace(last, notes=notes, files=files)
    return sum_up(last.job, Begun(notes=notes), files)


def end_of(entry: Entry) -> FileEnd:
    """How the work on the file of ``entry`` ended, as the memory has it."""
    values = {each.name: getattr(entry, each.name) for each in fields(FileEnd)}
    return file_from({**values, "outcome": entry.outcome or Result.INTERRUPTED})


def file_from(found: Mapping[str, Any]) -> FileEnd:
    """What :func:`dataclasses.asdict` made of a :class:`FileEnd`."""
    return FileEnd(**{**found, "outcome": Result(found["outcome"])})


def turn_from(found: Mapping[str, Any]) -> TurnEnd:
    """What :meth:`TurnEnd.plain` told."""
    files = [file_from(each) for each in found["files"]]
    return TurnEnd(**{**found, "outcome": Result(found["outcome"]), "files": files})


def begun_from(found: Mapping[str, Any]) -> Begun:
    """What :func:`dataclasses.asdict` made of a :class:`Begun`."""
    stopper = found["stopper"]
    return Begun(**{**found, "stopper": turn_from(stopper) if stopper else None})
