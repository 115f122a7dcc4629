"""Poll the status of accepted async rows until they are settled. A pending row is not failed, and never sent again.

Only an answer that says so means that LeadSquared is still working on a row. A refusal of the question is recorded with
its code; the rows stay pending.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from importer.core.errors import CrmError
from importer.core.failpoints import reach
from importer.core.model import Outcome, Receipt, Reply, Status, VerdictKind
from importer.core.text import pluralize
from importer.core.time import format_iso
from importer.delivery.context import DeliveryContext
from importer.delivery.outcomes import check_ids, outcome_from_receipt
from importer.leadsquared import RefusedQueryError, classify

_THREADS = 8
_CHUNK = 100
_FIRST_PAUSE = 1.0
_MAX_PAUSE = 300.0
_PAUSE_GROWTH = 1.6
_MAX_REFUSED_PASSES = 3
"""After so many passes in which LeadSquared refused every question, asking on is no use."""
_UNANSWERED = "unanswered"


@dataclass(frozen=True, slots=True)
class Polled:
    """The end of polling: how many rows are pending, and why their state cannot be had (empty: it can)."""

    pending: int
    refusal: str = ""


def poll(context: DeliveryContext, patience: float) -> Polled:
    """Poll until every accepted row of the run is settled, for at most ``patience`` seconds.

    Ends early when LeadSquared refuses every question. Raises :class:`RunStopped` when the person asks to stop
    meanwhile.
    """
    deadline = context.clock.monotonic() + patience
    pause = _FIRST_PAUSE
    refused_passes = 0
    while True:
        working = _poll_once(context)
        pending = list(context.ledger.outcomes(context.run.id, [Status.PENDING]))
        if not pending:
            return Polled(0)
        refusal = "" if working else next((outcome.error for outcome in pending if outcome.error), "")
        refused_passes = refused_passes + 1 if refusal else 0
        now = context.clock.monotonic()
        if now >= deadline or refused_passes == _MAX_REFUSED_PASSES:
            return Polled(len(pending), refusal)
        reach("polling")
        rows = f"{len(pending)} accepted {pluralize(len(pending), 'row')}"
        reason = (
            f"the state of {rows} is not known: {refusal}" if refusal else f"LeadSquared is still working on {rows}"
        )
        context.wait(reason, min(pause, max(0.05, deadline - now)))
        pause = min(_MAX_PAUSE, pause * _PAUSE_GROWTH)


def _poll_once(context: DeliveryContext) -> int:
    """Query the status of every pending row once, and record what is new; return how many are being worked on."""
    pending = list(context.ledger.outcomes(context.run.id, [Status.PENDING]))
    working = 0
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="status") as pool:
        for start in range(0, len(pending), _CHUNK):
            context.check_stop()
            known = pending[start : start + _CHUNK]
            polled = list(pool.map(lambda each: _query_status(context, each), known))
            working += sum(1 for outcome in polled if outcome.status is Status.PENDING and not outcome.error_code)
            news = [outcome for was, outcome in zip(known, polled, strict=True) if outcome != was]
            if news:
                context.ledger.settle(context.run.id, news, "async status")
            context.save_learned_limits()
    return working


def _query_status(context: DeliveryContext, outcome: Outcome) -> Outcome:
    """Return the outcome of one accepted row by its status now; pending with an error where that cannot be had."""
    target = context.target
    try:
        reply = context.query_client.query(target.status_request(outcome.request_id))
    except CrmError as error:
        code = error.code if isinstance(error, RefusedQueryError) else _UNANSWERED
        return replace(outcome, error_code=code, error=error.message)
    receipt = _refused_receipt(reply) or target.status_receipt(reply.body)
    if receipt.status is Status.PENDING:
        return replace(outcome, error_code=receipt.error_code, error=receipt.error)
    settled = check_ids(context, outcome_from_receipt(outcome.row, receipt, format_iso(context.clock.now())))
    return replace(settled, request_id=outcome.request_id, attempts=outcome.attempts)


def _refused_receipt(reply: Reply) -> Receipt | None:
    """Return a receipt with the code of a refusal, or ``None`` for an answer."""
    verdict = classify(reply, batch_of_one=True)
    if verdict.kind is not VerdictKind.REFUSED:
        return None
    text = f"LeadSquared refused to tell the state of the request: {verdict.message} ({verdict.code})"
    return Receipt(1, Status.PENDING, error_code=verdict.code, error=text)
