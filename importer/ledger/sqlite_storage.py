"""The ledger's tables in a file of this computer: each write is one exclusive transaction."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from typing import TypeVar

from sqlalchemy import Connection, Engine

from importer.core.errors import LedgerError
from importer.ledger import sqlite_file
from importer.ledger.integrity.file_guard import FileGuard
from importer.ledger.lock import sender_lock
from importer.ledger.model import Sender
from importer.ledger.operations.calls import any_unfinished
from importer.ledger.sqlite_file import FileFaultError, translate_errors

T = TypeVar("T")


class SqliteStorage:
    """Implements :class:`importer.ledger.storage.Storage`. Belongs to the thread that opened it.

    After the disk failed a write, every further write fails too: what the disk returns afterwards cannot be trusted in
    this process.
    """

    def __init__(self, engine: Engine, guard: FileGuard, *, clock: Callable[[], datetime]) -> None:
        self.engine = engine
        self.guard = guard
        self._writer = engine.execution_options(writes=True)
        self._clock = clock
        self._failure: LedgerError | None = None

    def read(self, work: Callable[[Connection], T]) -> T:
        """Run ``work``, which changes nothing, in one transaction."""
        with translate_errors(self.guard.path), self.engine.begin() as connection:
            return work(connection)

    def write(self, work: Callable[[Connection], T]) -> T:
        """Run ``work`` in one transaction that is durable when this returns, or undo all of it."""
        with self._failing_for_good(), translate_errors(self.guard.path), self._writer.begin() as connection:
            return work(connection)

    @contextmanager
    def _failing_for_good(self) -> Iterator[None]:
        """Refuse a write after one has failed, and remember a failure."""
        if self._failure is not None:
            raise LedgerError(self._failure.message, self._failure.remedy)
        try:
            yield
        except FileFaultError as fault:
            if not fault.transient:
                self._failure = fault
            raise

    def check_before_calls(self, connection: Connection, accounts: Collection[str]) -> None:
        """Raise :class:`LedgerError` when the file is no longer in its place."""
        self.guard.check_in_place()

    def note_last_call(self, number: int) -> None:
        """Write the number into the witness file."""
        with self._failing_for_good():
            self.guard.note_call(number)

    def sender(self, account: str, run_id: str) -> AbstractContextManager[Sender]:
        """Hold the account's lock file."""
        return sender_lock(self.guard.path.parent, account, clock=self._clock, run_id=run_id)

    def compact(self) -> int:
        """Return unused space to the disk when it is a quarter of the file or more; return the number of bytes."""
        with translate_errors(self.guard.path):
            return sqlite_file.compact(self.engine, self.guard.path)

    def close(self) -> None:
        """Close the file, and note whether no write failed and no call was left unfinished."""
        try:
            clean = self._failure is None and not self.read(any_unfinished)
        except LedgerError:
            clean = False
        self.engine.dispose()
        self.guard.presence.leave(clean=clean)
