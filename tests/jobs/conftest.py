"""A memory of jobs in a temporary folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from importer.jobs.database import databases_of, open_database
from importer.jobs.store import JobStore


@pytest.fixture
def store(tmp_path: Path) -> Iterator[JobStore]:
    made = JobStore(open_database(databases_of({}, tmp_path).jobs))
    yield made
    made.close()
