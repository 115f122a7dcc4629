"""Runs in the ledger: opening, finding, finishing, reopening and pruning."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, ScalarSelect, case, func, insert, select, update

from importer.core.errors import LedgerError
from importer.core.failpoints import reach
from importer.core.model import DELIVERED, Status
from importer.ledger.changes import note_event, refusal, storable
from importer.ledger.model import NewRun, Run, RunState
from importer.ledger.schema import SENDING, WAITED, calls, events, rows, runs, updates
from importer.ledger.storage import LedgerPart, reads, writes

_OF_NEW = ("id", "fingerprint", "account", "target", "source", "source_sha", "mapping", "mapping_sha", "folder", "rows")
COLUMNS = [runs.c[name] for name in (*_OF_NEW, "tool_version", "state", "started_at", "finished_at", "stop_reason")]

PRUNED = "pruned"
"""Replaces evidence that was removed: a row with evidence was not created by the answer to its call."""

_UNSETTLED = (SENDING, Status.PENDING.value, Status.UNCERTAIN.value, Status.NOT_SENT.value)


class RunLedger(LedgerPart):
    """Runs: opening, finding, finishing, reopening and pruning."""

    @writes
    def open_run(self, connection: Connection, new: NewRun) -> Run:
        """Record a new run with state OPEN."""
        if find(connection, new.id) is not None:
            raise LedgerError(f"The ledger already knows a run {new.id}.", "Run again: a new run gets a new name.")
        values = {name: getattr(new, name) for name in (*_OF_NEW, "tool_version")}
        values = {name: storable(value) if isinstance(value, str) else value for name, value in values.items()}
        now = self._now()
        connection.execute(insert(runs).values(**values, state=RunState.OPEN.value, started_at=now))
        note_event(connection, now, RunState.OPEN, why="a new run", run_id=new.id)
        run = to_run(connection.execute(select(*COLUMNS).where(runs.c.id == values["id"])).one())
        reach("run-uncommitted")
        return run

    @reads
    def run(self, connection: Connection, run_id: str) -> Run | None:
        """Return the run with this id, or the only one whose id begins with it."""
        exact = find(connection, run_id)
        if exact is not None or not run_id:
            return exact
        begins = func.substr(runs.c.id, 1, len(run_id)) == storable(run_id)
        found = connection.execute(select(*COLUMNS).where(begins).limit(2)).all()
        return to_run(found[0]) if len(found) == 1 else None

    @reads
    def find_run(self, connection: Connection, fingerprint: str) -> Run | None:
        """Return the newest run of the plan with this fingerprint."""
        newest = select(*COLUMNS).where(runs.c.fingerprint == fingerprint).order_by(runs.c.number.desc()).limit(1)
        line = connection.execute(newest).one_or_none()
        return to_run(line) if line is not None else None

    @reads
    def runs(
        self, connection: Connection, account: str | None = None, state: RunState | None = None, limit: int = 50
    ) -> list[Run]:
        """Return runs, newest first."""
        query = select(*COLUMNS).order_by(runs.c.number.desc()).limit(limit)
        if account is not None:
            query = query.where(runs.c.account == account)
        if state is not None:
            query = query.where(runs.c.state == state.value)
        return [to_run(line) for line in connection.execute(query)]

    @writes
    def finish_run(self, connection: Connection, run_id: str) -> None:
        """Mark the run FINISHED; clears its stop reason."""
        now = self._now()
        values = {"state": RunState.FINISHED.value, "finished_at": now, "stop_reason": ""}
        _change_state(connection, run_id, values, "nothing is left to do", now)

    @writes
    def reopen_run(self, connection: Connection, run_id: str) -> None:
        """Mark the run OPEN again at a person's request; rows that were rejected until now may be sent again."""
        reopen(connection, run_id, self._now())

    @writes
    def stop_run(self, connection: Connection, run_id: str, reason: str) -> None:
        """Record why the run stopped early; it stays OPEN."""
        values = {"state": RunState.OPEN.value, "finished_at": "", "stop_reason": storable(reason)}
        _change_state(connection, run_id, values, f"stopped: {reason}", self._now())

    @reads
    def mapping_proven(self, connection: Connection, account: str, mapping_sha: str) -> bool:
        """Whether a row of this mapping was ever delivered to the account."""
        delivered = rows.c.status.in_(sorted(status.value for status in DELIVERED))
        query = (
            select(rows.c.row)
            .join(runs, runs.c.id == rows.c.run_id)
            .where(runs.c.account == account, runs.c.mapping_sha == mapping_sha, delivered)
            .limit(1)
        )
        return connection.execute(query).first() is not None

    @writes
    def record_wait(self, connection: Connection, run_id: str, seconds: float) -> None:
        """Durably record that a run waited ``seconds`` more for the limits of its account."""
        line = {"at": self._now(), "run_id": run_id, "became": WAITED, "why": "the account's limits"}
        connection.execute(insert(events).values({**line, "evidence": f"{seconds:.3f}"}))

    @writes
    def prune_run(self, connection: Connection, run_id: str, before: str) -> None:
        """Remove texts (answers, errors, evidence, replaced values) of a run that finished before an ISO time.

        Its rows stay known. Raises :class:`LedgerError` for one that did not, or that has rows uncertain, pending or
        not sent.
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
        why = "texts of an old run were removed"
        note_event(connection, self._now(), PRUNED, why=why, run_id=run_id, was=run.state)


def to_run(line: Sequence[Any]) -> Run:
    """Return the run of a line with :data:`COLUMNS`."""
    *new, state, started_at, finished_at, stop_reason = line
    return Run(NewRun(*new), RunState(state), started_at, finished_at, stop_reason)


def find(connection: Connection, run_id: str) -> Run | None:
    """Return the run with exactly this id."""
    line = connection.execute(select(*COLUMNS).where(runs.c.id == storable(run_id))).one_or_none()
    return to_run(line) if line is not None else None


def required(connection: Connection, run_id: str) -> Run:
    """Return the run with this id. Raises :class:`LedgerError` when there is none."""
    run = find(connection, run_id)
    if run is None:
        raise LedgerError(f"The ledger knows no run {run_id}.", "List the runs it knows: importer runs")
    return run


def generation(connection: Connection, run_id: str) -> int:
    """Return how often the run was reopened."""
    return int(connection.execute(select(runs.c.generation).where(runs.c.id == run_id)).scalar_one())


def run_number(run_id: str) -> ScalarSelect[int]:
    """Return the query for the number of a run."""
    return select(runs.c.number).where(runs.c.id == run_id).scalar_subquery()


def reopen(connection: Connection, run_id: str, now: str) -> None:
    """Mark the run open; rows that were rejected until now may be sent again."""
    values = {"state": RunState.OPEN.value, "finished_at": "", "generation": runs.c.generation + 1}
    _change_state(connection, run_id, values, "reopened", now)


def _change_state(connection: Connection, run_id: str, values: dict[str, Any], why: str, now: str) -> None:
    was = required(connection, run_id).state
    connection.execute(update(runs).where(runs.c.id == run_id).values(**values))
    note_event(connection, now, values["state"], why=why, run_id=run_id, was=was)
