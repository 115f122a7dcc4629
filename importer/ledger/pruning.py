"""What an old, finished run may lose: texts. What recognises its rows stays, and so does every event."""

from __future__ import annotations

from sqlalchemy import Connection, case, select, update

from importer.core.model import Status
from importer.ledger.changes import note_event, refusal
from importer.ledger.interface import RunState
from importer.ledger.runs import required
from importer.ledger.schema import SENDING, calls, rows

PRUNED = "pruned"
"""Stands in place of evidence that was removed: a row with evidence was not created by the answer to its call."""

_UNSETTLED = (SENDING, Status.PENDING.value, Status.UNCERTAIN.value, Status.NOT_SENT.value)


def prune(connection: Connection, run_id: str, before: str, now: str) -> None:
    """Remove answers, error texts and evidence of a run that finished before ``before`` and has nothing left to do."""
    run = required(connection, run_id)
    if run.state is not RunState.FINISHED or not run.finished_at < before:
        raise refusal(f"Run {run_id} is not pruned: it has not finished, or not long enough ago.")
    open_rows = select(rows.c.row).where(rows.c.run_id == run_id, rows.c.status.in_(_UNSETTLED)).limit(1)
    if connection.execute(open_rows).first() is not None:
        raise refusal(f"Run {run_id} is not pruned: what became of some of its rows is not settled.")
    connection.execute(update(calls).where(calls.c.run_id == run_id, calls.c.answer != "").values(answer=""))
    told = (rows.c.error != "") | (rows.c.evidence != "")
    kept = case((rows.c.evidence != "", PRUNED), else_="")
    connection.execute(update(rows).where(rows.c.run_id == run_id, told).values(error="", evidence=kept))
    note_event(connection, now, PRUNED, why="texts of an old run were removed", run_id=run_id, was=run.state)
