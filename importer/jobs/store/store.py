"""The jobs' database: claimed files and their results, runs, paused jobs, and the outbox of notifications.

Nothing here keeps a row from being sent twice: that is the ledger's task, and it does so whatever is lost here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, Row, Select, Table, and_, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError

from importer.core.errors import LedgerError
from importer.core.model import Status
from importer.core.time import format_iso
from importer.jobs.files.inbox import InboxFile
from importer.jobs.store.database import files, jobs, migrate_tables, outbox, schedules, sightings, turns
from importer.jobs.store.records import (
    IMPORTED_OUTCOMES,
    FileRecord,
    FileState,
    JobRun,
    JobState,
    NotificationState,
    PendingNotification,
    StoredNotification,
)

_Record = TypeVar("_Record", FileRecord, JobRun, JobState, StoredNotification)
_WAITING = NotificationState.WAITING.value


class JobStore:
    """The records in one database. Every method is a transaction of its own; raises :class:`LedgerError`."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        with self._transaction() as connection:
            migrate_tables(connection)

    def close(self) -> None:
        """Close the connections to the database."""
        self._engine.dispose()

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        try:
            with self._engine.begin() as connection:
                yield connection
        except DBAPIError as error:
            reason = " ".join(str(error.orig).split()).rstrip(".")
            raise LedgerError(
                f"The memory of the jobs cannot be used: {reason}.",
                "Check the disk and rights of IMPORTER_HOME, or the database that IMPORTER_JOBS_DATABASE names.",
            ) from None

    def _read(self, kind: type[_Record], query: Select[Any]) -> list[_Record]:
        with self._transaction() as connection:
            return [_record(kind, row) for row in connection.execute(query)]

    # Files

    def add_file(self, job: str, seen: InboxFile, sha: str, mapping_sha: str, now: datetime) -> FileRecord:
        """Store that ``job`` claims a file; return its record."""
        values = {
            "job": job,
            "path": str(seen.path),
            "sha": sha,
            "size": seen.size,
            "mtime_ns": seen.mtime_ns,
            "inode": seen.inode,
            "state": FileState.TAKEN.value,
            "mapping_sha": mapping_sha,
            "taken_at": format_iso(now),
        }
        with self._transaction() as connection:
            number = connection.execute(insert(files).values(values).returning(files.c.id)).scalar_one()
            return _record(FileRecord, connection.execute(select(files).where(files.c.id == number)).one())

    def update_file(self, number: int, **values: Any) -> FileRecord:
        """Change the file with the number ``number``; return its new record."""
        with self._transaction() as connection:
            connection.execute(update(files).where(files.c.id == number).values(values))
            return _record(FileRecord, connection.execute(select(files).where(files.c.id == number)).one())

    def file_record(self, number: int) -> FileRecord:
        """Return the file with the number ``number``."""
        return self._read(FileRecord, select(files).where(files.c.id == number))[0]

    def file_records(
        self, job: str | None = None, states: Sequence[FileState] = (), newest: int = 0
    ) -> list[FileRecord]:
        """Return files in the order in which they were claimed, or the ``newest`` so many, newest first."""
        query = select(files).order_by(files.c.id.desc() if newest else files.c.id)
        if job is not None:
            query = query.where(files.c.job == job)
        if states:
            query = query.where(files.c.state.in_([state.value for state in states]))
        return self._read(FileRecord, query.limit(newest) if newest else query)

    def imported_before(self, job: str, sha: str) -> FileRecord | None:
        """Return the first file of ``job`` with this content that was imported, if there is one."""
        return self._first_file(job, sha, files.c.outcome.in_([outcome.value for outcome in IMPORTED_OUTCOMES]))

    def unfinished(self, job: str, sha: str) -> FileRecord | None:
        """Return the file of ``job`` with this content that has no final result yet, if there is one."""
        states = (FileState.TAKEN, FileState.HELD, FileState.APPROVED)
        return self._first_file(job, sha, files.c.state.in_([state.value for state in states]))

    def _first_file(self, job: str, sha: str, condition: Any) -> FileRecord | None:
        query = select(files).where(and_(files.c.job == job, files.c.sha == sha, condition)).order_by(files.c.id)
        return next(iter(self._read(FileRecord, query.limit(1))), None)

    def count_waiting(self, job: str) -> tuple[dict[str, int], str]:
        """Count the files of ``job`` by state, without archived ones, and return when the oldest was claimed (or "").

        ``arriving`` are those that are there and not yet stable.
        """
        waiting = (files.c.job == job, files.c.state != FileState.ARCHIVED.value)
        states = select(files.c.state, func.count(), func.min(files.c.taken_at)).where(*waiting).group_by(files.c.state)
        arriving = select(func.count()).select_from(sightings).where(sightings.c.job == job)
        with self._transaction() as connection:
            rows = connection.execute(states).all()
            counts = {state: count for state, count, _ in rows}
            counts["arriving"] = connection.execute(arriving).scalar_one()
        return counts, min((at for *_, at in rows), default="")

    def jobs_by_run(self) -> dict[str, str]:
        """Return the job of each run of the ledger that a job began."""
        with self._transaction() as connection:
            found = connection.execute(select(files.c.run, files.c.job).where(files.c.run != ""))
            return {row.run: row.job for row in found}

    def invalid_rows_without_run(self, job: str) -> int:
        """Count the invalid rows of the files of ``job`` for which no run was begun."""
        query = select(files.c.counts).where(files.c.job == job, files.c.run == "", files.c.rows > 0)
        with self._transaction() as connection:
            return sum(counts.get(Status.INVALID.value, 0) for counts in connection.execute(query).scalars())

    # Sightings

    def sightings(self, job: str) -> dict[InboxFile, str]:
        """Return the files that were not yet stable when they were last seen, and since when they are unchanged."""
        with self._transaction() as connection:
            rows = connection.execute(select(sightings).where(sightings.c.job == job)).all()
        return {InboxFile(Path(row.path), row.size, row.mtime_ns, row.inode): row.since for row in rows}

    def replace_sightings(self, job: str, seen: Mapping[InboxFile, str]) -> None:
        """Replace the sightings of ``job``."""
        with self._transaction() as connection:
            connection.execute(delete(sightings).where(sightings.c.job == job))
            for one, since in seen.items():
                values = {"size": one.size, "mtime_ns": one.mtime_ns, "inode": one.inode, "since": since}
                connection.execute(insert(sightings).values(job=job, path=str(one.path), **values))

    # Runs

    def add_run(self, run: JobRun, notifications: Sequence[PendingNotification] = ()) -> None:
        """Store a run and, in the same transaction, its notifications."""
        with self._transaction() as connection:
            connection.execute(insert(turns).values({each.name: getattr(run, each.name) for each in fields(JobRun)}))
            _add_notifications(connection, notifications, run.ended_at)

    def runs(self, job: str | None, newest: int) -> list[JobRun]:
        """Return the newest runs, newest first."""
        query = select(turns).order_by(turns.c.id.desc()).limit(newest)
        return self._read(JobRun, query if job is None else query.where(turns.c.job == job))

    def delete_old_runs(self, before: datetime) -> int:
        """Delete runs that ended before then, but the newest of each job; return how many. Files stay known."""
        newest = select(func.max(turns.c.id)).group_by(turns.c.job)
        old = delete(turns).where(turns.c.ended_at < format_iso(before), turns.c.id.not_in(newest))
        with self._transaction() as connection:
            return connection.execute(old).rowcount

    # Jobs

    def state(self, job: str) -> JobState:
        """Return the state of ``job``; that of a new job when nothing is stored of it."""
        return next(iter(self._read(JobState, select(jobs).where(jobs.c.job == job))), JobState(job))

    def update_job_state(self, job: str, **values: str) -> None:
        """Change the state of ``job``."""
        with self._transaction() as connection:
            _upsert(connection, jobs, job, values)

    def owed_since(self, job: str, schedule: str, begin: str) -> str:
        """Return the time after which the times of ``schedule`` are owed: ``begin`` when it is new or was changed."""
        with self._transaction() as connection:
            row = connection.execute(select(schedules).where(schedules.c.job == job)).one_or_none()
            if row is not None and row.schedule == schedule:
                return str(row.owed_since)
            _upsert(connection, schedules, job, {"schedule": schedule, "owed_since": begin})
            return begin

    def mark_caught_up(self, job: str, until: str) -> None:
        """Store that the times of the job's schedule up to ``until`` are caught up."""
        with self._transaction() as connection:
            _upsert(connection, schedules, job, {"owed_since": until})

    def add_notifications(self, notifications: Sequence[PendingNotification], now: datetime) -> None:
        """Store notifications that belong to no run."""
        with self._transaction() as connection:
            _add_notifications(connection, notifications, format_iso(now))

    def record_silence(self, job: str, notifications: Sequence[PendingNotification], now: datetime) -> None:
        """Store the notifications of the silence of ``job``, and that it was notified ``now``."""
        with self._transaction() as connection:
            _upsert(connection, jobs, job, {"silence_told_at": format_iso(now)})
            _add_notifications(connection, notifications, format_iso(now))

    # Notifications

    def notifications(
        self, jobs: Collection[str] | None = None, states: Sequence[NotificationState] = (), newest: int = 0
    ) -> list[StoredNotification]:
        """Return notifications of ``jobs`` in the order in which they were stored, or the ``newest``, newest first."""
        query = select(outbox).order_by(outbox.c.id.desc() if newest else outbox.c.id)
        if jobs is not None:
            query = query.where(outbox.c.job.in_(jobs))
        if states:
            query = query.where(outbox.c.state.in_([state.value for state in states]))
        return self._read(StoredNotification, query.limit(newest) if newest else query)

    def due_notifications(self, jobs: Collection[str], now: datetime) -> list[StoredNotification]:
        """Return the notifications to be sent for ``jobs`` now; those with the fewest attempts come first."""
        due = (outbox.c.job.in_(jobs), outbox.c.state == _WAITING, outbox.c.next_at <= format_iso(now))
        return self._read(StoredNotification, select(outbox).where(*due).order_by(outbox.c.attempts, outbox.c.id))

    def claim_notification(self, found: StoredNotification, next_at: datetime) -> bool:
        """Store one more attempt, with the time of the next, before it begins; return false if another was faster."""
        unchanged = (outbox.c.id == found.id, outbox.c.attempts == found.attempts, outbox.c.state == _WAITING)
        query = update(outbox).where(*unchanged).values(attempts=found.attempts + 1, next_at=format_iso(next_at))
        with self._transaction() as connection:
            return connection.execute(query).rowcount == 1

    def update_notification(self, number: int, **values: str) -> None:
        """Change the notification with the number ``number``."""
        with self._transaction() as connection:
            connection.execute(update(outbox).where(outbox.c.id == number).values(values))

    def notified_since(self, job: str, outcome: str, since: datetime) -> bool:
        """Return whether a notification of this outcome of ``job`` was stored after ``since``."""
        same = (outbox.c.job == job, outbox.c.outcome == outcome, outbox.c.created_at > format_iso(since))
        with self._transaction() as connection:
            return connection.execute(select(outbox.c.id).where(*same).limit(1)).first() is not None

    def delete_old_notifications(self, before: datetime) -> int:
        """Delete notifications that were sent or given up before that time; return how many."""
        with self._transaction() as connection:
            old = delete(outbox).where(outbox.c.state != _WAITING, outbox.c.ended_at < format_iso(before))
            return connection.execute(old).rowcount


def _add_notifications(connection: Connection, notifications: Sequence[PendingNotification], now: str) -> None:
    """Put notifications into the outbox, to be sent from ``now`` on."""
    for each in notifications:
        message, address = each.message, each.address
        place = {"env": address.env or "", "file": address.file or "", "credential": address.credential or ""}
        texts = {"job": message.job, "outcome": str(message.outcome), "title": message.title, "text": message.text}
        times = {"created_at": now, "next_at": now, "state": _WAITING}
        connection.execute(insert(outbox).values(**texts, **place, **times))


def _upsert(connection: Connection, table: Table, job: str, values: Mapping[str, str]) -> None:
    """Change the row of ``job``, or insert its first one; another process may do the same at this moment."""
    new = (postgresql if connection.dialect.name == "postgresql" else sqlite).insert(table)
    row = new.values(job=job, **values).on_conflict_do_update(index_elements=["job"], set_=dict(values))
    connection.execute(row)


def _record(kind: type[_Record], row: Row[Any]) -> _Record:
    return kind(**{each.name: getattr(row, each.name) for each in fields(kind)})
