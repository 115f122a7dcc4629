"""The only place where a row changes its state: compare, set, and add the event, in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Update, bindparam, delete, insert, select, tuple_, update

from importer.core.errors import LedgerError
from importer.ledger.schema import bookings, events, row_ranges, rows, runs, updates

BATCH = 500
"""Values in one ``IN`` list: well below what any database allows."""

_REPORT = "Nothing was changed. Run: importer resume. If it happens again, please report it with this message."
_NEW_ROW: Mapping[str, Any] = {
    "attempts": 0,
    "reposts": 0,
    "generation": 0,
    "call": None,
    "activity_id": "",
    "lead_id": "",
    "request_id": "",
    "error_code": "",
    "error": "",
    "at": "",
    "evidence": "",
}


@dataclass(frozen=True, slots=True)
class RowState:
    """A row as it was read before its change. ``status`` is empty for a row that is not in the ledger yet."""

    status: str = ""
    attempts: int = 0
    reposts: int = 0
    generation: int = 0
    activity_id: str = ""


UNSEEN = RowState()


@dataclass(frozen=True, slots=True)
class Change:
    """A row's next state: the columns that get a new value, ``status`` always among them."""

    row: int
    was: RowState
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Reason:
    """The time, reason and call of a change, for its event."""

    at: str
    why: str
    call: int | None = None


def refusal(message: str) -> LedgerError:
    """Return the error for a change that the ledger does not allow."""
    return LedgerError(message, _REPORT)


def storable(text: str) -> str:
    """Return ``text`` with NUL and lone surrogates, which databases refuse, written as escapes."""
    if text.isascii() and "\0" not in text:
        return text
    return text.replace("\0", "\\x00").encode("utf-8", "backslashreplace").decode("utf-8")


def read_states(connection: Connection, run_id: str, numbers: Sequence[int]) -> dict[int, RowState]:
    """Return the states of those ``numbers`` that are in the ledger. Raises :class:`LedgerError` for a number twice."""
    if len(set(numbers)) != len(numbers):
        twice = next(number for number in numbers if list(numbers).count(number) > 1)
        raise refusal(f"Row {twice} of run {run_id} is named twice in one change.")
    columns = (rows.c.row, rows.c.status, rows.c.attempts, rows.c.reposts, rows.c.generation, rows.c.activity_id)
    found: dict[int, RowState] = {}
    for start in range(0, len(numbers), BATCH):
        wanted = rows.c.row.in_(numbers[start : start + BATCH])
        for row, *state in connection.execute(select(*columns).where(rows.c.run_id == run_id, wanted)).all():
            found[row] = RowState(*state)
    return found


def require(
    states: Mapping[int, RowState], numbers: Sequence[int], allowed: Callable[[RowState], bool], doing: str
) -> None:
    """Raise :class:`LedgerError` unless ``allowed`` accepts every row's state; ``doing`` names the change."""
    for number in numbers:
        state = states.get(number, UNSEEN)
        if not allowed(state):
            raise refusal(f"Row {number} cannot be {doing}: it is {state.status.replace('_', ' ') or 'not known yet'}.")


Step = tuple[Sequence[Change], Reason]
"""Changes that have one reason."""


def apply(connection: Connection, run_id: str, account: str, changes: Sequence[Change], reason: Reason) -> None:
    """Make the changes, or none of them. See :func:`apply_all`."""
    apply_all(connection, run_id, account, [(changes, reason)])


def apply_all(connection: Connection, run_id: str, account: str, steps: Sequence[Step]) -> None:
    """Make the changes of all steps, or none of them. No row is in two of them.

    All changes of rows that exist name the same columns. Raises :class:`LedgerError` when a row is no longer in the
    state that was read, or when a CRM activity already belongs to another row.
    """
    changes = [change for several, _ in steps for change in several]
    new = [change for change in changes if not change.was.status]
    known = [change for change in changes if change.was.status]
    if new:
        lines = [{**_NEW_ROW, **change.values, "run_id": run_id, "row": change.row} for change in new]
        connection.execute(insert(rows), lines)
    if known:
        _compare_and_set(connection, run_id, known)
    _assign_activities(connection, run_id, account, changes)
    lines = [line for several, reason in steps for line in _event_lines(run_id, several, reason)]
    if lines:
        connection.execute(insert(events), lines)


def _compare_and_set(connection: Connection, run_id: str, changes: Sequence[Change]) -> None:
    lines = [
        {
            "at_row": change.row,
            "was_status": change.was.status,
            "was_attempts": change.was.attempts,
            **{f"new_{name}": value for name, value in change.values.items()},
        }
        for change in changes
    ]
    statement = _update_statement(tuple(changes[0].values)).where(rows.c.run_id == run_id)
    if connection.execute(statement, lines).rowcount != len(lines):
        raise refusal(f"Rows of run {run_id} were changed by another process at the same time.")


@lru_cache(maxsize=16)
def _update_statement(names: tuple[str, ...]) -> Update:
    return (
        update(rows)
        .where(
            rows.c.row == bindparam("at_row"),
            rows.c.status == bindparam("was_status"),
            rows.c.attempts == bindparam("was_attempts"),
        )
        .values({name: bindparam(f"new_{name}") for name in names})
    )


def same_id(activity_id: str) -> str:
    """Return the form in which an activity id is stored: LeadSquared's ids are GUIDs, whose case means nothing."""
    return storable(activity_id).lower()


def _assign_activities(connection: Connection, run_id: str, account: str, changes: Sequence[Change]) -> None:
    """Assign the activities that the rows now have, and release those that they had before."""
    moved = []
    for change in changes:
        was, becomes = change.was.activity_id, change.values.get("activity_id", change.was.activity_id)
        if was != becomes and same_id(was) != same_id(becomes):
            moved.append((change.row, same_id(was), same_id(becomes)))
    released = [(account, before) for _, before, _ in moved if before]
    taken = {after: row for row, _, after in moved if after}
    for start in range(0, len(released), BATCH):
        pair = tuple_(bookings.c.account, bookings.c.activity_id)
        # A row that corrects the activity of an earlier row leaves it to that one.
        own = bookings.c.run_id == run_id
        connection.execute(delete(bookings).where(own, pair.in_(released[start : start + BATCH])))
    owners = read_owners(connection, account, list(taken))
    if owners:
        for activity_id in _read_corrected(connection, run_id, {taken[one]: one for one in owners}):
            del owners[activity_id], taken[activity_id]
            moved = [line for line in moved if line[2] != activity_id]
    if owners or len(taken) != sum(1 for _, _, after in moved if after):
        raise _activity_conflict(owners, [after for _, _, after in moved if after])
    if taken:
        owner = {"account": account, "run_id": run_id}
        lines = [{**owner, "activity_id": activity_id, "row": row} for activity_id, row in taken.items()]
        connection.execute(insert(bookings), lines)


def _read_corrected(connection: Connection, run_id: str, taken: Mapping[int, str]) -> list[str]:
    """Return those activities, by row, that belong to earlier rows which just these rows, at least one, correct."""
    query = (
        select(updates.c.row, updates.c.activity_id)
        .join(runs, runs.c.number == updates.c.run)
        .where(runs.c.id == run_id, updates.c.row.between(min(taken), max(taken)))
    )
    found = [(line.row, same_id(line.activity_id)) for line in connection.execute(query)]
    return [activity_id for row, activity_id in found if taken.get(row) == activity_id]


def _activity_conflict(owners: Mapping[str, tuple[str, int]], ids: Sequence[str]) -> LedgerError:
    for activity_id, (run_id, row) in owners.items():
        return refusal(f"Activity {activity_id} already belongs to row {row} of run {run_id}.")
    twice = next(activity_id for activity_id in ids if ids.count(activity_id) > 1)
    return refusal(f"Activity {twice} is named for two rows.")


def read_owners(connection: Connection, account: str, ids: Sequence[str]) -> dict[str, tuple[str, int]]:
    """Return run and row of those activity ids that belong to a row; ids as :func:`same_id` returns them."""
    found: dict[str, tuple[str, int]] = {}
    columns = (bookings.c.activity_id, bookings.c.run_id, bookings.c.row)
    for start in range(0, len(ids), BATCH):
        wanted = bookings.c.activity_id.in_(ids[start : start + BATCH])
        query = select(*columns).where(bookings.c.account == account, wanted)
        for activity_id, run_id, row in connection.execute(query).all():
            found[activity_id] = (run_id, row)
    return found


def _event_lines(run_id: str, changes: Sequence[Change], reason: Reason) -> list[dict[str, Any]]:
    def kind(change: Change) -> tuple[str, str, str]:
        return change.was.status, change.values["status"], change.values.get("evidence", "")

    return [
        {
            "at": reason.at,
            "run_id": run_id,
            "first_row": first,
            "last_row": last,
            "call": reason.call,
            "was": was,
            "became": became,
            "why": storable(reason.why),
            "evidence": evidence,
        }
        for (was, became, evidence), alike in groupby(sorted(changes, key=kind), key=kind)
        for first, last in row_ranges(change.row for change in alike)
    ]


def note_event(connection: Connection, at: str, became: str, *, why: str, run_id: str = "", was: str = "") -> None:
    """Add an event for a change of a run or of the ledger itself."""
    line = {"at": at, "run_id": run_id, "was": was, "became": became, "why": storable(why)}
    connection.execute(insert(events).values(line))
