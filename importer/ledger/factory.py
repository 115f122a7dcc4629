"""Where the ledger is: in a file of this computer, or in a database that several computers share."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from importer.core.errors import SettingsError
from importer.core.redaction import Secret
from importer.ledger.interface import FILE_NAME, Ledger

if TYPE_CHECKING:
    from importer.ledger.postgres.moving import Moved
    from importer.ledger.watching import LedgerWatch


def enter_ledger(home: Path, database: Secret | None, *, clock: Callable[[], datetime], adopt: bool = False) -> Ledger:
    """The ledger in ``database``, or else in ``home``; created when there is none.

    ``adopt`` accepts one that was restored, copied or moved. Raises :class:`LedgerError` and, for a URL that is none or
    without the driver for it, :class:`SettingsError`.
    """
    if database is None:
        from importer.ledger.store import open_ledger

        return open_ledger(home, clock=clock, adopt=adopt)
    require_driver()
    from importer.ledger.postgres.ledger import open_shared_ledger

    return open_shared_ledger(database, home, clock=clock, adopt=adopt)


def move_ledger(home: Path, database: Secret, *, clock: Callable[[], datetime], adopt: bool = False) -> Moved:
    """Move the ledger file of ``home`` into ``database``; see :func:`importer.ledger.postgres.moving.move_file`."""
    require_driver()
    from importer.ledger.postgres.moving import move_file

    return move_file(home, database, clock=clock, adopt=adopt)


def ledger_exists(home: Path, database: Secret | None) -> bool:
    """Whether there is a ledger already. Raises :class:`LedgerError` when that cannot be found out."""
    if database is None:
        return (home / FILE_NAME).is_file()
    require_driver()
    from importer.ledger.postgres.ledger import is_there

    return is_there(database)


def watch_ledger(home: Path, database: Secret | None) -> LedgerWatch:
    """Somebody who looks at the figures of the ledger in ``database`` or ``home`` and never changes it.

    Raises :class:`SettingsError` for a URL that is none or without the driver for it.
    """
    if database is None:
        from importer.ledger.watching import watch_file

        return watch_file(home)
    require_driver()
    from importer.ledger.postgres.ledger import watch_database

    return watch_database(database)


def require_driver() -> None:
    """Raises :class:`SettingsError` when the driver of PostgreSQL is not installed."""
    try:
        importlib.import_module("psycopg")
    except ImportError:
        raise SettingsError(
            "IMPORTER_DATABASE_URL needs the package psycopg.", "Install it: pip install 'importer[postgres]'"
        ) from None
