"""Transactions over a connection that may break: each change is committed exactly once, or an error is raised.

**The rule.** A transaction that the server has certainly undone is done again. One whose commit got no answer is
looked up first: every transaction also raises the number in this writer's own line from n-1 to n, so the number that is
found there afterwards says whether it was committed. While an older connection may still be busy with it, that line is
locked, and the look-up waits.

Isolation is REPEATABLE READ: what a transaction read and then changes has not been changed by others in between, or the
server undoes it; and what it found missing and then inserts is under a unique key. The ledger's checks are all of these
two kinds, so together with its comparisons (:mod:`importer.ledger.changes`) nothing is left to the exclusive lock on
which the ledger in a file relies.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

import psycopg
from sqlalchemy import Connection, Engine, delete, func, select, update
from sqlalchemy.exc import DBAPIError

from importer.core.errors import LedgerError
from importer.ledger.changes import refusal
from importer.ledger.model import Sender
from importer.ledger.postgres.connection import Database, Meaning, Pause, driver_error, meaning_of
from importer.ledger.postgres.sender_lock import DatabaseSender, hold_sender, refuse_superseded
from importer.ledger.postgres.tables import writers

T = TypeVar("T")

PAUSES = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 3.0, 5.0, 5.0, 5.0)
"""Seconds between attempts: half a minute in all, in which a server can restart."""

_MOST_TAKEN = 3
_UNDONE = "Nothing of the last change was written."
_UNKNOWN = "Whether the last change was written is not known; the next start finds out."


@dataclass(slots=True)
class _Change:
    """A change in progress. ``asked``: its commit was requested and not certainly refused; ``claimed``: the latest
    attempt found nothing of earlier ones; ``taken``: how often another writer was faster."""

    number: int
    asked: bool = False
    claimed: bool = False
    taken: int = 0

    def refused(self) -> None:
        """Note that the server has certainly undone the latest attempt."""
        if self.claimed:
            self.asked = False


class PostgresStorage:
    """Implements :class:`importer.ledger.storage.Storage`. ``writer`` has a line in the table of writers.

    Belongs to the thread that opened it. While it holds an account's sender lock, calls of that account begin only
    under it.
    """

    def __init__(
        self,
        engine: Engine,
        database: Database,
        writer: str,
        *,
        clock: Callable[[], datetime],
        pause: Pause = time.sleep,
        randomness: Callable[[], float] = random.random,
    ) -> None:
        self.engine = engine
        self._database = database
        self._writer = writer
        self._clock = clock
        self._pause = pause
        self._randomness = randomness
        self._number = 0
        self._failure: LedgerError | None = None
        self._sending: dict[str, DatabaseSender] = {}

    def read(self, work: Callable[[Connection], T]) -> T:
        """Run ``work``, which changes nothing, in one transaction; again when the connection breaks."""
        pauses = iter(PAUSES)
        while True:
            try:
                with self._transaction() as connection:
                    return work(connection)
            except (DBAPIError, psycopg.Error) as error:
                failure = driver_error(error)
            pause = next(pauses, None)
            if pause is None or meaning_of(failure) not in (Meaning.LOST, Meaning.PASSING):
                raise self._database.fault(failure)
            self._wait(pause)

    def write(self, work: Callable[[Connection], T]) -> T:
        """Run ``work`` in one transaction that is durable when this returns, or undo all of it.

        Raises :class:`LedgerError`. When it is not known whether the work was committed, this object makes no
        further change.
        """
        if self._failure is not None:
            raise LedgerError(self._failure.message, self._failure.remedy)
        change = _Change(self._number + 1)
        results: list[T] = []
        pauses = iter(PAUSES)
        while True:
            try:
                self._attempt(change, work, results)
                self._number = change.number
                return results[-1]
            except (DBAPIError, psycopg.Error) as error:
                failure = driver_error(error)
            pause = next(pauses, None)
            self._raise_unless_repeatable(failure, change, last=pause is None)
            self._wait(pause or 0.0)

    def _attempt(self, change: _Change, work: Callable[[Connection], T], results: list[T]) -> None:
        change.claimed = False
        with self._transaction() as connection:
            if not self._claim(connection, change):
                return
            # Nothing of an earlier attempt was committed, and nothing of it ever will be.
            change.claimed, change.asked = True, False
            results.append(work(connection))
            change.asked = True

    def _claim(self, connection: Connection, change: _Change) -> bool:
        """Raise this writer's number; false when an earlier attempt has done so, and with it all of its work."""
        own = writers.c.id == self._writer
        raised = update(writers).where(own, writers.c.number == change.number - 1)
        if connection.execute(raised.values(number=change.number, used_at=func.now())).rowcount:
            return True
        found = connection.execute(select(writers.c.number).where(own)).scalar_one_or_none()
        if found != change.number or not change.asked:
            raise LedgerError(
                f"The ledger in {self._database.place} was replaced while it was in use.",
                "Find out whether a backup was restored. What was sent lately may be missing in it.",
            )
        return False

    def check_before_calls(self, connection: Connection, accounts: Collection[str]) -> None:
        """Raise :class:`LedgerError` when another process has taken over the sending to an account."""
        for account in sorted(accounts):
            held = self._sending.get(account)
            if held is not None:
                refuse_superseded(connection, account, held.epoch)

    def note_last_call(self, number: int) -> None:
        """Do nothing: the server's own marks tell when a database was brought back to an earlier state."""

    @contextmanager
    def sender(self, account: str, run_id: str) -> Iterator[Sender]:
        """Hold the account's sender lock in the database."""
        with hold_sender(self._database, account, clock=self._clock, run_id=run_id) as held:
            self._sending[account] = held
            try:
                yield held
            finally:
                del self._sending[account]

    def compact(self) -> int:
        """Do nothing and return 0: the server looks after its own disk."""
        return 0

    def close(self) -> None:
        """Delete this writer's line, and close the connection. A line that stays behind does no harm."""
        with suppress(DBAPIError, psycopg.Error, LedgerError), self._transaction() as connection:
            connection.execute(delete(writers).where(writers.c.id == self._writer))
        self.engine.dispose()

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        with self.engine.connect() as connection, self._database.deadline_within(connection), connection.begin():
            yield connection

    def _raise_unless_repeatable(self, error: psycopg.Error, change: _Change, *, last: bool) -> None:
        """Raise :class:`LedgerError` unless the change may be tried again."""
        meaning = meaning_of(error)
        if meaning is not Meaning.LOST:
            change.refused()
        if meaning is Meaning.TAKEN:
            change.taken += 1
            if change.taken >= _MOST_TAKEN:
                raise refusal("The ledger was changed by another process at the same time.")
        if last or meaning is Meaning.FINAL:
            fault = self._database.fault(error, _UNKNOWN if change.asked else _UNDONE)
            if change.asked:
                self._failure = fault
            raise fault

    def _wait(self, seconds: float) -> None:
        # The random factor keeps programs that collided from colliding again.
        self._pause(seconds * (0.5 + self._randomness()))
