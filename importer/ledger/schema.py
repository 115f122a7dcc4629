"""The tables of the ledger, as SQLite and PostgreSQL keep them.

Times are ISO texts in UTC, to the millisecond; an empty text means "not yet" or "none". A change of these tables needs
a new :data:`SCHEMA_VERSION`: an older program must refuse the file rather than misread it.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import (
    DDL,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    event,
    text,
)

from importer.core.model import CallClass, Status, VerdictKind
from importer.ledger.model import RunState

SCHEMA_VERSION = 2
APPLICATION_ID = 0x4C53_4951
"""Stored in the file's header, so that no other SQLite file is taken for a ledger."""

# Compared as bytes everywhere: PostgreSQL would otherwise sort by the language of its server.
_TEXT = Text().with_variant(Text(collation="C"), "postgresql")

SENDING = "sending"
"""The status of a row whose call has begun and not ended. Outside the ledger such a row shows as uncertain."""

WAITED = "waited"
"""What ``became`` holds in an event whose evidence is a number of seconds."""

metadata = MetaData()


def _one_of(column: str, values: list[str]) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=f"known_{column}")


def _text(name: str) -> Column[str]:
    return Column(name, _TEXT, nullable=False, server_default="")


def _number(name: str) -> Column[int]:
    return Column(name, Integer, nullable=False, server_default="0")


# The ledger itself: uuid, machine, install_key, schema_version, created_at.
meta = Table(
    "meta",
    metadata,
    Column("name", _TEXT, primary_key=True),
    Column("value", _TEXT, nullable=False),
)

# One line per plan that was delivered. `number` orders the runs independently of the clock; `generation` counts how
# often the run was reopened; `columns` is a JSON list of the columns whose cells identify the source rows, empty for a
# run whose rows have no line in `identities`.
runs = Table(
    "runs",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("id", _TEXT, nullable=False, unique=True),
    Column("fingerprint", _TEXT, nullable=False, index=True),
    Column("account", _TEXT, nullable=False),
    Column("target", _TEXT, nullable=False),
    _text("source"),
    _text("source_sha"),
    _text("mapping"),
    _text("mapping_sha"),
    _text("folder"),
    _number("rows"),
    _text("tool_version"),
    Column("state", _TEXT, _one_of("state", [state.value for state in RunState]), nullable=False),
    _number("generation"),
    Column("started_at", _TEXT, nullable=False),
    _text("finished_at"),
    _text("stop_reason"),
    _text("columns"),
    Index("runs_by_mapping", "account", "mapping_sha"),
    sqlite_autoincrement=True,
)

# One line per HTTP request that carried rows, written before the request leaves. `rows` lists the row numbers as ranges
# ("2-26,30"); `verdict` is NULL until the call has ended.
calls = Table(
    "calls",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("run_id", _TEXT, ForeignKey("runs.id"), nullable=False, index=True),
    Column("account", _TEXT, nullable=False),
    Column("target", _TEXT, nullable=False),
    Column("call_class", _TEXT, _one_of("call_class", [kind.value for kind in CallClass]), nullable=False),
    Column("body_sha", _TEXT, nullable=False),
    Column("rows", _TEXT, nullable=False),
    Column("sent_at", _TEXT, nullable=False),
    _text("ended_at"),
    Column("verdict", _TEXT, _one_of("verdict", [kind.value for kind in VerdictKind])),
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

# The state of each row that was touched. `call` is the last call that carried it, `generation` the run's when it did.
# The key's index leaves out rows that never left, so a nightly file full of rows already sent does not slow it down.
rows = Table(
    "rows",
    metadata,
    Column("run_id", _TEXT, ForeignKey("runs.id"), primary_key=True),
    Column("row", Integer, primary_key=True, autoincrement=False),
    Column(
        "status",
        _TEXT,
        _one_of("status", [SENDING, *(status.value for status in Status if status is not Status.LEFT_OUT)]),
        nullable=False,
    ),
    Column("key", _TEXT, nullable=False),
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

# What each row of a plan stands for, as digests (:mod:`importer.delivery.row_identity`): `key` says who and what it is,
# `content` all that is sent, `named` the key by the mapping's `row_key`, `source` the cells that the row came from.
# `run` is the number of the run.
identities = Table(
    "identities",
    metadata,
    Column("run", Integer, ForeignKey("runs.number"), primary_key=True, autoincrement=False),
    Column("row", Integer, primary_key=True, autoincrement=False),
    Column("version", Integer, nullable=False),
    Column("key", LargeBinary, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("named", LargeBinary),
    Column("source", LargeBinary, nullable=False),
    Index("identities_by_key", "key"),
    Index(
        "identities_by_name",
        "named",
        sqlite_where=text("named IS NOT NULL"),
        postgresql_where=text("named IS NOT NULL"),
    ),
    Index("identities_by_source", "source"),
    sqlite_with_rowid=False,
)

# The rows of corrected sheets: `run` and `row` correct row `of_row` of the run `of_run` (empty for a check, which is no
# run). `source` is a digest of the cells of that row as they were. Ledgers that were made before this table get it when
# they are opened.
corrections = Table(
    "corrections",
    metadata,
    Column("run", Integer, ForeignKey("runs.number"), primary_key=True, autoincrement=False),
    Column("row", Integer, primary_key=True, autoincrement=False),
    _text("of_run"),
    Column("of_row", Integer, nullable=False),
    Column("source", LargeBinary, nullable=False),
    Index("corrections_by_origin", "of_run", "of_row"),
    Index("corrections_by_source", "source"),
    sqlite_with_rowid=False,
)

# The rows that correct the activity of an earlier row: `run` and `row` set other values in the activity `activity_id`
# of row `of_row` of run `of_run`, which keeps its line in `bookings`. `before` is a JSON object of the values that they
# replace, by field. Ledgers that were made before this table get it when they are opened.
updates = Table(
    "updates",
    metadata,
    Column("run", Integer, ForeignKey("runs.number"), primary_key=True, autoincrement=False),
    Column("row", Integer, primary_key=True, autoincrement=False),
    Column("activity_id", _TEXT, nullable=False),
    Column("of_run", _TEXT, nullable=False),
    Column("of_row", Integer, nullable=False),
    Column("before", _TEXT, nullable=False),
    Index("updates_by_origin", "of_run", "of_row"),
    sqlite_with_rowid=False,
)

# The row to which a CRM activity belongs. The primary key makes it impossible to assign one activity to two rows.
bookings = Table(
    "bookings",
    metadata,
    Column("account", _TEXT, primary_key=True),
    Column("activity_id", _TEXT, primary_key=True),
    Column("run_id", _TEXT, nullable=False),
    Column("row", Integer, nullable=False),
    ForeignKeyConstraint(["run_id", "row"], ["rows.run_id", "rows.row"]),
    sqlite_with_rowid=False,
)

# Which tenant each account name was first used with.
tenants = Table(
    "tenants",
    metadata,
    Column("account", _TEXT, primary_key=True),
    Column("org_id", _TEXT, nullable=False),
    Column("bound_at", _TEXT, nullable=False),
)

# The limits of accounts, learned from refusals.
limits = Table(
    "limits",
    metadata,
    Column("account", _TEXT, primary_key=True),
    Column("call_class", _TEXT, _one_of("call_class", [kind.value for kind in CallClass]), primary_key=True),
    Column("calls", Integer, nullable=False),
    Column("seconds", Float, nullable=False),
    Column("evidence", _TEXT, nullable=False),
    Column("at", _TEXT, nullable=False),
)

# The number of queries (calls without rows) of an account on a UTC day: they use up its daily budget, too. Ledgers
# that were made before this table get it when they are opened; a program that does not know it only counts too few.
questions = Table(
    "questions",
    metadata,
    Column("account", _TEXT, primary_key=True),
    Column("day", _TEXT, primary_key=True),
    Column("calls", Integer, nullable=False),
)

# Every change of state, never altered. A line stands for the closed range of rows from `first_row` to `last_row`; both
# are NULL when the run or the ledger itself changed.
events = Table(
    "events",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", _TEXT, nullable=False),
    _text("run_id"),
    Column("first_row", Integer),
    Column("last_row", Integer),
    Column("call", Integer),
    _text("was"),
    Column("became", _TEXT, nullable=False),
    Column("why", _TEXT, nullable=False),
    _text("evidence"),
    sqlite_autoincrement=True,
)

_REFUSE = "events_are_only_ever_added"
event.listen(
    events,
    "after_create",
    DDL(  # type: ignore[no-untyped-call]  # SQLAlchemy leaves its constructor without types
        f"CREATE FUNCTION {_REFUSE}() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'events are only ever added'; END $$"
    ).execute_if(dialect="postgresql"),
)
event.listen(
    events,
    "after_create",
    DDL(  # type: ignore[no-untyped-call]
        "CREATE TRIGGER events_refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE ON events "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {_REFUSE}()"
    ).execute_if(dialect="postgresql"),
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


def row_ranges(rows: Iterable[int]) -> list[tuple[int, int]]:
    """Return the fewest closed ranges that hold exactly ``rows``, in order."""
    found: list[tuple[int, int]] = []
    for row in sorted(set(rows)):
        if found and row == found[-1][1] + 1:
            found[-1] = (found[-1][0], row)
        else:
            found.append((row, row))
    return found


def format_rows(rows: Iterable[int]) -> str:
    """Format row numbers as the column ``calls.rows`` holds them: ``2-26,30``."""
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in row_ranges(rows))


def parse_rows(text: str) -> tuple[int, ...]:
    """Parse the row numbers of a text that :func:`format_rows` wrote."""
    found: list[int] = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        found.extend(range(int(first), int(last or first) + 1))
    return tuple(found)
