"""Turns of a job with plain values: a clock that is set by hand, files in the inbox, imports that end as they should."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from importer.jobs.engine import job_run, results
from importer.jobs.engine.import_step import Verdict
from importer.jobs.engine.job_run import Worker
from importer.jobs.engine.results import TurnEnd

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


def put(worker: Worker, text: str = "E-mail\na@example.org\n", name: str = "a.csv") -> Path:
    path = worker.jobs.task("a").inbox / name
    path.write_text(text, "utf-8")
    return path


def turn(worker: Worker, name: str = "a") -> TurnEnd:
    """What the engine does, without the engine."""
    begun = worker.begin(name)
    files = []
    for number in begun.numbers:
        end = worker.import_one(number)
        files.append(worker.archive(number) if end.outcome in results.ENDED else end)
    return worker.finish(name, "hand", "", begun, files)


def ending(monkeypatch: pytest.MonkeyPatch, *verdicts: Verdict | BaseException) -> list[str]:
    """Let imports end like that, one after the other; the files that were imported."""
    left, seen = list(verdicts), []

    def import_it(task: Any, entry: Any, outside: Any, load: Any) -> Verdict:
        seen.append(Path(entry.path).name)
        verdict = left.pop(0)
        if isinstance(verdict, BaseException):
            raise verdict
        return verdict

    monkeypatch.setattr(job_run, "import_file", import_it)
    return seen


def told(worker: Worker) -> list[tuple[str, str, str]]:
    """What is to be told, of how which job ended, and where the address is."""
    return [(each.job, each.outcome, each.env) for each in worker.store.letters()]
