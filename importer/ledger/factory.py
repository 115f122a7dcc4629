"""Opens the ledger where the settings say: a file of this computer, or a database that several computers share."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from importer.core.errors import SettingsError
from importer.core.redaction import Secret
from importer.ledger.model import FILE_NAME

if TYPE_CHECKING:
    from importer.ledger.ledger import Ledger
    from importer.ledger.monitor import LedgerMonitor
    from importer.ledger.postgres.migration import MigrationResult


def open_ledger(home: Path, database: Secret | None, *, clock: Callable[[], datetime], adopt: bool = False) -> Ledger:
    """Open the ledger in ``database``, or else in ``home``; created when there is none.

    ``adopt`` accepts one that was restored, copied or moved. Raises :class:`LedgerError` and, for an invalid URL
    or a missing driver, :class:`SettingsError`.
    """
    if database is None:
        from importer.ledger.opening import open_sqlite_ledger

        return open_sqlite_ledger(home, clock=clock, adopt=adopt)
    require_driver()
    from importer.ledger.postgres.opening import open_shared_ledger

    return open_shared_ledger(database, home, clock=clock, adopt=adopt)


def move_ledger(home: Path, database: Secret, *, clock: Callable[[], datetime], adopt: bool = False) -> MigrationResult:
    """Move the ledger file of ``home`` into ``database``. See :func:`importer.ledger.postgres.migration.move_file`."""
    require_driver()
    from importer.ledger.postgres.migration import move_file

    return move_file(home, database, clock=clock, adopt=adopt)


def ledger_file(home: Path) -> Path:
    """Return the path of the ledger's file in ``home``, whether or not it exists."""
    return home / FILE_NAME


def ledger_exists(home: Path, database: Secret | None) -> bool:
    """Whether there is a ledger already. Raises :class:`LedgerError` when that cannot be determined."""
    if database is None:
        return ledger_file(home).is_file()
    require_driver()
    from importer.ledger.postgres.opening import database_has_ledger

    return database_has_ledger(database)


def monitor_ledger(home: Path, database: Secret | None) -> LedgerMonitor:
    """Return a monitor that reads the metrics of the ledger in ``database`` or ``home`` and never changes it.

    Raises :class:`SettingsError` for an invalid URL or a missing driver.
    """
    if database is None:
        from importer.ledger.monitor import monitor_file

        return monitor_file(home)
    require_driver()
    from importer.ledger.postgres.opening import monitor_database

    return monitor_database(database)


def require_driver() -> None:
    """Raise :class:`SettingsError` when the driver of PostgreSQL is not installed."""
    try:
        importlib.import_module("psycopg")
    except ImportError:
        raise SettingsError(
            "IMPORTER_DATABASE_URL needs the package psycopg.", "Install it: pip install 'importer[postgres]'"
        ) from None
