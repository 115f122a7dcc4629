"""A jobs file that gains jobs while a service runs."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from importer.jobs import JobsFileWatcher, JobStore, JobsWorkspace, find_databases, load_jobs
from importer.jobs.engine.job_run import JobRunner
from tests.unit.jobs.helpers import JOBS


@pytest.fixture
def workspace(tmp_path: Path, worker: JobRunner, store: JobStore) -> JobsWorkspace:
    path = tmp_path / "jobs.yaml"
    path.write_text(JOBS, "utf-8")
    worker.env.home.mkdir(exist_ok=True)
    return JobsWorkspace(load_jobs(path), store, find_databases({}, worker.env.home), worker.env)


def test_new_jobs_are_added_and_others_stay(workspace: JobsWorkspace, caplog: pytest.LogCaptureFixture) -> None:
    watcher = JobsFileWatcher(workspace)
    assert watcher.add_new_jobs() == []
    path = workspace.jobs.path
    path.write_text(JOBS + "  c: {account: x, mapping: m.yaml, source: {folder: in3}}\n", "utf-8")
    assert watcher.add_new_jobs() == ["c"]
    assert list(workspace.jobs.tasks) == ["a", "b", "c"]
    with caplog.at_level(logging.WARNING, "importer.jobs.workspace"):
        path.write_text(JOBS.replace("max_rows: 10,", "max_rows: 100,"), "utf-8")
        assert watcher.add_new_jobs() == []
        assert "counts from the next start" in caplog.text
        path.write_text("jobs: nonsense\n", "utf-8")
        assert watcher.add_new_jobs() == []
        assert "has problems" in caplog.text
    path.unlink()
    assert watcher.add_new_jobs() == []
    assert workspace.jobs.task("a").job.guards.max_rows == 10
