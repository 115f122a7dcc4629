"""Opens and creates the shared ledger in a PostgreSQL database."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import psycopg
from sqlalchemy import CheckConstraint, Connection, Engine, create_engine, delete, func, insert, select, text
from sqlalchemy.exc import DBAPIError

from importer.core.errors import LedgerError
from importer.core.failpoints import reach
from importer.core.redaction import Secret
from importer.core.time import format_iso
from importer.ledger.integrity import identity
from importer.ledger.integrity.identity import ADOPT_ADVICE, LedgerIdentity, Randomness
from importer.ledger.integrity.migration_mark import set_aside, unmoved_runs
from importer.ledger.integrity.upgrade import UPGRADABLE, add_identities
from importer.ledger.ledger import Ledger
from importer.ledger.model import FILE_NAME
from importer.ledger.monitor import LedgerMonitor
from importer.ledger.operations.accounts import create_later_tables
from importer.ledger.postgres.connection import Database, RawConnection, advisory_lock_number, driver_error
from importer.ledger.postgres.storage import PostgresStorage
from importer.ledger.postgres.tables import SCHEMA, shared_metadata, writers
from importer.ledger.schema import SCHEMA_VERSION, meta, metadata, rows

_BACKUP = "Put the newest backup of the database back; the ledger cannot be used as it is."
_DOUBLES = "Rows sent since then may be in LeadSquared without this ledger knowing it, and could be created twice."
# These values change when a database is restored from a dump, copied, or brought back to an earlier state by a server
# that then goes on in another history (a "timeline"); a standby that takes over does so, too.
_PLACE_QUERIES = (
    "SELECT system_identifier::text FROM pg_control_system()",
    "SELECT left(pg_walfile_name(pg_current_wal_lsn()), 8)",
    "SELECT oid::text FROM pg_database WHERE datname = current_database()",
    f"SELECT to_regclass('{SCHEMA}.calls')::oid::text",
)


_OPENING_LOCK_TIMEOUT = "45s"
_TABLES_EXIST = "SELECT 1 FROM pg_catalog.pg_tables WHERE schemaname = :schema AND tablename = 'meta'"


def open_shared_ledger(
    url: Secret,
    home: Path,
    *,
    clock: Callable[[], datetime],
    adopt: bool = False,
    randomness: Randomness = secrets.token_bytes,
    answer_seconds: float = 90.0,
    for_moving: bool = False,
) -> Ledger:
    """Open the ledger in the database of ``url``, created when there is none. ``clock`` returns the time with its zone.

    A ledger file in ``home`` with runs that were not moved is refused, except when opened ``for_moving`` it. ``adopt``
    accepts a database that was restored, copied or taken over. Raises :class:`LedgerError` when it cannot be used or is
    not the one used last, and :class:`SettingsError` for an invalid URL.
    """
    database = Database.of(url, answer_seconds)
    engine, known, writer = open_database(
        SharedOpening(database, home, format_iso(clock()), randomness, adopt, for_moving)
    )
    return Ledger(PostgresStorage(engine, database, writer, clock=clock), known.install_key, clock=clock)


def database_has_ledger(url: Secret) -> bool:
    """Whether the database of ``url`` holds a ledger. Raises :class:`LedgerError` when it cannot be reached."""
    with _reading(Database.of(url)) as connection:
        return connection is not None


def monitor_database(url: Secret) -> LedgerMonitor:
    """Return a monitor of the ledger in the database of ``url``. Raises :class:`SettingsError` for an invalid URL."""
    database = Database.of(url)
    return LedgerMonitor(lambda: _reading(database), growing=False)


@contextmanager
def _reading(database: Database) -> Iterator[Connection | None]:
    """Open a connection of its own; ``None`` when the database holds no ledger."""
    engine = create_database_engine(database)
    try:
        with database.translated_errors(), engine.connect() as connection, database.deadline_within(connection):
            yield connection if has_tables(connection) else None
    except DBAPIError as error:
        raise database.fault(driver_error(error)) from None
    finally:
        engine.dispose()


@dataclass(frozen=True, slots=True)
class SharedOpening:
    """The options of an opening: database, folder, time (ISO, UTC), and whether a person accepts it (``adopt``)."""

    database: Database
    home: Path
    now: str
    randomness: Randomness
    adopt: bool
    for_moving: bool = False
    """The ledger file of the folder is about to be moved into the database."""


def create_database_engine(database: Database) -> Engine:
    """Create an engine that keeps one connection to the database, and makes a new one when that breaks."""

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


def open_database(opening: SharedOpening) -> tuple[Engine, LedgerIdentity, str]:
    """Open the ledger; return it with the id of a new writer. Raises :class:`LedgerError`; then nothing stays open."""
    engine = create_database_engine(opening.database)
    try:
        # Outside of a snapshot: whoever waits for another process to make the tables has to see them then.
        outside = engine.connect().execution_options(isolation_level="READ COMMITTED")
        with outside as connection, opening.database.deadline_within(connection), connection.begin():
            _lock_for_opening(connection, opening)
            known = _read_or_create(connection, opening)
            writer = opening.randomness(8).hex()
            connection.execute(delete(writers).where(writers.c.used_at < func.now() - text("interval '30 days'")))
            connection.execute(insert(writers).values(id=writer, number=0))
        return engine, known, writer
    except BaseException as error:
        engine.dispose()
        if isinstance(error, DBAPIError | psycopg.Error):
            raise opening.database.fault(driver_error(error)) from None
        raise


def _lock_for_opening(connection: Connection, opening: SharedOpening) -> None:
    """Wait while another process creates or adopts the tables. Those that only open them do not wait.

    Fifty imports that begin at the same moment would otherwise queue for longer than the lock timeout.
    """
    # Read from the catalogue: a failed name lookup is cached, so the tables would not be seen after waiting.
    alone = opening.adopt or connection.execute(text(_TABLES_EXIST), {"schema": SCHEMA}).scalar_one_or_none() is None
    # Even a process that only opens it may wait for many others, when all of them begin with an empty database.
    connection.execute(text(f"SET LOCAL lock_timeout = '{_OPENING_LOCK_TIMEOUT}'"))
    lock = f"SELECT pg_advisory_xact_lock{'' if alone else '_shared'}(:key)"
    connection.execute(text(lock), {"key": advisory_lock_number("opening")})


def has_tables(connection: Connection) -> bool:
    """Whether the database holds a ledger."""
    return connection.execute(text(f"SELECT to_regclass('{SCHEMA}.meta')")).scalar_one() is not None


def _read_or_create(connection: Connection, opening: SharedOpening) -> LedgerIdentity:
    if not opening.for_moving:
        _refuse_unmoved_file(opening)
    if not has_tables(connection):
        _create(connection, opening)
    _upgrade(connection, opening.now)
    known, version = _read(connection, opening)
    if version != str(SCHEMA_VERSION):
        raise LedgerError(
            f"The ledger in {opening.database.place} has the format {version}, and this version of importer knows "
            f"{SCHEMA_VERSION}.",
            "Use the same version of importer on all computers that share the database.",
        )
    create_later_tables(connection)
    place = _identify_place(connection)
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


def _upgrade(connection: Connection, now: str) -> None:
    """Bring a ledger of an earlier format to the present one; wait for another process that does it."""
    query = select(meta.c.value).where(meta.c.name == "schema_version")
    formats = frozenset(map(str, UPGRADABLE))
    # Only a process that may have to upgrade waits for the line.
    if connection.execute(query).scalar_one_or_none() not in formats:
        return
    version = connection.execute(query.with_for_update()).scalar_one()
    if version not in formats:
        return
    (known,) = (one for one in rows.c.status.constraints if isinstance(one, CheckConstraint))
    connection.execute(text(f"ALTER TABLE rows DROP CONSTRAINT {known.name}"))
    connection.execute(text(f"ALTER TABLE rows ADD CONSTRAINT {known.name} CHECK ({known.sqltext})"))
    add_identities(connection, now, int(version))
    reach("tables-uncommitted")


def _refuse_unmoved_file(opening: SharedOpening) -> None:
    """Raise :class:`LedgerError` when the folder has a ledger file whose runs are not in the database."""
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
    identity.write_identity(connection, opening.now, _identify_place(connection), opening.randomness)
    reach("tables-uncommitted")


def _read(connection: Connection, opening: SharedOpening) -> tuple[LedgerIdentity, str]:
    values = identity.read_values(connection)
    try:
        found = LedgerIdentity(values["uuid"], values["machine"], bytes.fromhex(values["install_key"]))
        return found, values["schema_version"]
    except (KeyError, ValueError):
        raise LedgerError(f"The ledger in {opening.database.place} is damaged: it has no identity.", _BACKUP) from None


def _identify_place(connection: Connection) -> str:
    return "/".join(_read_text(connection, query) for query in _PLACE_QUERIES)


def _read_text(connection: Connection, query: str) -> str:
    """Return a single value; empty where the server does not permit the query, as some hosted ones."""
    try:
        with connection.begin_nested():
            return str(connection.execute(text(query)).scalar_one())
    except DBAPIError:
        return ""
