"""Helpers for runs with plain values: a clock that is set by hand, files in the inbox, imports with given results."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from importer.jobs.engine import job_run, results
from importer.jobs.engine.import_step import ImportResult
from importer.jobs.engine.job_run import JobRunner
from importer.jobs.engine.results import JobRunResult

NOW = datetime(2026, 11, 21, 2, 30, tzinfo=UTC)
MAPPING = "target: create-lead\nlead:\n  EmailAddress: E-mail\n"
JOBS = """\
jobs:
  a:
    account: x
    mapping: m.yaml
    source: {folder: in, stable: 0s}
    guards: {max_rows: 10, max_invalid: 10%}
    notify:
      - {url: {env: ALL}, when: always}
      - {url: {env: TROUBLE}}
      - {url: {env: QUIET}, when: silence, days: 2}
  b: {account: x, mapping: m.yaml, source: {path: in2/b.csv, stable: 0s}, guards: {unusual: send, approval: yes}}
"""


class Clock:
    def __init__(self) -> None:
        self.time = NOW

    def now(self) -> datetime:
        return self.time

    def monotonic(self) -> float:
        return self.time.timestamp()

    def sleep(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


def put(worker: JobRunner, text: str = "E-mail\na@example.org\n", name: str = "a.csv") -> Path:
    path = worker.jobs.task("a").inbox / name
    path.write_text(text, "utf-8")
    return path


def run_job(worker: JobRunner, name: str = "a") -> JobRunResult:
    """Take the steps of a run as the engine does, without the engine."""
    begun = worker.begin(name)
    files = []
    for number in begun.numbers:
        end = worker.import_one(number)
        files.append(worker.archive(number) if end.outcome in results.FINAL else end)
    return worker.finish(name, "hand", "", begun, files)


def set_results(monkeypatch: pytest.MonkeyPatch, *verdicts: ImportResult | BaseException) -> list[str]:
    """Let imports end with ``verdicts``, one after the other; return the list to which imported files are added."""
    left, seen = list(verdicts), []

    def import_it(task: Any, entry: Any, env: Any, load: Any) -> ImportResult:
        seen.append(Path(entry.path).name)
        verdict = left.pop(0)
        if isinstance(verdict, BaseException):
            raise verdict
        return verdict

    monkeypatch.setattr(job_run, "import_file", import_it)
    return seen


def stored_notifications(worker: JobRunner) -> list[tuple[str, str, str]]:
    """Return job, outcome and variable of the address of each stored notification."""
    return [(each.job, each.outcome, each.env) for each in worker.store.notifications()]
