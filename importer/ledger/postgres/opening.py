"""How the shared ledger is opened: its tables made when there are none, and certainly the ledger that was used last."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import psycopg
from sqlalchemy import Connection, Engine, create_engine, delete, func, insert, text
from sqlalchemy.exc import DBAPIError

from importer.core.errors import LedgerError
from importer.core.failpoints import reach
from importer.ledger import accounts, identity
from importer.ledger.identity import ADOPT_ADVICE, Identity, Randomness
from importer.ledger.integrity.migration_mark import set_aside, unmoved_runs
from importer.ledger.interface import FILE_NAME
from importer.ledger.postgres.connecting import Database, RawConnection, lock_number
from importer.ledger.postgres.tables import SCHEMA, shared_metadata, writers
from importer.ledger.schema import SCHEMA_VERSION, metadata

_BACKUP = "Put the newest backup of the database back; the ledger cannot be used as it is."
_DOUBLES = "Rows sent since then may be in LeadSquared without this ledger knowing it, and could be created twice."
# What changes when a database is restored from a dump, copied, or brought back to an earlier state by a server that
# then goes on in another history (a "timeline"); a standby that takes over does so, too.
_MARKS = (
    "SELECT system_identifier::text FROM pg_control_system()",
    "SELECT left(pg_walfile_name(pg_current_wal_lsn()), 8)",
    "SELECT oid::text FROM pg_database WHERE datname = current_database()",
    f"SELECT to_regclass('{SCHEMA}.calls')::oid::text",
)


_PATIENCE = "45s"
_MADE = "SELECT 1 FROM pg_catalog.pg_tables WHERE schemaname = :schema AND tablename = 'meta'"


@dataclass(frozen=True, slots=True)
class SharedOpening:
    """Which database is opened, when (ISO, UTC), beside which folder, and whether a person vouches for it."""

    database: Database
    home: Path
    now: str
    randomness: Randomness
    adopt: bool
    for_moving: bool = False
    """The ledger file of the folder is about to be moved into the database."""


def engine_of(database: Database) -> Engine:
    """An engine over the database. It keeps one connection, and makes a new one when that breaks."""

    def connect() -> RawConnection:
        connection = database.connect()
        # The driver would rewrite the placeholders of each statement for hundreds of rows anew, which costs more than
        # anything else that is done for a call.
        connection.cursor_factory = psycopg.RawCursor
        return connection

    engine = create_engine(
        "postgresql+psycopg://",
        creator=connect,
        paramstyle="numeric_dollar",
        isolation_level="REPEATABLE READ",
        pool_size=1,
        hide_parameters=True,
        use_native_hstore=False,
    )
    # The rows of a large file go in by hundreds per statement.
    engine.dialect.use_insertmanyvalues_wo_returning = True
    return engine


def open_database(opening: SharedOpening) -> tuple[Engine, Identity, str]:
    """The opened ledger and the name of its new writer. Raises :class:`LedgerError`; then nothing stays open."""
    engine = engine_of(opening.database)
    try:
        # Outside of a snapshot: whoever waits for another process to make the tables has to see them then.
        outside = engine.connect().execution_options(isolation_level="READ COMMITTED")
        with outside as connection, opening.database.watched_within(connection), connection.begin():
            _take_turns(connection, opening)
            known = _known_ledger(connection, opening)
            writer = opening.randomness(8).hex()
            connection.execute(delete(writers).where(writers.c.used_at < func.now() - text("interval '30 days'")))
            connection.execute(insert(writers).values(id=writer, number=0))
        return engine, known, writer
    except BaseException as error:
        engine.dispose()
        if isinstance(error, DBAPIError | psycopg.Error):
            raise opening.database.fault(cast(psycopg.Error, getattr(error, "orig", error))) from None
        raise


def _take_turns(connection: Connection, opening: SharedOpening) -> None:
    """Wait for whoever makes or adopts the tables. Those that only open them do not wait for each other.

    Fifty imports that begin at the same moment would else stand in line for longer than a lock is waited for.
    """
    # Asked of the catalogue: a name that was not found is remembered, and the tables would not be seen after waiting.
    alone = opening.adopt or connection.execute(text(_MADE), {"schema": SCHEMA}).scalar_one_or_none() is None
    # Also who only opens it may have many before him, when all of them begin with an empty database.
    connection.execute(text(f"SET LOCAL lock_timeout = '{_PATIENCE}'"))
    lock = f"SELECT pg_advisory_xact_lock{'' if alone else '_shared'}(:key)"
    connection.execute(text(lock), {"key": lock_number("opening")})


def has_tables(connection: Connection) -> bool:
    """Whether the database holds a ledger."""
    return connection.execute(text(f"SELECT to_regclass('{SCHEMA}.meta')")).scalar_one() is not None


def _known_ledger(connection: Connection, opening: SharedOpening) -> Identity:
    if not opening.for_moving:
        _refuse_to_forget(opening)
    if not has_tables(connection):
        _create(connection, opening)
    known, version = _read(connection, opening)
    if version != str(SCHEMA_VERSION):
        raise LedgerError(
            f"The ledger in {opening.database.place} has the format {version}, and this version of importer knows "
            f"{SCHEMA_VERSION}.",
            "Use the same version of importer on all computers that share the database.",
        )
    accounts.make_room_for_questions(connection)
    place = _marks(connection)
    here = identity.machine_digest(place, known.uuid)
    if here == known.machine:
        return known
    if not opening.adopt:
        raise LedgerError(
            f"The ledger in {opening.database.place} is not where it was used last: the database was restored or "
            f"copied, or another server has taken over. {_DOUBLES}",
            "If the old database is still there, use that one. If nothing is missing in this one, or after you have "
            f"looked in LeadSquared what was imported lately, {ADOPT_ADVICE}.",
        )
    return identity.adopt(
        connection, Path(), opening.now, machine_id=place, randomness=opening.randomness, why="a new place"
    )


def _refuse_to_forget(opening: SharedOpening) -> None:
    """Raises :class:`LedgerError` when the folder has a ledger file whose runs the database does not know."""
    own = opening.home / FILE_NAME
    number = unmoved_runs(opening.home)
    if not number:
        return
    if not opening.adopt:
        raise LedgerError(
            f"{own} is a ledger with runs of its own ({number}), and {opening.database.place} does not know them: what "
            "was sent with them would not be known, and could be created twice.",
            "Move them into the database: importer ledger move. Or set IMPORTER_HOME to a new folder. If the files of "
            f"those runs are never imported again, {ADOPT_ADVICE}.",
        )
    try:
        set_aside(opening.home, opening.database.place)
    except sqlite3.Error as error:
        raise LedgerError(f"{own} cannot be marked as set aside: {error}", "Move the file to another folder.") from None


def _create(connection: Connection, opening: SharedOpening) -> None:
    connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"))
    metadata.create_all(connection, checkfirst=False)
    shared_metadata.create_all(connection, checkfirst=False)
    identity.introduce(connection, opening.now, _marks(connection), opening.randomness)
    reach("tables-uncommitted")


def _read(connection: Connection, opening: SharedOpening) -> tuple[Identity, str]:
    values = identity.read_values(connection)
    try:
        found = Identity(values["uuid"], values["machine"], bytes.fromhex(values["install_key"]))
        return found, values["schema_version"]
    except (KeyError, ValueError):
        raise LedgerError(
            f"The ledger in {opening.database.place} is damaged: it does not say who it is.", _BACKUP
        ) from None


def _marks(connection: Connection) -> str:
    return "/".join(_asked(connection, query) for query in _MARKS)


def _asked(connection: Connection, query: str) -> str:
    """One text; empty where the server does not tell it, as some that are rented out."""
    try:
        with connection.begin_nested():
            return str(connection.execute(text(query)).scalar_one())
    except DBAPIError:
        return ""
