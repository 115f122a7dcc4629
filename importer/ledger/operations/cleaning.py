"""Hide the keys that an earlier version of this program kept in texts of the ledger.

It looked for fewer spellings of a key, and cut texts before it looked. Each account is cleaned once, when its keys are
known; the table ``meta`` says for which accounts that is done.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any

from sqlalchemy import (
    BindParameter,
    Column,
    ColumnElement,
    Connection,
    Table,
    bindparam,
    insert,
    or_,
    select,
    text,
    update,
)

from importer.core.redaction import redact_cut
from importer.ledger.schema import calls, events, limits, meta, rows, runs
from importer.ledger.storage import LedgerPart, reads, writes

Values = dict[str, BindParameter[Any]]

_MARK = "keys hidden: "
_TEXTS: tuple[tuple[Table, Sequence[Column[str]]], ...] = (
    (runs, (runs.c.stop_reason,)),
    (calls, (calls.c.code, calls.c.answer)),
    (rows, (rows.c.error_code, rows.c.error, rows.c.evidence)),
    (limits, (limits.c.evidence,)),
    (events, (events.c.why, events.c.evidence)),
)
"""Where texts of LeadSquared or of a gateway may stand."""


class CleaningLedger(LedgerPart):
    """Texts that an earlier version wrote: the keys in them are hidden once for each account."""

    @reads
    def accounts_to_clean(self, connection: Connection) -> list[str]:
        """Return the accounts in whose texts keys were not hidden yet; see :meth:`clean`."""
        done = select(meta.c.name)
        names = select(runs.c.account).distinct().order_by(runs.c.account)
        marks = set(connection.execute(done).scalars())
        return [name for name in connection.execute(names).scalars() if _MARK + name not in marks]

    @writes
    def clean(self, connection: Connection, account: str) -> int:
        """Hide the keys that this process knows in all texts about ``account``; return how many lines changed.

        Texts that are written now have none in them; those of an earlier version may.
        """
        if connection.dialect.name == "sqlite":
            # What is replaced is overwritten in the file, too.
            connection.execute(text("PRAGMA secure_delete = ON"))
        changed = sum(_clean_table(connection, table, columns, account) for table, columns in _TEXTS)
        connection.execute(insert(meta).values(name=_MARK + account, value=self._now()))
        return changed


def _clean_table(connection: Connection, table: Table, columns: Sequence[Column[str]], account: str) -> int:
    keys = list(table.primary_key.columns)
    found = select(*keys, *columns).where(_is_about(table, account), or_(*(column != "" for column in columns)))
    changes = []
    for line in connection.execute(found):
        cleaned = [redact_cut(part) for part in line[len(keys) :]]
        if cleaned != list(line[len(keys) :]):
            values = zip(
                (f"new_{column.name}" for column in (*keys, *columns)), (*line[: len(keys)], *cleaned), strict=True
            )
            changes.append(dict(values))
    if changes:
        same = (column == bindparam(f"new_{column.name}") for column in keys)
        new: Values = {column.name: bindparam(f"new_{column.name}") for column in columns}
        with _events_may_change(connection) if table is events else nullcontext():
            connection.execute(update(table).where(*same).values(new), changes)
    return len(changes)


@contextmanager
def _events_may_change(connection: Connection) -> Iterator[None]:
    """Lift the refusal of changed events while the block runs; it is part of the transaction, as the changes are."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("ALTER TABLE events DISABLE TRIGGER events_refuse_change"))
        yield
        connection.execute(text("ALTER TABLE events ENABLE TRIGGER events_refuse_change"))
        return
    trigger = connection.execute(text("SELECT sql FROM sqlite_master WHERE name = 'events_refuse_update'")).scalar_one()
    connection.execute(text("DROP TRIGGER events_refuse_update"))
    yield
    connection.execute(text(trigger))


def _is_about(table: Table, account: str) -> ColumnElement[bool]:
    if "account" in table.c:
        return table.c.account == account
    return table.c.run_id.in_(select(runs.c.id).where(runs.c.account == account))
