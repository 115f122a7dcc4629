"""Recognises rows that an earlier run already sent, so that a repeated or grown file sends only what is new."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from importer.core.model import DELIVERED, Outcome, Record, Status
from importer.core.time import iso
from importer.delivery.context import Work
from importer.ledger.interface import KnownRow

ALREADY_SENT = "already-sent"
WAITS_FOR_OTHER_RUN = "waits-for-other-run"
GIVEN_UP = "given-up"
_SETTLED = frozenset({*DELIVERED, Status.SKIPPED})
_HAVE_OUTCOME = frozenset(Status) - {Status.NOT_SENT}
_CHUNK = 5_000


def recognise(work: Work) -> int:
    """Skip the rows that another run delivered, and hold those that another run may have delivered.

    Looks at rows without an outcome, and at those that a call carried in vain: another run may have sent them since.
    Gives the number of rows skipped or held.
    """
    if work.plan.facts.again:
        return 0
    found = 0
    chunk: list[Record] = []
    for record in work.records(leave_out=_HAVE_OUTCOME):
        chunk.append(record)
        if len(chunk) == _CHUNK:
            found += _recognise_chunk(work, chunk)
            chunk = []
    return found + _recognise_chunk(work, chunk)


def _recognise_chunk(work: Work, records: Sequence[Record]) -> int:
    if not records:
        return 0
    known = _known(work, [record.key for record in records])
    mine = [record for record in records if record.key in known]
    if mine:
        outcomes = [_outcome(work, record.row, known[record.key]) for record in mine]
        work.ledger.skip(work.run.id, outcomes, [record.key for record in mine])
    return len(mine)


def _known(work: Work, keys: Sequence[str]) -> Mapping[str, KnownRow]:
    return work.ledger.known_keys(work.account.name, work.target.name, keys, work.run.id)


def _outcome(work: Work, row: int, known: KnownRow) -> Outcome:
    at = iso(work.clock.now())
    if known.status in DELIVERED:
        return Outcome(
            row,
            Status.SKIPPED,
            lead_id=known.lead_id,
            error_code=ALREADY_SENT,
            error=f"Already sent on {known.at[:10]} from row {known.row} of {known.source} (run {known.run_id}"
            + (f", activity {known.activity_id})." if known.activity_id else ")."),
            at=at,
        )
    if known.status is Status.SKIPPED:
        return Outcome(
            row,
            Status.SKIPPED,
            error_code=GIVEN_UP,
            error=f"A person gave this row up in run {known.run_id} (its row {known.row} of {known.source}).",
            at=at,
        )
    return Outcome(
        row,
        Status.UNCERTAIN,
        error_code=WAITS_FOR_OTHER_RUN,
        error=f"Run {known.run_id} may already have sent this row (its row {known.row}). "
        f"Finish that run first: importer resume {known.run_id}",
        at=at,
    )


def look_again(work: Work) -> None:
    """Rows that wait for another run: skip those that it has delivered since, free those that it certainly has not."""
    waiting = [
        outcome
        for outcome in work.ledger.outcomes(work.run.id, [Status.UNCERTAIN])
        if outcome.error_code == WAITS_FOR_OTHER_RUN
    ]
    for start in range(0, len(waiting), _CHUNK):
        chunk = waiting[start : start + _CHUNK]
        records = work.records_of([outcome.row for outcome in chunk])
        known = _known(work, [record.key for record in records.values()])
        settled = []
        for outcome in chunk:
            entry = known.get(records[outcome.row].key)
            if entry is None:
                settled.append(Outcome(outcome.row, Status.NOT_SENT, at=iso(work.clock.now())))
            elif entry.status in _SETTLED:
                settled.append(_outcome(work, outcome.row, entry))
        if settled:
            work.ledger.settle(work.run.id, settled, "the other run is known now")
