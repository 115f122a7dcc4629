"""Store the busy slots of the accounts' limits in the shared database, by the database's own clock.

Machines have no clock in common but the server's, so a slot is busy until a time of the server's. Whoever reads or
writes a row holds a lock of the database's for that moment, so a process may be killed at any time. A change that was
perhaps stored is made again: at worst a slot stays busy for longer than it had to.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import psycopg

from importer.core.errors import LedgerError
from importer.core.redaction import Secret
from importer.ledger import Database, Meaning, Pause, RawConnection, advisory_lock_number, meaning_of
from importer.rate_limit.shared_limiter import StoredState, T

_PAUSES = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 3.0)
_LOCK = "SELECT pg_advisory_xact_lock(%s)"
_READ = """
SELECT slots.content, extract(epoch FROM moment.at)::float8
FROM (SELECT clock_timestamp() AS at) AS moment LEFT JOIN slots ON slots.name = %s"""
_STORE = "INSERT INTO slots (name, content) VALUES (%s, %s) ON CONFLICT (name) DO UPDATE SET content = excluded.content"


class SlotConnection:
    """The connection through which all slots of one import are stored. One thread at a time may use it."""

    def __init__(self, url: Secret, monotonic: Callable[[], float], answer_seconds: float = 20.0) -> None:
        self._database = Database.of(url, answer_seconds)
        self._monotonic = monotonic
        self._connection: RawConnection | None = None

    def store(self, name: str, pause: Pause = time.sleep) -> PostgresSlotStore:
        """Return the store of one account and call class."""
        return PostgresSlotStore(self, name, pause)

    def change_once(self, name: str, decide: Callable[[StoredState], tuple[T, Mapping[str, Any] | None]]) -> T:
        """Attempt a change once. Raises :class:`psycopg.Error`; the connection is then closed."""
        try:
            if self._connection is None:
                self._connection = self._database.connect(autocommit=True)
            connection = self._connection
            with self._database.with_deadline(connection), connection.transaction():
                connection.execute(_LOCK, (advisory_lock_number(f"slots\x1f{name}"),))
                # In this order: the server's time is then ahead of ours by at most the difference.
                before = self._monotonic()
                found = connection.execute(_READ, (name,)).fetchone()
                assert found is not None
                stored, clock = found
                result, content = decide(StoredState(_parse(stored), clock, clock - before))
                if content is not None:
                    connection.execute(_STORE, (name, json.dumps(content)))
                return result
        except psycopg.Error:
            self.close()
            raise

    def fault(self, error: psycopg.Error) -> LedgerError:
        """Return the error for people."""
        return self._database.fault(error)

    def close(self) -> None:
        """Close the connection; the next change makes a new one."""
        if self._connection is not None:
            with suppress(psycopg.Error):
                self._connection.close()
            self._connection = None


def _parse(stored: str | None) -> Mapping[str, Any] | None:
    if stored is None:
        return {}
    try:
        content = json.loads(stored)
    except ValueError:
        return None
    return content if isinstance(content, dict) else None


class PostgresSlotStore:
    """One row of slots; implements :class:`importer.rate_limit.shared_limiter.SlotStore`."""

    def __init__(self, connection: SlotConnection, name: str, pause: Pause) -> None:
        self._connection = connection
        self._name = name
        self._pause = pause

    def change(self, decide: Callable[[StoredState], tuple[T, Mapping[str, Any] | None]]) -> T:
        """Call ``decide`` with the content of the row under its lock, and store what it returns."""
        pauses = iter(_PAUSES)
        while True:
            try:
                return self._connection.change_once(self._name, decide)
            except psycopg.Error as error:
                failed = error
            pause = next(pauses, None)
            if pause is None or meaning_of(failed) not in (Meaning.LOST, Meaning.PASSING):
                raise self._connection.fault(failed) from None
            self._pause(pause)

    def close(self) -> None:
        """Close the connection that all stores share."""
        self._connection.close()
