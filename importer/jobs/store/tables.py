"""The tables of the jobs' own memory, on SQLite or PostgreSQL. Times are ISO texts in UTC; empty means not yet."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, BigInteger, Column, Connection, Index, Integer, MetaData, Table, Text, inspect
from sqlalchemy.schema import CreateColumn

metadata = MetaData()


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False, server_default="")


def _number(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False, server_default="0")


def _table(name: str) -> Column[Any]:
    return Column(name, JSON, nullable=False, server_default="{}")


# One line per file that a job took. `state` is how far it is, `outcome` how it ended; `archive` is where it goes.
files = Table(
    "importer_job_files",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("job", Text, nullable=False),
    Column("path", Text, nullable=False),
    Column("sha", Text, nullable=False),
    _number("size"),
    _number("mtime_ns"),
    _number("inode"),
    Column("state", Text, nullable=False),
    _text("outcome"),
    _number("attempts"),
    _text("mapping_sha"),
    _text("taken_at"),
    _text("ended_at"),
    _text("run"),
    _number("exit_status"),
    _number("rows"),
    _number("problems"),
    _text("message"),
    _text("remedy"),
    _text("results"),
    _text("report"),
    _text("archive"),
    _text("approved_by"),
    _table("counts"),
    _table("codes"),
    _text("outline"),
)
Index("importer_job_files_by_content", files.c.job, files.c.sha)

# One line per time that a job did something.
turns = Table(
    "importer_job_turns",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("job", Text, nullable=False),
    _text("cause"),
    _text("due_at"),
    _text("started_at"),
    _text("ended_at"),
    _text("outcome"),
    _number("exit_status"),
    _number("files"),
    _number("rows"),
    _text("message"),
    _text("remedy"),
)

# What is known of a job as a whole.
jobs = Table(
    "importer_job_states",
    metadata,
    Column("job", Text, primary_key=True),
    _text("paused_at"),
    _text("paused_by"),
    _text("paused_why"),
    _text("known_since"),
    _text("last_success_at"),
    _text("silence_told_at"),
)

# Files that were there but not yet stable, so that the next look need not begin to wait anew.
sightings = Table(
    "importer_job_sightings",
    metadata,
    Column("job", Text, primary_key=True),
    Column("path", Text, primary_key=True),
    _number("size"),
    _number("mtime_ns"),
    _number("inode"),
    _text("since"),
)

# The schedule of each job, and the time after which its times are still owed.
schedules = Table(
    "importer_job_schedules",
    metadata,
    Column("job", Text, primary_key=True),
    _text("schedule"),
    _text("owed_since"),
)

# Notifications, one line per message and address. An address itself is never here, only where it is kept.
outbox = Table(
    "importer_job_outbox",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("job", Text, nullable=False),
    _text("outcome"),
    _text("title"),
    _text("text"),
    _text("env"),
    _text("file"),
    _text("credential"),
    _text("created_at"),
    _number("attempts"),
    _text("next_at"),
    _text("state"),
    _text("ended_at"),
    _text("trouble"),
)
Index("importer_job_outbox_by_state", outbox.c.state, outbox.c.next_at)


def bring_up_to_date(connection: Connection) -> None:
    """Make the tables, and the columns that a table of an earlier version has not."""
    metadata.create_all(connection, checkfirst=True)
    found = inspect(connection)
    for table in metadata.sorted_tables:
        there = {column["name"] for column in found.get_columns(table.name)}
        for column in table.columns:
            if column.name not in there:
                words = CreateColumn(column).compile(dialect=connection.dialect)
                connection.exec_driver_sql(f"ALTER TABLE {table.name} ADD COLUMN {words}")
