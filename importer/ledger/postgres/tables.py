"""The tables that only a shared ledger has: its writers, its senders, and the slots of rate limits."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, DateTime, MetaData, Table, Text, func

SCHEMA = "importer"
"""The schema in the database that holds all tables; it is the search path of each connection."""

shared_metadata = MetaData()

# One line per opened ledger: the number of the last transaction that it committed. The line is how a transaction is
# looked up whose commit got no answer.
writers = Table(
    "writers",
    shared_metadata,
    Column("id", Text, primary_key=True),
    Column("number", BigInteger, nullable=False),
    Column("used_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)

# One line per account: how often the right to send was given, and to whom last. A call begins only under the newest.
senders = Table(
    "senders",
    shared_metadata,
    Column("account", Text, primary_key=True),
    Column("epoch", BigInteger, nullable=False),
    Column("host", Text, nullable=False),
    Column("process", BigInteger, nullable=False),
    Column("run_id", Text, nullable=False),
    Column("since", Text, nullable=False),
)

# One line per account and class of calls: the slots of its limit, as JSON.
slots = Table(
    "slots",
    shared_metadata,
    Column("name", Text, primary_key=True),
    Column("content", Text, nullable=False),
)
