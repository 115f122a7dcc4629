"""Skip rows that an earlier run already sent, so that a repeated or grown file sends only what is new."""

from __future__ import annotations

from collections.abc import Sequence

from importer.core.model import DELIVERED, Outcome, Record, Status
from importer.core.time import format_iso
from importer.delivery.context import DeliveryContext
from importer.ledger import KnownRow

ALREADY_SENT = "already-sent"
WAITS_FOR_OTHER_RUN = "waits-for-other-run"
GIVEN_UP = "given-up"
_SETTLED = frozenset({*DELIVERED, Status.SKIPPED})
_HAVE_OUTCOME = frozenset(Status) - {Status.NOT_SENT}
_CHUNK = 5_000


def skip_delivered_rows(context: DeliveryContext) -> int:
    """Skip the rows that another run delivered, hold those that another run may have delivered; return how many.

    Checked are rows without an outcome, and those that a call carried in vain: another run may have sent them since. A
    plan that is deliberately sent once more skips nothing.
    """
    if context.plan.facts.again:
        return 0
    found = 0
    chunk: list[Record] = []
    for record in context.records(leave_out=_HAVE_OUTCOME):
        chunk.append(record)
        if len(chunk) == _CHUNK:
            found += _skip_chunk(context, chunk)
            chunk = []
    return found + _skip_chunk(context, chunk)


def _skip_chunk(context: DeliveryContext, records: Sequence[Record]) -> int:
    if not records:
        return 0
    keys = [record.key for record in records]
    known = context.ledger.known_keys(context.account.name, context.target.name, keys, context.run.id)
    duplicates = [record for record in records if record.key in known]
    if duplicates:
        outcomes = [_outcome_of_duplicate(context, record.row, known[record.key]) for record in duplicates]
        context.ledger.skip(context.run.id, outcomes, [record.key for record in duplicates])
    return len(duplicates)


def _outcome_of_duplicate(context: DeliveryContext, row: int, known: KnownRow) -> Outcome:
    """Return the outcome of a row that another run has: skipped if that is settled there, else uncertain."""
    at = format_iso(context.clock.now())
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
        text = f"A person gave this row up in run {known.run_id} (its row {known.row} of {known.source})."
        return Outcome(row, Status.SKIPPED, error_code=GIVEN_UP, error=text, at=at)
    text = (
        f"Run {known.run_id} may already have sent this row (its row {known.row}). "
        f"Finish that run first: importer resume {known.run_id}"
    )
    return Outcome(row, Status.UNCERTAIN, error_code=WAITS_FOR_OTHER_RUN, error=text, at=at)


def recheck_waiting_rows(context: DeliveryContext) -> None:
    """Check the rows again that wait for another run.

    Those that the other run has delivered since are skipped; those that it certainly has not are free to be sent.
    """
    waiting = [
        outcome
        for outcome in context.ledger.outcomes(context.run.id, [Status.UNCERTAIN])
        if outcome.error_code == WAITS_FOR_OTHER_RUN
    ]
    for start in range(0, len(waiting), _CHUNK):
        chunk = waiting[start : start + _CHUNK]
        records = context.records_of([outcome.row for outcome in chunk])
        keys = [record.key for record in records.values()]
        known = context.ledger.known_keys(context.account.name, context.target.name, keys, context.run.id)
        settled = []
        for outcome in chunk:
            entry = known.get(records[outcome.row].key)
            # The other run knows it no longer: it certainly did not send the row.
            if entry is None:
                settled.append(Outcome(outcome.row, Status.NOT_SENT, at=format_iso(context.clock.now())))
            elif entry.status in _SETTLED:
                settled.append(_outcome_of_duplicate(context, outcome.row, entry))
        if settled:
            context.ledger.settle(context.run.id, settled, "the other run is known now")
