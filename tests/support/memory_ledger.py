"""A ledger without a file for tests: the same store over a database in memory. Nothing is durable."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from importer.core.errors import AnotherRunActive
from importer.core.time import format_iso
from importer.ledger.integrity.identity import Randomness, create_tables, read_identity
from importer.ledger.interface import Sender
from importer.ledger.sqlite_file import connect, engine_on
from importer.ledger.store import SqlLedger


class MemoryLedger(SqlLedger):
    """An empty ledger in memory; gone when it is closed."""

    def __init__(self, *, clock: Callable[[], datetime], randomness: Randomness = secrets.token_bytes) -> None:
        engine = engine_on(connect(None))
        with engine.execution_options(writes=True).begin() as connection:
            create_tables(connection, format_iso(clock()), "", randomness)
            identity = read_identity(connection, Path(":memory:"))
        super().__init__(engine, identity.install_key, None, clock=clock)
        self._senders: set[str] = set()

    @contextmanager
    def sender(self, account: str, run_id: str = "") -> Iterator[Sender]:
        """Hold the right to send; only this object can have given it away."""
        if account in self._senders:
            raise AnotherRunActive(f"Another import is sending to account {account} right now.", "Wait for its end.")
        self._senders.add(account)
        try:
            yield _Alone()
        finally:
            self._senders.discard(account)


class _Alone:
    """The right to send to an account of a ledger that nobody else can reach."""

    def still_ours(self) -> bool:
        return True
