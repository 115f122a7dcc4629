"""The shared ledger: the same store as in a file, over a database that several machines reach."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import psycopg
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from importer.core.redaction import Secret
from importer.ledger.identity import Randomness
from importer.ledger.interface import Call, Sender
from importer.ledger.postgres.connecting import Database
from importer.ledger.postgres.opening import SharedOpening, engine_of, has_tables, open_database
from importer.ledger.postgres.sender import DatabaseSender, hold_sender, refuse_superseded
from importer.ledger.postgres.transactions import Transactions
from importer.ledger.store import SqlLedger, iso
from importer.ledger.watching import LedgerWatch

T = TypeVar("T")


class SharedLedger(SqlLedger):
    """Implements :class:`importer.ledger.interface.Ledger` on PostgreSQL. Belongs to the thread that opened it.

    While it holds an account's sender lock, it begins calls of that account only under it.
    """

    def __init__(
        self,
        engine: Engine,
        install_key: bytes,
        database: Database,
        transactions: Transactions,
        *,
        clock: Callable[[], datetime],
    ) -> None:
        super().__init__(engine, install_key, None, clock=clock)
        self._database = database
        self._transactions = transactions
        self._sending: dict[str, DatabaseSender] = {}

    def _read(self, work: Callable[[Connection], T]) -> T:
        self._refuse_if_closed()
        return self._transactions.read(work)

    def _write(self, work: Callable[[Connection], T]) -> T:
        self._refuse_if_closed()
        return self._transactions.write(work)

    def change(self, work: Callable[[Connection], T]) -> T:
        """Do ``work``, which may be tried more than once, in one durable transaction, or leave nothing of it."""
        return self._write(work)

    def _begin(self, connection: Connection, begun: Sequence[Call]) -> list[int]:
        for account in dict.fromkeys(call.account for call in begun):
            held = self._sending.get(account)
            if held is not None:
                refuse_superseded(connection, account, held.epoch)
        return super()._begin(connection, begun)

    @contextmanager
    def sender(self, account: str, run_id: str = "") -> Iterator[Sender]:
        """Hold the account's sender lock, which is the database's."""
        with hold_sender(self._database, account, clock=self._clock, run_id=run_id) as held:
            self._sending[account] = held
            try:
                yield held
            finally:
                del self._sending[account]

    def close(self) -> None:
        """Close the connection. Closing twice is allowed."""
        if not self._closed:
            self._transactions.end()
        super().close()


def open_shared_ledger(
    url: Secret,
    home: Path,
    *,
    clock: Callable[[], datetime],
    adopt: bool = False,
    randomness: Randomness = secrets.token_bytes,
    answer_seconds: float = 90.0,
    for_moving: bool = False,
) -> SharedLedger:
    """The ledger in the database of ``url``, created when there is none. ``clock`` tells the time, with its zone.

    A ledger file in ``home`` with runs that nobody moved is refused, except ``for_moving`` it. ``adopt`` accepts a
    database that was restored, copied or taken over. Raises :class:`LedgerError` when it cannot be used or is not the
    one used last, and :class:`SettingsError` for a URL that is none.
    """
    database = Database.of(url, answer_seconds)
    engine, known, writer = open_database(SharedOpening(database, home, iso(clock()), randomness, adopt, for_moving))
    transactions = Transactions(engine, database, writer)
    return SharedLedger(engine, known.install_key, database, transactions, clock=clock)


def is_there(url: Secret) -> bool:
    """Whether the database of ``url`` holds a ledger. Raises :class:`LedgerError` when it cannot be reached."""
    database = Database.of(url)
    engine = engine_of(database)
    try:
        with database.translated(), engine.connect() as connection, database.watched_within(connection):
            return has_tables(connection)
    except DBAPIError as error:
        raise database.fault(_original(error)) from None
    finally:
        engine.dispose()


def watch_database(url: Secret) -> LedgerWatch:
    """A watch over the ledger in the database of ``url``. Raises :class:`SettingsError` for a URL that is none."""
    database = Database.of(url)
    return LedgerWatch(lambda: _reading(database), growing=False)


@contextmanager
def _reading(database: Database) -> Iterator[Connection | None]:
    engine = engine_of(database)
    try:
        with database.translated(), engine.connect() as connection, database.watched_within(connection):
            yield connection if has_tables(connection) else None
    except DBAPIError as error:
        raise database.fault(_original(error)) from None
    finally:
        engine.dispose()


def _original(error: DBAPIError) -> psycopg.Error:
    return error.orig if isinstance(error.orig, psycopg.Error) else psycopg.OperationalError(str(error.orig))
