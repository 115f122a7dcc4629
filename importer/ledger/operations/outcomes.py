"""Outcomes in the ledger: resolved when more is known, read for reports and to find rows of earlier runs."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, func, literal_column, select

from importer.core.failpoints import reach
from importer.core.model import DELIVERED, Counts, Outcome, Status
from importer.ledger.changes import (
    BATCH,
    UNSEEN,
    Change,
    Reason,
    apply,
    read_owners,
    read_states,
    refusal,
    require,
    same_id,
    storable,
)
from importer.ledger.model import CHANGE_ACCEPTED, CHANGE_DECLINED, DECIDED, UPDATE_ACCEPTED, KnownRow
from importer.ledger.operations.runs import reopen, required
from importer.ledger.schema import SENDING, rows, runs
from importer.ledger.storage import LedgerPart, reads, writes

_COLUMNS = [
    rows.c[name]
    for name in (
        "row",
        "status",
        "activity_id",
        "lead_id",
        "request_id",
        "error_code",
        "error",
        "attempts",
        "at",
        "evidence",
    )
]
_SKIPS = frozenset({Status.SKIPPED, Status.UNCERTAIN, Status.CHANGED})
_ANSWERED = frozenset({*DELIVERED, Status.REJECTED})
_UNSETTLED = (Status.UNCERTAIN, Status.PENDING, Status.CHANGED)
_AFTER_HOLDING = frozenset({Status.NOT_SENT, Status.SKIPPED})
# Rows that a condition leaves out are in the plan only.
_AFTER_SENDING = frozenset(Status) - {Status.CHANGED, Status.LEFT_OUT}
_SKIPPABLE = ("", Status.NOT_SENT, Status.SKIPPED, Status.CHANGED)
# A person gave up a row that was sent and then skipped: it may be in the CRM, so it is not sent again.
MAY_BE_IN_CRM = [
    *sorted(status.value for status in DELIVERED),
    Status.PENDING.value,
    Status.UNCERTAIN.value,
    SENDING,
    Status.SKIPPED.value,
]
_CHUNK = 5_000
STATUS_OF = {SENDING: Status.UNCERTAIN, **{status.value: status for status in Status}}


class OutcomeLedger(LedgerPart):
    """Outcomes of rows: resolved when more is known, read for reports and to find rows of earlier runs."""

    @writes
    def settle(self, connection: Connection, run_id: str, outcomes: Sequence[Outcome], why: str) -> None:
        """Record the outcomes of uncertain, pending or changed rows as found later: by read-back, polling or a run."""
        now = self._now()
        account = required(connection, run_id).new.account
        numbers = [outcome.row for outcome in outcomes]
        states = read_states(connection, run_id, numbers)
        require(states, numbers, lambda state: state.status in _UNSETTLED, "settled")
        changes = []
        for outcome in outcomes:
            was = states[outcome.row]
            # A held row was never sent, and one that was sent is not held any more.
            possible = _AFTER_HOLDING if was.status == Status.CHANGED else _AFTER_SENDING
            if outcome.status not in possible:
                raise refusal(f"Row {outcome.row} is {was.status}, so it cannot become {outcome.status.value}.")
            # A row that only waited for another run was never sent, so sending it is not a repetition.
            again = outcome.status is Status.NOT_SENT and was.attempts > 0
            values = {**outcome_values(outcome, now), "reposts": was.reposts + (1 if again else 0)}
            changes.append(Change(outcome.row, was, values))
        apply(connection, run_id, account, changes, Reason(now, why))
        reach("decision-uncommitted")

    @writes
    def correct(self, connection: Connection, run_id: str, outcomes: Sequence[Outcome], why: str) -> None:
        """Record the outcomes of delivered or rejected rows anew, because more is known than their answer said."""
        now = self._now()
        account = required(connection, run_id).new.account
        numbers = [outcome.row for outcome in outcomes]
        states = read_states(connection, run_id, numbers)
        require(states, numbers, lambda state: state.status in _ANSWERED, "corrected")
        changes = [Change(outcome.row, states[outcome.row], outcome_values(outcome, now)) for outcome in outcomes]
        apply(connection, run_id, account, changes, Reason(now, why))

    @writes
    def decide(self, connection: Connection, run_id: str, outcome: Outcome, why: str) -> None:
        """Record a person's decision about an uncertain or changed row, or undo it (status UNCERTAIN or CHANGED).

        A row that may be sent (NOT_SENT) opens its run again. Raises :class:`LedgerError` for a row that is neither
        uncertain nor changed nor decided, or that was sent since.
        """
        now = self._now()
        account = required(connection, run_id).new.account
        states = read_states(connection, run_id, [outcome.row])
        line = connection.execute(
            select(rows.c.error_code).where(rows.c.run_id == run_id, rows.c.row == outcome.row)
        ).one_or_none()
        decided = line is not None and line.error_code in (DECIDED, CHANGE_ACCEPTED, CHANGE_DECLINED, UPDATE_ACCEPTED)
        undecided = (Status.UNCERTAIN, Status.CHANGED)
        require(states, [outcome.row], lambda state: decided or state.status in undecided, "decided")
        was = states[outcome.row]
        values = {**outcome_values(outcome, now), "reposts": was.reposts}
        apply(connection, run_id, account, [Change(outcome.row, was, values)], Reason(now, why))
        reach("decision-uncommitted")
        if outcome.status is Status.NOT_SENT:
            reopen(connection, run_id, now)

    @writes
    def skip(self, connection: Connection, run_id: str, outcomes: Sequence[Outcome], keys: Sequence[str]) -> None:
        """Record rows, with their keys, that are skipped (SKIPPED), or wait for another run (UNCERTAIN) or a decision
        (CHANGED)."""
        if len(outcomes) != len(keys):
            raise refusal(f"{len(outcomes)} rows are skipped with {len(keys)} keys.")
        wrong = next((outcome for outcome in outcomes if outcome.status not in _SKIPS), None)
        if wrong is not None:
            raise refusal(f"Row {wrong.row} is skipped, so it cannot be {wrong.status.value.replace('_', ' ')}.")
        now = self._now()
        account = required(connection, run_id).new.account
        numbers = [outcome.row for outcome in outcomes]
        states = read_states(connection, run_id, numbers)
        require(
            states,
            numbers,
            # An uncertain row without a call only waited for another run.
            lambda state: state.attempts == 0 if state.status == Status.UNCERTAIN else state.status in _SKIPPABLE,
            "skipped",
        )
        changes = [
            Change(outcome.row, states.get(outcome.row, UNSEEN), {**outcome_values(outcome, now), "key": key})
            for outcome, key in zip(outcomes, keys, strict=True)
        ]
        apply(connection, run_id, account, changes, Reason(now, "not sent by this run"))

    def outcomes(self, run_id: str, statuses: Sequence[Status] | None = None) -> Iterator[Outcome]:
        """Iterate over a run's outcomes by row; untouched rows have none, a row being sent shows as UNCERTAIN."""
        last: int | None = None
        # Each portion is read in a transaction of its own, so a slow reader never keeps others from writing.
        while True:
            portion = self._outcomes_after(run_id, last, statuses)
            yield from portion
            if len(portion) < _CHUNK:
                return
            last = portion[-1].row

    @reads
    def _outcomes_after(
        self, connection: Connection, run_id: str, row: int | None, statuses: Sequence[Status] | None
    ) -> list[Outcome]:
        query = select(*_COLUMNS).where(rows.c.run_id == run_id).order_by(rows.c.row).limit(_CHUNK)
        if row is not None:
            query = query.where(rows.c.row > row)
        if statuses is not None:
            # A row being sent counts as uncertain.
            stored = [*(status.value for status in statuses), *([SENDING] if Status.UNCERTAIN in statuses else [])]
            query = query.where(rows.c.status.in_(stored))
        return _read(connection, query)

    @reads
    def outcomes_between(
        self, connection: Connection, run_id: str, first_row: int, last_row: int
    ) -> dict[int, Outcome]:
        """Return the outcomes of the rows in a closed range, by row number."""
        query = select(*_COLUMNS).where(rows.c.run_id == run_id, rows.c.row.between(first_row, last_row))
        return {outcome.row: outcome for outcome in _read(connection, query)}

    @reads
    def outcomes_of(self, connection: Connection, run_id: str, numbers: Collection[int]) -> dict[int, Outcome]:
        """Return the outcomes of just these rows, by row number."""
        wanted, found = sorted(numbers), list[Outcome]()
        for start in range(0, len(wanted), BATCH):
            of_rows = rows.c.row.in_(wanted[start : start + BATCH])
            found += _read(connection, select(*_COLUMNS).where(rows.c.run_id == run_id, of_rows))
        return {outcome.row: outcome for outcome in found}

    @reads
    def newest_created(self, connection: Connection, run_id: str, limit: int) -> list[Outcome]:
        """Return rows that a call's own answer reported as created, without read-back or decision; newest first."""
        by_answer = (rows.c.status == Status.CREATED.value, rows.c.evidence == "", rows.c.call.is_not(None))
        query = select(*_COLUMNS).where(rows.c.run_id == run_id, *by_answer)
        return _read(connection, query.order_by(rows.c.call.desc(), rows.c.row.desc()).limit(limit))

    @reads
    def counts(self, connection: Connection, run_id: str) -> Counts:
        """Return the number of the run's rows by status, among rows that have an outcome."""
        query = select(rows.c.status, func.count()).where(rows.c.run_id == run_id).group_by(rows.c.status)
        found: Counts = {}
        for status, count in connection.execute(query):
            public = STATUS_OF[status]
            found[public] = found.get(public, 0) + count
        return found

    @reads
    def reposts(self, connection: Connection, run_id: str, row: int) -> int:
        """Return how often the row was released to be sent again after a read-back found it absent."""
        query = select(rows.c.reposts).where(rows.c.run_id == run_id, rows.c.row == row)
        return connection.execute(query).scalar_one_or_none() or 0

    @reads
    def known_keys(
        self, connection: Connection, account: str, target: str, keys: Sequence[str], not_run: str
    ) -> dict[str, KnownRow]:
        """Return those of the idempotency ``keys`` that rows of *other* runs have sent or may have sent (delivered,
        pending, uncertain, or being sent), each with the most certain of such rows; of equals the latest call's."""
        of_account = (runs.c.account == account, runs.c.target == target, runs.c.id != not_run)
        sources = {
            line.id: line.source for line in connection.execute(select(runs.c.id, runs.c.source).where(*of_account))
        }
        found: dict[str, KnownRow] = {}
        for start in range(0, len(keys), BATCH):
            for line in connection.execute(known_rows_query(keys[start : start + BATCH])):
                if line.run_id in sources:
                    known = _to_known(line, sources[line.run_id])
                    if line.key not in found or known.certainty >= found[line.key].certainty:
                        found[line.key] = known
        return found

    @reads
    def activity_owner(
        self, connection: Connection, account: str, activity_ids: Sequence[str]
    ) -> dict[str, tuple[str, int]]:
        """Return run and row of those CRM activity ids, in whatever case, that already belong to a row."""
        spelled = {activity_id: same_id(activity_id) for activity_id in activity_ids}
        owners = read_owners(connection, account, list(dict.fromkeys(spelled.values())))
        return {given: owners[stored] for given, stored in spelled.items() if stored in owners}


def outcome_values(outcome: Outcome, now: str) -> dict[str, Any]:
    """Return the columns that an outcome sets."""
    return {
        "status": outcome.status.value,
        "activity_id": storable(outcome.activity_id),
        "lead_id": storable(outcome.lead_id),
        "request_id": storable(outcome.request_id),
        "error_code": storable(outcome.error_code),
        "error": storable(outcome.error),
        "at": outcome.at or now,
        "evidence": storable(outcome.evidence),
    }


def _read(connection: Connection, query: Select[Any]) -> list[Outcome]:
    return [Outcome(row, STATUS_OF[status], *others) for row, status, *others in connection.execute(query).all()]


def known_rows_query(keys: Sequence[str]) -> Select[Any]:
    """Select rows with these keys that may be in the CRM, the latest call's last.

    The table of runs is not joined: SQLite would read whole runs instead of using the index of keys.
    """
    columns = ("key", "run_id", "row", "status", "activity_id", "lead_id", "at")
    return (
        select(*(rows.c[name] for name in columns))
        # Spelled like the index's condition, or the database would not use it.
        .where(rows.c.attempts > literal_column("0"), rows.c.status.in_(MAY_BE_IN_CRM), rows.c.key.in_(keys))
        .order_by(rows.c.call)
    )


def _to_known(line: Row[Any], source: str) -> KnownRow:
    return KnownRow(
        run_id=line.run_id,
        row=line.row,
        source=source,
        status=STATUS_OF[line.status],
        activity_id=line.activity_id,
        lead_id=line.lead_id,
        at=line.at,
    )
