"""Poll the status of accepted async rows until they are settled. A pending row is not failed, and never sent again."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from importer.core.errors import CrmError
from importer.core.failpoints import reach
from importer.core.model import Outcome, Status
from importer.core.text import pluralize
from importer.core.time import format_iso
from importer.delivery.context import DeliveryContext
from importer.delivery.outcomes import check_ids, outcome_from_receipt

_THREADS = 8
_CHUNK = 100
_FIRST_PAUSE = 1.0
_MAX_PAUSE = 300.0
_PAUSE_GROWTH = 1.6


def poll(context: DeliveryContext, patience: float) -> int:
    """Poll until every accepted row of the run is settled, for at most ``patience`` seconds.

    Returns how many rows are still pending. Raises :class:`RunStopped` when the person asks to stop meanwhile.
    """
    deadline = context.clock.monotonic() + patience
    pause = _FIRST_PAUSE
    while True:
        _poll_once(context)
        left = sum(1 for _ in context.ledger.outcomes(context.run.id, [Status.PENDING]))
        now = context.clock.monotonic()
        if not left or now >= deadline:
            return left
        reach("polling")
        reason = f"LeadSquared is still working on {left} accepted {pluralize(left, 'row')}"
        context.wait(reason, min(pause, max(0.05, deadline - now)))
        pause = min(_MAX_PAUSE, pause * _PAUSE_GROWTH)


def _poll_once(context: DeliveryContext) -> None:
    """Query the status of every pending row once, and record what is settled."""
    pending = list(context.ledger.outcomes(context.run.id, [Status.PENDING]))
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="status") as pool:
        for start in range(0, len(pending), _CHUNK):
            context.check_stop()
            polled = pool.map(lambda each: _query_status(context, each), pending[start : start + _CHUNK])
            outcomes = [outcome for outcome in polled if outcome is not None]
            if outcomes:
                context.ledger.settle(context.run.id, outcomes, "async status")
            context.save_learned_limits()


def _query_status(context: DeliveryContext, outcome: Outcome) -> Outcome | None:
    """Return the settled outcome of one accepted row, or ``None`` while it is pending."""
    try:
        reply = context.query_client.query(context.target.status_request(outcome.request_id))
    except CrmError:
        # An unknown or unreadable answer about a request id means only: ask again later.
        return None
    receipt = context.target.status_receipt(reply.body)
    if receipt.status is Status.PENDING:
        return None
    settled = check_ids(context, outcome_from_receipt(outcome.row, receipt, format_iso(context.clock.now())))
    return replace(settled, request_id=outcome.request_id, attempts=outcome.attempts)
