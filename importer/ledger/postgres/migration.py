"""Moves a ledger from its file into the database, in one transaction and never twice."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, Table, delete, func, insert, select, text, update

from importer.core.errors import LedgerError
from importer.core.redaction import Secret
from importer.core.time import format_iso
from importer.ledger.changes import note_event
from importer.ledger.integrity import migration_mark
from importer.ledger.integrity.identity import LedgerIdentity, Randomness, read_values
from importer.ledger.integrity.machine_id import machine_id
from importer.ledger.lock import sender_lock
from importer.ledger.model import FILE_NAME
from importer.ledger.opening import Opening, open_file
from importer.ledger.postgres.connection import Database
from importer.ledger.postgres.opening import open_shared_ledger
from importer.ledger.postgres.tables import SCHEMA
from importer.ledger.schema import (
    bookings,
    calls,
    corrections,
    events,
    identities,
    limits,
    meta,
    questions,
    rows,
    runs,
    tenants,
    updates,
)
from importer.ledger.sqlite_file import translate_errors

_FROM = "moved_from"
_BATCH = 1000
_HISTORY = (runs, calls, rows, identities, corrections, updates, bookings)
_OF_ACCOUNTS = (tenants, limits, questions)
_NUMBERED = ((runs, "number"), (calls, "number"), (events, "id"))


@dataclass(frozen=True, slots=True)
class MigrationResult:
    """The place and content of the database. ``before``: an earlier attempt had moved it already."""

    place: str
    runs: int
    calls: int
    rows: int
    before: bool


def move_file(
    home: Path,
    url: Secret,
    *,
    clock: Callable[[], datetime],
    adopt: bool = False,
    this_machine: str | None = None,
    randomness: Randomness = secrets.token_bytes,
) -> MigrationResult:
    """Copy the ledger file of ``home`` into the database of ``url``, then mark the file as moved.

    Whatever interrupts it, doing it again completes it. Raises :class:`LedgerError` when there is no such file, when
    the database holds runs of its own, or when either cannot be used, and :class:`AnotherRunActive` while an import
    runs.
    """
    path = home / FILE_NAME
    if not path.is_file():
        raise LedgerError(f"There is no ledger file in {home}.", "Set IMPORTER_HOME to the folder that holds it.")
    place = Database.of(url).place
    machine = machine_id() if this_machine is None else this_machine
    engine, known, _ = open_file(Opening(home, format_iso(clock()), machine, randomness, adopt, for_moving=True))
    try:
        # The file stays locked until it is marked, so nothing is written into it that the copy would lack.
        with ExitStack() as held, translate_errors(path), engine.execution_options(writes=True).begin() as source:
            for account in source.execute(select(runs.c.account).distinct()).scalars().all():
                held.enter_context(sender_lock(home, account, clock=clock))
            ledger = open_shared_ledger(url, home, clock=clock, for_moving=True)
            try:
                result = ledger.storage.write(
                    lambda connection: _copy(source, connection, known, place, format_iso(clock()))
                )
            finally:
                ledger.close()
            migration_mark.mark_moved(source, place)
        return result
    finally:
        engine.dispose()


def _copy(source: Connection, into: Connection, known: LedgerIdentity, place: str, now: str) -> MigrationResult:
    before = read_values(into).get(_FROM) == known.uuid
    if not before:
        if _count(into, runs):
            raise LedgerError(
                f"{place} holds runs of its own already, and two ledgers cannot become one.",
                "Use a new database. Or finish the runs of the file, and go on with the database and a new "
                "IMPORTER_HOME.",
            )
        # Import keys in LeadSquared were derived from the file's key, and must be found again.
        into.execute(update(meta).where(meta.c.name == "install_key").values(value=known.install_key.hex()))
        into.execute(insert(meta).values(name=_FROM, value=known.uuid))
        for table in _OF_ACCOUNTS:
            into.execute(delete(table))
        for table in (*_HISTORY, *_OF_ACCOUNTS, events):
            _copy_table(source, into, table)
        note_event(into, now, "moved", why=f"from the ledger file {known.uuid}")
        for table, column in _NUMBERED:
            _advance_sequence(into, table, column)
    return MigrationResult(place, _count(into, runs), _count(into, calls), _count(into, rows), before)


def _copy_table(source: Connection, into: Connection, table: Table) -> None:
    # The events' numbers only order them; the database has some of its own already.
    left_out = "id" if table is events else ""
    found = source.execute(select(table).order_by(*table.primary_key.columns)).mappings()
    for part in found.partitions(_BATCH):
        into.execute(insert(table), [{str(name): line[name] for name in line if name != left_out} for line in part])


def _advance_sequence(into: Connection, table: Table, column: str) -> None:
    """Number new lines after the copied ones."""
    highest = into.execute(select(func.max(table.c[column]))).scalar_one()
    if highest is not None:
        sequence = f"pg_get_serial_sequence('{SCHEMA}.{table.name}', '{column}')"
        into.execute(text(f"SELECT setval({sequence}, :highest)"), {"highest": highest})


def _count(connection: Connection, table: Table) -> int:
    return connection.execute(select(func.count()).select_from(table)).scalar_one()
