"""The mark in a ledger's file that its content was moved to a database, so that the file is not used any more."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection, delete, insert

from importer.core.errors import LedgerError
from importer.ledger.integrity.identity import ADOPT_ADVICE, read_values
from importer.ledger.model import FILE_NAME
from importer.ledger.schema import meta

MARK = "moved_to"


def unmoved_runs(home: Path) -> int:
    """Count the runs of an unmarked ledger file in ``home``; at least 1 when it cannot be read."""
    path = home / FILE_NAME
    if not path.exists() or not path.stat().st_size:
        return 0
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            if connection.execute("SELECT 1 FROM meta WHERE name = ?", (MARK,)).fetchone():
                return 0
            return int(connection.execute("SELECT count(*) FROM runs").fetchone()[0])
    except sqlite3.Error:
        return 1


def set_aside(home: Path, place: str) -> None:
    """Mark the ledger file in ``home`` at a person's request: the ledger at ``place`` is used from now on.

    Raises :class:`sqlite3.Error`.
    """
    with closing(sqlite3.connect(home / FILE_NAME)) as connection, connection:
        connection.execute("INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)", (MARK, place))


def mark_moved(connection: Connection, place: str) -> None:
    """Mark the file within a transaction of its own connection."""
    connection.execute(delete(meta).where(meta.c.name == MARK))
    connection.execute(insert(meta).values(name=MARK, value=place))


def refuse_moved(connection: Connection, path: Path, *, adopt: bool) -> None:
    """Raise :class:`LedgerError` when the file's content was moved; with ``adopt`` the mark is removed instead."""
    place = read_values(connection).get(MARK)
    if place is None:
        return
    if not adopt:
        raise LedgerError(
            f"The ledger {path} was moved: {place} is used in its place. What was sent since is not in this file.",
            "Set IMPORTER_DATABASE_URL to that database. If it is gone, look in LeadSquared what was imported since, "
            f"then {ADOPT_ADVICE}.",
        )
    connection.execute(delete(meta).where(meta.c.name == MARK))
