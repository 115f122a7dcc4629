"""Several machines that work on the same jobs: locks that hold among all of them, and which of them are still there.

Locks of PostgreSQL end with their connection, so with their process, however it ends; none is judged by its age.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from importer.core.errors import ImporterError, LedgerError
from importer.core.redaction import Secret
from importer.jobs.engine.locks import held_lock

if TYPE_CHECKING:
    from importer.ledger.postgres.connecting import Database, RawConnection

_log = logging.getLogger(__name__)
_TRIES, _TRY_SECONDS = 240, 0.25
_TAKE, _LET_GO = "SELECT pg_try_advisory_lock(%s)", "SELECT pg_advisory_unlock_all()"

Hold = Callable[[str], AbstractContextManager[bool]]
"""Holds the lock of a name while its block runs; false when somebody else holds it."""


def holding(home: Path, shared: Secret | None) -> Hold:
    """The locks of the jobs: of this machine, or in the database ``shared``, for all machines that use it.

    Holding one raises :class:`LedgerError` when its file or database cannot be used.
    """
    if shared is None:
        return lambda name: held_lock(home, name)
    peers = Peers(shared)
    return peers.hold


class Peers:
    """The machines that share a database. Raises :class:`LedgerError` when it cannot be used."""

    def __init__(self, shared: Secret) -> None:
        from importer.ledger.factory import require_driver

        require_driver()
        from importer.ledger.postgres.connecting import Database

        self._database: Database = Database.of(shared)
        self._guard = threading.Lock()
        self._ours: RawConnection | None = None

    @contextmanager
    def hold(self, name: str) -> Iterator[bool]:
        """Hold the lock called ``name`` while the block runs; false when somebody else holds it."""
        connection = self._connect()
        try:
            yield self._take(connection, name)
        finally:
            self._close(connection)

    @contextmanager
    def alone(self, name: str, pause: Callable[[float], None]) -> Iterator[None]:
        """Hold the lock called ``name``, after waiting for others, for a minute at most."""
        connection = self._connect()
        try:
            for _ in range(_TRIES):
                if self._take(connection, name):
                    break
                pause(_TRY_SECONDS)
            else:
                raise LedgerError(
                    "Another start has been preparing the database of the jobs for a minute.",
                    "Wait until it has ended, then start again.",
                )
            yield
        finally:
            self._close(connection)

    def appear(self, worker: str) -> None:
        """Say that ``worker``, which is this process, is there, until it ends or :meth:`leave` is called.

        Call it again now and then: the connection may have been lost, as by a new start of the server.
        """
        with self._guard:
            connection, self._ours = self._ours, None
            if connection is not None:
                try:
                    # Who has the lock of a session may take it once more.
                    self._take(connection, _presence(worker))
                    self._ours = connection
                    return
                except ImporterError:
                    self._close(connection)
            connection = self._connect()
            self._take(connection, _presence(worker))
            self._ours = connection

    def leave(self) -> None:
        """Say that this process is not there any more."""
        with self._guard:
            if self._ours is not None:
                self._close(self._ours)
                self._ours = None

    def gone(self, workers: set[str]) -> list[str]:
        """Those of ``workers`` whose process has ended."""
        connection = self._connect() if workers else None
        if connection is None:
            return []
        try:
            return [worker for worker in sorted(workers) if self._take(connection, _presence(worker))]
        finally:
            self._close(connection)

    def _connect(self) -> RawConnection:
        with self._database.translated():
            return self._database.connect(autocommit=True)

    def _take(self, connection: RawConnection, name: str) -> bool:
        from importer.ledger.postgres.connecting import lock_number

        with self._database.translated(), self._database.watched(connection):
            answer = connection.execute(_TAKE, (lock_number(f"jobs\x1f{name}"),)).fetchone()
        return answer is not None and bool(answer[0])

    def _close(self, connection: RawConnection) -> None:
        """Given back by hand: the server may take a moment to notice that the connection was closed."""
        import psycopg

        try:
            with self._database.watched(connection):
                connection.execute(_LET_GO)
        except (psycopg.Error, OSError):
            _log.debug("A lock was lost with its connection.")
        finally:
            connection.close()


def _presence(worker: str) -> str:
    return f"worker {worker}"


def opening(shared: Secret | None, pause: Callable[[float], None]) -> AbstractContextManager[None]:
    """Around the making of tables: two machines that start at the same time make them one after the other."""
    return nullcontext() if shared is None else Peers(shared).alone("opening", pause)
