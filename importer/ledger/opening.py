"""Opens the ledger's file: private, durable, undamaged, and certainly the one that was used here last."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine

from importer.core.errors import LedgerError
from importer.core.failpoints import reach
from importer.core.time import format_iso
from importer.ledger import sqlite_file
from importer.ledger.integrity import identity
from importer.ledger.integrity.check import Presence, register
from importer.ledger.integrity.file_guard import FileGuard
from importer.ledger.integrity.identity import LedgerIdentity, Randomness
from importer.ledger.integrity.machine_id import machine_id
from importer.ledger.integrity.migration_mark import refuse_moved
from importer.ledger.integrity.rollback_witness import FILE_NAME as WITNESS_NAME
from importer.ledger.integrity.rollback_witness import (
    UnreadableWitnessError,
    WitnessRecord,
    read_witness,
    write_witness,
)
from importer.ledger.integrity.upgrade import UPGRADABLE, upgrade_file
from importer.ledger.ledger import Ledger
from importer.ledger.model import FILE_NAME
from importer.ledger.operations.accounts import create_later_tables, has_later_tables
from importer.ledger.operations.calls import last_number
from importer.ledger.sqlite_file import translate_errors
from importer.ledger.sqlite_storage import SqliteStorage


def open_sqlite_ledger(
    home: Path,
    *,
    clock: Callable[[], datetime],
    adopt: bool = False,
    this_machine: str | None = None,
    randomness: Randomness = secrets.token_bytes,
) -> Ledger:
    """Open the ledger in ``home``, created when there is none. ``clock`` returns the time, with its time zone.

    ``adopt`` accepts a ledger that was restored, copied or moved; ``this_machine`` is the machine's id (default: the
    operating system's). Raises :class:`LedgerError` when the file cannot be used or is not the one used here last.
    """
    machine = machine_id() if this_machine is None else this_machine
    engine, known, guard = open_file(Opening(home, format_iso(clock()), machine, randomness, adopt))
    return Ledger(SqliteStorage(engine, guard, clock=clock), known.install_key, clock=clock)


@dataclass(frozen=True, slots=True)
class Opening:
    """The options of an opening: folder, time (ISO, UTC), machine, and whether a person accepts it (``adopt``)."""

    home: Path
    now: str
    machine_id: str
    randomness: Randomness
    adopt: bool
    for_moving: bool = False
    """The file is opened to be moved into a database; it may be marked as moved already."""

    @property
    def path(self) -> Path:
        """The ledger's file."""
        return self.home / FILE_NAME


def open_file(opening: Opening) -> tuple[Engine, LedgerIdentity, FileGuard]:
    """Open the ledger, created when there is none. Raises :class:`LedgerError`; then nothing stays open."""
    path = opening.path
    with translate_errors(path):
        sqlite_file.prepare_folder(opening.home)
        # Before the ledger is read: another process may be making calls, and the witness follows the ledger.
        seen = _read_witness(opening)
        sqlite_file.prepare_file(path)
        sqlite_file.refuse_truncated(path)
        interrupted = sqlite_file.has_hot_journal(path)
        if interrupted:
            reach("journal-hot")
        with ExitStack() as undo:
            presence = register(path)
            undo.callback(presence.leave, clean=False)
            engine = sqlite_file.engine_on(sqlite_file.connect(path))
            undo.callback(engine.dispose)
            known = _read_or_create(engine, opening, seen)
            _check_for_damage(engine, opening, presence, interrupted=interrupted)
            known = _confirm_identity(engine, opening, known, seen)
            guard = FileGuard.of(path, known.uuid, presence)
            undo.pop_all()
        return engine, known, guard


def _read_witness(opening: Opening) -> WitnessRecord | None:
    try:
        return read_witness(opening.home)
    except UnreadableWitnessError as error:
        if opening.adopt:
            return None
        place = opening.home / WITNESS_NAME
        raise LedgerError(
            f"{place} does not hold what this program writes there, but: {error}",
            f"Put the file back from a backup. If you are sure that the ledger is the newest, {identity.ADOPT_ADVICE}.",
        ) from None


def _read_or_create(engine: Engine, opening: Opening, seen: WitnessRecord | None) -> LedgerIdentity:
    """Return the identity of the ledger in the file; an empty file becomes a new ledger, an earlier format today's."""
    with engine.begin() as connection:
        version = identity.read_format(connection, opening.path)
    if version in UPGRADABLE:
        upgrade_file(engine, opening.path, opening.now)
    if not version:
        if seen is not None and not opening.adopt:
            raise identity.missing_ledger_error(opening.home, seen)
        with engine.execution_options(writes=True).begin() as connection:
            # Another process may have been faster.
            if not identity.read_format(connection, opening.path):
                identity.create_tables(connection, opening.now, opening.machine_id, opening.randomness)
                reach("tables-uncommitted")
    with engine.begin() as connection:
        known = identity.read_identity(connection, opening.path)
        complete = has_later_tables(connection)
    if not opening.for_moving:
        with engine.execution_options(writes=opening.adopt).begin() as connection:
            refuse_moved(connection, opening.path, adopt=opening.adopt)
    if not complete:
        with engine.execution_options(writes=True).begin() as connection:
            create_later_tables(connection)
    return known


def _check_for_damage(engine: Engine, opening: Opening, presence: Presence, *, interrupted: bool) -> None:
    """Check for damage when something may have happened to the file; small files once a day in any case."""
    small = opening.path.stat().st_size <= sqlite_file.DAILY_CHECKED_BYTES
    if not interrupted and not presence.needs_check(opening.now, daily=small):
        return
    presence.begin_check()
    with engine.begin() as connection:
        sqlite_file.check_for_damage(connection, opening.path)
    presence.record_check(opening.now)


def _confirm_identity(
    engine: Engine, opening: Opening, known: LedgerIdentity, seen: WitnessRecord | None
) -> LedgerIdentity:
    """Return the ledger's identity when it may be used, or when a person accepts it nevertheless."""
    home = opening.home
    with engine.begin() as connection:
        last = last_number(connection)
    if seen is None and last:
        # Another process may have created the ledger and made calls since the witness file was read.
        seen = _read_witness(opening)
    error = identity.continuity_error(home, known, last, seen, opening.machine_id)
    if error is None:
        write_witness(home, WitnessRecord(known.uuid, last))
        return known
    if not opening.adopt:
        raise error
    with engine.execution_options(writes=True).begin() as connection:
        known = identity.adopt(
            connection,
            opening.path,
            opening.now,
            machine_id=opening.machine_id,
            randomness=opening.randomness,
            why=error.message,
        )
    write_witness(home, WitnessRecord(known.uuid, last), anew=True)
    return known
