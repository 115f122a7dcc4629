"""A jobs file that is changed while a service runs: it is taken up whole, or not at all."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from importer.jobs import JobsFileWatcher, JobStore, JobsWorkspace, find_databases, load_jobs
from importer.jobs.config.changes import JobsFileChange, find_weakened
from importer.jobs.config.loader import parse_jobs
from importer.jobs.engine.job_run import JobRunner
from tests.unit.jobs.helpers import JOBS

MORE = "  c: {account: x, mapping: m.yaml, source: {folder: in3}}\n"
GUARDED = "{max_rows: 10, max_invalid: 5%, unusual: hold}"


@pytest.fixture
def workspace(tmp_path: Path, worker: JobRunner, store: JobStore) -> JobsWorkspace:
    path = tmp_path / "jobs.yaml"
    path.write_text(JOBS, "utf-8")
    worker.env.home.mkdir(exist_ok=True)
    return JobsWorkspace(load_jobs(path), store, find_databases({}, worker.env.home), worker.env)


def test_added_changed_and_removed_jobs_count_at_once(
    workspace: JobsWorkspace, caplog: pytest.LogCaptureFixture
) -> None:
    """Each change is logged with the hash of the file."""
    watcher, path = JobsFileWatcher(workspace), workspace.jobs.path
    assert not watcher.reload()
    with caplog.at_level(logging.INFO, "importer.jobs.workspace"):
        path.write_text(JOBS + MORE, "utf-8")
        assert watcher.reload() == JobsFileChange(added=("c",))
        path.write_text(JOBS.replace("max_rows: 10,", "max_rows: 9,"), "utf-8")
        assert watcher.reload() == JobsFileChange(changed=("a",), removed=("c",))
    assert workspace.jobs.task("a").job.guards.max_rows == 9
    assert list(workspace.jobs.tasks) == ["a", "b"]
    assert "changed a; removed c" in caplog.text
    path.write_text(path.read_text("utf-8") + "\n", "utf-8")
    assert not watcher.reload(), "a blank line changes no job"


@pytest.mark.parametrize(
    ("text", "mode", "reason"),
    [
        ("jobs: nonsense\n", 0o644, "is not taken up"),
        (JOBS + MORE, 0o666, "others may open or change it"),
        (JOBS.replace("max_rows: 10,", "max_rows: 100,") + MORE, 0o644, "restart importer serve"),
    ],
)
def test_a_file_that_cannot_be_taken_up_changes_nothing(
    workspace: JobsWorkspace, caplog: pytest.LogCaptureFixture, text: str, mode: int, reason: str
) -> None:
    """One with problems, one that others may change, and one that weakens a guard; each is logged once."""
    watcher, path, before = JobsFileWatcher(workspace), workspace.jobs.path, workspace.jobs.tasks
    path.write_text(text, "utf-8")
    path.chmod(mode)
    # Other tests may have set the level of the whole program.
    caplog.set_level(logging.WARNING, "importer.jobs.workspace")
    assert not watcher.reload()
    assert reason in caplog.text
    caplog.clear()
    assert not watcher.reload()
    assert (workspace.jobs.tasks, caplog.text) == (before, "")
    path.unlink()
    assert not watcher.reload()


def test_a_run_that_has_begun_ends_as_it_began(workspace: JobsWorkspace) -> None:
    """Also when its job is removed meanwhile."""
    jobs, watcher = workspace.jobs, JobsFileWatcher(workspace)
    with jobs.pinned("a"):
        jobs.path.write_text(JOBS.replace("max_rows: 10,", "max_rows: 9,"), "utf-8")
        assert watcher.reload()
        assert jobs.task("a").job.guards.max_rows == 10
        jobs.tasks = {}
        assert jobs.task("a").name == "a"
    assert "a" not in jobs.tasks


def tasks(guards: str, name: str = "a", folder: str = "in") -> str:
    return f"jobs:\n  {name}: {{account: x, mapping: m.yaml, source: {{folder: {folder}}}, guards: {guards}}}\n"


@pytest.mark.parametrize(
    ("old", "new", "weakened"),
    [
        (tasks("{approval: yes}"), tasks("{approval: no}"), ["a"]),
        (tasks("{approval: no}"), tasks("{approval: yes}"), []),
        (tasks("{approval: yes, max_rows: 10}"), tasks("{approval: yes, max_rows: 20}"), []),
        (tasks(GUARDED), tasks("{max_rows: 11, max_invalid: 5%}"), ["a"]),
        (tasks(GUARDED), tasks("{max_rows: 10, max_invalid: 6%}"), ["a"]),
        (tasks(GUARDED), tasks("{max_rows: 10}"), ["a"]),
        (tasks(GUARDED), tasks("{max_rows: 10, max_invalid: 5%, unusual: send}"), ["a"]),
        (tasks(GUARDED), tasks("{max_rows: 9, max_invalid: 4%}"), []),
        (tasks("{approval: yes}"), tasks("{approval: no}", "b"), ["b"]),
        (tasks("{approval: yes}"), tasks("{approval: no}", "b", "in9"), []),
    ],
)
def test_guards_that_hold_less_are_found(tmp_path: Path, old: str, new: str, weakened: list[str]) -> None:
    """Another name for a job of the same inbox is no way around them."""
    path = tmp_path / "jobs.yaml"
    assert find_weakened(parse_jobs(old, path).tasks, parse_jobs(new, path).tasks) == weakened
