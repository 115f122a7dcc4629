"""The jobs' own memory: which files were taken and what became of them, what is paused, and what was done when.

Nothing here keeps a row from being doubled: that is the ledger's, and it holds whatever is lost here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Row, Table, and_, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError

from importer.core.errors import LedgerError
from importer.core.time import iso
from importer.jobs.files.inbox import Seen
from importer.jobs.notifications.outbox import Draft, Letter, LetterState, letter, put
from importer.jobs.store.tables import bring_up_to_date, files, jobs, outbox, schedules, sightings, turns


class State(StrEnum):
    """How far a file is."""

    TAKEN = "taken"
    HELD = "held"
    APPROVED = "approved"
    IMPORTED = "imported"
    ARCHIVED = "archived"


class Result(StrEnum):
    """How a file or a turn ended."""

    DONE = "done"
    PROBLEMS = "problems"
    DUPLICATE = "duplicate"
    FAILED = "failed"
    HELD = "held"
    INTERRUPTED = "interrupted"
    ERROR = "error"
    BUSY = "busy"
    PAUSED = "paused"
    NOTHING = "nothing"


WELL = (Result.DONE, Result.PROBLEMS, Result.DUPLICATE)
"""Ends after which the content of a file is in the CRM, as far as it can be."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A file that a job took, as the memory has it."""

    id: int
    job: str
    path: str
    sha: str
    size: int
    mtime_ns: int
    inode: int
    state: str
    outcome: str
    attempts: int
    mapping_sha: str
    taken_at: str
    ended_at: str
    run: str
    exit_status: int
    rows: int
    problems: int
    message: str
    remedy: str
    results: str
    report: str
    archive: str
    approved_by: str
    counts: Mapping[str, int]
    codes: Mapping[str, int]
    outline: str

    @property
    def signature(self) -> tuple[int, int, int]:
        """What the file looked like when it was taken."""
        return self.size, self.mtime_ns, self.inode


@dataclass(frozen=True, slots=True)
class Turn:
    """One time that a job did something. ``cause`` is schedule, catch-up, after or hand."""

    job: str
    cause: str
    due_at: str
    started_at: str
    ended_at: str
    outcome: str
    exit_status: int
    files: int
    rows: int
    message: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class JobState:
    """What is known of a job as a whole; an empty ``paused_at`` means that it is not paused."""

    job: str
    paused_at: str = ""
    paused_by: str = ""
    paused_why: str = ""
    known_since: str = ""
    last_success_at: str = ""
    silence_told_at: str = ""


_ENTRY = tuple(field.name for field in fields(Entry))
_TURN = tuple(field.name for field in fields(Turn))
_STATE = tuple(field.name for field in fields(JobState))


class JobStore:
    """The memory over one database. Every method is a transaction of its own; raises :class:`LedgerError`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        with self._transaction() as connection:
            bring_up_to_date(connection)

    def close(self) -> None:
        """Give the database back."""
        self._engine.dispose()

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        try:
            with self._engine.begin() as connection:
                yield connection
        except DBAPIError as error:
            told = " ".join(str(error.orig).split()).rstrip(".")
            raise LedgerError(
                f"The memory of the jobs cannot be used: {told}.",
                "Check the disk and rights of IMPORTER_HOME, or the database that IMPORTER_JOBS_DATABASE names.",
            ) from None

    # Files

    def take(self, job: str, seen: Seen, sha: str, mapping_sha: str, now: datetime) -> Entry:
        """Note that ``job`` takes a file; its entry."""
        values = {
            "job": job,
            "path": str(seen.path),
            "sha": sha,
            "size": seen.size,
            "mtime_ns": seen.mtime_ns,
            "inode": seen.inode,
            "state": State.TAKEN.value,
            "mapping_sha": mapping_sha,
            "taken_at": iso(now),
        }
        with self._transaction() as connection:
            number = connection.execute(insert(files).values(values).returning(files.c.id)).scalar_one()
            return _entry(connection.execute(select(files).where(files.c.id == number)).one())

    def change(self, number: int, **values: Any) -> Entry:
        """Change the entry ``number``; the new entry."""
        with self._transaction() as connection:
            connection.execute(update(files).where(files.c.id == number).values(values))
            return _entry(connection.execute(select(files).where(files.c.id == number)).one())

    def entry(self, number: int) -> Entry:
        """The entry ``number``."""
        with self._transaction() as connection:
            return _entry(connection.execute(select(files).where(files.c.id == number)).one())

    def entries(self, job: str | None = None, states: Sequence[State] = (), newest: int = 0) -> list[Entry]:
        """Entries in the order in which they were taken, or the ``newest`` so many, newest first."""
        query = select(files).order_by(files.c.id.desc() if newest else files.c.id)
        if job is not None:
            query = query.where(files.c.job == job)
        if states:
            query = query.where(files.c.state.in_([state.value for state in states]))
        if newest:
            query = query.limit(newest)
        with self._transaction() as connection:
            return [_entry(row) for row in connection.execute(query)]

    def imported_before(self, job: str, sha: str) -> Entry | None:
        """The first file of ``job`` with this content that came to a good end, if there is one."""
        good = files.c.outcome.in_([result.value for result in WELL])
        query = select(files).where(and_(files.c.job == job, files.c.sha == sha, good)).order_by(files.c.id).limit(1)
        with self._transaction() as connection:
            row = connection.execute(query).one_or_none()
            return None if row is None else _entry(row)

    def unfinished(self, job: str, sha: str) -> Entry | None:
        """The entry of ``job`` for this content that has not come to an end, if there is one."""
        going = files.c.state.in_([State.TAKEN.value, State.HELD.value, State.APPROVED.value])
        query = select(files).where(and_(files.c.job == job, files.c.sha == sha, going)).order_by(files.c.id).limit(1)
        with self._transaction() as connection:
            row = connection.execute(query).one_or_none()
            return None if row is None else _entry(row)

    def waiting(self, job: str) -> tuple[dict[str, int], str]:
        """How many files of ``job`` are in each state but archived, and when the oldest taken was (empty: none).

        ``arriving`` are those that are there and not yet stable.
        """
        going = (files.c.job == job, files.c.state != State.ARCHIVED.value)
        by_state = select(files.c.state, func.count(), func.min(files.c.taken_at)).where(*going).group_by(files.c.state)
        arriving = select(func.count()).select_from(sightings).where(sightings.c.job == job)
        with self._transaction() as connection:
            rows = connection.execute(by_state).all()
            found = {state: count for state, count, _ in rows}
            found["arriving"] = connection.execute(arriving).scalar_one()
        return found, min((at for *_, at in rows), default="")

    def jobs_of_runs(self) -> dict[str, str]:
        """Which job began each run."""
        with self._transaction() as connection:
            found = connection.execute(select(files.c.run, files.c.job).where(files.c.run != ""))
            return {row.run: row.job for row in found}

    # Sightings

    def sightings(self, job: str) -> dict[Seen, str]:
        """Files that were not yet stable when they were last looked at, and since when they look like that."""
        with self._transaction() as connection:
            rows = connection.execute(select(sightings).where(sightings.c.job == job)).all()
        return {Seen(Path(row.path), row.size, row.mtime_ns, row.inode): row.since for row in rows}

    def keep_sightings(self, job: str, seen: Mapping[Seen, str]) -> None:
        """Replace the sightings of ``job``."""
        with self._transaction() as connection:
            connection.execute(delete(sightings).where(sightings.c.job == job))
            for one, since in seen.items():
                values = {"size": one.size, "mtime_ns": one.mtime_ns, "inode": one.inode, "since": since}
                connection.execute(insert(sightings).values(job=job, path=str(one.path), **values))

    # Turns

    def add_turn(self, turn: Turn, drafts: Sequence[Draft] = ()) -> None:
        """Note what a job did, and with it what is to be told of it."""
        with self._transaction() as connection:
            connection.execute(insert(turns).values({name: getattr(turn, name) for name in _TURN}))
            put(connection, drafts, turn.ended_at)

    def turns(self, job: str | None, newest: int) -> list[Turn]:
        """The newest turns, newest first."""
        query = select(turns).order_by(turns.c.id.desc()).limit(newest)
        if job is not None:
            query = query.where(turns.c.job == job)
        with self._transaction() as connection:
            return [Turn(**_picked(row, _TURN)) for row in connection.execute(query)]

    def forget_turns(self, before: datetime) -> int:
        """Remove turns that ended before then, but the newest of each job; how many. Files stay known."""
        newest = select(func.max(turns.c.id)).group_by(turns.c.job)
        old = delete(turns).where(turns.c.ended_at < iso(before), turns.c.id.not_in(newest))
        with self._transaction() as connection:
            return connection.execute(old).rowcount

    # Jobs

    def state(self, job: str) -> JobState:
        """What is known of ``job``."""
        with self._transaction() as connection:
            row = connection.execute(select(jobs).where(jobs.c.job == job)).one_or_none()
        return JobState(job) if row is None else JobState(**_picked(row, _STATE))

    def change_state(self, job: str, **values: str) -> None:
        """Change what is known of ``job``."""
        with self._transaction() as connection:
            _put(connection, jobs, job, values)

    def owed_since(self, job: str, schedule: str, begin: str) -> str:
        """The time after which the times of ``schedule`` are owed: ``begin`` when it is new or was changed."""
        with self._transaction() as connection:
            row = connection.execute(select(schedules).where(schedules.c.job == job)).one_or_none()
            if row is not None and row.schedule == schedule:
                return str(row.owed_since)
            _put(connection, schedules, job, {"schedule": schedule, "owed_since": begin})
            return begin

    def made_up(self, job: str, until: str) -> None:
        """The times of the job's schedule up to ``until`` are made up for."""
        with self._transaction() as connection:
            _put(connection, schedules, job, {"owed_since": until})

    def note_silence(self, job: str, drafts: Sequence[Draft], now: datetime) -> None:
        """Note that the silence of ``job`` is told, and what is told of it."""
        with self._transaction() as connection:
            _put(connection, jobs, job, {"silence_told_at": iso(now)})
            put(connection, drafts, iso(now))

    # Notifications

    def letters(
        self, jobs: Collection[str] | None = None, states: Sequence[LetterState] = (), newest: int = 0
    ) -> list[Letter]:
        """Notifications of ``jobs`` in the order in which they were written, or the ``newest``, newest first."""
        query = select(outbox).order_by(outbox.c.id.desc() if newest else outbox.c.id)
        if jobs is not None:
            query = query.where(outbox.c.job.in_(jobs))
        if states:
            query = query.where(outbox.c.state.in_([state.value for state in states]))
        if newest:
            query = query.limit(newest)
        with self._transaction() as connection:
            return [letter(row) for row in connection.execute(query)]

    def due_letters(self, jobs: Collection[str], now: datetime) -> list[Letter]:
        """What is to be sent for ``jobs`` now; what was tried least often comes first."""
        query = select(outbox).where(
            outbox.c.job.in_(jobs), outbox.c.state == LetterState.WAITING.value, outbox.c.next_at <= iso(now)
        )
        with self._transaction() as connection:
            return [letter(row) for row in connection.execute(query.order_by(outbox.c.attempts, outbox.c.id))]

    def claim_letter(self, found: Letter, next_at: datetime) -> bool:
        """Note one more attempt, with the time of the next, before it begins; False when somebody else was faster."""
        query = update(outbox).where(
            outbox.c.id == found.id,
            outbox.c.attempts == found.attempts,
            outbox.c.state == LetterState.WAITING.value,
        )
        with self._transaction() as connection:
            return connection.execute(query.values(attempts=found.attempts + 1, next_at=iso(next_at))).rowcount == 1

    def change_letter(self, number: int, **values: str) -> None:
        """Change the notification ``number``."""
        with self._transaction() as connection:
            connection.execute(update(outbox).where(outbox.c.id == number).values(values))

    def told_since(self, job: str, outcome: str, since: datetime) -> bool:
        """Whether a notification of this end of ``job`` was written after ``since``."""
        query = select(outbox.c.id).where(
            outbox.c.job == job, outbox.c.outcome == outcome, outbox.c.created_at > iso(since)
        )
        with self._transaction() as connection:
            return connection.execute(query.limit(1)).first() is not None

    def forget_letters(self, before: datetime) -> int:
        """Remove notifications that came to their end before that time; how many."""
        over = and_(outbox.c.state != LetterState.WAITING.value, outbox.c.ended_at < iso(before))
        with self._transaction() as connection:
            return connection.execute(delete(outbox).where(over)).rowcount


def _put(connection: Connection, table: Table, job: str, values: Mapping[str, str]) -> None:
    """Change the line of ``job``, or write its first one; another process may do the same at this moment."""
    new = (postgresql if connection.dialect.name == "postgresql" else sqlite).insert(table)
    line = new.values(job=job, **values).on_conflict_do_update(index_elements=["job"], set_=dict(values))
    connection.execute(line)


def _entry(row: Row[Any]) -> Entry:
    return Entry(**_picked(row, _ENTRY))


def _picked(row: Row[Any], names: Sequence[str]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}
