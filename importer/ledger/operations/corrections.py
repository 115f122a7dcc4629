"""Corrections in the ledger: which row of an earlier run, or of a check, a row of a corrected sheet corrects."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from sqlalchemy import ColumnElement, Connection, insert, or_, select

from importer.core.model import DELIVERED, Status
from importer.ledger.changes import BATCH
from importer.ledger.model import Correction, KnownRow, RowOrigin
from importer.ledger.operations.identities import of_tenant
from importer.ledger.operations.outcomes import STATUS_OF
from importer.ledger.operations.runs import run_number
from importer.ledger.schema import SENDING, corrections, rows, runs
from importer.ledger.storage import LedgerPart, reads, writes

_COUNTING = [
    *sorted(status.value for status in DELIVERED),
    Status.SKIPPED.value,
    Status.PENDING.value,
    Status.UNCERTAIN.value,
    SENDING,
]
"""Statuses of corrections that leave nothing to do, or may be in the CRM."""


class CorrectionLedger(LedgerPart):
    """Corrections: which row of an earlier run, or of a check, a row of a corrected sheet corrects."""

    @writes
    def record_origins(self, connection: Connection, run_id: str, origins: Mapping[int, RowOrigin]) -> None:
        """Durably record which rows the rows of a run correct; those that have a line already keep it."""
        number = connection.execute(select(run_number(run_id))).scalar_one()
        known = set(connection.execute(select(corrections.c.row).where(corrections.c.run == number)).scalars())
        lines = [
            {"run": number, "row": row, "of_run": origin.run_id, "of_row": origin.row, "source": origin.source}
            for row, origin in origins.items()
            if row not in known
        ]
        if lines:
            connection.execute(insert(corrections), lines)

    @reads
    def origins(self, connection: Connection, run_id: str) -> dict[int, RowOrigin]:
        """Return the recorded origins of a run's rows, by row number."""
        query = select(corrections).join(runs, runs.c.number == corrections.c.run).where(runs.c.id == run_id)
        return {
            line.row: RowOrigin(line.of_run, line.of_row, bytes(line.source))
            for line in connection.execute(query).all()
        }

    @reads
    def corrections(
        self, connection: Connection, account: str, sources: Sequence[bytes], of_run: str = "", not_run: str = ""
    ) -> list[Correction]:
        """Return the corrections, by runs of the account's tenant, of rows whose cells have one of the digests.

        Also those of rows of the run ``of_run``, but none that the run ``not_run`` makes. The oldest run comes first.
        """
        wanted = list(dict.fromkeys(sources))
        parts: list[ColumnElement[bool]] = [
            corrections.c.source.in_(wanted[start : start + BATCH]) for start in range(0, len(wanted), BATCH)
        ]
        if of_run:
            parts.append(corrections.c.of_run == of_run)
        known_columns = [rows.c[name] for name in ("status", "activity_id", "lead_id", "at")]
        found: dict[tuple[int, int], Correction] = {}
        for part in parts:
            query = (
                select(corrections, *known_columns, runs.c.id, runs.c.source.label("file"))
                .join(runs, runs.c.number == corrections.c.run)
                .join(rows, (rows.c.run_id == runs.c.id) & (rows.c.row == corrections.c.row))
                .where(part, rows.c.status.in_(_COUNTING), of_tenant(account), runs.c.id != not_run)
            )
            for line in connection.execute(query).all():
                status = STATUS_OF[line.status]
                known = KnownRow(line.id, line.row, line.file, status, line.activity_id, line.lead_id, line.at)
                origin = RowOrigin(line.of_run, line.of_row, bytes(line.source))
                found[line.run, line.row] = Correction(origin, known)
        return [found[place] for place in sorted(found)]

    @reads
    def correction_columns(self, connection: Connection, account: str) -> list[tuple[str, ...]]:
        """Return the sets of columns of the tenant's runs that correct rows or were corrected; newest first."""
        correcting, corrected = select(corrections.c.run), select(corrections.c.of_run)
        query = (
            select(runs.c.columns)
            .where(
                of_tenant(account), or_(runs.c.number.in_(correcting), runs.c.id.in_(corrected)), runs.c.columns != ""
            )
            .order_by(runs.c.number.desc())
        )
        return [tuple(json.loads(text)) for text in dict.fromkeys(connection.execute(query).scalars())]
