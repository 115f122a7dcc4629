"""Runs in the ledger: opening, finding, finishing, reopening and pruning."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, ScalarSelect, case, func, insert, select, update

from importer.core.errors import LedgerError
from importer.core.model import DELIVERED, Status
from importer.ledger.changes import note_event, refusal, storable
from importer.ledger.interface import NewRun, Run, RunState
from importer.ledger.schema import SENDING, WAITED, calls, events, rows, runs, updates

_OF_NEW = ("id", "fingerprint", "account", "target", "source", "source_sha", "mapping", "mapping_sha", "folder", "rows")
COLUMNS = [runs.c[name] for name in (*_OF_NEW, "tool_version", "state", "started_at", "finished_at", "stop_reason")]


def to_run(line: Sequence[Any]) -> Run:
    """Return the run of a line with :data:`COLUMNS`."""
    *new, state, started_at, finished_at, stop_reason = line
    return Run(NewRun(*new), RunState(state), started_at, finished_at, stop_reason)


def open_run(connection: Connection, new: NewRun, now: str) -> Run:
    """Record ``new`` as an open run."""
    if find(connection, new.id) is not None:
        raise LedgerError(f"The ledger already knows a run {new.id}.", "Run again: a new run gets a new name.")
    values = {name: getattr(new, name) for name in (*_OF_NEW, "tool_version")}
    values = {name: storable(value) if isinstance(value, str) else value for name, value in values.items()}
    connection.execute(insert(runs).values(**values, state=RunState.OPEN.value, started_at=now))
    note_event(connection, now, RunState.OPEN, why="a new run", run_id=new.id)
    return to_run(connection.execute(select(*COLUMNS).where(runs.c.id == values["id"])).one())


def find(connection: Connection, run_id: str) -> Run | None:
    """Return the run with exactly this id."""
    line = connection.execute(select(*COLUMNS).where(runs.c.id == storable(run_id))).one_or_none()
    return to_run(line) if line is not None else None


def find_beginning(connection: Connection, start: str) -> Run | None:
    """Return the run with this id, or the only one whose id begins with it."""
    exact = find(connection, start)
    if exact is not None or not start:
        return exact
    begins = func.substr(runs.c.id, 1, len(start)) == storable(start)
    found = connection.execute(select(*COLUMNS).where(begins).limit(2)).all()
    return to_run(found[0]) if len(found) == 1 else None


def newest_of_plan(connection: Connection, fingerprint: str) -> Run | None:
    """Return the newest run of the plan with this fingerprint."""
    newest = select(*COLUMNS).where(runs.c.fingerprint == fingerprint).order_by(runs.c.number.desc()).limit(1)
    line = connection.execute(newest).one_or_none()
    return to_run(line) if line is not None else None


def newest(connection: Connection, account: str | None, state: RunState | None, limit: int) -> list[Run]:
    """Return runs, newest first."""
    query = select(*COLUMNS).order_by(runs.c.number.desc()).limit(limit)
    if account is not None:
        query = query.where(runs.c.account == account)
    if state is not None:
        query = query.where(runs.c.state == state.value)
    return [to_run(line) for line in connection.execute(query)]


def required(connection: Connection, run_id: str) -> Run:
    """Return the run with this id. Raises :class:`LedgerError` when there is none."""
    run = find(connection, run_id)
    if run is None:
        raise LedgerError(f"The ledger knows no run {run_id}.", "List the runs it knows: importer runs")
    return run


def generation(connection: Connection, run_id: str) -> int:
    """Return how often the run was reopened."""
    return int(connection.execute(select(runs.c.generation).where(runs.c.id == run_id)).scalar_one())


def finish(connection: Connection, run_id: str, now: str) -> None:
    """Mark the run finished."""
    was = required(connection, run_id).state
    _set(connection, run_id, state=RunState.FINISHED.value, finished_at=now, stop_reason="")
    note_event(connection, now, RunState.FINISHED, why="nothing is left to do", run_id=run_id, was=was)


def reopen(connection: Connection, run_id: str, now: str) -> None:
    """Mark the run open; rows that were rejected until now may be sent again."""
    was = required(connection, run_id).state
    _set(connection, run_id, state=RunState.OPEN.value, finished_at="", generation=runs.c.generation + 1)
    note_event(connection, now, RunState.OPEN, why="reopened", run_id=run_id, was=was)


def stop(connection: Connection, run_id: str, reason: str, now: str) -> None:
    """Record why the run stopped early."""
    was = required(connection, run_id).state
    _set(connection, run_id, state=RunState.OPEN.value, finished_at="", stop_reason=storable(reason))
    note_event(connection, now, RunState.OPEN, why=f"stopped: {reason}", run_id=run_id, was=was)


def _set(connection: Connection, run_id: str, **values: object) -> None:
    connection.execute(update(runs).where(runs.c.id == run_id).values(**values))


def mapping_proven(connection: Connection, account: str, mapping_sha: str) -> bool:
    """Whether a row of this mapping was ever delivered to the account."""
    delivered = rows.c.status.in_(sorted(status.value for status in DELIVERED))
    query = (
        select(rows.c.row)
        .join(runs, runs.c.id == rows.c.run_id)
        .where(runs.c.account == account, runs.c.mapping_sha == mapping_sha, delivered)
        .limit(1)
    )
    return connection.execute(query).first() is not None


def record_wait(connection: Connection, run_id: str, seconds: float, now: str) -> None:
    """Add an event with the seconds that the run waited for the limits of its account."""
    line = {"at": now, "run_id": run_id, "became": WAITED, "why": "the account's limits", "evidence": f"{seconds:.3f}"}
    connection.execute(insert(events).values(line))


def run_number(run_id: str) -> ScalarSelect[int]:
    """Return the query for the number of a run."""
    return select(runs.c.number).where(runs.c.id == run_id).scalar_subquery()


PRUNED = "pruned"
"""Replaces evidence that was removed: a row with evidence was not created by the answer to its call."""

_UNSETTLED = (SENDING, Status.PENDING.value, Status.UNCERTAIN.value, Status.NOT_SENT.value)


def prune(connection: Connection, run_id: str, before: str, now: str) -> None:
    """Remove answers, error texts, evidence and replaced values of a run.

    It finished before ``before`` and has nothing left to do.
    """
    run = required(connection, run_id)
    if run.state is not RunState.FINISHED or not run.finished_at < before:
        raise refusal(f"Run {run_id} is not pruned: it has not finished, or not long enough ago.")
    open_rows = select(rows.c.row).where(rows.c.run_id == run_id, rows.c.status.in_(_UNSETTLED)).limit(1)
    if connection.execute(open_rows).first() is not None:
        raise refusal(f"Run {run_id} is not pruned: what became of some of its rows is not settled.")
    connection.execute(update(calls).where(calls.c.run_id == run_id, calls.c.answer != "").values(answer=""))
    has_text = (rows.c.error != "") | (rows.c.evidence != "")
    kept = case((rows.c.evidence != "", PRUNED), else_="")
    connection.execute(update(rows).where(rows.c.run_id == run_id, has_text).values(error="", evidence=kept))
    connection.execute(update(updates).where(updates.c.run == run_number(run_id)).values(before="{}"))
    note_event(connection, now, PRUNED, why="texts of an old run were removed", run_id=run_id, was=run.state)
