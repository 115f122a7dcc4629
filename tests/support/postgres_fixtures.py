"""Fixtures for tests with a real PostgreSQL server; a conftest.py imports those that it needs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from importer.core.redaction import Secret
from tests.support.postgres_server import Server, started


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """One server for all tests of a process."""
    made = started()
    yield made
    made.remove()


@pytest.fixture
def database(server: Server) -> Secret:
    """The URL of an empty database."""
    return Secret(server.fresh("trial"))
