"""How the ledger's file is opened: private, durable, undamaged, and certainly the one that was used here last."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine

from importer.core.errors import LedgerError
from importer.core.failpoints import reach
from importer.ledger import accounts, calls, identity, sqlite_file
from importer.ledger.faults import translated
from importer.ledger.identity import Identity, Randomness
from importer.ledger.integrity.check import Presence, enter
from importer.ledger.integrity.file_guard import FileGuard
from importer.ledger.integrity.migration_mark import refuse_moved
from importer.ledger.integrity.rollback_witness import FILE_NAME as WITNESS_NAME
from importer.ledger.integrity.rollback_witness import Seen, UnreadableWitnessError, read_witness, write_witness
from importer.ledger.interface import FILE_NAME


@dataclass(frozen=True, slots=True)
class Opening:
    """Where, when (ISO, UTC) and on which machine the ledger is opened, and whether a person vouches for it."""

    home: Path
    now: str
    machine_id: str
    randomness: Randomness
    adopt: bool
    for_moving: bool = False
    """The file is opened to be moved, which may have happened already."""

    @property
    def path(self) -> Path:
        """The ledger's file."""
        return self.home / FILE_NAME


def open_file(opening: Opening) -> tuple[Engine, Identity, FileGuard]:
    """The opened ledger, created when there is none. Raises :class:`LedgerError`; then nothing stays open."""
    path = opening.path
    with translated(path):
        sqlite_file.prepare_folder(opening.home)
        # Before the ledger is read: another process may be making calls, and the witness follows the ledger.
        seen = _read_witness(opening)
        sqlite_file.prepare_file(path)
        sqlite_file.refuse_a_stump(path)
        cut_short = sqlite_file.was_cut_short(path)
        if cut_short:
            reach("journal-hot")
        with ExitStack() as undo:
            presence = enter(path)
            undo.callback(presence.leave, clean=False)
            engine = sqlite_file.engine_over(sqlite_file.connect(path))
            undo.callback(engine.dispose)
            known = _known_ledger(engine, opening, seen)
            _check_for_damage(engine, opening, presence, cut_short=cut_short)
            known = _vouched_for(engine, opening, known, seen)
            guard = FileGuard.of(path, known.uuid, presence)
            undo.pop_all()
        return engine, known, guard


def _read_witness(opening: Opening) -> Seen | None:
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


def _known_ledger(engine: Engine, opening: Opening, seen: Seen | None) -> Identity:
    """The identity of the ledger in the file; an empty file becomes a new ledger."""
    with engine.begin() as connection:
        empty = identity.is_empty(connection, opening.path)
    if empty:
        if seen is not None and not opening.adopt:
            raise identity.without_ledger(opening.home, seen)
        with engine.execution_options(writes=True).begin() as connection:
            # Another process may have been faster.
            if identity.is_empty(connection, opening.path):
                identity.create_tables(connection, opening.now, opening.machine_id, opening.randomness)
                reach("tables-uncommitted")
    with engine.begin() as connection:
        known = identity.read_identity(connection, opening.path)
        complete = accounts.counts_questions(connection)
    if not opening.for_moving:
        with engine.execution_options(writes=opening.adopt).begin() as connection:
            refuse_moved(connection, opening.path, adopt=opening.adopt)
    if not complete:
        with engine.execution_options(writes=True).begin() as connection:
            accounts.make_room_for_questions(connection)
    return known


def _check_for_damage(engine: Engine, opening: Opening, presence: Presence, *, cut_short: bool) -> None:
    """Look for damage when something may have happened to the file; in small files once a day in any case."""
    small = opening.path.stat().st_size <= sqlite_file.DAILY_CHECKED_BYTES
    if not cut_short and not presence.needs_look(opening.now, daily=small):
        return
    presence.looking()
    with engine.begin() as connection:
        sqlite_file.check_for_damage(connection, opening.path)
    presence.looked(opening.now)


def _vouched_for(engine: Engine, opening: Opening, known: Identity, seen: Seen | None) -> Identity:
    """The ledger's identity when nothing speaks against using it, or when a person vouches for it."""
    home = opening.home
    with engine.begin() as connection:
        last = calls.last_number(connection)
    if seen is None and last:
        # Another process may have created the ledger and made calls since the witness was looked for.
        seen = _read_witness(opening)
    doubt = identity.doubt(home, known, last, seen, opening.machine_id)
    if doubt is None:
        write_witness(home, Seen(known.uuid, last))
        return known
    if not opening.adopt:
        raise doubt
    with engine.execution_options(writes=True).begin() as connection:
        known = identity.adopt(
            connection,
            opening.path,
            opening.now,
            machine_id=opening.machine_id,
            randomness=opening.randomness,
            why=doubt.message,
        )
    write_witness(home, Seen(known.uuid, last), anew=True)
    return known
