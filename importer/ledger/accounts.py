"""What the ledger knows of accounts: their tenant, and the limits that refusals taught."""

from __future__ import annotations

from sqlalchemy import Connection, delete, func, insert, inspect, select, text, update

from importer.core.model import CallClass, Limit
from importer.ledger.changes import storable
from importer.ledger.interface import LearnedLimit
from importer.ledger.schema import limits, questions, tenants


def bind(connection: Connection, account: str, org_id: str, now: str) -> str:
    """Remember the tenant the first time; the tenant remembered. An empty ``org_id`` is never remembered."""
    known = connection.execute(select(tenants.c.org_id).where(tenants.c.account == account)).scalar_one_or_none()
    if known is not None:
        return str(known)
    if org_id:
        connection.execute(insert(tenants).values(account=account, org_id=org_id, bound_at=now))
    return org_id


def tenants_of_all(connection: Connection) -> dict[str, str]:
    """The tenant of every account that has one remembered."""
    return {line.account: line.org_id for line in connection.execute(select(tenants.c.account, tenants.c.org_id))}


def make_room_for_questions(connection: Connection) -> None:
    """Give a ledger that was made before questions were counted the table for them."""
    questions.create(connection, checkfirst=True)


def counts_questions(connection: Connection) -> bool:
    """Whether the ledger has the table for questions already."""
    return inspect(connection).has_table(questions.name)


# Both databases speak this; without it two processes could both insert the day's first line.
_COUNT = text(
    "INSERT INTO questions (account, day, calls) VALUES (:account, :day, :calls) "
    "ON CONFLICT (account, day) DO UPDATE SET calls = questions.calls + excluded.calls"
)


def note_questions(connection: Connection, account: str, day: str, calls: int) -> None:
    """Count ``calls`` more questions to the account on the UTC day ``day`` (such as ``2026-01-31``)."""
    connection.execute(_COUNT, {"account": account, "day": day, "calls": calls})


def questions_on(connection: Connection, account: str, day: str) -> int:
    """How many questions left for the account on the UTC day ``day``."""
    query = select(questions.c.calls).where(questions.c.account == account, questions.c.day == day)
    return connection.execute(query).scalar_one_or_none() or 0


def last_day_asked(connection: Connection, account: str) -> str:
    """The last UTC day on which a question left for the account; empty when none ever did."""
    return connection.execute(select(func.max(questions.c.day)).where(questions.c.account == account)).scalar() or ""


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
