"""Upgrades ledgers of earlier formats to the present one, in one transaction each."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, Engine, MetaData, insert, select, text, update
from sqlalchemy.schema import CreateIndex, CreateTable

from importer.core.errors import LedgerError
from importer.core.failpoints import reach
from importer.ledger.changes import note_event
from importer.ledger.schema import SCHEMA_VERSION, identities, meta, rows
from importer.ledger.sqlite_file import DAMAGED_REMEDY, back_up, driver_connection

UPGRADABLE = frozenset({1})
"""Formats that can be upgraded. Format 1: no identities of rows, and no status for changed rows."""


def copy_of_format(path: Path, version: int) -> Path:
    """Return the path of the copy that is made of a ledger file before it is upgraded from a format."""
    return path.with_name(f"{path.stem}-format-{version}{path.suffix}")


def upgrade_file(engine: Engine, path: Path, now: str) -> None:
    """Copy the ledger file, then upgrade it. An interrupted upgrade leaves it as it was."""
    with engine.begin() as connection:
        version = int(connection.execute(text("PRAGMA user_version")).scalar_one())
    copy = copy_of_format(path, version)
    copy.unlink(missing_ok=True)
    back_up(path, copy)
    # A table cannot be replaced while other tables refer to it, and the setting has no effect inside a transaction.
    driver_connection(engine).execute("PRAGMA foreign_keys=OFF")
    try:
        with engine.execution_options(writes=True).begin() as connection:
            # Another process may have been faster.
            if connection.execute(text("PRAGMA user_version")).scalar_one() == version:
                _replace_rows_table(connection)
                add_identities(connection, now, version)
                connection.execute(text(f"PRAGMA user_version = {SCHEMA_VERSION}"))
                reach("tables-uncommitted")
            if connection.execute(text("PRAGMA foreign_key_check")).first() is not None:
                raise LedgerError(f"The ledger {path} is damaged: activities without a row.", DAMAGED_REMEDY)
    finally:
        driver_connection(engine).execute("PRAGMA foreign_keys=ON")


def _replace_rows_table(connection: Connection) -> None:
    """Replace the table of rows by one with today's statuses: SQLite cannot change the condition of a column."""
    # With the legacy behaviour, references of other tables keep the old name, which the new table then takes.
    connection.execute(text("PRAGMA legacy_alter_table=ON"))
    connection.execute(text("ALTER TABLE rows RENAME TO rows_before"))
    connection.execute(text("DROP INDEX rows_by_key"))
    connection.execute(CreateTable(rows))
    for index in rows.indexes:
        connection.execute(CreateIndex(index))
    before = rows.to_metadata(MetaData(), name="rows_before")
    connection.execute(insert(rows).from_select([column.name for column in rows.columns], select(before)))
    connection.execute(text("DROP TABLE rows_before"))
    connection.execute(text("PRAGMA legacy_alter_table=OFF"))


def add_identities(connection: Connection, now: str, version: int) -> None:
    """Add what a ledger of format ``version`` lacks beside new statuses, and note the upgrade."""
    identities.create(connection)
    connection.execute(text("ALTER TABLE runs ADD COLUMN columns TEXT NOT NULL DEFAULT ''"))
    connection.execute(update(meta).where(meta.c.name == "schema_version").values(value=str(SCHEMA_VERSION)))
    note_event(connection, now, "upgraded", why=f"from format {version} to {SCHEMA_VERSION}")
