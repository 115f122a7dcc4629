"""The databases of engine and jobs, and the tables of the jobs: SQLite in the home folder, or PostgreSQL.

Times in the tables are ISO texts in UTC; an empty text means not yet.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Connection,
    Dialect,
    Engine,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    create_engine,
    event,
    inspect,
)
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.schema import CreateColumn

from importer.config import DATABASE_VARIABLE, read_database_url
from importer.core.errors import SettingsError
from importer.core.platform import open_private
from importer.core.redaction import Secret

VARIABLE = "IMPORTER_JOBS_DATABASE"
_FOLDER = "jobs"
_EXPECTED = "Expected something like postgresql://importer:PASSWORD@db.example.com/importer, or nothing for SQLite."


@dataclass(frozen=True, slots=True)
class Databases:
    """Addresses of the two databases: the engine's and that of the jobs; on PostgreSQL they are one.

    ``shared`` is the database of the ledger when several machines may work on the same jobs.
    """

    engine: Secret
    jobs: Secret
    is_sqlite: bool
    shared: Secret | None = None


def find_databases(environment: Mapping[str, str], home: Path) -> Databases:
    """Find the databases: that of ``IMPORTER_JOBS_DATABASE``, else that of the ledger, else files in ``home``.

    Raises :class:`SettingsError`, which never shows a password.
    """
    shared = read_database_url(environment)
    given = environment.get(VARIABLE, "").strip()
    name = VARIABLE if given else DATABASE_VARIABLE
    if not given and shared is not None:
        given = shared.reveal().replace("postgres://", "postgresql://", 1)
    if not given:
        folder = home / _FOLDER
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return Databases(_sqlite(folder / "engine.db"), _sqlite(folder / "jobs.db"), is_sqlite=True)
    # From here on neither the address nor its password can be shown or inherited.
    secret = Secret(given)
    try:
        url = make_url(given)
    except ArgumentError:
        raise SettingsError(f"{name} is not the address of a database.", _EXPECTED) from None
    if url.password:
        Secret(str(url.password))
    if url.get_backend_name() != "postgresql":
        raise SettingsError(f"{name} names a database of the kind {url.get_backend_name()}.", _EXPECTED)
    secret = Secret(url.set(drivername="postgresql+psycopg").render_as_string(hide_password=False))
    return Databases(secret, secret, is_sqlite=False, shared=shared)


def _sqlite(path: Path) -> Secret:
    if not path.exists():
        os.close(open_private(path, os.O_CREAT | os.O_WRONLY))
    return Secret(f"sqlite:///{path}")


_PRAGMAS = ("journal_mode=DELETE", "synchronous=EXTRA", "fullfsync=ON", "busy_timeout=30000", "trusted_schema=OFF")


def open_database(address: Secret) -> Engine:
    """Open the jobs' database; on SQLite a commit survives a power cut and writers wait for each other."""
    engine = create_engine(address.reveal(), hide_parameters=True, pool_pre_ping=True)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _make_durable)
    return engine


def _make_durable(connection: Any, _: Any) -> None:
    connection.isolation_level = "IMMEDIATE"
    for pragma in (
        "journal_mode=DELETE",
        "synchronous=EXTRA",
        "fullfsync=ON",
        "busy_timeout=30000",
        "trusted_schema=OFF",
    ):
        connection.execute(f"PRAGMA {pragma}")


metadata = MetaData()

_TO_STORED = {0xDC00 + byte: 0xEF00 + byte for byte in range(0x80, 0x100)}
_FROM_STORED = {stored: given for given, stored in _TO_STORED.items()}


class AnyText(TypeDecorator[str]):
    """A text column that also takes the names of files that are not UTF-8.

    Python has a lone surrogate for each byte of them that it cannot decode, which no database takes; a character for
    private use stands for it there.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return value if value is None or value.isascii() else value.translate(_TO_STORED)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        return value if value is None or value.isascii() else value.translate(_FROM_STORED)


def _required(*names: str) -> list[Column[str]]:
    return [Column(name, AnyText, nullable=False) for name in names]


def _texts(*names: str) -> list[Column[str]]:
    return [Column(name, AnyText, nullable=False, server_default="") for name in names]


def _numbers(*names: str) -> list[Column[int]]:
    return [Column(name, BigInteger, nullable=False, server_default="0") for name in names]


def _objects(*names: str) -> list[Column[Any]]:
    return [Column(name, JSON, nullable=False, server_default="{}") for name in names]


# One row per file that a job claimed; `archive` is the path to which it is moved.
files = Table(
    "importer_job_files",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    *_required("job", "path", "sha"),
    *_numbers("size", "mtime_ns", "inode"),
    *_required("state"),
    *_texts("outcome"),
    *_numbers("attempts"),
    *_texts("mapping_sha", "taken_at", "ended_at", "run"),
    *_numbers("exit_status", "rows", "problems"),
    *_texts("message", "remedy", "results", "report", "archive", "approved_by"),
    *_objects("counts", "codes"),
    *_texts("outline"),
)
Index("importer_job_files_by_content", files.c.job, files.c.sha)

# One row per run of a job.
turns = Table(
    "importer_job_turns",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    *_required("job"),
    *_texts("cause", "due_at", "started_at", "ended_at", "outcome"),
    *_numbers("exit_status", "files", "rows"),
    *_texts("message", "remedy"),
)

# One row per job.
jobs = Table(
    "importer_job_states",
    metadata,
    Column("job", Text, primary_key=True),
    *_texts("paused_at", "paused_by", "paused_why", "known_since", "last_success_at", "silence_told_at"),
)

# Files that were there but not yet stable, so that the next run need not begin to wait anew.
sightings = Table(
    "importer_job_sightings",
    metadata,
    Column("job", Text, primary_key=True),
    Column("path", AnyText, primary_key=True),
    *_numbers("size", "mtime_ns", "inode"),
    *_texts("since"),
)

# The schedule of each job, and the time after which its times are still owed.
schedules = Table(
    "importer_job_schedules",
    metadata,
    Column("job", Text, primary_key=True),
    *_texts("schedule", "owed_since"),
)

# Notifications, one row per message and address. An address itself is never here, only where it is kept.
outbox = Table(
    "importer_job_outbox",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    *_required("job"),
    *_texts("outcome", "title", "text", "env", "file", "credential", "created_at"),
    *_numbers("attempts"),
    *_texts("next_at", "state", "ended_at", "trouble"),
)
Index("importer_job_outbox_by_state", outbox.c.state, outbox.c.next_at)


def migrate_tables(connection: Connection) -> None:
    """Create missing tables, and the columns that a table of an earlier version lacks."""
    metadata.create_all(connection, checkfirst=True)
    found = inspect(connection)
    for table in metadata.sorted_tables:
        there = {column["name"] for column in found.get_columns(table.name)}
        for column in table.columns:
            if column.name not in there:
                definition = CreateColumn(column).compile(dialect=connection.dialect)
                connection.exec_driver_sql(f"ALTER TABLE {table.name} ADD COLUMN {definition}")
