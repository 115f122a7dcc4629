"""Interpret the response to a call: its verdict, and the outcome of each of its rows.

Nothing here writes: all calls that completed at the same moment are interpreted in memory, and then recorded in one
transaction. Whatever is not certain stays uncertain.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from importer.core.failpoints import reach
from importer.core.model import Outcome, Receipt, Record, Reply, Status, Verdict, VerdictKind
from importer.core.redaction import redact
from importer.core.time import format_iso
from importer.delivery.context import DeliveryContext
from importer.leadsquared import classify
from importer.ledger import CallEnd, EndedCall
from importer.targets import Target

_log = logging.getLogger(__name__)

NO_RECEIPT = "no-receipt"
NO_ANSWER = "no-answer"
REFUSED_WHOLE = "refused-as-a-whole"
DUPLICATE_ID = "id-already-booked"

MAX_REPEATS = 3
"""How often a repeatable call without an answer is repeated before its rows are uncertain."""

_MAX_RECORDED_TEXT = 2_000
_NO_RECEIPT_TEXT = "LeadSquared answered, but its answer does not speak of this row."
_WHOLE_TEXT = "LeadSquared refused the whole call of {count} rows: {message}"
_DUPLICATE_TEXT = "LeadSquared answered with an activity id that belongs to another row ({id})."


@dataclass(frozen=True, slots=True)
class InFlightCall:
    """A call that has left: its number in the ledger, the rows that it carries, and their leads."""

    number: int
    records: tuple[Record, ...]
    leads: frozenset[str]


@dataclass(frozen=True, slots=True)
class BatchResult:
    """The result of a call: an outcome for each of its rows, in order, and what to do next.

    ``again`` says that the rows are to be sent again in this run, also uncertain ones, which a repetition settles;
    ``split`` that they go in two smaller calls or, when they are uncertain, that a read-back must first find out which
    of them arrived. ``contradiction`` says that an activity id was named that belongs to another row.
    """

    outcomes: tuple[Outcome, ...]
    again: bool = False
    split: bool = False
    contradiction: bool = False


@dataclass(frozen=True, slots=True)
class CompletedCall:
    """A call whose response has come, and what that means for its rows."""

    call: InFlightCall
    reply: Reply
    verdict: Verdict
    result: BatchResult

    @property
    def ended(self) -> EndedCall:
        """The entry for the ledger."""
        end = CallEnd(
            verdict=self.verdict.kind,
            http_status=self.reply.status or 0,
            code=self.verdict.code,
            answer=redact(self.reply.text or self.reply.detail)[:_MAX_RECORDED_TEXT],
            elapsed=self.reply.elapsed,
            server_skew=self.reply.server_skew,
        )
        return EndedCall(self.call.number, end, self.result.outcomes)


def interpret_response(context: DeliveryContext, call: InFlightCall, reply: Reply, repeats: int) -> CompletedCall:
    """Interpret one response by itself. ``repeats`` counts how often its rows were already repeated."""
    reach("answer-read")
    context.query_client.observe_clock(reply)
    verdict = classify(reply, batch_of_one=len(call.records) == 1)
    result = resolve_outcomes(context.target, call.records, reply, verdict, format_iso(context.clock.now()), repeats)
    result = replace(result, outcomes=tuple(check_ids(context, outcome) for outcome in result.outcomes))
    return CompletedCall(call, reply, verdict, result)


def check_ids(context: DeliveryContext, outcome: Outcome) -> Outcome:
    """Return the outcome with the ids of activity and lead told apart, where LeadSquared's pages do not say how."""
    if context.target.names_its_ids:
        return outcome
    return context.answer_ids.assign(outcome, context.reader, without_activity=NO_RECEIPT)


def resolve_outcomes(
    target: Target, records: Sequence[Record], reply: Reply, verdict: Verdict, at: str, repeats: int = 0
) -> BatchResult:
    """Return the outcome of each of ``records``, given the ``verdict`` on the call's ``reply``.

    ``at`` is the time to note (ISO, UTC). ``repeats`` counts how often a repeatable call was already repeated.
    """
    repeatable = all(target.repeatable(record) for record in records)
    code, message, again, split = verdict.code, verdict.message, False, False
    match verdict.kind:
        case VerdictKind.APPLIED:
            return BatchResult(_pair_receipts(records, target.receipts(reply.body, len(records)), at))
        case VerdictKind.REFUSED if len(records) == 1:
            status = Status.REJECTED
        case VerdictKind.REFUSED:
            # Which row is bad, and whether the others were stored, is not known.
            status = Status.UNCERTAIN
            code, message = REFUSED_WHOLE, _WHOLE_TEXT.format(count=len(records), message=verdict.message)
            again, split = repeatable, True
        case VerdictKind.THROTTLED | VerdictKind.NOT_APPLIED:
            status, again = Status.NOT_SENT, True
        case VerdictKind.MISCONFIGURED:
            status = Status.NOT_SENT
        case _ if repeatable and repeats < MAX_REPEATS:
            # It may be there: only the repetition makes sure, and the run may end before.
            status, code, again = Status.UNCERTAIN, NO_ANSWER, True
        case _:
            status, code = Status.UNCERTAIN, verdict.code or NO_ANSWER
    outcomes = tuple(Outcome(record.row, status, error_code=code, error=message, at=at) for record in records)
    return BatchResult(outcomes, again, split)


def _pair_receipts(records: Sequence[Record], receipts: Sequence[Receipt], at: str) -> tuple[Outcome, ...]:
    """Pair rows and receipts by row number; a row without a receipt is uncertain."""
    # By number, for LeadSquared may list the receipts in any order, or leave some out.
    by_number = {receipt.row_number: receipt for receipt in receipts}
    outcomes = []
    for number, record in enumerate(records, start=1):
        receipt = by_number.get(number)
        if receipt is None:
            outcomes.append(Outcome(record.row, Status.UNCERTAIN, error_code=NO_RECEIPT, error=_NO_RECEIPT_TEXT, at=at))
        else:
            outcomes.append(outcome_from_receipt(record.row, receipt, at))
    return tuple(outcomes)


def outcome_from_receipt(row: int, receipt: Receipt, at: str) -> Outcome:
    """Return the outcome that a receipt gives its row."""
    return Outcome(
        row=row,
        status=receipt.status,
        activity_id=receipt.activity_id,
        lead_id=receipt.lead_id,
        request_id=receipt.request_id,
        error_code=receipt.error_code,
        error=receipt.error,
        at=at,
    )


def mark_duplicate_ids(context: DeliveryContext, completed: Sequence[CompletedCall]) -> list[CompletedCall]:
    """Return the same calls; rows whose activity id another row has already are uncertain in them.

    The other row may be in the ledger, or in a call before.
    """
    # Loads SQLAlchemy, which a check without a ledger does not need.
    from importer.ledger import same_id

    ids = [outcome.activity_id for each in completed for outcome in each.result.outcomes if outcome.activity_id]
    if not ids:
        return list(completed)
    known = {same_id(activity_id) for activity_id in context.ledger.activity_owner(context.account.name, ids)}
    # Known are the ids in the ledger, and then also those of each call that was checked.
    checked = []
    for each in completed:
        own = {outcome.activity_id for outcome in each.result.outcomes if outcome.activity_id}
        result = with_known_ids_uncertain(each.result, {one for one in own if same_id(one) in known})
        known.update(map(same_id, own))
        checked.append(replace(each, result=result))
    return checked


def with_known_ids_uncertain(result: BatchResult, known: Collection[str]) -> BatchResult:
    """Return the result with those rows uncertain whose activity id is ``known`` to belong to another row."""
    if not known:
        return result
    outcomes = tuple(
        replace(
            outcome,
            status=Status.UNCERTAIN,
            activity_id="",
            error_code=DUPLICATE_ID,
            error=_DUPLICATE_TEXT.format(id=outcome.activity_id),
        )
        if outcome.activity_id and outcome.activity_id in known
        else outcome
        for outcome in result.outcomes
    )
    return replace(result, outcomes=outcomes, contradiction=True)


def log_call(completed: CompletedCall) -> None:
    """Log the end of a call: at level DEBUG when LeadSquared applied it, else INFO."""
    number, kind = completed.call.number, completed.verdict.kind
    level = logging.DEBUG if kind is VerdictKind.APPLIED else logging.INFO
    fields = {
        "call": number,
        "verdict": kind.value,
        "code": completed.verdict.code,
        "seconds": completed.reply.elapsed,
    }
    rows = len(completed.call.records)
    _log.log(level, "call %d with %d rows ended: %s", number, rows, kind.value, extra=fields)


def reach_resolved(completed: CompletedCall) -> None:
    """Pass the crash points between a response and its place in the ledger, by what the response means."""
    reach("answer-judged")
    statuses = {outcome.status for outcome in completed.result.outcomes}
    if completed.verdict.kind is VerdictKind.THROTTLED:
        reach("throttled")
    if len(statuses) > 1:
        reach("partly-done")
    if Status.PENDING in statuses:
        reach("request-id-read")


def reach_recorded(completed: CompletedCall) -> None:
    """Pass the crash points behind a response's place in the ledger."""
    reach("outcome-committed")
    if any(outcome.status is Status.PENDING for outcome in completed.result.outcomes):
        reach("request-id-committed")
