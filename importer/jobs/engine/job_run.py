"""The story of one turn of a job: take files, import each, archive it, and say how it went."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from importer.app.environment import Surroundings
from importer.core.errors import ImporterError
from importer.core.redaction import redact
from importer.core.time import iso
from importer.jobs.config.loader import LoadedJobs, Task
from importer.jobs.engine.import_step import Load, Verdict, import_file, outline_of
from importer.jobs.engine.queue import is_overtaken
from importer.jobs.engine.results import TRIED_AGAIN, Begun, FileEnd, TurnEnd, end_of, passes_by_itself, sum_up
from importer.jobs.engine.workers import Hold
from importer.jobs.files.archive import PlaceTaken, move, place_in, write_note
from importer.jobs.files.claiming import take_files
from importer.jobs.notifications.messages import notice_of_fault, notice_of_silence, notice_of_turn
from importer.jobs.notifications.outbox import Draft
from importer.jobs.notifications.routing import listeners, silence_listeners
from importer.jobs.store.store import Entry, JobStore, Result, State, Turn
from importer.planning.plan import read_mapping
from importer.sources import source_hash

_log = logging.getLogger(__name__)
MOST_ATTEMPTS = 20
"""A file at which the program ended so often without a word is held: it may be what ends it."""

_SAME_TROUBLE = timedelta(hours=20)
"""How long a trouble that stays the same is not told again; a job of every night tells it every night."""


@dataclass(frozen=True, slots=True)
class Worker:
    """Everything that the turns of a process share."""

    jobs: LoadedJobs
    store: JobStore
    outside: Surroundings
    load: Load
    hold: Hold

    def is_worth_a_turn(self, name: str, due: str) -> bool:
        """Whether the due time (ISO) of the job still counts, by what the job says of missed times."""
        if not is_overtaken(self.jobs.task(name).job, datetime.fromisoformat(due), self.outside.clock.now()):
            return True
        _log.info("%s: its time %s was missed.", name, due)
        return False

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
            words = outline_of(error)
            stopper = TurnEnd(name, Result.ERROR, error.exit_status, error.message, error.remedy, outline=words)
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
            return end_of(entry)
        if self.outside.stop.is_set():
            words = "Stopped on request before this file."
            return FileEnd(Result.INTERRUPTED, 4, words, path=entry.path, outline=words)
        earlier = self.store.imported_before(task.name, entry.sha)
        if earlier is not None:
            return self._keep(entry, task, _duplicate(earlier))
        if entry.attempts >= MOST_ATTEMPTS and not entry.approved_by:
            words = f"The program ended {entry.attempts} times while it imported this file."
            verdict = Verdict(Result.HELD, 3, words, f"importer jobs approve {task.name}", outline=words)
            return self._keep(entry, task, verdict)
        entry = self.store.change(number, attempts=entry.attempts + 1)
        verdict = import_file(task, entry, self.outside, self.load)
        if verdict.outcome in TRIED_AGAIN:
            # It ended with a word, so this was no crash.
            entry = self.store.change(number, attempts=0, run=verdict.run or entry.run, message=verdict.message)
            return FileEnd(**{**_values(verdict), "run": entry.run}, path=entry.path)
        return self._keep(entry, task, verdict)

    def _keep(self, entry: Entry, task: Task, verdict: Verdict) -> FileEnd:
        """Write down how the import of a file ended, and where the file goes, before it is moved there."""
        held = verdict.outcome is Result.HELD
        folder = task.failed if verdict.outcome is Result.FAILED else task.done
        now = self.outside.clock.now()
        archive = "" if held else str(place_in(folder, Path(entry.path).name, now))
        values = {
            **_values(verdict),
            "outcome": verdict.outcome.value,
            "run": verdict.run or entry.run,
            "state": State.HELD.value if held else State.IMPORTED.value,
            "ended_at": iso(now),
            "archive": archive,
            "approved_by": "" if held else entry.approved_by,
        }
        return end_of(self.store.change(entry.id, **values))

    def archive(self, number: int) -> FileEnd:
        """Move the file of an imported entry to its archive; finishes a move that was cut short."""
        entry = self.store.entry(number)
        if entry.state != State.IMPORTED.value:
            return end_of(entry)
        source, place = Path(entry.path), Path(entry.archive)
        if not source.exists():
            there = entry.archive if place.exists() else ""
            return end_of(self.store.change(entry.id, state=State.ARCHIVED.value, archive=there))
        if not _is_still(source, entry):
            # Other content has come under the same name; it is taken as a file of its own.
            return end_of(self.store.change(entry.id, state=State.ARCHIVED.value, archive=""))
        try:
            move(source, place)
        except PlaceTaken:
            place = place_in(place.parent, source.name, self.outside.clock.now())
            self.store.change(entry.id, archive=str(place))
            return self.archive(number)
        except ImporterError as error:
            _log.warning("%s", error.message)
            return replace(end_of(entry), archive="", message=f"{entry.message} {error.message}", remedy=error.remedy)
        if entry.outcome in (Result.FAILED.value, Result.DUPLICATE.value):
            write_note(place, f"{entry.message} {entry.remedy}".strip())
        return end_of(self.store.change(entry.id, state=State.ARCHIVED.value))

    def finish(
        self, name: str, cause: str, due: str, begun: Begun, ends: Sequence[FileEnd], *, last: bool = True
    ) -> TurnEnd:
        """Sum a turn up, write it down and tell those who want to hear of it.

        An end that the next try may mend is told only after the ``last`` try.
        """
        end = begun.stopper or sum_up(name, begun, ends)
        now, outcome = self.outside.clock.now(), end.outcome
        if outcome not in (Result.NOTHING, Result.BUSY, Result.PAUSED):
            rows = sum(each.rows for each in ends)
            at = (due, begun.started, iso(now))
            words = (end.message, end.remedy)
            turn = Turn(name, cause, *at, outcome.value, end.exit_status, len(ends), rows, *words)
            quiet = passes_by_itself(outcome, end.exit_status) and not last
            self.store.add_turn(turn, [] if quiet or self._is_old_news(turn, now) else self._drafts(end, now))
        if any(each.outcome in (Result.DONE, Result.PROBLEMS) for each in ends):
            self.store.change_state(name, last_success_at=iso(now), silence_told_at="")
        _log.info("%s: %s: %s", name, outcome.value, end.message)
        return end

    def _drafts(self, end: TurnEnd, now: datetime) -> list[Draft]:
        task = self.jobs.task(end.job)
        notice = notice_of_turn(end, now)
        return [Draft(notice, address) for address in listeners(task.job.notify, end.outcome)]

    def _is_old_news(self, turn: Turn, now: datetime) -> bool:
        """Whether the turn before ended with the same trouble, and that was told not long ago."""
        if turn.outcome not in TRIED_AGAIN:
            return False
        before = self.store.turns(turn.job, 1)
        same = bool(before) and (before[0].outcome, before[0].message) == (turn.outcome, turn.message)
        return same and self.store.told_since(turn.job, turn.outcome, now - _SAME_TROUBLE)

    @contextmanager
    def noting_faults(self, name: str, cause: str, due: str) -> Iterator[None]:
        """Around a turn: a fault of the program itself stands in the history before it ends the turn."""
        try:
            yield
        except Exception as error:
            words = f"The program failed: {type(error).__name__}: {redact(str(error))}"
            moment = self.outside.clock.now()
            now = iso(moment)
            turn = Turn(name, cause, due, now, now, Result.ERROR.value, 1, 0, 0, words)
            notice = notice_of_fault(name, type(error).__name__, moment)
            wanted = listeners(self.jobs.task(name).job.notify, Result.ERROR)
            old = self._is_old_news(turn, moment)
            self.store.add_turn(turn, [] if old else [Draft(notice, address) for address in wanted])
            raise

    def watch_silence(self) -> list[str]:
        """Tell of jobs that had no success for too long; their names."""
        now, silent = self.outside.clock.now(), []
        for name, task in self.jobs.tasks.items():
            state = self.store.state(name)
            addresses = silence_listeners(task.job.notify, state, now)
            if addresses and not state.paused_at:
                since = datetime.fromisoformat(state.last_success_at or state.known_since)
                notice = notice_of_silence(name, since, now)
                self.store.note_silence(name, [Draft(notice, address) for address in addresses], now)
                silent.append(name)
        return silent


def _values(verdict: Verdict) -> dict[str, Any]:
    return {each.name: getattr(verdict, each.name) for each in fields(Verdict)}


def _duplicate(earlier: Entry) -> Verdict:
    when = earlier.ended_at[:16].replace("T", " ")
    words = (
        f"The same content was imported on {when} UTC as {Path(earlier.path).name} (run {earlier.run or 'unknown'}); "
        "nothing was sent again."
    )
    remedy = "To send it again on purpose: importer run FILE -m MAPPING --again REASON"
    return Verdict(Result.DUPLICATE, 0, words, remedy, outline=words)


def _is_still(path: Path, entry: Entry) -> bool:
    """Whether the file holds what was imported; a file that was only touched does."""
    try:
        info = path.stat()
        return (info.st_size, info.st_mtime_ns, info.st_ino) == entry.signature or source_hash(path) == entry.sha
    except (OSError, ImporterError):
        return False
