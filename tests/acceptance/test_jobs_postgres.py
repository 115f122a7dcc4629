"""The same jobs with their memory and engine on PostgreSQL, where a test server is named."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from random import Random

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from tests.acceptance.conftest import Desk
from tests.acceptance.test_jobs_crash import ROWS, kill_at_random, nothing_lost_or_doubled
from tests.support.job_files import run_job, write_jobs_file

SERVER = os.environ.get("IMPORTER_TEST_POSTGRES", "")
"""Address of a database whose user may create others, such as postgresql://importer:…@127.0.0.1/importer."""

pytestmark = pytest.mark.skipif(not SERVER, reason="IMPORTER_TEST_POSTGRES names no server")


@pytest.fixture
def database() -> Iterator[str]:
    """A new database, removed at the end."""
    url, name = make_url(SERVER), f"importer_{secrets.token_hex(6)}"
    engine = create_engine(url.set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield url.set(database=name).render_as_string(hide_password=False)
    with engine.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    engine.dispose()


def test_kills_with_the_memory_on_postgresql(desk: Desk, database: str) -> None:
    """As on SQLite: the worker is killed at random points, and nothing is lost or doubled."""
    desk.environment["IMPORTER_JOBS_DATABASE"] = database
    random = Random(5)
    write_jobs_file(desk)
    desk.sandbox.change(latency=0.3)
    desk.visits(ROWS, "inbox/one.csv")
    for command in (("jobs", "run", "visits"), ("serve",), ("jobs", "run", "visits")):
        kill_at_random(desk, random, *command)
    assert run_job(desk).status == 0
    nothing_lost_or_doubled(desk, ROWS)
    assert not list((desk.folder / "home").glob("jobs/*.db"))
