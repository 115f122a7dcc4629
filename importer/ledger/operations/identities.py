"""Identities of rows in the ledger: recorded before the first call, looked up by later imports of the same tenant."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, insert, or_, select, update

from importer.core.model import Status
from importer.ledger.changes import BATCH, storable
from importer.ledger.model import CHANGE_DECLINED, EarlierRow, IdentityPart, KnownRow, RowIdentity, Run
from importer.ledger.operations.outcomes import MAY_BE_IN_CRM, STATUS_OF
from importer.ledger.operations.runs import COLUMNS, run_number, to_run
from importer.ledger.operations.updates import is_updated
from importer.ledger.schema import identities, rows, runs, tenants
from importer.ledger.storage import LedgerPart, reads, writes


class IdentityLedger(LedgerPart):
    """Identities of rows: recorded before the first call, looked up by later imports of the same tenant."""

    @writes
    def record_identities(
        self, connection: Connection, run_id: str, version: int, columns: Sequence[str], rows: Sequence[RowIdentity]
    ) -> None:
        """Durably record what rows of a run stand for; those that have a line already keep it.

        ``columns`` are the labels of the columns whose cells ``source`` was made from.
        """
        number = connection.execute(select(run_number(run_id))).scalar_one()
        listed = json.dumps([storable(column) for column in columns])
        connection.execute(update(runs).where(runs.c.number == number).values(columns=listed))
        numbers = [one.row for one in rows]
        between = identities.c.row.between(min(numbers, default=0), max(numbers, default=0))
        known = set(connection.execute(select(identities.c.row).where(identities.c.run == number, between)).scalars())
        lines = [
            {
                "run": number,
                "row": one.row,
                "version": version,
                "key": one.key,
                "content": one.content,
                "named": one.named,
                "source": one.source,
            }
            for one in rows
            if one.row not in known
        ]
        if lines:
            connection.execute(insert(identities), lines)

    @reads
    def earlier_rows(
        self,
        connection: Connection,
        account: str,
        part: IdentityPart,
        digests: Sequence[bytes],
        version: int,
        not_run: str,
    ) -> list[EarlierRow]:
        """Return the rows of *other* runs of the account's tenant with one of the ``digests``, the oldest call first.

        Rows count that are or may be in the CRM (delivered, pending, uncertain, being sent, or given up after a call),
        and those that a person declined to send as changes.
        """
        others = {line.number: line for line in connection.execute(_runs_of_tenant(account, not_run))}
        found: list[EarlierRow] = []
        if not others:
            return found
        wanted = list(dict.fromkeys(digests))
        for start in range(0, len(wanted), BATCH):
            for line in connection.execute(_earlier_query(part, wanted[start : start + BATCH], version)):
                if line.run in others:
                    found.append(_to_earlier(line, others[line.run]))
        found.sort(key=lambda one: one.number)
        return found

    @reads
    def source_columns(self, connection: Connection, account: str, not_run: str) -> list[tuple[str, ...]]:
        """Return the sets of columns of the other runs of the account's tenant, without repetition, newest first."""
        query = select(runs.c.columns).where(of_tenant(account), runs.c.id != not_run, runs.c.columns != "")
        listed = connection.execute(query.order_by(runs.c.number.desc())).scalars()
        return [tuple(json.loads(text)) for text in dict.fromkeys(listed)]

    @reads
    def runs_without_identities(self, connection: Connection, account: str) -> list[Run]:
        """Return the runs of the account's tenant whose rows have no recorded identities, newest first."""
        query = select(*COLUMNS).where(of_tenant(account), runs.c.columns == "").order_by(runs.c.number.desc())
        return [to_run(line) for line in connection.execute(query)]


def _earlier_query(part: IdentityPart, digests: Sequence[bytes], version: int) -> Select[Any]:
    """Select the counting rows with these digests. The few runs are matched outside: a join would read whole runs."""
    counts = or_(
        (rows.c.attempts > 0) & rows.c.status.in_(MAY_BE_IN_CRM),
        (rows.c.status == Status.SKIPPED.value) & (rows.c.error_code == CHANGE_DECLINED),
    )
    columns = [rows.c[name] for name in ("status", "activity_id", "lead_id", "at", "error_code", "call")]
    return (
        select(identities, *columns)
        .join(runs, runs.c.number == identities.c.run)
        .join(rows, (rows.c.run_id == runs.c.id) & (rows.c.row == identities.c.row))
        .where(identities.c[part.value].in_(digests), identities.c.version == version, counts, ~is_updated())
    )


def _runs_of_tenant(account: str, not_run: str) -> Select[Any]:
    return select(runs.c.number, runs.c.id, runs.c.source).where(of_tenant(account), runs.c.id != not_run)


def of_tenant(account: str) -> Any:
    """Return the condition for runs of the account and of every other name of its tenant."""
    tenant = select(tenants.c.org_id).where(tenants.c.account == account).scalar_subquery()
    names = select(tenants.c.account).where(tenants.c.org_id == tenant)
    return or_(runs.c.account == account, runs.c.account.in_(names))


def _to_earlier(line: Row[Any], run: Row[Any]) -> EarlierRow:
    known = KnownRow(
        run_id=run.id,
        row=line.row,
        source=run.source,
        status=STATUS_OF[line.status],
        activity_id=line.activity_id,
        lead_id=line.lead_id,
        at=line.at,
    )
    named = None if line.named is None else bytes(line.named)
    identity = RowIdentity(line.row, bytes(line.key), bytes(line.content), bytes(line.source), named)
    return EarlierRow(known, identity, line.error_code, line.call or 0)
