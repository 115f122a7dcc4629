"""The ledger: the durable record of runs, calls, their answers and the outcome of each row.

It survives a crash at any point, so no row is lost and none is sent twice.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime

from sqlalchemy import Connection

from importer.ledger.integrity.identity import ADOPTED_AT, read_values
from importer.ledger.model import Sender
from importer.ledger.operations.accounts import AccountLedger
from importer.ledger.operations.calls import CallLedger
from importer.ledger.operations.cleaning import CleaningLedger
from importer.ledger.operations.corrections import CorrectionLedger
from importer.ledger.operations.identities import IdentityLedger
from importer.ledger.operations.outcomes import OutcomeLedger
from importer.ledger.operations.runs import RunLedger
from importer.ledger.operations.updates import UpdateLedger
from importer.ledger.storage import Storage, reads


class Ledger(
    RunLedger, CallLedger, OutcomeLedger, IdentityLedger, CorrectionLedger, UpdateLedger, AccountLedger, CleaningLedger
):
    """The record of runs, calls, outcomes and learned limits. One process writes at a time, from one thread.

    Every method that writes returns only after its data would survive a power cut.
    Raises :class:`importer.core.errors.LedgerError` when the disk or the database does not allow it.
    """

    def __init__(self, storage: Storage, install_key: bytes, *, clock: Callable[[], datetime]) -> None:
        super().__init__(storage, clock=clock)
        self._install_key = install_key

    def sender(self, account: str, run_id: str = "") -> AbstractContextManager[Sender]:
        """Hold the right to send to the account, which one import has at a time; it ends with the process.

        ``run_id`` is only shown in the message of a second sender. Raises
        :class:`importer.core.errors.AnotherRunActive` with the holder.
        """
        return self.storage.sender(account, run_id)

    @reads
    def adopted_at(self, connection: Connection) -> str:
        """Return when a person last accepted a restored, copied or lost ledger (ISO, UTC); empty when never."""
        return read_values(connection).get(ADOPTED_AT, "")

    def install_key(self) -> bytes:
        """Return 32 random bytes made when the ledger was created, from which import keys are derived."""
        return self._install_key

    def compact(self) -> int:
        """Return unused space to the disk when it is a quarter of the file or more; return the number of bytes."""
        return self.storage.compact()

    def close(self) -> None:
        """Close the ledger. Closing twice is allowed."""
        if not self._closed:
            self._closed = True
            self._storage.close()
