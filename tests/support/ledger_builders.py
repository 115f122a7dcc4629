"""Builders for the ledger's tests: a ticking clock, runs, calls and outcomes, and the error of a refused opening."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from importer.core.errors import LedgerError
from importer.core.model import CallClass, Outcome, Status, VerdictKind
from importer.ledger.ledger import Ledger
from importer.ledger.model import Call, CallEnd, NewRun, RowToSend
from importer.ledger.sqlite_file import translate_errors

START = datetime(2026, 1, 1, tzinfo=UTC)


class TickingClock:
    """A clock that advances by one second with each reading."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


@contextmanager
def writing(ledger: Ledger) -> Iterator[Connection]:
    """Change the tables of a ledger in SQLite in one transaction, beside its own operations."""
    engine = ledger.storage.engine.execution_options(writes=True)
    with translate_errors(Path("ledger.db")), engine.begin() as connection:
        yield connection


def new_run(run_id: str = "run-1", **changed: Any) -> NewRun:
    known: dict[str, Any] = {
        "id": run_id,
        "fingerprint": f"plan of {run_id}",
        "account": "acme",
        "target": "create-lead",
        "source": f"{run_id}.csv",
        "source_sha": "s",
        "mapping": "m.yaml",
        "mapping_sha": "m",
        "folder": f"/runs/{run_id}",
        "rows": 10,
        "tool_version": "1",
    }
    return NewRun(**{**known, **changed})


def key_of(row: int) -> str:
    return f"key-{row}"


def call(rows: Iterable[int], run_id: str = "run-1", **changed: Any) -> Call:
    known: dict[str, Any] = {
        "run_id": run_id,
        "account": "acme",
        "target": "create-lead",
        "call_class": CallClass.BULK,
        "body_sha": "b",
        "rows": tuple(RowToSend(row, key_of(row)) for row in rows),
    }
    return Call(**{**known, **changed})


def ended(verdict: VerdictKind = VerdictKind.APPLIED, **changed: Any) -> CallEnd:
    known: dict[str, Any] = {"verdict": verdict, "http_status": 200, "code": "", "answer": "{}", "elapsed": 0.5}
    return CallEnd(**{**known, **changed})


def outcomes(rows: Iterable[int], status: Status = Status.CREATED, **changed: Any) -> list[Outcome]:
    return [Outcome(row, status, **changed) for row in rows]


def send(
    ledger: Any, rows: Iterable[int], status: Status = Status.CREATED, run_id: str = "run-1", **changed: Any
) -> int:
    """Record a call that ends with the same status for all of its rows; return its number."""
    listed = list(rows)
    number = ledger.begin_call(call(listed, run_id))
    ledger.finish_call(number, ended(), outcomes(listed, status, **changed))
    return int(number)


def status_of(ledger: Ledger, row: int, run_id: str = "run-1") -> Status:
    return ledger.outcomes_between(run_id, row, row)[row].status


def refusal(open_it: Callable[..., Ledger], **options: Any) -> LedgerError:
    with pytest.raises(LedgerError) as caught:
        open_it(**options)
    assert caught.value.remedy
    return caught.value
