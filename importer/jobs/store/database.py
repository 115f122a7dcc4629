"""Where engine and jobs keep their memory: SQLite in the home folder, or the PostgreSQL that one setting names."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from importer.config.settings import DATABASE_VARIABLE, database_of
from importer.core.errors import SettingsError
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


def databases_of(environment: Mapping[str, str], home: Path) -> Databases:
    """What ``IMPORTER_JOBS_DATABASE`` says, else the database of the ledger, else files in ``home``.

    Raises :class:`SettingsError`, which never shows a password.
    """
    shared = database_of(environment)
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
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
    return Secret(f"sqlite:///{path}")


def open_database(address: Secret) -> Engine:
    """An engine for the jobs' own memory; on SQLite a commit survives a power cut and writers wait for each other."""
    engine = create_engine(address.reveal(), hide_parameters=True, pool_pre_ping=True)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _make_durable)
    return engine


def _make_durable(connection: Any, _: Any) -> None:
    connection.isolation_level = "IMMEDIATE"
    for pragma in ("journal_mode=DELETE", "synchronous=EXTRA", "busy_timeout=30000", "trusted_schema=OFF"):
        connection.execute(f"PRAGMA {pragma}")
