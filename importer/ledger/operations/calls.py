"""Calls in the ledger: recorded before they are sent, and again when they have ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Float, bindparam, func, insert, literal_column, select, update

from importer.core.failpoints import reach
from importer.core.model import Outcome, Status, VerdictKind
from importer.core.time import format_iso
from importer.ledger.changes import (
    BATCH,
    UNSEEN,
    Change,
    Reason,
    RowState,
    apply,
    apply_all,
    read_states,
    refusal,
    require,
    storable,
)
from importer.ledger.model import Call, CallEnd, CallStatistics, EndedCall, PastCall, RowInCall, UnclearCall
from importer.ledger.operations.outcomes import outcome_values
from importer.ledger.operations.runs import generation, required
from importer.ledger.schema import SENDING, calls, format_rows, parse_rows, rows
from importer.ledger.storage import LedgerPart, reads, writes

INTERRUPTED = "interrupted"
"""Error code of rows that were being sent when the program ended."""

_INTERRUPTED_TEXT = "The program ended while this row was being sent, so LeadSquared's answer is not known."
_NEVER_AFTER_A_CALL = frozenset({Status.SKIPPED, Status.CHANGED, Status.INVALID, Status.LEFT_OUT})


class CallLedger(LedgerPart):
    """Calls: recorded before they are sent, and again when they have ended."""

    def begin_call(self, call: Call) -> int:
        """Durably mark the call and its rows as being sent; only then may the request leave. Returns the call's number.

        Raises :class:`LedgerError` if a row is already being sent, pending, uncertain, delivered or skipped, or was
        rejected since the run was last reopened: sending it again could double it.
        """
        return self.record([], [call])[0]

    def finish_call(self, number: int, end: CallEnd, outcomes: Sequence[Outcome]) -> None:
        """Durably record the call's result and the outcomes of exactly its rows, in one transaction.

        Rows to be sent again have status NOT_SENT; every row of the call must have an outcome. A CRM activity id
        that another row already holds raises :class:`LedgerError`, so callers check :meth:`activity_owner` first.
        """
        self.record([EndedCall(number, end, outcomes)], [])

    def record(self, ended: Sequence[EndedCall], begun: Sequence[Call]) -> list[int]:
        """Do :meth:`finish_call` for some calls, then :meth:`begin_call` for others, durably and in one transaction.

        A row whose call has just ended may be part of one that begins. Returns the numbers of the calls that begin, in
        order; only then may any of them be sent. When it raises, nothing is written.
        """
        # Most of the time goes into waiting for the disk, so thirty calls cost as much as one.
        numbers = self._record(ended, begun)
        if numbers:
            reach("call-committed")
            self.storage.note_last_call(numbers[-1])
            reach("call-witnessed")
        return numbers

    @writes
    def _record(self, connection: Connection, ended: Sequence[EndedCall], begun: Sequence[Call]) -> list[int]:
        if begun:
            self.storage.check_before_calls(connection, {call.account for call in begun})
        # The ends come first, so that rows which have just come back may leave again in the same transaction.
        if ended:
            _finish(connection, ended, self._now())
            reach("outcome-uncommitted")
        if not begun:
            return []
        numbers = _begin(connection, begun, self._now())
        reach("call-uncommitted")
        return numbers

    @writes
    def recover_interrupted(self, connection: Connection, run_id: str) -> list[int]:
        """Mark rows that were being sent when the program died as UNCERTAIN; return their row numbers, in order."""
        account = required(connection, run_id).new.account
        now = self._now()
        # The condition is spelled like the index's, or the database would not use it.
        unfinished = select(calls.c.number).where(calls.c.run_id == run_id, calls.c.verdict.is_(None))
        recovered: list[int] = []
        for number in connection.execute(unfinished.order_by(calls.c.number)).scalars().all():
            recovered += _recover(connection, run_id, account, number, now)
        return sorted(recovered)

    @reads
    def sent_at(self, connection: Connection, run_id: str, row: int) -> tuple[str, float | None]:
        """Return when the row's last call was sent (ISO, UTC; or empty) and the server's clock skew in seconds.

        ``None`` stands for a skew that was not measured.
        """
        query = select(calls.c.sent_at, calls.c.server_skew).join(rows, rows.c.call == calls.c.number)
        line = connection.execute(query.where(rows.c.run_id == run_id, rows.c.row == row)).one_or_none()
        return (line.sent_at, line.server_skew) if line is not None else ("", None)

    @reads
    def call_peers(self, connection: Connection, run_id: str, row: int) -> tuple[int, ...]:
        """Return the rows of the last call that carried the row, itself included."""
        query = select(calls.c.rows).join(rows, rows.c.call == calls.c.number)
        carried = connection.execute(query.where(rows.c.run_id == run_id, rows.c.row == row)).scalar_one_or_none()
        return parse_rows(carried) if carried is not None else ()

    @reads
    def calls_of_rows(self, connection: Connection, run_id: str, first_row: int, last_row: int) -> dict[int, RowInCall]:
        """Return the last call of each row in a closed range that a call carried, and the row's position in it."""
        of_run = (rows.c.run_id == run_id, rows.c.row.between(first_row, last_row), rows.c.call.is_not(None))
        called = {line.row: line.call for line in connection.execute(select(rows.c.row, rows.c.call).where(*of_run))}
        numbers = sorted(set(called.values()))
        # The rows of a call leave in the order of the file.
        positions: dict[int, dict[int, int]] = {}
        for start in range(0, len(numbers), BATCH):
            wanted = select(calls.c.number, calls.c.rows).where(calls.c.number.in_(numbers[start : start + BATCH]))
            for number, carried in connection.execute(wanted):
                positions[number] = {row: position for position, row in enumerate(parse_rows(carried), 1)}
        return {row: RowInCall(number, positions[number][row]) for row, number in called.items()}

    @reads
    def last_call_ended_at(self, connection: Connection, account: str, before: str = "") -> str:
        """Return when the account's last call ended or, if it never did, was sent (ISO, UTC); empty without calls.

        Calls at or after the ISO time ``before``, if given, do not count.
        """
        ended = select(func.max(calls.c.ended_at)).where(calls.c.account == account)
        left = select(func.max(calls.c.sent_at)).where(
            calls.c.account == account, calls.c.ended_at == literal_column("''")
        )
        if before:
            ended, left = ended.where(calls.c.ended_at < before), left.where(calls.c.sent_at < before)
        return max(connection.execute(query).scalar_one() or "" for query in (ended, left))

    @reads
    def calls_since(self, connection: Connection, account: str, since: str) -> int:
        """Return the number of the account's calls sent at or after an ISO time in UTC."""
        start = format_iso(datetime.fromisoformat(since))
        query = select(func.count()).select_from(calls).where(calls.c.account == account, calls.c.sent_at >= start)
        return connection.execute(query).scalar_one()

    @reads
    def call_statistics(self, connection: Connection, run_id: str) -> CallStatistics:
        """Return statistics of the run's ended calls."""
        query = (
            select(calls.c.verdict, func.count(), func.sum(calls.c.elapsed), func.max(calls.c.elapsed))
            .where(calls.c.run_id == run_id, calls.c.verdict.is_not(None))
            .group_by(calls.c.verdict)
        )
        lines = connection.execute(query).all()
        return CallStatistics(
            by_verdict={VerdictKind(verdict): count for verdict, count, _, _ in lines},
            seconds=float(sum(total for _, _, total, _ in lines)),
            slowest=float(max((slowest for _, _, _, slowest in lines), default=0.0)),
        )

    @reads
    def past_calls(self, connection: Connection, run_id: str) -> list[PastCall]:
        """Return the run's calls that carried rows, in the order in which they were sent."""
        query = select(calls).where(calls.c.run_id == run_id).order_by(calls.c.number)
        return [
            PastCall(
                number=line.number,
                sent_at=line.sent_at,
                rows=len(parse_rows(line.rows)),
                verdict=VerdictKind(line.verdict) if line.verdict else None,
                code=line.code,
                elapsed=line.elapsed,
            )
            for line in connection.execute(query)
        ]

    @reads
    def unclear_calls(self, connection: Connection, run_id: str) -> list[UnclearCall]:
        """Return the run's calls that had no clear answer or were refused as a whole, in the order of sending."""
        verdicts = (VerdictKind.UNCERTAIN.value, VerdictKind.REFUSED.value)
        query = select(calls.c.sent_at, calls.c.server_skew, calls.c.rows, calls.c.verdict)
        query = query.where(calls.c.run_id == run_id, calls.c.verdict.in_(verdicts)).order_by(calls.c.number)
        found = [
            (line.verdict, UnclearCall(line.sent_at, line.server_skew, parse_rows(line.rows)))
            for line in connection.execute(query)
        ]
        # A refused call with one row certainly wrote nothing.
        return [call for verdict, call in found if verdict == VerdictKind.UNCERTAIN or len(call.rows) > 1]


def last_number(connection: Connection) -> int:
    """Return the number of the ledger's last call; 0 when there was none."""
    return connection.execute(select(func.max(calls.c.number))).scalar_one_or_none() or 0


def any_unfinished(connection: Connection) -> bool:
    """Whether a call began and never ended: it is in progress, or the program ended during it."""
    return connection.execute(select(calls.c.number).where(calls.c.verdict.is_(None)).limit(1)).first() is not None


@dataclass(frozen=True, slots=True)
class _StoredCall:
    """A call as the ledger holds it; ``verdict`` is ``None`` until it has ended."""

    number: int
    run_id: str
    account: str
    rows: tuple[int, ...]
    verdict: str | None


def _begin(connection: Connection, begun: Sequence[Call], now: str) -> list[int]:
    """Record that the calls begin; return their numbers, in order."""
    numbers: list[int] = []
    for (run_id, account, target), together in groupby(
        begun, key=lambda call: (call.run_id, call.account, call.target)
    ):
        run = required(connection, run_id)
        if (run.new.account, run.new.target) != (account, target):
            raise refusal(f"A call to {account}, {target} does not belong to run {run.id}.")
        numbers += _begin_of_run(connection, list(together), now)
    return numbers


def _begin_of_run(connection: Connection, begun: Sequence[Call], now: str) -> list[int]:
    if not all(call.rows for call in begun):
        raise refusal("A call without rows is not sent.")
    run_id, account = begun[0].run_id, begun[0].account
    carried = [sending.row for call in begun for sending in call.rows]
    current = generation(connection, run_id)
    states = read_states(connection, run_id, carried)
    require(states, carried, lambda state: _may_be_sent(state, current), "sent")
    numbers = [_insert_call(connection, call, now) for call in begun]
    steps = []
    for number, call in zip(numbers, begun, strict=True):
        changes = []
        for sending in call.rows:
            was = states.get(sending.row, UNSEEN)
            changes.append(Change(sending.row, was, _beginning(sending.key, was, number, current, now)))
        steps.append((changes, Reason(now, "the call begins", number)))
    apply_all(connection, run_id, account, steps)
    return numbers


def _may_be_sent(state: RowState, current_generation: int) -> bool:
    """Whether a row was never sent, certainly not applied, or rejected before a person reopened the run."""
    if state.status == Status.REJECTED:
        return state.generation < current_generation
    return state.status in ("", Status.NOT_SENT)


def _insert_call(connection: Connection, call: Call, now: str) -> int:
    values = {
        "run_id": call.run_id,
        "account": call.account,
        "target": call.target,
        "call_class": call.call_class.value,
        "body_sha": call.body_sha,
        "rows": format_rows(sending.row for sending in call.rows),
        "sent_at": now,
        "server_skew": call.server_skew,
    }
    (number,) = connection.execute(insert(calls), values).inserted_primary_key or (None,)
    assert isinstance(number, int)
    return number


def _beginning(key: str, was: RowState, number: int, current_generation: int, now: str) -> dict[str, Any]:
    return {
        "status": SENDING,
        "key": key,
        "attempts": was.attempts + 1,
        "generation": current_generation,
        "call": number,
        "activity_id": "",
        "lead_id": "",
        "request_id": "",
        "error_code": "",
        "error": "",
        "at": now,
        "evidence": "",
    }


def _finish(connection: Connection, ended: Sequence[EndedCall], now: str) -> None:
    """Record the results of calls, at least one, and the outcome of each of their rows."""
    known = _read_calls(connection, [each.number for each in ended])
    for each in ended:
        _check_end(known[each.number], each.outcomes)
    for (run_id, account), together in groupby(
        ended, key=lambda each: (known[each.number].run_id, known[each.number].account)
    ):
        _finish_of_run(connection, run_id, account, list(together), now)
    connection.execute(_END, [_end_values(each.number, each.end, now) for each in ended])


def _check_end(call: _StoredCall, outcomes: Sequence[Outcome]) -> None:
    if call.verdict is not None:
        raise refusal(f"Call {call.number} has already ended.")
    if sorted(outcome.row for outcome in outcomes) != list(call.rows):
        raise refusal(f"Call {call.number} carried the rows {format_rows(call.rows)}; its outcomes are for other rows.")
    wrong = next((outcome for outcome in outcomes if outcome.status in _NEVER_AFTER_A_CALL), None)
    if wrong is not None:
        raise refusal(f"Row {wrong.row} was sent, so it cannot be {wrong.status.value}.")


def _finish_of_run(connection: Connection, run_id: str, account: str, ended: Sequence[EndedCall], now: str) -> None:
    carried = [outcome.row for each in ended for outcome in each.outcomes]
    states = read_states(connection, run_id, carried)
    require(states, carried, lambda state: state.status == SENDING, "finished")
    steps = []
    for each in ended:
        changes = [Change(outcome.row, states[outcome.row], outcome_values(outcome, now)) for outcome in each.outcomes]
        why = f"the call ended: {each.end.verdict.value} {each.end.code}".rstrip()
        steps.append((changes, Reason(now, why, each.number)))
    apply_all(connection, run_id, account, steps)


_END = (
    update(calls)
    .where(calls.c.number == bindparam("of_call"))
    .values(
        {
            **{name: bindparam(f"new_{name}") for name in ("ended_at", "verdict", "http_status", "code", "answer")},
            "elapsed": bindparam("new_elapsed"),
            # Without an answer, the clock skew measured by an earlier one is the best that is known.
            "server_skew": func.coalesce(bindparam("new_skew", type_=Float), calls.c.server_skew),
        }
    )
)


def _end_values(number: int, end: CallEnd, now: str) -> dict[str, Any]:
    return {
        "of_call": number,
        "new_ended_at": now,
        "new_verdict": end.verdict.value,
        "new_http_status": end.http_status,
        "new_code": storable(end.code),
        "new_answer": storable(end.answer),
        "new_elapsed": end.elapsed,
        "new_skew": end.server_skew,
    }


def _read_calls(connection: Connection, numbers: Sequence[int]) -> dict[int, _StoredCall]:
    columns = (calls.c.number, calls.c.run_id, calls.c.account, calls.c.rows, calls.c.verdict)
    found: dict[int, _StoredCall] = {}
    for start in range(0, len(numbers), BATCH):
        wanted = select(*columns).where(calls.c.number.in_(numbers[start : start + BATCH]))
        for number, run_id, account, carried, verdict in connection.execute(wanted):
            found[number] = _StoredCall(number, run_id, account, parse_rows(carried), verdict)
    for number in numbers:
        if number not in found:
            raise refusal(f"The ledger knows no call {number}.")
    return found


def _recover(connection: Connection, run_id: str, account: str, number: int, now: str) -> tuple[int, ...]:
    """Mark the rows of a call that never ended as uncertain; return their numbers."""
    call = _read_calls(connection, [number])[number]
    states = read_states(connection, run_id, call.rows)
    require(states, call.rows, lambda state: state.status == SENDING, "recovered")
    values = {"status": Status.UNCERTAIN.value, "error_code": INTERRUPTED, "error": _INTERRUPTED_TEXT, "at": now}
    changes = [Change(row, states[row], values) for row in call.rows]
    apply(connection, run_id, account, changes, Reason(now, "the program ended during the call", number))
    ended = {"verdict": VerdictKind.UNCERTAIN.value, "code": INTERRUPTED}
    connection.execute(update(calls).where(calls.c.number == number).values(ended))
    return call.rows
