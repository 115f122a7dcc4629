"""The tables of the ledger, as SQLite keeps them now and PostgreSQL can later.

Times are ISO texts in UTC, to the millisecond; an empty text means "not yet" or "none". A change of these tables needs
a new :data:`SCHEMA_VERSION`: an older program must refuse the file rather than misread it.
"""

from __future__ import annotations

from sqlalchemy import (
    DDL,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    event,
    text,
)

from importer.ledger.interface import RunState
from importer.model import CallClass, Status, VerdictKind

SCHEMA_VERSION = 1
APPLICATION_ID = 0x4C53_4951
"""What the file's header says of its owner, so that no other SQLite file is taken for a ledger."""

SENDING = "sending"
"""A row whose call has begun and not ended. Outside the ledger such a row shows as uncertain."""

metadata = MetaData()


def _one_of(column: str, values: list[str]) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=f"known_{column}")


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False, server_default="")


def _number(name: str) -> Column[int]:
    return Column(name, Integer, nullable=False, server_default="0")


# The ledger itself: uuid, machine, install_key, schema_version, created_at.
meta = Table(
    "meta",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

# One line per plan that was delivered. `number` orders the runs whatever the clock says; `generation` counts how often
# the run was reopened.
runs = Table(
    "runs",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("fingerprint", Text, nullable=False, index=True),
    Column("account", Text, nullable=False),
    Column("target", Text, nullable=False),
    _text("source"),
    _text("source_sha"),
    _text("mapping"),
    _text("mapping_sha"),
    _text("folder"),
    _number("rows"),
    _text("tool_version"),
    Column("state", Text, _one_of("state", [state.value for state in RunState]), nullable=False),
    _number("generation"),
    Column("started_at", Text, nullable=False),
    _text("finished_at"),
    _text("stop_reason"),
    Index("runs_by_mapping", "account", "mapping_sha"),
    sqlite_autoincrement=True,
)

# One line per HTTP request that carried rows, written before the request leaves. `rows` lists the row numbers as ranges
# ("2-26,30"); `verdict` is NULL until the call has ended.
calls = Table(
    "calls",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("run_id", Text, ForeignKey("runs.id"), nullable=False, index=True),
    Column("account", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("call_class", Text, _one_of("call_class", [kind.value for kind in CallClass]), nullable=False),
    Column("body_sha", Text, nullable=False),
    Column("rows", Text, nullable=False),
    Column("sent_at", Text, nullable=False),
    _text("ended_at"),
    Column("verdict", Text, _one_of("verdict", [kind.value for kind in VerdictKind])),
    _number("http_status"),
    _text("code"),
    _text("answer"),
    Column("elapsed", Float, nullable=False, server_default="0"),
    Column("server_skew", Float),
    Index("calls_by_sending", "account", "sent_at"),
    Index("calls_by_end", "account", "ended_at", "sent_at"),
    Index("calls_unfinished", "run_id", sqlite_where=text("verdict IS NULL"), postgresql_where=text("verdict IS NULL")),
    sqlite_autoincrement=True,
)

# What became of each row that was touched. `call` is the last call that carried it, `generation` the run's when it did.
# The key's index leaves out rows that never left, so a nightly file full of rows already sent does not slow it down.
rows = Table(
    "rows",
    metadata,
    Column("run_id", Text, ForeignKey("runs.id"), primary_key=True),
    Column("row", Integer, primary_key=True, autoincrement=False),
    Column("status", Text, _one_of("status", [SENDING, *(status.value for status in Status)]), nullable=False),
    Column("key", Text, nullable=False),
    _number("attempts"),
    _number("reposts"),
    _number("generation"),
    Column("call", Integer, ForeignKey("calls.number")),
    _text("activity_id"),
    _text("lead_id"),
    _text("request_id"),
    _text("error_code"),
    _text("error"),
    _text("at"),
    _text("evidence"),
    Index("rows_by_key", "key", sqlite_where=text("attempts > 0"), postgresql_where=text("attempts > 0")),
    # Rows of one call lie side by side on disk, so a call touches few pages.
    sqlite_with_rowid=False,
)

# Whose row a CRM activity is. The primary key makes it impossible to book one activity for two rows.
bookings = Table(
    "bookings",
    metadata,
    Column("account", Text, primary_key=True),
    Column("activity_id", Text, primary_key=True),
    Column("run_id", Text, nullable=False),
    Column("row", Integer, nullable=False),
    ForeignKeyConstraint(["run_id", "row"], ["rows.run_id", "rows.row"]),
    sqlite_with_rowid=False,
)

# Which tenant each account name was first used with.
tenants = Table(
    "tenants",
    metadata,
    Column("account", Text, primary_key=True),
    Column("org_id", Text, nullable=False),
    Column("bound_at", Text, nullable=False),
)

# What refusals taught about the accounts' limits.
limits = Table(
    "limits",
    metadata,
    Column("account", Text, primary_key=True),
    Column("call_class", Text, _one_of("call_class", [kind.value for kind in CallClass]), primary_key=True),
    Column("calls", Integer, nullable=False),
    Column("seconds", Float, nullable=False),
    Column("evidence", Text, nullable=False),
    Column("at", Text, nullable=False),
)

# Every change of state, never altered. A line stands for the closed range of rows from `first_row` to `last_row`; both
# are NULL when the run or the ledger itself changed.
events = Table(
    "events",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Text, nullable=False),
    _text("run_id"),
    Column("first_row", Integer),
    Column("last_row", Integer),
    Column("call", Integer),
    _text("was"),
    Column("became", Text, nullable=False),
    Column("why", Text, nullable=False),
    _text("evidence"),
    sqlite_autoincrement=True,
)

for _verb in ("UPDATE", "DELETE"):
    event.listen(
        events,
        "after_create",
        DDL(  # type: ignore[no-untyped-call]  # SQLAlchemy leaves its constructor without types
            f"CREATE TRIGGER events_refuse_{_verb.lower()} BEFORE {_verb} ON events "
            "BEGIN SELECT RAISE(ABORT, 'events are only ever added'); END"
        ).execute_if(dialect="sqlite"),
    )
