"""A copy of the ledger's file, taken while imports may be under way: whole, checked, and private."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from importer.core.errors import LedgerError, UsageError
from importer.ledger.faults import translated
from importer.ledger.schema import APPLICATION_ID

_PATIENCE_SECONDS = 60


def back_up(ledger: Path, place: Path) -> int:
    """Copy the ledger to ``place``, a new file; the number of the last call that is in it.

    Raises :class:`UsageError` when there is no ledger or ``place`` is taken, and :class:`LedgerError`; then no file is
    left at ``place``.
    """
    if not ledger.is_file():
        raise UsageError(f"There is no ledger {ledger}.", "Set IMPORTER_HOME to the folder that has it.")
    if place.exists():
        raise UsageError(f"{place} exists already.", "Name a new file: a backup never replaces an older one.")
    temporary = place.with_name(f".{place.name}.{os.getpid()}")
    with translated(place):
        try:
            os.close(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            last = _copy(ledger, temporary)
            with temporary.open("rb") as file:
                os.fsync(file.fileno())
            os.link(temporary, place)
        except FileExistsError:
            raise UsageError(f"{place} exists already.", "Name a new file.") from None
        finally:
            temporary.unlink(missing_ok=True)
    return last


def _copy(ledger: Path, temporary: Path) -> int:
    address = f"file:{quote(str(ledger.absolute()))}?mode=ro"
    with (
        closing(sqlite3.connect(address, uri=True, timeout=_PATIENCE_SECONDS)) as source,
        closing(sqlite3.connect(temporary)) as copy,
    ):
        # In one step: page by page, a write in between would begin the copy anew, and never end during an import.
        source.backup(copy)
        found = copy.execute("PRAGMA quick_check(1)").fetchone()[0]
        if found != "ok" or copy.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
            reason = found if found != "ok" else "it is no ledger"
            raise LedgerError(f"The copy of {ledger} is not sound: {reason}.", "Check the disk; keep older backups.")
        return int(copy.execute("SELECT coalesce(max(number), 0) FROM calls").fetchone()[0])
