"""An engine that is stuck is told to the people who hear of problems, from outside of the engine."""

from __future__ import annotations

import logging
from datetime import timedelta
from types import SimpleNamespace

import pytest

from importer.cli.jobs import serve
from importer.core.errors import LedgerError
from importer.jobs import report_engine_problem
from importer.jobs.config.loader import parse_jobs
from importer.jobs.engine.job_run import JobRunner
from tests.unit.jobs.helpers import stored_notifications

JOBS = """\
jobs:
  a: {account: x, mapping: m.yaml, source: {folder: in}, notify: [{url: {env: CHAT}}, {url: {env: MAIL}, when: always}]}
  b: {account: x, mapping: m.yaml, source: {folder: in2}, notify: [{url: {env: CHAT}}]}
  c: {account: x, mapping: m.yaml, source: {folder: in3}, notify: [{url: {env: QUIET}, when: silence, days: 2}]}
"""


def test_each_address_hears_once_of_it(worker: JobRunner) -> None:
    """Whatever number of jobs it stands at; again after most of a day."""
    jobs, now = parse_jobs(JOBS, worker.jobs.path), worker.env.clock.now()
    assert report_engine_problem(jobs, worker.store, "a was due at noon and was not begun.", now) == 2
    assert report_engine_problem(jobs, worker.store, "a was due at noon and was not begun.", now) == 0
    assert sorted(stored_notifications(worker)) == [("a", "engine", "CHAT"), ("a", "engine", "MAIL")]
    assert report_engine_problem(jobs, worker.store, "It still is.", now + timedelta(hours=21)) == 2


def test_a_service_looks_at_its_engine(worker: JobRunner, caplog: pytest.LogCaptureFixture) -> None:
    """A problem is logged, and told; also when the store cannot be written, the service goes on."""
    jobs = parse_jobs(JOBS, worker.jobs.path)
    workspace = SimpleNamespace(env=worker.env, jobs=jobs, store=worker.store)
    serve._report_problem(workspace, SimpleNamespace(find_problem=lambda now: ""))  # type: ignore[arg-type]  # what is used
    assert caplog.text == ""
    stuck = SimpleNamespace(find_problem=lambda now: "a was due.")
    with caplog.at_level(logging.ERROR):
        serve._report_problem(workspace, stuck)  # type: ignore[arg-type]  # what is used
        assert len(worker.store.notifications()) == 2

        def fail(*_: object) -> bool:
            raise LedgerError("The disk is full.")

        workspace.store = SimpleNamespace(notified_since=fail)
        serve._report_problem(workspace, stuck)  # type: ignore[arg-type]  # what is used
    assert "The engine is stuck: a was due." in caplog.text
    assert "Nobody can be notified of it: The disk is full." in caplog.text
