"""Accounts in the ledger: their tenant, the limits learned from refusals, and the number of their queries."""

from __future__ import annotations

from sqlalchemy import Connection, delete, func, insert, inspect, select, text, update

from importer.core.model import CallClass, Limit
from importer.ledger.changes import storable
from importer.ledger.model import LearnedLimit
from importer.ledger.schema import corrections, limits, questions, tenants, updates
from importer.ledger.storage import LedgerPart, reads, writes

# Both databases understand this statement; without it two processes could both insert the day's first line.
_COUNT = text(
    "INSERT INTO questions (account, day, calls) VALUES (:account, :day, :calls) "
    "ON CONFLICT (account, day) DO UPDATE SET calls = questions.calls + excluded.calls"
)


class AccountLedger(LedgerPart):
    """Accounts: their tenant, the limits learned from refusals, and the number of their queries."""

    @writes
    def bind_account(self, connection: Connection, account: str, org_id: str) -> str:
        """Record the tenant of an account the first time; return the recorded one. An empty one is never recorded."""
        known = connection.execute(select(tenants.c.org_id).where(tenants.c.account == account)).scalar_one_or_none()
        if known is not None:
            return str(known)
        if org_id:
            connection.execute(insert(tenants).values(account=account, org_id=org_id, bound_at=self._now()))
        return org_id

    @reads
    def tenants(self, connection: Connection) -> dict[str, str]:
        """Return the recorded tenants by account."""
        return {line.account: line.org_id for line in connection.execute(select(tenants.c.account, tenants.c.org_id))}

    @writes
    def count_queries(self, connection: Connection, account: str, calls: int) -> None:
        """Durably add ``calls`` to the queries (calls that carry no rows) of today's UTC day."""
        connection.execute(_COUNT, {"account": account, "day": self._now()[:10], "calls": calls})

    @reads
    def queries_on(self, connection: Connection, account: str, day: str) -> int:
        """Return the number of the account's queries on a UTC day such as ``2026-01-31``."""
        query = select(questions.c.calls).where(questions.c.account == account, questions.c.day == day)
        return connection.execute(query).scalar_one_or_none() or 0

    @reads
    def last_query_day(self, connection: Connection, account: str) -> str:
        """Return the last UTC day with queries for the account; empty when there was none."""
        return (
            connection.execute(select(func.max(questions.c.day)).where(questions.c.account == account)).scalar() or ""
        )

    @writes
    def learn_limit(self, connection: Connection, account: str, learned: LearnedLimit) -> None:
        """Record a limit learned from a refusal, in place of the one known for its class."""
        values = {
            "calls": learned.limit.calls,
            "seconds": learned.limit.seconds,
            "evidence": storable(learned.evidence),
            "at": learned.at,
        }
        key = {"account": account, "call_class": learned.call_class.value}
        replaced = update(limits).where(limits.c.account == account, limits.c.call_class == key["call_class"])
        if not connection.execute(replaced.values(values)).rowcount:
            connection.execute(insert(limits).values({**key, **values}))

    @writes
    def forget_limits(self, connection: Connection, account: str) -> None:
        """Delete the limits learned for the account."""
        connection.execute(delete(limits).where(limits.c.account == account))

    @reads
    def learned_limits(self, connection: Connection, account: str) -> dict[CallClass, LearnedLimit]:
        """Return the limits learned for the account."""
        columns = (limits.c.call_class, limits.c.calls, limits.c.seconds, limits.c.evidence, limits.c.at)
        found = connection.execute(select(*columns).where(limits.c.account == account))
        return {
            CallClass(kind): LearnedLimit(CallClass(kind), Limit(calls, seconds), evidence, at)
            for kind, calls, seconds, evidence, at in found
        }


_LATER_TABLES = (questions, corrections, updates)


def create_later_tables(connection: Connection) -> None:
    """Create the tables that a ledger of this format may lack, because it was made before them."""
    for table in _LATER_TABLES:
        table.create(connection, checkfirst=True)


def has_later_tables(connection: Connection) -> bool:
    """Whether the ledger has these tables already."""
    inspector = inspect(connection)
    return all(inspector.has_table(table.name) for table in _LATER_TABLES)
