"""Sessions and one-time tokens in a private SQLite file, which all processes of the server share.

Only digests of tokens are kept: whoever reads the file cannot enter with it.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from importer.core.errors import SettingsError
from importer.core.filesystem import make_private_folder
from importer.core.platform import open_private

_TABLES = (
    "CREATE TABLE IF NOT EXISTS sessions (digest TEXT PRIMARY KEY, name TEXT NOT NULL, role TEXT NOT NULL,"
    " source TEXT NOT NULL, stamp TEXT NOT NULL, created REAL NOT NULL, seen REAL NOT NULL)",
    "CREATE TABLE IF NOT EXISTS one_time (digest TEXT PRIMARY KEY, content TEXT NOT NULL, expires REAL NOT NULL)",
    "CREATE TABLE IF NOT EXISTS attempts (key TEXT PRIMARY KEY, failures INTEGER NOT NULL, last REAL NOT NULL)",
)
_BUSY_SECONDS = 10
_SEEN_EVERY = 60.0
"""The time of the last request is written once a minute, so that reading pages does not write on disk."""


class AccessDatabase:
    """The SQLite file of sessions, one-time tokens and failed attempts. Each use opens a connection of its own."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "access.sqlite"
        try:
            make_private_folder(folder)
            # Created by us with the right mode; SQLite gives its journal the same one.
            os.close(open_private(self.path, os.O_RDWR | os.O_CREAT))
            with self.transaction() as connection:
                for statement in _TABLES:
                    connection.execute(statement)
        except (OSError, sqlite3.Error) as error:
            raise SettingsError(
                f"The file of sessions {self.path} cannot be used: {error}.",
                "Check the rights of the folder and that the disk has room. The file may be removed while the page "
                "is not running: everyone signs in again.",
            ) from None

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Hold the write lock while the block runs; commit at its end, or undo it after an error."""
        connection = sqlite3.connect(self.path, timeout=_BUSY_SECONDS, isolation_level=None)
        try:
            connection.execute("BEGIN IMMEDIATE")
            # Undoes the transaction when the block fails.
            with connection:
                yield connection
        finally:
            connection.close()

    def fetch(self, query: str, *values: Any) -> Any:
        """Return the first row of a query, or ``None``."""
        connection = sqlite3.connect(self.path, timeout=_BUSY_SECONDS, isolation_level=None)
        try:
            return connection.execute(query, values).fetchone()
        finally:
            connection.close()


@dataclass(frozen=True)
class Session:
    """Who signed in and how. ``stamp`` names the state of password or provider that it depends on."""

    name: str
    role: str
    source: str
    stamp: str


class Sessions:
    """The sessions of all people; ``now`` returns seconds since 1970."""

    def __init__(self, database: AccessDatabase, now: Callable[[], float], *, idle: float, longest: float) -> None:
        self._database, self._now, self._idle, self._longest = database, now, idle, longest

    def start(self, token: str, session: Session, *, replaces: str = "") -> None:
        """Keep a new session under ``token``; the one that it ``replaces`` ends."""
        now = self._now()
        row = (digest(token), session.name, session.role, session.source, session.stamp, now, now)
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM sessions WHERE digest = ?", (digest(replaces),))
            connection.execute(
                "DELETE FROM sessions WHERE created <= ? OR seen <= ?", (now - self._longest, now - self._idle)
            )
            connection.execute("INSERT INTO sessions VALUES (?, ?, ?, ?, ?, ?, ?)", row)

    def find(self, token: str) -> Session | None:
        """Return the session of ``token`` and note that it is used; ``None`` when it has ended."""
        row = self._database.fetch(
            "SELECT name, role, source, stamp, created, seen FROM sessions WHERE digest = ?", digest(token)
        )
        if row is None:
            return None
        *parts, created, seen = row
        now = self._now()
        if now >= created + self._longest or now >= seen + self._idle:
            self.end(token)
            return None
        if now >= seen + _SEEN_EVERY:
            with self._database.transaction() as connection:
                connection.execute("UPDATE sessions SET seen = ? WHERE digest = ?", (now, digest(token)))
        return Session(*parts)

    def end(self, token: str) -> None:
        """End one session."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM sessions WHERE digest = ?", (digest(token),))

    def end_all(self, name: str) -> None:
        """End all sessions of a person, on every device."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM sessions WHERE name = ?", (name,))


class OneTimeTokens:
    """Tokens that work once and for a short time, each with some content."""

    def __init__(self, database: AccessDatabase, now: Callable[[], float]) -> None:
        self._database, self._now = database, now

    def add(self, token: str, content: dict[str, str], *, seconds: float) -> None:
        """Make ``token`` valid for so many seconds."""
        now = self._now()
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM one_time WHERE expires <= ?", (now,))
            connection.execute(
                "INSERT INTO one_time VALUES (?, ?, ?)", (digest(token), json.dumps(content), now + seconds)
            )

    def redeem(self, token: str) -> dict[str, str] | None:
        """Return the content of ``token``, which no longer works then; ``None`` when it did not work any more."""
        with self._database.transaction() as connection:
            row = connection.execute(
                "SELECT content, expires FROM one_time WHERE digest = ?", (digest(token),)
            ).fetchone()
            connection.execute("DELETE FROM one_time WHERE digest = ?", (digest(token),))
        if row is None or row[1] <= self._now():
            return None
        content: dict[str, str] = json.loads(row[0])
        return content


def digest(text: str) -> str:
    """Return the SHA-256 digest under which a token or name is kept."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
