"""A ledger without a file for tests: the same operations over a database in memory. Nothing is durable."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, Engine

from importer.core.errors import AnotherRunActive
from importer.core.time import format_iso
from importer.ledger.integrity.identity import Randomness, create_tables, read_identity
from importer.ledger.ledger import Ledger
from importer.ledger.model import Sender
from importer.ledger.sqlite_file import connect, engine_on, translate_errors

T = TypeVar("T")


class MemoryLedger(Ledger):
    """An empty ledger in memory; gone when it is closed."""

    def __init__(self, *, clock: Callable[[], datetime], randomness: Randomness = secrets.token_bytes) -> None:
        engine = engine_on(connect(None))
        with engine.execution_options(writes=True).begin() as connection:
            create_tables(connection, format_iso(clock()), "", randomness)
            identity = read_identity(connection, Path(":memory:"))
        super().__init__(MemoryStorage(engine), identity.install_key, clock=clock)


class MemoryStorage:
    """Implements :class:`importer.ledger.storage.Storage` in memory; only this object gives senders their right."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._senders: set[str] = set()

    def read(self, work: Callable[[Connection], T]) -> T:
        with translate_errors(Path(":memory:")), self.engine.begin() as connection:
            return work(connection)

    write = read

    def check_before_calls(self, connection: Connection, accounts: Collection[str]) -> None:
        pass

    def note_last_call(self, number: int) -> None:
        pass

    @contextmanager
    def sender(self, account: str, run_id: str) -> Iterator[Sender]:
        if account in self._senders:
            raise AnotherRunActive(f"Another import is sending to account {account} right now.", "Wait for its end.")
        self._senders.add(account)
        try:
            yield _Alone()
        finally:
            self._senders.discard(account)

    def compact(self) -> int:
        return 0

    def close(self) -> None:
        self.engine.dispose()


class _Alone:
    """The right to send to an account of a ledger that nobody else can reach."""

    def still_ours(self) -> bool:
        return True
