"""What the ledger knows of accounts: their tenant, and the limits that refusals taught."""

from __future__ import annotations

from sqlalchemy import Connection, delete, insert, select, update

from importer.ledger.changes import storable
from importer.ledger.interface import LearnedLimit
from importer.ledger.schema import limits, tenants
from importer.model import CallClass, Limit


def bind(connection: Connection, account: str, org_id: str, now: str) -> str:
    """Remember the tenant the first time; the tenant remembered. An empty ``org_id`` is never remembered."""
    known = connection.execute(select(tenants.c.org_id).where(tenants.c.account == account)).scalar_one_or_none()
    if known is not None:
        return str(known)
    if org_id:
        connection.execute(insert(tenants).values(account=account, org_id=org_id, bound_at=now))
    return org_id


def learn_limit(connection: Connection, account: str, learned: LearnedLimit) -> None:
    """Remember what a refusal taught, in place of what was known."""
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


def forget_limits(connection: Connection, account: str) -> None:
    """Forget what refusals have taught about the account."""
    connection.execute(delete(limits).where(limits.c.account == account))


def learned_limits(connection: Connection, account: str) -> dict[CallClass, LearnedLimit]:
    """What refusals have taught about the account."""
    columns = (limits.c.call_class, limits.c.calls, limits.c.seconds, limits.c.evidence, limits.c.at)
    found = connection.execute(select(*columns).where(limits.c.account == account))
    return {
        CallClass(kind): LearnedLimit(CallClass(kind), Limit(calls, seconds), evidence, at)
        for kind, calls, seconds, evidence, at in found
    }
