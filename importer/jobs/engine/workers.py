"""Locks of the jobs, and the registry of the machines that work on the same jobs.

Without a shared database a lock is a kernel lock on a file, else an advisory lock of PostgreSQL. Both end with their
process, however it ends; none is judged by its age.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from importer.core.errors import ImporterError, LedgerError
from importer.core.platform import open_private, try_lock
from importer.core.redaction import Secret

if TYPE_CHECKING:
    from importer.ledger import Database, RawConnection

_log = logging.getLogger(__name__)
_TRIES, _TRY_SECONDS = 240, 0.25
_TRY_LOCK, _UNLOCK_ALL = "SELECT pg_try_advisory_lock(%s)", "SELECT pg_advisory_unlock_all()"

HoldLock = Callable[[str], AbstractContextManager[bool]]
"""Holds the lock of a name while its block runs; yields false when another process holds it."""


@contextmanager
def file_lock(home: Path, name: str) -> Iterator[bool]:
    """Hold the lock file called ``name`` while the block runs; yield false when another process holds it.

    Raises :class:`LedgerError` when its file cannot be used.
    """
    path = home / "locks" / f"jobs-{name}.lock"
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = open_private(path, os.O_RDWR | os.O_CREAT)
    except OSError as error:
        raise LedgerError(
            f"The lock file {path} cannot be used: {error.strerror or error}.",
            "Check the rights of the folder, and that IMPORTER_HOME is on a disk of this computer.",
        ) from None
    try:
        yield try_lock(descriptor)
    finally:
        os.close(descriptor)


def job_locks(home: Path, shared: Secret | None) -> HoldLock:
    """Return the locks of the jobs: of this machine, or in the database ``shared`` for all machines that use it.

    Holding one raises :class:`LedgerError` when its file or database cannot be used.
    """
    return WorkerRegistry(shared).hold if shared is not None else lambda name: file_lock(home, name)


def exclusive_start(shared: Secret | None, pause: Callable[[float], None]) -> AbstractContextManager[None]:
    """Let machines that start at the same time make the tables of a ``shared`` database one after the other."""
    return nullcontext() if shared is None else WorkerRegistry(shared).wait_for("opening", pause)


class WorkerRegistry:
    """The machines that share a database, each known by a lock. Raises :class:`LedgerError` when it cannot be used."""

    def __init__(self, shared: Secret) -> None:
        from importer.ledger import require_driver

        require_driver()
        from importer.ledger import Database

        self._database: Database = Database.of(shared)
        self._guard = threading.Lock()
        self._ours: RawConnection | None = None

    @contextmanager
    def hold(self, name: str) -> Iterator[bool]:
        """Hold the lock called ``name`` while the block runs; yield false when another process holds it."""
        connection = self._connect()
        try:
            yield self._try_lock(connection, name)
        finally:
            self._close(connection)

    @contextmanager
    def wait_for(self, name: str, pause: Callable[[float], None]) -> Iterator[None]:
        """Hold the lock called ``name`` while the block runs, after waiting for others, for a minute at most."""
        connection = self._connect()
        try:
            for _ in range(_TRIES):
                if self._try_lock(connection, name):
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

    def announce(self, worker: str) -> None:
        """Register ``worker``, which is this process, until it ends or :meth:`withdraw` is called.

        Call it again now and then: the connection may have been lost, as by a restart of the server.
        """
        with self._guard:
            connection, self._ours = self._ours, None
            if connection is not None:
                try:
                    # The session that has a lock may take it once more.
                    self._try_lock(connection, f"worker {worker}")
                    self._ours = connection
                    return
                except ImporterError:
                    self._close(connection)
            connection = self._connect()
            self._try_lock(connection, f"worker {worker}")
            self._ours = connection

    def withdraw(self) -> None:
        """Remove this process from the registry."""
        with self._guard:
            if self._ours is not None:
                self._close(self._ours)
                self._ours = None

    def find_ended(self, workers: set[str]) -> list[str]:
        """Return those of ``workers`` whose process has ended: their locks are free."""
        if not workers:
            return []
        connection = self._connect()
        try:
            return [worker for worker in sorted(workers) if self._try_lock(connection, f"worker {worker}")]
        finally:
            self._close(connection)

    def _connect(self) -> RawConnection:
        with self._database.translated_errors():
            return self._database.connect(autocommit=True)

    def _try_lock(self, connection: RawConnection, name: str) -> bool:
        from importer.ledger import advisory_lock_number

        with self._database.translated_errors(), self._database.with_deadline(connection):
            answer = connection.execute(_TRY_LOCK, (advisory_lock_number(f"jobs\x1f{name}"),)).fetchone()
        return answer is not None and bool(answer[0])

    def _close(self, connection: RawConnection) -> None:
        """Unlock before closing: the server may take a moment to notice that the connection was closed."""
        import psycopg

        try:
            with self._database.with_deadline(connection):
                connection.execute(_UNLOCK_ALL)
        except (psycopg.Error, OSError):
            _log.debug("A lock was lost with its connection.")
        finally:
            connection.close()
