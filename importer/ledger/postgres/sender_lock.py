"""The sender lock of a shared ledger: one sender per account on all machines, as long as one connection lasts.

The server drops the lock when the connection ends: with the process, however it ends, or when the machine or the
network between is gone for about a minute. The age of a lock does not matter. Each new holder also raises the
account's epoch; a call begins only under the newest one, so a sender that lost its connection unnoticed begins none.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime

import psycopg
from sqlalchemy import Connection, select

from importer.core.errors import AnotherRunActive, LedgerError
from importer.core.failpoints import reach
from importer.ledger.postgres.connection import Database, Pause, RawConnection, advisory_lock_number
from importer.ledger.postgres.tables import senders

_GRACE = (0.05, 0.1, 0.2, 0.4, 0.8)
"""Pauses in seconds between attempts: the server needs a moment to notice that the holder has just died."""

_RAISE = """
INSERT INTO senders (account, epoch, host, process, run_id, since)
VALUES (%(account)s, 1, %(host)s, %(pid)s, %(run)s, %(at)s)
ON CONFLICT (account) DO UPDATE SET epoch = senders.epoch + 1, host = excluded.host, process = excluded.process,
    run_id = excluded.run_id, since = excluded.since
RETURNING epoch"""
_OURS = "SELECT epoch FROM senders WHERE account = %s AND pg_backend_pid() = %s"


class DatabaseSender:
    """The right to send to one account, while its connection lasts."""

    def __init__(self, database: Database, connection: RawConnection, account: str, epoch: int) -> None:
        self.epoch = epoch
        self._database = database
        self._connection = connection
        self._account = account
        self._backend = connection.info.backend_pid
        self._lock = threading.Lock()
        self._lost = False

    def still_ours(self) -> bool:
        """Whether the connection still lasts and no other process has taken over. Once lost, it stays lost."""
        with self._lock:
            if not self._lost:
                self._lost = self._read_epoch() != self.epoch
            return not self._lost

    def _read_epoch(self) -> int | None:
        try:
            with self._database.with_deadline(self._connection):
                found = self._connection.execute(_OURS, (self._account, self._backend)).fetchone()
        except psycopg.Error:
            return None
        return int(found[0]) if found else None


@contextmanager
def hold_sender(
    database: Database, account: str, *, clock: Callable[[], datetime], run_id: str = "", pause: Pause = time.sleep
) -> Iterator[DatabaseSender]:
    """Hold the account's lock. ``clock`` and ``run_id`` are only shown in the message of a second sender.

    Raises :class:`AnotherRunActive` with the holder, and :class:`LedgerError` when the database cannot be used.
    """
    with database.translated_errors():
        connection = database.connect(autocommit=True)
    try:
        with database.translated_errors(), database.with_deadline(connection):
            if not _take(connection, account, pause):
                holder = _describe_holder(connection, account)
                raise AnotherRunActive(
                    f"Another import is sending to account {account} right now: {holder}.",
                    "Wait until it has ended, then run again. Nothing was sent by this one.",
                )
            reach("lock-taken")
            new_holder = {"account": account, "host": socket.gethostname(), "pid": os.getpid(), "run": run_id}
            raised = connection.execute(_RAISE, {**new_holder, "at": clock().isoformat()}).fetchone()
        assert raised is not None
        yield DatabaseSender(database, connection, account, int(raised[0]))
    finally:
        # Released explicitly: the server may take a moment to notice that the connection was closed.
        with suppress(psycopg.Error), database.with_deadline(connection):
            connection.execute("SELECT pg_advisory_unlock_all()")
        connection.close()


def _take(connection: RawConnection, account: str, pause: Pause) -> bool:
    for seconds in (*_GRACE, None):
        answer = connection.execute(
            "SELECT pg_try_advisory_lock(%s)", (advisory_lock_number(f"sender\x1f{account}"),)
        ).fetchone()
        if answer is not None and answer[0]:
            return True
        if seconds is not None:
            pause(seconds)
    return False


def _describe_holder(connection: RawConnection, account: str) -> str:
    query = "SELECT host, process, run_id, since FROM senders WHERE account = %s"
    found = connection.execute(query, (account,)).fetchone()
    if found is None:
        return "an unknown process"
    host, process, run_id, since = found
    run = f", run {run_id}" if run_id else ""
    return f"process {process} on {host}{run}, since {datetime.fromisoformat(since):%Y-%m-%d %H:%M} UTC"


def refuse_superseded(connection: Connection, account: str, epoch: int) -> None:
    """Raise :class:`LedgerError` when another process got the right to send since ``epoch``.

    The line stays locked until the transaction ends, so the right does not change hands before the call is written.
    """
    query = select(senders.c.epoch).where(senders.c.account == account).with_for_update(read=True)
    if connection.execute(query).scalar_one_or_none() != epoch:
        raise LedgerError(
            f"Another import has taken over the sending to account {account}, because this one's connection to the "
            "database was lost. Nothing was sent since.",
            "Wait until it has ended, then run: importer resume",
        )
