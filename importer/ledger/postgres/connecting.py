"""Connections to the shared database: set up so that a commit is durable, and never waited for without an end."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, cast

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from sqlalchemy import Connection

from importer.core.errors import LedgerError, SettingsError
from importer.core.redaction import Secret
from importer.ledger.postgres.faults import DatabaseFaultError, database_fault
from importer.ledger.postgres.tables import SCHEMA

_OLDEST = 130000
_CONNECT_SECONDS = 10
# A server notices in about a minute that the machine of a connection is gone, and lets go of its locks. A server behind
# a Unix socket needs none of it.
_ALIVE = {"tcp_keepalives_idle": "30", "tcp_keepalives_interval": "10", "tcp_keepalives_count": "3"}
_SESSION = {
    "search_path": SCHEMA,
    "lock_timeout": "10s",
    "statement_timeout": "60s",
    "idle_in_transaction_session_timeout": "60s",
    "default_transaction_read_only": "off",
    "default_transaction_isolation": "read committed",
    "idle_session_timeout": "0",
    **_ALIVE,
}
_SET = "SELECT set_config(name, %s, false) FROM pg_settings WHERE name = %s"
# Weaker settings of a user or a database could lose a commit when the server, or the one that takes over, dies.
_SYNC = """SELECT set_config('synchronous_commit',
    CASE current_setting('synchronous_commit') WHEN 'remote_apply' THEN 'remote_apply' ELSE 'on' END, false)"""
_FACTS = """SELECT current_setting('server_version_num')::int, pg_is_in_recovery(), current_setting('fsync'),
    current_setting('server_encoding')"""

RawConnection = psycopg.Connection[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Database:
    """A database by its URL. ``answer_seconds`` is how long an answer of the server is waited for."""

    url: Secret
    place: str
    user: str
    answer_seconds: float = 90.0

    @classmethod
    def of(cls, url: Secret, answer_seconds: float = 90.0) -> Database:
        """The database of a URL. Raises :class:`SettingsError`, which never quotes it."""
        try:
            parts = conninfo_to_dict(url.reveal())
        except psycopg.Error:
            parts = None
        if parts is None:
            raise SettingsError(
                "IMPORTER_DATABASE_URL cannot be read as the URL of a database.",
                "Expected something like postgresql://user@host:5432/database; see docs/postgresql.md.",
            )
        user = str(parts.get("user") or "")
        name = str(parts.get("dbname") or user or "of this user")
        return cls(
            url, f"the PostgreSQL database {name} at {parts.get('host') or 'this computer'}", user, answer_seconds
        )

    def connect(self, *, autocommit: bool = False) -> RawConnection:
        """A new connection, set up and looked at.

        Raises :class:`psycopg.Error` when that fails, and :class:`LedgerError` when the server is not fit for a ledger.
        """
        parts = conninfo_to_dict(self.url.reveal())
        alive = {"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3, "tcp_user_timeout": 60_000}
        ours = {"connect_timeout": _CONNECT_SECONDS, "application_name": "importer", **alive}
        chosen: dict[str, Any] = {name: value for name, value in ours.items() if name not in parts}
        conninfo = make_conninfo(self.url.reveal(), **chosen, client_encoding="utf8")
        connection = psycopg.connect(conninfo, autocommit=True, prepare_threshold=None)
        try:
            with self.watched(connection):
                for name, value in _SESSION.items():
                    connection.execute(_SET, (value, name))
                connection.execute(_SYNC)
                facts = connection.execute(_FACTS).fetchone()
            self._refuse_unfit(facts or ())
        except BaseException:
            connection.close()
            raise
        connection.autocommit = autocommit
        return connection

    def _refuse_unfit(self, facts: tuple[Any, ...]) -> None:
        version, standby, fsync, encoding = facts
        for unfit, why, remedy in (
            (version < _OLDEST, "it is older than version 13", "Use a newer PostgreSQL."),
            (standby, "it is a standby, which takes no changes", "Name the primary server in IMPORTER_DATABASE_URL."),
            (fsync != "on", "it runs with fsync=off and would lose what was written", "Set fsync=on on the server."),
            (encoding != "UTF8", f"its encoding is {encoding}", "Create the database with the encoding UTF8."),
        ):
            if unfit:
                raise LedgerError(f"The ledger cannot be kept in {self.place}: {why}.", remedy)

    @contextmanager
    def watched(self, connection: RawConnection) -> Iterator[None]:
        """Cut the connection when what is done meanwhile takes longer than an answer is waited for.

        The server's own time-outs do not help against a server that is frozen or cut off.
        """
        watch = _Watch(connection.fileno())
        timer = threading.Timer(self.answer_seconds, watch.cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            watch.end()

    def watched_within(self, connection: Connection) -> AbstractContextManager[None]:
        """The same for a connection of SQLAlchemy's."""
        return self.watched(cast(RawConnection, connection.connection.driver_connection))

    @contextmanager
    def translated(self) -> Iterator[None]:
        """Turns failures of the driver into :class:`DatabaseFaultError`."""
        try:
            yield
        except psycopg.Error as error:
            raise self.fault(error) from None

    def fault(self, error: psycopg.Error, more: str = "") -> DatabaseFaultError:
        """What failed, for a person; ``more`` says what became of the work."""
        return database_fault(self.place, self.user, error, more)


class _Watch:
    """A second handle on a connection's socket. It outlives the first, so it never means another file."""

    def __init__(self, descriptor: int) -> None:
        self._socket = socket.socket(fileno=os.dup(descriptor))
        self._lock = threading.Lock()

    def cut(self) -> None:
        """Whoever waits for the server finds the connection closed."""
        with self._lock, contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def end(self) -> None:
        """The answer came."""
        with self._lock:
            self._socket.close()


def lock_number(what: str) -> int:
    """The number under which PostgreSQL knows an advisory lock: 64 bits of a digest, so that no two meet by chance."""
    return int.from_bytes(
        sha256(f"importer\x1f{what}".encode("utf-8", "surrogatepass")).digest()[:8], "big", signed=True
    )


Pause = Callable[[float], None]
