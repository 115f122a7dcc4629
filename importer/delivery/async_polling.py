"""Asks patiently what became of accepted async rows. Pending is not failed, and never sent again."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from importer.core.errors import CrmError
from importer.core.failpoints import reach
from importer.core.model import Outcome, Status
from importer.core.time import iso
from importer.delivery.context import Work
from importer.delivery.outcomes import outcome_of

_ASKERS = 8
_CHUNK = 100
_FIRST_PAUSE = 1.0
_LONGEST_PAUSE = 300.0
_GROWTH = 1.6


@dataclass(frozen=True, slots=True)
class Polled:
    """How many rows were settled, and how many are still being worked on."""

    settled: int
    pending: int


def poll(work: Work, patience: float) -> Polled:
    """Ask until every accepted row of the run is settled, at most for ``patience`` seconds.

    Raises :class:`RunStopped` when the person asks to stop meanwhile.
    """
    deadline = work.clock.monotonic() + patience
    pause, settled = _FIRST_PAUSE, 0
    while True:
        pending = list(work.ledger.outcomes(work.run.id, [Status.PENDING]))
        settled += _ask_all(work, pending)
        left = sum(1 for _ in work.ledger.outcomes(work.run.id, [Status.PENDING]))
        now = work.clock.monotonic()
        if not left or now >= deadline:
            return Polled(settled, left)
        reach("polling")
        reason = f"LeadSquared is still working on {left} accepted row{'s' if left != 1 else ''}"
        work.wait(reason, min(pause, max(0.05, deadline - now)))
        pause = min(_LONGEST_PAUSE, pause * _GROWTH)


def _ask_all(work: Work, pending: Sequence[Outcome]) -> int:
    settled = 0
    with ThreadPoolExecutor(_ASKERS, thread_name_prefix="status") as pool:
        for start in range(0, len(pending), _CHUNK):
            work.check_stop()
            chunk = pending[start : start + _CHUNK]
            answered = [outcome for outcome in pool.map(lambda each: _ask(work, each), chunk) if outcome is not None]
            if answered:
                work.ledger.settle(work.run.id, answered, "async status")
                settled += len(answered)
            work.note_lessons()
    return settled


def _ask(work: Work, outcome: Outcome) -> Outcome | None:
    """The settled outcome of one accepted row, or ``None`` while it is not settled."""
    try:
        reply = work.asker.ask(work.target.status_request(outcome.request_id))
    except CrmError:
        # An unknown or unreadable answer about a request id means only: ask again later.
        return None
    receipt = work.target.status_receipt(reply.body)
    if receipt.status is Status.PENDING:
        return None
    found = outcome_of(outcome.row, receipt, iso(work.clock.now()))
    return replace(found, request_id=outcome.request_id, attempts=outcome.attempts)
