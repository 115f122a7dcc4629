"""Storage of the ledger's tables, and the transactions in which the ledger's methods run."""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from datetime import datetime
from functools import wraps
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from sqlalchemy import Connection

from importer.core.errors import LedgerError
from importer.core.time import format_iso
from importer.ledger.model import Sender

T = TypeVar("T")
P = ParamSpec("P")


class Storage(Protocol):
    """What differs between a ledger in a file of this computer and one in a database that several computers share.

    Every method raises :class:`importer.core.errors.LedgerError` when the disk or the server does not allow it.
    """

    def read(self, work: Callable[[Connection], T]) -> T:
        """Run ``work``, which changes nothing, in one transaction."""
        ...

    def write(self, work: Callable[[Connection], T]) -> T:
        """Run ``work`` in one transaction that would survive a power cut when this returns, or undo all of it.

        A database may run it again when the connection breaks.
        """
        ...

    def check_before_calls(self, connection: Connection, accounts: Collection[str]) -> None:
        """Raise :class:`LedgerError` when calls of the accounts may not begin; part of their transaction."""
        ...

    def note_last_call(self, number: int) -> None:
        """Keep the number of the last call outside the tables, so that an older copy of them is noticed."""
        ...

    def sender(self, account: str, run_id: str) -> AbstractContextManager[Sender]:
        """Hold the right to send to the account. See ``Ledger.sender``."""
        ...

    def compact(self) -> int:
        """Return unused space to the disk; return the number of bytes."""
        ...

    def close(self) -> None:
        """Close the file or the connection."""
        ...


class LedgerPart:
    """A group of the ledger's operations. Each is one method, in one transaction, that says its SQL itself."""

    def __init__(self, storage: Storage, *, clock: Callable[[], datetime]) -> None:
        self._storage = storage
        self._clock = clock
        self._closed = False

    @property
    def storage(self) -> Storage:
        """The storage of the tables. Raises :class:`LedgerError` once the ledger is closed."""
        if self._closed:
            raise LedgerError("The ledger has been closed.", "Run again.")
        return self._storage

    def _now(self) -> str:
        return format_iso(self._clock())


L = TypeVar("L", bound=LedgerPart)


def reads(method: Callable[Concatenate[L, Connection, P], T]) -> Callable[Concatenate[L, P], T]:
    """Run a method in a transaction that changes nothing; callers leave its ``connection`` out."""

    @wraps(method)
    def run(self: L, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return self.storage.read(lambda connection: method(self, connection, *args, **kwargs))

    return run


def writes(method: Callable[Concatenate[L, Connection, P], T]) -> Callable[Concatenate[L, P], T]:
    """Run a method in a transaction that is durable when it returns; callers leave its ``connection`` out."""

    @wraps(method)
    def run(self: L, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return self.storage.write(lambda connection: method(self, connection, *args, **kwargs))

    return run
