"""Connections to the shared database: durable commits, a deadline for each answer, and errors in plain words."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from enum import Enum
from hashlib import sha256
from typing import Any, cast

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from importer.core.errors import LedgerError, SettingsError
from importer.core.redaction import HIDDEN, Secret, redact
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

_REACH = "Check that the server runs and that this computer reaches it; then run: importer resume"
_ADMIN = "Ask who looks after the database; see docs/postgresql.md for the rights it takes."
_REASONS = (
    ("28", "it does not accept the user or the password", "Check the user and the password in IMPORTER_DATABASE_URL."),
    ("3D", "there is no such database", "Create it (createdb), or correct IMPORTER_DATABASE_URL."),
    ("42501", "this user may not do that", _ADMIN),
    ("25006", "it takes no changes: it is a standby or read-only", "Name the primary server in IMPORTER_DATABASE_URL."),
    ("53100", "its disk is full", "Make room on the server, then run: importer resume"),
    ("53", "it has no connection or memory left", f"Raise max_connections, or run fewer imports at once. {_ADMIN}"),
    ("42P01", "its tables are missing", "Run: importer runs. It makes them, or says why it cannot."),
    ("55P03", "another program holds what is needed", "End programs that lock its tables, then run: importer resume"),
    ("57014", "it took too long", _REACH),
    ("08", "it cannot be reached", _REACH),
    ("57P", "it was stopped or ended the connection", _REACH),
)
_OTHER = ("it refused", "Run again; if it happens once more, please report it with this message.")
_LOST_STATES = ("08", "57P", "25P03")
_TRANSIENT_STATES = ("40001", "40P01", "55P03", "57014", "53300")

RawConnection = psycopg.Connection[tuple[Any, ...]]
Pause = Callable[[float], None]
"""Sleeps for a number of seconds."""


@dataclass(frozen=True, slots=True)
class Database:
    """A database by its URL. ``answer_seconds`` is the deadline for an answer of the server."""

    url: Secret
    place: str
    user: str
    answer_seconds: float = 90.0

    @classmethod
    def of(cls, url: Secret, answer_seconds: float = 90.0) -> Database:
        """Parse the URL of a database. Raises :class:`SettingsError`, which never quotes it."""
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
        """Open a connection, set it up and check the server.

        Raises :class:`psycopg.Error` when that fails, and :class:`LedgerError` when the server is not fit for a ledger.
        """
        parts = conninfo_to_dict(self.url.reveal())
        alive = {"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3, "tcp_user_timeout": 60_000}
        ours = {"connect_timeout": _CONNECT_SECONDS, "application_name": "importer", **alive}
        chosen: dict[str, Any] = {name: value for name, value in ours.items() if name not in parts}
        conninfo = make_conninfo(self.url.reveal(), **chosen, client_encoding="utf8")
        connection = psycopg.connect(conninfo, autocommit=True, prepare_threshold=None)
        try:
            with self.with_deadline(connection):
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
    def with_deadline(self, connection: RawConnection) -> Iterator[None]:
        """Cut the connection when the body takes longer than the deadline.

        The server's own time-outs do not help against a server that is frozen or cut off.
        """
        cutter = _SocketCutter(connection.fileno())
        timer = threading.Timer(self.answer_seconds, cutter.cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            cutter.end()

    def deadline_within(self, connection: Connection) -> AbstractContextManager[None]:
        """Enforce the deadline on a connection of SQLAlchemy's."""
        return self.with_deadline(cast(RawConnection, connection.connection.driver_connection))

    @contextmanager
    def translated_errors(self) -> Iterator[None]:
        """Translate errors of the driver into :class:`DatabaseFaultError`."""
        try:
            yield
        except psycopg.Error as error:
            raise self.fault(error) from None

    def fault(self, error: psycopg.Error, more: str = "") -> DatabaseFaultError:
        """Return the error to show for a failure; ``more`` says whether the change was written.

        Neither row contents nor the user name of the URL are in its message.
        """
        state = error.sqlstate or "08"
        reason, remedy = next(((words, what) for start, words, what in _REASONS if state.startswith(start)), _OTHER)
        detail = redact(error.diag.message_primary or str(error).partition("\n")[0])
        if self.user:
            detail = detail.replace(f'"{self.user}"', f'"{HIDDEN}"')
        message = f"The ledger in {self.place} cannot be used: {reason} ({detail})."
        return DatabaseFaultError(f"{message} {more}".rstrip(), remedy)


class _SocketCutter:
    """A second handle on a connection's socket. It outlives the first, so it never means another file."""

    def __init__(self, descriptor: int) -> None:
        self._socket = socket.socket(fileno=os.dup(descriptor))
        self._lock = threading.Lock()

    def cut(self) -> None:
        """Shut the connection down: a call that waits for the server fails."""
        with self._lock, contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def end(self) -> None:
        """Close the handle: the answer has come."""
        with self._lock:
            self._socket.close()


def advisory_lock_number(what: str) -> int:
    """Return the number of an advisory lock: 64 bits of a digest, so that no two are equal by chance."""
    return int.from_bytes(
        sha256(f"importer\x1f{what}".encode("utf-8", "surrogatepass")).digest()[:8], "big", signed=True
    )


class Meaning(Enum):
    """The fate of the transaction in which a failure happened."""

    LOST = "the connection is gone; a commit that was asked for may or may not have happened"
    PASSING = "the server has certainly undone it, and it may work the next time"
    TAKEN = "the server has certainly undone it: another writer wrote the same line first"
    FINAL = "the server has certainly undone it, and trying again is pointless"


def meaning_of(error: psycopg.Error) -> Meaning:
    """Return the fate of the transaction in which ``error`` happened."""
    state = error.sqlstate
    if state is None:
        # Without a state the error is the driver's: the server sent nothing, or nothing that could be read.
        lost = isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)
        return Meaning.LOST if lost else Meaning.FINAL
    if state.startswith(_LOST_STATES):
        return Meaning.LOST
    if state in _TRANSIENT_STATES:
        return Meaning.PASSING
    return Meaning.TAKEN if state == "23505" else Meaning.FINAL


class DatabaseFaultError(LedgerError):
    """The shared database failed."""


def driver_error(error: DBAPIError | psycopg.Error) -> psycopg.Error:
    """Return the driver's error, which SQLAlchemy may have wrapped."""
    found = error.orig if isinstance(error, DBAPIError) else error
    return found if isinstance(found, psycopg.Error) else psycopg.OperationalError(str(found))
