"""What PostgreSQL says when something fails: what it means for a transaction, and in words that a person can act on."""

from __future__ import annotations

from enum import Enum

import psycopg

from importer.core.errors import LedgerError
from importer.core.redaction import HIDDEN, redact

_REACH = "Check that the server runs and that this computer reaches it; then run: importer resume"
_ADMIN = "Ask who looks after the database; see docs/postgresql.md for the rights it takes."
_WORDS = (
    ("28", "it does not accept the user or the password", "Check the user and the password in IMPORTER_DATABASE_URL."),
    ("3D", "there is no such database", "Create it (createdb), or correct IMPORTER_DATABASE_URL."),
    ("42501", "this user may not do that", _ADMIN),
    ("25006", "it takes no changes: it is a standby or read-only", "Name the primary server in IMPORTER_DATABASE_URL."),
    ("53100", "its disk is full", "Make room on the server, then run: importer resume"),
    ("53", "it has no connection or memory left", f"Raise max_connections, or run fewer imports at once. {_ADMIN}"),
    ("42P01", "its tables are missing", "Run: importer runs. It makes them, or says why it cannot."),
    ("55P03", "another program holds what is needed", "End programs that lock its tables, then run: importer resume"),
    ("57014", "it took too long", _REACH),
    ("08", "it cannot be reached", _REACH),
    ("57P", "it was stopped or ended the connection", _REACH),
)
_OTHER = ("it refused", "Run again; if it happens once more, please report it with this message.")
_LOST_STATES = ("08", "57P", "25P03")
_PASSING_STATES = ("40001", "40P01", "55P03", "57014", "53300")


class Meaning(Enum):
    """What a failure says about the transaction in which it happened."""

    LOST = "the connection is gone; a commit that was asked for may or may not have happened"
    PASSING = "the server has certainly undone it, and it may work the next time"
    TAKEN = "the server has certainly undone it: somebody else wrote the same line first"
    FINAL = "the server has certainly undone it, and trying again is pointless"


def meaning_of(error: psycopg.Error) -> Meaning:
    """What ``error`` says about the transaction in which it happened."""
    state = error.sqlstate
    if state is None:
        # Without a state it comes from the driver: the server has said nothing, or nothing that could be read.
        lost = isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)
        return Meaning.LOST if lost else Meaning.FINAL
    if state.startswith(_LOST_STATES):
        return Meaning.LOST
    if state in _PASSING_STATES:
        return Meaning.PASSING
    return Meaning.TAKEN if state == "23505" else Meaning.FINAL


class DatabaseFaultError(LedgerError):
    """The shared database failed."""


def database_fault(place: str, user: str, error: psycopg.Error, more: str = "") -> DatabaseFaultError:
    """What failed, for a person. Neither row contents nor what the URL holds of the user are in it."""
    state = error.sqlstate or "08"
    reason, remedy = next(((words, what) for start, words, what in _WORDS if state.startswith(start)), _OTHER)
    told = error.diag.message_primary or str(error).partition("\n")[0]
    detail = redact(told)
    if user:
        detail = detail.replace(f'"{user}"', f'"{HIDDEN}"')
    message = f"The ledger in {place} cannot be used: {reason} ({detail})."
    return DatabaseFaultError(f"{message} {more}".rstrip(), remedy)
