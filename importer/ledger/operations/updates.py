"""Updates in the ledger: which rows correct the activity of an earlier row, and the values that they replace."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping

from sqlalchemy import ColumnElement, Connection, delete, exists, insert, select

from importer.core.redaction import redact
from importer.ledger.changes import BATCH, storable
from importer.ledger.model import RowUpdate
from importer.ledger.operations.outcomes import MAY_BE_IN_CRM
from importer.ledger.operations.runs import run_number
from importer.ledger.schema import rows, runs, updates
from importer.ledger.storage import LedgerPart, reads, writes


class UpdateLedger(LedgerPart):
    """Updates: which rows correct the activity of an earlier row, and the values that they replace."""

    @writes
    def record_updates(self, connection: Connection, run_id: str, found: Mapping[int, RowUpdate]) -> None:
        """Durably record that rows of a run correct activities of earlier rows, before their calls begin.

        Such a row may have the activity id of the earlier row. From its first call on that one is no earlier row of
        :meth:`earlier_rows` any more, for its values are replaced.
        """
        number = connection.execute(select(run_number(run_id))).scalar_one()
        _delete(connection, run_id, found)
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

    @writes
    def withdraw_updates(self, connection: Connection, run_id: str, rows: Collection[int]) -> None:
        """Remove the updates of rows that are not made."""
        _delete(connection, run_id, rows)

    @reads
    def updates(self, connection: Connection, run_id: str) -> dict[int, RowUpdate]:
        """Return the recorded updates of a run's rows, by row number."""
        query = select(updates).join(runs, runs.c.number == updates.c.run).where(runs.c.id == run_id)
        return {
            line.row: RowUpdate(line.activity_id, line.of_run, line.of_row, json.loads(line.before))
            for line in connection.execute(query).all()
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


def _delete(connection: Connection, run_id: str, found: Collection[int]) -> None:
    listed = sorted(found)
    for start in range(0, len(listed), BATCH):
        part = listed[start : start + BATCH]
        connection.execute(delete(updates).where(updates.c.run == run_number(run_id), updates.c.row.in_(part)))
