"""The story of one turn of a job: take files, import each, archive it, and say how it went."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path

from importer.errors import ImporterError
from importer.jobs.archive import PlaceTaken, move, place_in, write_note
from importer.jobs.importing import Load, Verdict, import_file
from importer.jobs.loader import LoadedJobs, Task
from importer.jobs.model import Address
from importer.jobs.notify import Notice, Notifier, listeners, silence_listeners
from importer.jobs.peers import Hold
from importer.jobs.store import Entry, JobStore, Result, State, Turn
from importer.jobs.taking import take_files
from importer.pipeline.clock import iso
from importer.pipeline.plan import read_mapping
from importer.pipeline.surroundings import Surroundings
from importer.redaction import redact
from importer.sources import source_hash

_log = logging.getLogger(__name__)
MOST_ATTEMPTS = 20
"""A file at which the program ended so often without a word is held: it may be what ends it."""

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
_LEFT_OPEN = (Result.BUSY, Result.INTERRUPTED, Result.ERROR)
ENDED = (Result.DONE, Result.PROBLEMS, Result.DUPLICATE, Result.FAILED)
"""Ends of a file after which it goes to an archive."""
TRIED_AGAIN = (Result.BUSY, Result.INTERRUPTED, Result.ERROR)
"""Ends of a turn that a later try may mend."""
WELL_ENOUGH = (Result.DONE, Result.PROBLEMS, Result.DUPLICATE, Result.NOTHING)
"""Ends of a turn after which the jobs that wait for it may run."""


@dataclass(frozen=True, slots=True)
class FileEnd:
    """How the work on one file ended, in plain values."""

    path: str
    outcome: str
    exit_status: int
    message: str
    remedy: str = ""
    run: str = ""
    rows: int = 0
    problems: int = 0
    results: str = ""
    report: str = ""
    archive: str = ""


@dataclass(frozen=True, slots=True)
class TurnEnd:
    """How a turn ended, in plain values."""

    job: str
    outcome: str
    exit_status: int
    message: str
    remedy: str = ""
    notes: Sequence[str] = ()
    files: Sequence[FileEnd] = field(default_factory=tuple)

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


@dataclass(frozen=True, slots=True)
class Worker:
    """Everything that the turns of a process share."""

    jobs: LoadedJobs
    store: JobStore
    outside: Surroundings
    load: Load
    notifier: Notifier
    hold: Hold

    def begin(self, name: str) -> Begun:
        """Heal what a crash left, and take the files that are there. Never raises :class:`ImporterError`."""
        task, now = self.jobs.task(name), self.outside.clock.now()
        state = self.store.state(name)
        if not state.known_since:
            self.store.change_state(name, known_since=iso(now))
        if state.paused_at:
            words = f"The job is paused since {state.paused_at[:16].replace('T', ' ')} UTC."
            return Begun(
                stopper=TurnEnd(name, Result.PAUSED, 0, words, f"importer jobs resume {name}"), started=iso(now)
            )
        try:
            notes = self.heal(task)
            mapping_sha = read_mapping(task.mapping).sha
            catch = take_files(task, self.store, self.outside.clock, mapping_sha)
        except ImporterError as error:
            stopper = TurnEnd(name, Result.ERROR, error.exit_status, error.message, error.remedy)
            return Begun(stopper=stopper, started=iso(now))
        notes.extend(catch.notes)
        return Begun(catch.numbers, notes, catch.held, len(catch.arriving), started=iso(now))

    def heal(self, task: Task) -> list[str]:
        """Archive the files whose import ended just before a crash; sentences about them."""
        notes = []
        for entry in self.store.entries(task.name, [State.IMPORTED]):
            end = self.archive(entry.id)
            waits = self.store.entry(entry.id).state == State.IMPORTED.value
            notes.append(end.message if waits else f"{end.path} was imported earlier and is archived only now.")
        return notes

    def import_one(self, number: int) -> FileEnd:
        """Import the file of the entry ``number``; an entry that came to its end already is only told again."""
        entry = self.store.entry(number)
        task = self.jobs.task(entry.job)
        if entry.state not in (State.TAKEN.value, State.APPROVED.value):
            return _end_of(entry)
        if self.outside.stop.is_set():
            return FileEnd(entry.path, Result.INTERRUPTED, 4, "Stopped on request before this file.")
        earlier = self.store.imported_before(task.name, entry.sha)
        if earlier is not None:
            return self._keep(entry, task, _duplicate(earlier))
        if entry.attempts >= MOST_ATTEMPTS and not entry.approved_by:
            words = f"The program ended {entry.attempts} times while it imported this file."
            return self._keep(entry, task, Verdict(Result.HELD, 3, words, f"importer jobs approve {task.name}"))
        entry = self.store.change(number, attempts=entry.attempts + 1)
        verdict = import_file(task, entry, self.outside, self.load)
        if verdict.outcome in _LEFT_OPEN:
            # It ended with a word, so this was no crash.
            entry = self.store.change(number, attempts=0, run=verdict.run or entry.run, message=verdict.message)
            return FileEnd(entry.path, verdict.outcome, verdict.exit_status, verdict.message, verdict.remedy, entry.run)
        return self._keep(entry, task, verdict)

    def _keep(self, entry: Entry, task: Task, verdict: Verdict) -> FileEnd:
        """Write down how the import of a file ended, and where the file goes, before it is moved there."""
        held = verdict.outcome is Result.HELD
        folder = task.failed if verdict.outcome is Result.FAILED else task.done
        now = self.outside.clock.now()
        archive = "" if held else str(place_in(folder, Path(entry.path).name, now))
        values = {
            "state": State.HELD.value if held else State.IMPORTED.value,
            "outcome": verdict.outcome.value,
            "exit_status": verdict.exit_status,
            "ended_at": iso(now),
            "run": verdict.run or entry.run,
            "rows": verdict.rows,
            "problems": verdict.problems,
            "message": verdict.message,
            "remedy": verdict.remedy,
            "results": verdict.results,
            "report": verdict.report,
            "archive": archive,
            "approved_by": "" if held else entry.approved_by,
        }
        return _end_of(self.store.change(entry.id, **values))

    def archive(self, number: int) -> FileEnd:
        """Move the file of an imported entry to its archive; finishes a move that was cut short."""
        entry = self.store.entry(number)
        if entry.state != State.IMPORTED.value:
            return _end_of(entry)
        source, place = Path(entry.path), Path(entry.archive)
        if not source.exists():
            there = entry.archive if place.exists() else ""
            return _end_of(self.store.change(entry.id, state=State.ARCHIVED.value, archive=there))
        if not _is_still(source, entry):
            # Other content has come under the same name; it is taken as a file of its own.
            return _end_of(self.store.change(entry.id, state=State.ARCHIVED.value, archive=""))
        try:
            move(source, place)
        except PlaceTaken:
            place = place_in(place.parent, source.name, self.outside.clock.now())
            self.store.change(entry.id, archive=str(place))
            return self.archive(number)
        except ImporterError as error:
            _log.warning("%s", error.message)
            return replace(_end_of(entry), archive="", message=f"{entry.message} {error.message}", remedy=error.remedy)
        if entry.outcome in (Result.FAILED.value, Result.DUPLICATE.value):
            write_note(place, f"{entry.message} {entry.remedy}".strip())
        return _end_of(self.store.change(entry.id, state=State.ARCHIVED.value))

    def finish(
        self, name: str, cause: str, due: str, begun: Begun, ends: Sequence[FileEnd], *, last: bool = True
    ) -> TurnEnd:
        """Sum a turn up, write it down and tell those who want to hear of it.

        An end that the next try may mend is told only after the ``last`` try.
        """
        end = begun.stopper or sum_up(name, begun, ends)
        now = self.outside.clock.now()
        outcome = Result(end.outcome)
        if outcome not in (Result.NOTHING, Result.BUSY, Result.PAUSED):
            rows = sum(each.rows for each in ends)
            at = (due, begun.started, iso(now))
            self.store.add_turn(Turn(name, cause, *at, outcome.value, end.exit_status, len(ends), rows, end.message))
        if any(each.outcome in (Result.DONE, Result.PROBLEMS) for each in ends):
            self.store.change_state(name, last_success_at=iso(now), silence_told_at="")
        _log.info("%s: %s: %s", name, outcome.value, end.message)
        if outcome is Result.INTERRUPTED and not last:
            return end
        addresses = listeners(self.jobs.task(name).job.notify, outcome)
        title = f"Job {name}: {outcome.value}"
        self._tell(Notice(name, outcome, title, f"{end.message} {end.remedy}".strip()), addresses)
        return end

    @contextmanager
    def noting_faults(self, name: str, cause: str, due: str) -> Iterator[None]:
        """Around a turn: a fault of the program itself stands in the history before it ends the turn."""
        try:
            yield
        except Exception as error:
            words = f"The program failed: {type(error).__name__}: {redact(str(error))}"
            now = iso(self.outside.clock.now())
            self.store.add_turn(Turn(name, cause, due, now, now, Result.ERROR.value, 1, 0, 0, words))
            addresses = listeners(self.jobs.task(name).job.notify, Result.ERROR)
            self._tell(Notice(name, Result.ERROR, f"Job {name}: error", words), addresses)
            raise

    def _tell(self, notice: Notice, addresses: Sequence[Address]) -> None:
        if addresses:
            for trouble in self.notifier.send(notice, addresses, self.outside.environment):
                _log.warning("%s", trouble)

    def watch_silence(self) -> list[str]:
        """Tell of jobs that had no success for too long; their names."""
        now, silent = self.outside.clock.now(), []
        for name, task in self.jobs.tasks.items():
            state = self.store.state(name)
            addresses = silence_listeners(task.job.notify, state, now)
            if addresses and not state.paused_at:
                since = state.last_success_at or state.known_since
                days = (now - datetime.fromisoformat(since)).days
                words = f"No file was imported since {since[:16].replace('T', ' ')} UTC, for {days} days."
                self._tell(Notice(name, "silence", f"Job {name}: silence", words), addresses)
                self.store.change_state(name, silence_told_at=iso(now))
                silent.append(name)
        return silent


def sum_up(name: str, begun: Begun, ends: Sequence[FileEnd]) -> TurnEnd:
    """The end of a turn is that of its worst file; held files of earlier turns do not count again."""
    found = [Result(each.outcome) for each in ends]
    outcome = next((result for result in _WORST_FIRST if result in found), Result.NOTHING)
    worst = next((each for each in ends if each.outcome == outcome), None)
    status = worst.exit_status if worst and outcome is Result.ERROR else EXIT_STATUS.get(outcome, 0)
    if worst is None:
        waiting = [f"{begun.arriving} still arriving"] if begun.arriving else []
        waiting += [f"{begun.held} held"] if begun.held else []
        return TurnEnd(name, outcome, 0, f"No new file; {', '.join(waiting) or 'nothing waits'}.", "", begun.notes)
    message = worst.message if len(ends) == 1 else f"{len(ends)} files; {Path(worst.path).name}: {worst.message}"
    return TurnEnd(name, outcome, status, message, worst.remedy, begun.notes, ends)


def _duplicate(earlier: Entry) -> Verdict:
    when = earlier.ended_at[:16].replace("T", " ")
    return Verdict(
        Result.DUPLICATE,
        0,
        f"The same content was imported on {when} UTC as {Path(earlier.path).name} (run {earlier.run or 'unknown'}); "
        "nothing was sent again.",
        "To send it again on purpose: importer run FILE -m MAPPING --again REASON",
    )


def _is_still(path: Path, entry: Entry) -> bool:
    """Whether the file holds what was imported; a file that was only touched does."""
    try:
        info = path.stat()
        return (info.st_size, info.st_mtime_ns, info.st_ino) == entry.signature or source_hash(path) == entry.sha
    except (OSError, ImporterError):
        return False


def _end_of(entry: Entry) -> FileEnd:
    return FileEnd(
        entry.path,
        entry.outcome or Result.INTERRUPTED,
        entry.exit_status,
        entry.message,
        entry.remedy,
        entry.run,
        entry.rows,
        entry.problems,
        entry.results,
        entry.report,
        entry.archive,
    )
