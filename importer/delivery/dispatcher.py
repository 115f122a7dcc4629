"""Send the queued rows: several calls in flight, each in the ledger before it leaves, within the account's limits.

A call passes through five states. Each has its place in :class:`Dispatcher` and its functions:

1. *queued*: its rows wait in the :class:`RowQueue`; ``_take_queued`` forms a batch of them.
2. *prepared*: it has a slot and a request, and no byte has left (:class:`PreparedCall`, ``_prepare``).
3. *in flight*: the ledger holds it, and a worker thread sends it (``_send_batches``, ``_send``, ``_in_flight``).
4. *completed*: its response is interpreted, in memory only (``_complete_calls``, ``_completed``).
5. *recorded*: the ledger holds the outcomes of its rows (``_record``).

The order is the promise: a call is in the ledger (3) before its first byte leaves, so that after a crash every row that
may have arrived is known, and read back before it is sent again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, replace

from importer.core.errors import CrmError, LedgerError, RunStopped
from importer.core.failpoints import reach
from importer.core.model import DELIVERED, Counts, Outcome, Record, Reply, Request, Status, Verdict, VerdictKind
from importer.delivery.batching import RowQueue
from importer.delivery.context import LOCK_LOST, DeliveryContext
from importer.delivery.outcomes import (
    BatchResult,
    CompletedCall,
    InFlightCall,
    interpret_response,
    log_call,
    mark_duplicate_ids,
    reach_recorded,
    reach_resolved,
)
from importer.delivery.reconciliation.reconcile import Reconciler
from importer.leadsquared import ClockReading, body_bytes
from importer.ledger import Call, RowToSend
from importer.rate_limit import Slot, not_sent_reply

_MAX_IN_FLIGHT = 32
_MAX_RESPONSE_WAIT = 0.25
_MIN_RECORDED_WAIT, _RECORD_WAIT_AFTER = 0.1, 60.0
"""Seconds: a shorter wait is not recorded; a longer one is before it has ended, for the program may be killed."""

_MAX_REFUSED = 128
"""So many refused calls are reconciled at once: reading back costs little more for all of them than for one."""
_MAX_PAUSE = 60.0
_NOT_RECORDED = "The call did not leave, because the ledger could not be written."
_CLOCK_JUMPED = "The clock of this computer was set, or it slept, just before the call left."


@dataclass(frozen=True, slots=True)
class PreparedCall:
    """A call that may leave as soon as the ledger holds it: rows, slot, request, and what was known of the clocks."""

    records: tuple[Record, ...]
    slot: Slot
    request: Request
    clock_reading: ClockReading | None
    call: Call


class Dispatcher:
    """Sends the rows of ``queue``. ``counts`` are the run's outcomes so far, for the progress.

    One pass of the loop interprets all responses that have come, takes all batches that may go, and records both in one
    transaction; only then do these calls leave. So the disk is waited for once, however many calls there are.
    """

    def __init__(self, context: DeliveryContext, queue: RowQueue, reconciler: Reconciler, counts: Counts) -> None:
        self._context = context
        self._queue = queue
        self._reconciler = reconciler
        self._counts = counts
        self._held_leads: set[str] = set()
        self._in_flight: dict[Future[Reply], InFlightCall] = {}
        # Kept here, so that a failure with one response costs none of the others: interpreted; and then to be recorded.
        self._interpreted: list[CompletedCall] = []
        self._completed: list[CompletedCall] = []
        self._refused: list[tuple[Record, ...]] = []
        self._refused_leads: set[str] = set()
        self._refused_together = 1
        self._repeats: dict[int, int] = {}
        self._uncertain_until_repeated: set[int] = set()
        self._mapping_proven = context.ledger.mapping_proven(context.account.name, context.run.new.mapping_sha)
        self._call_class = context.target.call_class
        self._waited = 0.0

    def hold(self, leads: set[str]) -> None:
        """Send no rows of these leads in this pass: one of their rows is uncertain, and must be reconciled first."""
        self._held_leads |= leads

    def run(self) -> None:
        """Send until nothing is left that may go now.

        Raises :class:`RunStopped` when a guard or the person stops the run; calls in flight are finished first.
        """
        workers = min(_MAX_IN_FLIGHT, max(1, self._context.limiter.limit(self._call_class).calls))
        with ThreadPoolExecutor(workers, thread_name_prefix="call") as pool:
            try:
                self._loop(pool, workers)
            finally:
                self._finish_in_flight()
                self._record_wait()

    def _loop(self, pool: ThreadPoolExecutor, workers: int) -> None:
        while True:
            self._complete_calls()
            if self._context.guards.reason is not None:
                raise self._context.guards.reason
            self._context.check_stop()
            capacity = self._free_capacity(workers)
            batches = self._take_queued(capacity)
            self._send_batches(pool, batches)
            if batches:
                continue
            # Nothing could be sent: wait for a response, search bad rows, end, or wait for a slot.
            if self._in_flight:
                seconds = self._context.limiter.wait_time(self._call_class) or _MAX_RESPONSE_WAIT
                timeout = max(0.001, min(seconds, _MAX_RESPONSE_WAIT))
                wait(self._in_flight, timeout=timeout, return_when=FIRST_COMPLETED)
            elif self._refused and (capacity or self._must_isolate or self._queue.empty()):
                self._isolate_bad_rows()
            elif capacity or self._queue.empty():
                return
            else:
                self._wait_for_slot()

    # Queued → prepared → in flight

    def _free_capacity(self, workers: int) -> int:
        """Return how many calls may leave now; only one at a time until a row of this mapping was delivered."""
        free_workers = (workers if self._mapping_proven else 1) - len(self._in_flight)
        if self._must_isolate or free_workers <= 0:
            return 0
        return min(free_workers, self._context.limiter.available(self._call_class))

    @property
    def _must_isolate(self) -> bool:
        """Whether so many calls were refused as a whole that the bad rows are searched before others are sent."""
        return len(self._refused) >= self._refused_together

    def _take_queued(self, capacity: int) -> list[Sequence[Record]]:
        """Take the rows of up to ``capacity`` calls. Raises :class:`RunStopped` when the daily quota leaves none."""
        batches: list[Sequence[Record]] = []
        if capacity <= 0:
            return batches
        self._verify_clock()
        # One row until a row of this mapping was delivered: a wrong mapping then spoils one row, not 25.
        size = self._context.target.batch_size if self._mapping_proven else 1
        busy = self._held_leads.union(self._refused_leads, *(call.leads for call in self._in_flight.values()))
        while len(batches) < capacity and (batch := self._queue.next_batch(size, busy)):
            if not self._context.quota.allows(len(batches) + 1):
                self._queue.put_back(batch)
                break
            batches.append(batch)
            busy |= self._queue.leads(batch)
        return batches

    def _send_batches(self, pool: ThreadPoolExecutor, batches: Sequence[Sequence[Record]]) -> None:
        """Record the completed calls and the ones that leave, in one transaction; then let these leave."""
        self._release_repeated([record for batch in batches for record in batch])
        slots = self._context.limiter.acquire_several(self._call_class, len(batches)) if batches else []
        # Queries in other threads may have taken slots in between.
        for batch in reversed(batches[len(slots) :]):
            self._queue.put_back(batch)
        prepared = [self._prepare(batch, slot) for batch, slot in zip(batches, slots, strict=False)]
        numbers = self._record(prepared)
        self._context.quota.count_sent(len(numbers))
        for number, call in zip(numbers, prepared, strict=True):
            leads = frozenset(self._queue.leads(call.records))
            self._in_flight[pool.submit(self._send, call)] = InFlightCall(number, call.records, leads)

    def _release_repeated(self, records: Sequence[Record]) -> None:
        """Record that uncertain rows are about to be sent again: until then the ledger says that they may be there."""
        repeated = [record for record in records if record.row in self._uncertain_until_repeated]
        if not repeated:
            return
        # Their outcomes may be among those that are not recorded yet.
        self._record()
        known = self._outcomes([record.row for record in repeated])
        self._uncertain_until_repeated -= known.keys()
        released = [replace(outcome, status=Status.NOT_SENT) for outcome in known.values()]
        self._context.ledger.settle(self._context.run.id, released, "the call is repeated, which changes nothing")
        self._counts[Status.UNCERTAIN] -= len(released)

    def _prepare(self, batch: Sequence[Record], slot: Slot) -> PreparedCall:
        context = self._context
        request = context.target.ready_request(batch)
        reading = context.query_client.clock_reading
        call = Call(
            run_id=context.run.id,
            account=context.account.name,
            target=context.run.new.target,
            call_class=self._call_class,
            body_sha=hashlib.sha256(body_bytes(request)).hexdigest(),
            rows=tuple(RowToSend(record.row, record.key) for record in batch),
            server_skew=reading.server_skew if reading else None,
        )
        return PreparedCall(tuple(batch), slot, request, reading, call)

    def _send(self, prepared: PreparedCall) -> Reply:
        """Make the call, in a worker thread."""
        context = self._context

        def send() -> Reply:
            # Checked as late as can be: whoever lost the lock may have a successor by now, and the time at which the
            # call leaves must be right in the ledger, for reading back goes by it.
            if not context.still_ours():
                return not_sent_reply(LOCK_LOST)
            if context.query_client.clock_jumped(prepared.clock_reading):
                return not_sent_reply(_CLOCK_JUMPED)
            return context.crm.send(prepared.request)

        return context.limiter.send(self._call_class, prepared.slot, send)

    # In flight → completed → recorded

    def _complete_calls(self) -> None:
        """Interpret the responses that have come, and decide what happens next with their rows; record nothing yet."""
        for future in [future for future in self._in_flight if future.done()]:
            call = self._in_flight.pop(future)
            repeats = max(self._repeats.get(record.row, 0) for record in call.records)
            self._interpreted.append(interpret_response(self._context, call, future.result(), repeats))
        completed, self._interpreted = mark_duplicate_ids(self._context, self._interpreted), []
        self._completed += completed
        for each in completed:
            reach_resolved(each)
            self._update_limits(each.verdict)
            self._context.guards.watch(each.verdict, each.result.outcomes, contradiction=each.result.contradiction)
            self._requeue(each.call.records, each.verdict, each.result)

    def _record(self, prepared: Sequence[PreparedCall] = ()) -> list[int]:
        """Record the completed calls and the ``prepared`` ones in one transaction; return the numbers of the latter.

        When that fails, each response is still recorded by itself as far as possible: it is worth more than a fast
        exit.
        """
        completed, self._completed = self._completed, []
        if not completed and not prepared:
            return []
        try:
            numbers = self._context.ledger.record([each.ended for each in completed], [each.call for each in prepared])
        except Exception:
            for each in completed:
                with suppress(LedgerError):
                    self._context.ledger.record([each.ended], [])
            with suppress(LedgerError):
                for call in prepared:
                    self._context.limiter.release(self._call_class, call.slot, not_sent_reply(_NOT_RECORDED))
            raise
        for each in completed:
            log_call(each)
            reach_recorded(each)
        if completed:
            self._context.save_learned_limits()
            self._report_progress([outcome for each in completed for outcome in each.result.outcomes])
        return numbers

    def _finish_in_flight(self) -> None:
        """Wait for the calls in flight and record them: their responses are worth more than a fast exit."""
        while True:
            self._complete_calls()
            self._record()
            if not self._in_flight:
                return
            wait(self._in_flight, return_when=FIRST_COMPLETED)

    # What follows from a completed call

    def _update_limits(self, verdict: Verdict) -> None:
        limiter, unreached = self._context.limiter, self._context.guards.unreached
        if verdict.kind is VerdictKind.THROTTLED:
            limiter.record_refusal(self._call_class, verdict)
            self._context.guards.stop_for(limiter.stop_reason(self._call_class))
        elif verdict.kind is VerdictKind.NOT_APPLIED:
            limiter.pause(self._call_class, min(_MAX_PAUSE, 2.0**unreached))
        else:
            limiter.record_success(self._call_class)

    def _requeue(self, records: tuple[Record, ...], verdict: Verdict, result: BatchResult) -> None:
        """Put rows back that are to be sent again, and hold the leads of those that are uncertain."""
        uncertain = {outcome.row for outcome in result.outcomes if outcome.status is Status.UNCERTAIN}
        self._mapping_proven |= any(
            outcome.status in DELIVERED or outcome.status is Status.PENDING for outcome in result.outcomes
        )
        if result.split or not result.again:
            self._queue.completed(records, applied=verdict.kind is VerdictKind.APPLIED)
        if result.again:
            self._uncertain_until_repeated |= uncertain
        elif result.split and uncertain:
            self._refused.append(records)
            self._refused_leads |= self._queue.leads(records)
        elif uncertain:
            self.hold(self._queue.leads([record for record in records if record.row in uncertain]))
        if not result.again:
            return
        if verdict.kind is VerdictKind.UNCERTAIN:
            for record in records:
                self._repeats[record.row] = self._repeats.get(record.row, 0) + 1
            pause = min(_MAX_PAUSE, 2.0 ** self._repeats[records[0].row])
            self._context.limiter.pause(self._call_class, pause)
        if result.split:
            self._queue.put_back_suspects(records)
        else:
            self._queue.put_back(records)

    def _isolate_bad_rows(self) -> None:
        """Reconcile the rows of the calls refused as a whole; search the bad rows among the absent ones.

        The first refusal is reconciled at once, so that a wrong mapping is noticed early. Later ones are collected, the
        more the longer it goes on, while the rest of the rows is sent.
        """
        refused, self._refused, self._refused_leads = self._refused, [], set()
        self._refused_together = min(_MAX_REFUSED, 2 * self._refused_together)
        by_row = {record.row: record for records in refused for record in records}
        before = {row: each for row, each in self._outcomes(by_row).items() if each.status is Status.UNCERTAIN}
        calls = [[before[record.row] for record in records if record.row in before] for records in refused]
        absent = self._reconciler.resolve_refused([outcomes for outcomes in calls if outcomes], by_row)
        after = self._outcomes(by_row)
        self._counts[Status.UNCERTAIN] -= len(before)
        self._report_progress([after[row] for row in before])
        for records in refused:
            self.hold(self._queue.leads([each for each in records if after[each.row].status is Status.UNCERTAIN]))
            suspects = [record for record in records if record.row in absent]
            if suspects:
                # Stored rows before the absent ones mean that the call was processed up to its bad row.
                stored = any(after[record.row].status in DELIVERED for record in records)
                self._queue.put_back_suspects(suspects, first_alone=stored)

    def _outcomes(self, rows: Collection[int]) -> dict[int, Outcome]:
        return self._context.ledger.outcomes_of(self._context.run.id, rows)

    # Clock, waiting and progress

    def _verify_clock(self) -> None:
        """Make sure that the difference to the server's clock is known. Raises :class:`RunStopped` if it cannot be."""
        try:
            while self._context.query_client.clock_jumped():
                # A query takes time, and completed calls shall not wait for it.
                self._record()
                if not self._context.query_client.read_clock():
                    raise _clock_stop("its answers carry none.")
        except CrmError as error:
            raise _clock_stop(error.message) from None

    def _wait_for_slot(self) -> None:
        reach("awaiting-slot")
        seconds = self._context.limiter.wait_time(self._call_class)
        limit = self._context.limiter.limit(self._call_class)
        if seconds > 1:
            reason = f"the account allows {limit.calls} calls in {limit.seconds:g} s"
            self._context.progress.waiting(reason, seconds)
        begun = self._context.clock.monotonic()
        self._context.clock.sleep(min(max(seconds, 0.001), 1.0))
        self._waited += self._context.clock.monotonic() - begun
        if self._waited >= _RECORD_WAIT_AFTER:
            self._record_wait()

    def _record_wait(self) -> None:
        """Record for how long nothing could be done but wait: only a metric, so a failure stops nothing."""
        waited, self._waited = self._waited, 0.0
        if waited >= _MIN_RECORDED_WAIT:
            with suppress(LedgerError):
                self._context.ledger.record_wait(self._context.run.id, waited)

    def _report_progress(self, outcomes: Sequence[Outcome]) -> None:
        for outcome in outcomes:
            if outcome.status is not Status.NOT_SENT:
                self._counts[outcome.status] = self._counts.get(outcome.status, 0) + 1
        done = sum(self._counts.values())
        self._context.progress.delivering(done, self._context.plan.facts.ready, dict(self._counts))


def _clock_stop(reason: str) -> RunStopped:
    return RunStopped(
        f"The clock of this computer was set, or it slept, and LeadSquared does not show its time: {reason}",
        "Check clock and connection, then run: importer resume",
    )
