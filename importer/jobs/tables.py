"""The tables of the jobs' own memory, on SQLite or PostgreSQL. Times are ISO texts in UTC; empty means not yet."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, MetaData, Table, Text

metadata = MetaData()


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False, server_default="")


def _number(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False, server_default="0")


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
