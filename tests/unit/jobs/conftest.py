"""A store and a job runner in a temporary folder."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from importer.app.environment import Environment
from importer.core.progress import SilentProgress
from importer.jobs.config.loader import LoadedJobs, parse_jobs
from importer.jobs.engine.job_run import JobRunner
from importer.jobs.engine.workers import job_locks
from importer.jobs.store.database import find_databases, open_database
from importer.jobs.store.store import JobStore
from tests.unit.jobs.helpers import JOBS, MAPPING, Clock


@pytest.fixture
def store(tmp_path: Path) -> Iterator[JobStore]:
    made = JobStore(open_database(find_databases({}, tmp_path).jobs))
    yield made
    made.close()


@pytest.fixture
def worker(tmp_path: Path, store: JobStore) -> JobRunner:
    (tmp_path / "in").mkdir()
    (tmp_path / "in2").mkdir()
    (tmp_path / "m.yaml").write_text(MAPPING, "utf-8")
    env = Environment(
        home=tmp_path / "home",
        variables={},
        clock=Clock(),
        stop=threading.Event(),
        progress=SilentProgress(),
        make_crm=lambda account: None,  # type: ignore[arg-type,return-value]  # never asked
        confirm=lambda question: False,
        random_text=lambda: "ab12",
    )
    jobs: LoadedJobs = parse_jobs(JOBS, tmp_path / "jobs.yaml")
    return JobRunner(jobs, store, env, lambda name: None, job_locks(tmp_path, None))  # type: ignore[arg-type,return-value]  # never asked
