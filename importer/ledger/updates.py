"""Updates in the ledger: which rows correct the activity of an earlier row, and the values that they replace."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping

from sqlalchemy import ColumnElement, Connection, delete, exists, insert, select

from importer.core.redaction import redact
from importer.ledger.changes import BATCH, storable
from importer.ledger.interface import RowUpdate
from importer.ledger.outcomes import MAY_BE_IN_CRM
from importer.ledger.schema import rows, runs, updates


def record(connection: Connection, run_id: str, found: Mapping[int, RowUpdate]) -> None:
    """Record the updates of some rows, in place of those that are recorded for them."""
    number = _number(connection, run_id)
    _delete(connection, number, found)
    lines = [
        {
            "run": number,
            "row": row,
            "activity_id": storable(one.activity_id),
            "of_run": one.of_run,
            "of_row": one.of_row,
            "before": json.dumps({name: storable(redact(text)) for name, text in one.before.items()}),
        }
        for row, one in found.items()
    ]
    if lines:
        connection.execute(insert(updates), lines)


def withdraw(connection: Connection, run_id: str, found: Collection[int]) -> None:
    """Remove the updates of rows that are not made."""
    _delete(connection, _number(connection, run_id), found)


def of_rows(connection: Connection, run_id: str) -> dict[int, RowUpdate]:
    """Return the updates of a run's rows."""
    query = select(updates).join(runs, runs.c.number == updates.c.run).where(runs.c.id == run_id)
    return {
        line.row: RowUpdate(line.activity_id, line.of_run, line.of_row, json.loads(line.before))
        for line in connection.execute(query)
    }


def is_updated() -> ColumnElement[bool]:
    """Return the condition for rows whose activity a later row has, or may have, given other values."""
    later = rows.alias("later_rows")
    later_runs = runs.alias("later_runs")
    return exists().where(
        updates.c.of_run == rows.c.run_id,
        updates.c.of_row == rows.c.row,
        later_runs.c.number == updates.c.run,
        later.c.run_id == later_runs.c.id,
        later.c.row == updates.c.row,
        later.c.attempts > 0,
        later.c.status.in_(MAY_BE_IN_CRM),
    )


def _number(connection: Connection, run_id: str) -> int:
    number: int = connection.execute(select(runs.c.number).where(runs.c.id == run_id)).scalar_one()
    return number


def _delete(connection: Connection, number: int, found: Collection[int]) -> None:
    listed = sorted(found)
    for start in range(0, len(listed), BATCH):
        part = listed[start : start + BATCH]
        connection.execute(delete(updates).where(updates.c.run == number, updates.c.row.in_(part)))
