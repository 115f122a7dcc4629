"""From an answer to what became of each row of its call. Whatever is not certain stays uncertain."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from importer.core.model import Outcome, Receipt, Record, Reply, Status, Verdict, VerdictKind
from importer.targets.interface import Target

NO_RECEIPT = "no-receipt"
NO_ANSWER = "no-answer"
REFUSED_WHOLE = "refused-as-a-whole"
CONTRADICTION = "id-already-booked"

_NO_RECEIPT_TEXT = "LeadSquared answered, but its answer does not speak of this row."
_WHOLE_TEXT = "LeadSquared refused the whole call of {count} rows: {message}"
_BOOKED_TEXT = "LeadSquared answered with an activity id that belongs to another row ({id})."


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a call's end means: an outcome for each of its rows, in order, and what to do next.

    ``again`` says that the NOT_SENT rows are to be sent again in this run; ``halves`` that they go in two smaller calls
    or, when they are uncertain, that a read-back must first find out which of them arrived.
    """

    outcomes: tuple[Outcome, ...]
    again: bool = False
    halves: bool = False
    contradiction: bool = False


def judge(
    target: Target, records: Sequence[Record], reply: Reply, verdict: Verdict, at: str, repeats: int = 0
) -> Judgement:
    """What became of ``records``, given the ``verdict`` on the call's ``reply``.

    ``at`` is the time to note (ISO, UTC). ``repeats`` counts how often a repeatable call was already repeated.
    """
    match verdict.kind:
        case VerdictKind.APPLIED:
            return _from_receipts(target, records, target.receipts(reply.body, len(records)), at)
        case VerdictKind.REFUSED:
            return _refused(target, records, verdict, at)
        case VerdictKind.THROTTLED | VerdictKind.NOT_APPLIED:
            return Judgement(_same(records, Status.NOT_SENT, verdict.code, verdict.message, at), again=True)
        case VerdictKind.MISCONFIGURED:
            return Judgement(_same(records, Status.NOT_SENT, verdict.code, verdict.message, at))
        case _:
            if _all_repeatable(target, records) and repeats < MOST_REPEATS:
                return Judgement(_same(records, Status.NOT_SENT, NO_ANSWER, verdict.message, at), again=True)
            return Judgement(_same(records, Status.UNCERTAIN, verdict.code or NO_ANSWER, verdict.message, at))


MOST_REPEATS = 3


def _from_receipts(target: Target, records: Sequence[Record], receipts: Sequence[Receipt], at: str) -> Judgement:
    by_number = {receipt.row_number: receipt for receipt in receipts}
    outcomes = []
    for number, record in enumerate(records, start=1):
        receipt = by_number.get(number)
        if receipt is None:
            outcomes.append(Outcome(record.row, Status.UNCERTAIN, error_code=NO_RECEIPT, error=_NO_RECEIPT_TEXT, at=at))
        else:
            outcomes.append(outcome_of(record.row, receipt, at))
    return Judgement(tuple(outcomes))


def outcome_of(row: int, receipt: Receipt, at: str) -> Outcome:
    """The outcome that a receipt gives its row."""
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


def _refused(target: Target, records: Sequence[Record], verdict: Verdict, at: str) -> Judgement:
    if len(records) == 1:
        return Judgement(_same(records, Status.REJECTED, verdict.code, verdict.message, at))
    text = _WHOLE_TEXT.format(count=len(records), message=verdict.message)
    status = Status.NOT_SENT if _all_repeatable(target, records) else Status.UNCERTAIN
    return Judgement(_same(records, status, REFUSED_WHOLE, text, at), again=status is Status.NOT_SENT, halves=True)


def _all_repeatable(target: Target, records: Sequence[Record]) -> bool:
    return all(target.repeatable(record) for record in records)


def _same(records: Sequence[Record], status: Status, code: str, message: str, at: str) -> tuple[Outcome, ...]:
    return tuple(Outcome(record.row, status, error_code=code, error=message, at=at) for record in records)


def doubt_booked_ids(judgement: Judgement, booked: Collection[str]) -> Judgement:
    """The judgement with rows in doubt whose activity id already belongs to another row."""
    if not booked:
        return judgement
    outcomes = tuple(
        replace(
            outcome,
            status=Status.UNCERTAIN,
            activity_id="",
            error_code=CONTRADICTION,
            error=_BOOKED_TEXT.format(id=outcome.activity_id),
        )
        if outcome.activity_id and outcome.activity_id in booked
        else outcome
        for outcome in judgement.outcomes
    )
    return replace(judgement, outcomes=outcomes, contradiction=True)
