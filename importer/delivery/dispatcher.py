"""Sends the rows: several calls in flight, each written down before it leaves, within the account's limits."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass

from importer.core.errors import CrmError, LedgerError, RunStopped
from importer.core.failpoints import reach
from importer.core.model import DELIVERED, Counts, Outcome, Record, Reply, Request, Status, Verdict, VerdictKind
from importer.delivery.batching import RowQueue
from importer.delivery.completed_calls import (
    Flight,
    Landed,
    land,
    log_call,
    reach_judged,
    reach_written,
    without_booked_ids,
)
from importer.delivery.context import LOST_RIGHT, Work
from importer.delivery.outcomes import Judgement
from importer.delivery.reconciliation.reconcile import Recovery
from importer.leadsquared.client import body_bytes
from importer.leadsquared.query_client import ClockSeen
from importer.ledger.interface import Call, Sending
from importer.rate_limit.account_limiter import not_sent
from importer.rate_limit.window_limiter import Slot

_MOST_IN_FLIGHT = 32
_LONGEST_LOOK_AWAY = 0.25
_WORTH_NOTING_SECONDS, _NOTED_SECONDS = 0.1, 60.0
"""A shorter wait is not written down; a longer one is before it has ended, for the program may be killed."""

_LONGEST_PAUSE = 60.0
_UNWRITTEN = "The call did not leave, because the ledger could not be written."
_JUMPED = "The clock of this computer was set, or it slept, just before the call left."


@dataclass(frozen=True, slots=True)
class _Departure:
    """A call that may leave as soon as the ledger has it: its slot, its request, and what was known of the clocks."""

    records: tuple[Record, ...]
    slot: Slot
    request: Request
    seen: ClockSeen | None
    call: Call


class Dispatcher:
    """Sends what the queue holds. ``held`` are leads with a row in doubt: their other rows wait for its recovery.

    One pass of the loop judges all answers that have come, takes all calls that may go, and writes both in one
    transaction; only then do these calls leave. So the disk is waited for once, however many calls there are.
    """

    def __init__(self, work: Work, queue: RowQueue, recovery: Recovery, counts: Counts) -> None:
        self._work = work
        self._queue = queue
        self._recovery = recovery
        self._counts = counts
        self._held: set[str] = set()
        self._flights: dict[Future[Reply], Flight] = {}
        # Kept here, so that a failure with one answer costs none of the others: judged, and then to be written.
        self._came: list[Landed] = []
        self._landed: list[Landed] = []
        self._refused: list[tuple[Record, ...]] = []
        self._repeats: dict[int, int] = {}
        self._proven = work.ledger.mapping_proven(work.account.name, work.run.new.mapping_sha)
        self._kind = work.target.call_class
        self._waited = 0.0

    def hold(self, leads: set[str]) -> None:
        """Rows of these leads are not sent in this pass."""
        self._held |= leads

    def run(self) -> None:
        """Send until nothing is left that may go now.

        Raises :class:`RunStopped` when a guard or the person stops the run; calls in flight are finished first.
        """
        workers = min(_MOST_IN_FLIGHT, max(1, self._work.allowances.limit(self._kind).calls))
        with ThreadPoolExecutor(workers, thread_name_prefix="call") as pool:
            try:
                self._loop(pool, workers)
            finally:
                self._drain()
                self._note_wait()

    def _loop(self, pool: ThreadPoolExecutor, workers: int) -> None:
        while True:
            self._judge_landed()
            if self._work.guards.reason is not None:
                raise self._work.guards.reason
            self._work.check_stop()
            room = self._room(workers)
            batches = self._next_batches(room)
            self._depart(pool, batches)
            if batches:
                continue
            if self._flights:
                self._await_flight()
            elif self._refused:
                self._isolate(self._refused.pop(0))
            elif room or self._queue.empty():
                return
            else:
                self._pause()

    def _batch_size(self) -> int:
        """One row until a row of this mapping was delivered: a wrong mapping then spoils one row, not 25."""
        return self._work.target.batch_size if self._proven else 1

    def _room(self, workers: int) -> int:
        """How many calls may leave now."""
        most = (workers if self._proven else 1) - len(self._flights)
        if self._refused or most <= 0:
            return 0
        return min(most, self._work.allowances.free(self._kind))

    def _next_batches(self, room: int) -> list[Sequence[Record]]:
        """The rows of up to ``room`` calls. Raises :class:`RunStopped` when the day's budget leaves none."""
        batches: list[Sequence[Record]] = []
        if room <= 0:
            return batches
        self._trust_clock()
        busy = self._held.union(*(flight.leads for flight in self._flights.values()))
        while len(batches) < room and (batch := self._queue.next_batch(self._batch_size(), busy)):
            if not self._work.budget.allows(len(batches) + 1):
                self._queue.put_back(batch)
                break
            batches.append(batch)
            busy |= self._queue.leads(batch)
        return batches

    def _pause(self) -> None:
        reach("awaiting-slot")
        seconds = self._work.allowances.wait_time(self._kind)
        limit = self._work.allowances.limit(self._kind)
        if seconds > 1:
            self._work.progress.waiting(f"the account allows {limit.calls} calls in {limit.seconds:g} s", seconds)
        begun = self._work.clock.monotonic()
        self._work.clock.sleep(min(max(seconds, 0.001), 1.0))
        self._waited += self._work.clock.monotonic() - begun
        if self._waited >= _NOTED_SECONDS:
            self._note_wait()

    def _note_wait(self) -> None:
        """Write down for how long nothing could be done but wait: a figure only, for which nothing stops."""
        waited, self._waited = self._waited, 0.0
        if waited >= _WORTH_NOTING_SECONDS:
            with suppress(LedgerError):
                self._work.ledger.note_wait(self._work.run.id, waited)

    def _await_flight(self) -> None:
        seconds = self._work.allowances.wait_time(self._kind) or _LONGEST_LOOK_AWAY
        wait(self._flights, timeout=max(0.001, min(seconds, _LONGEST_LOOK_AWAY)), return_when=FIRST_COMPLETED)

    def _depart(self, pool: ThreadPoolExecutor, batches: Sequence[Sequence[Record]]) -> None:
        """Write down what has landed and what leaves, then let it leave."""
        slots = self._work.allowances.take_several(self._kind, len(batches)) if batches else []
        # Questions in other threads may have taken slots in between.
        for batch in reversed(batches[len(slots) :]):
            self._queue.put_back(batch)
        leaving = [self._departure(batch, slot) for batch, slot in zip(batches, slots, strict=False)]
        numbers = self._write(leaving)
        self._work.budget.spent(len(numbers))
        for number, departure in zip(numbers, leaving, strict=True):
            leads = frozenset(self._queue.leads(departure.records))
            self._flights[pool.submit(self._fly, departure)] = Flight(number, departure.records, leads)

    def _departure(self, batch: Sequence[Record], slot: Slot) -> _Departure:
        work = self._work
        request = work.target.ready_request(batch)
        seen = work.asker.clock_seen
        call = Call(
            run_id=work.run.id,
            account=work.account.name,
            target=work.target.name,
            call_class=self._kind,
            body_sha=hashlib.sha256(body_bytes(request)).hexdigest(),
            rows=tuple(Sending(record.row, record.key) for record in batch),
            server_skew=seen.server_skew if seen else None,
        )
        return _Departure(tuple(batch), slot, request, seen, call)

    def _fly(self, departure: _Departure) -> Reply:
        """Make the call, in a thread of its own."""
        work = self._work

        def leave() -> Reply:
            # Asked as late as can be: whoever lost the right to send may have a successor by now, and the time at
            # which the call leaves must be right in the ledger, for a reading back goes by it.
            if not work.still_ours():
                return not_sent(LOST_RIGHT)
            return not_sent(_JUMPED) if work.asker.clock_jumped(departure.seen) else work.crm.send(departure.request)

        return work.allowances.send(self._kind, departure.slot, leave)

    def _write(self, leaving: Sequence[_Departure] = ()) -> list[int]:
        """Write down in one transaction what has landed and what leaves; the numbers of the calls that leave.

        When that fails, each answer is still written by itself as far as possible: it is worth more than a fast exit.
        """
        landed, self._landed = self._landed, []
        if not landed and not leaving:
            return []
        try:
            numbers = self._work.ledger.record([each.ended for each in landed], [each.call for each in leaving])
        except Exception:
            self._save_answers(landed)
            with suppress(LedgerError):
                for departure in leaving:
                    self._work.allowances.done(self._kind, departure.slot, not_sent(_UNWRITTEN))
            raise
        for each in landed:
            log_call(each)
            reach_written(each)
        if landed:
            self._work.note_lessons()
            self._tell([outcome for each in landed for outcome in each.judgement.outcomes])
        return numbers

    def _save_answers(self, landed: Sequence[Landed]) -> None:
        for each in landed:
            with suppress(LedgerError):
                self._work.ledger.record([each.ended], [])

    def _trust_clock(self) -> None:
        """See that the difference to the server's clock is known. Raises :class:`RunStopped` when it cannot be."""
        try:
            while self._work.asker.clock_jumped():
                # Asking takes time, and what has landed shall not wait for it.
                self._write()
                self._work.asker.see_clock()
        except CrmError as error:
            raise RunStopped(
                f"The clock of this computer was set, or it slept, and LeadSquared tells no time: {error.message}",
                "Check clock and connection, then run: importer resume",
            ) from None

    def _drain(self) -> None:
        """Finish the calls in flight: their answers are worth more than a fast exit."""
        while True:
            self._judge_landed()
            self._write()
            if not self._flights:
                return
            wait(self._flights, return_when=FIRST_COMPLETED)

    def _judge_landed(self) -> None:
        """Judge what has come back, and decide what happens next with its rows. None of it is written yet."""
        for future in [future for future in self._flights if future.done()]:
            flight = self._flights.pop(future)
            repeats = max(self._repeats.get(record.row, 0) for record in flight.records)
            self._came.append(land(self._work, flight, future.result(), repeats))
        came, self._came = without_booked_ids(self._work, self._came), []
        self._landed += came
        for each in came:
            reach_judged(each)
            self._learn(each.verdict)
            self._work.guards.watch(each.verdict, each.judgement.outcomes, contradiction=each.judgement.contradiction)
            self._follow(each.flight.records, each.verdict, each.judgement)

    def _learn(self, verdict: Verdict) -> None:
        allowances, unreached = self._work.allowances, self._work.guards.unreached
        if verdict.kind is VerdictKind.THROTTLED:
            allowances.refused(self._kind, verdict)
            self._work.guards.stop_for(allowances.hopeless(self._kind))
        elif verdict.kind is VerdictKind.NOT_APPLIED:
            allowances.pause(self._kind, min(_LONGEST_PAUSE, 2.0**unreached))
        else:
            allowances.accepted(self._kind)

    def _follow(self, records: tuple[Record, ...], verdict: Verdict, judgement: Judgement) -> None:
        """Decide what happens next with the rows of a call that has ended."""
        doubtful = {outcome.row for outcome in judgement.outcomes if outcome.status is Status.UNCERTAIN}
        self._proven |= any(
            outcome.status in DELIVERED or outcome.status is Status.PENDING for outcome in judgement.outcomes
        )
        if judgement.halves or not judgement.again:
            self._queue.landed(records, applied=verdict.kind is VerdictKind.APPLIED)
        if judgement.halves and doubtful:
            self._refused.append(records)
        elif doubtful:
            self._held |= self._queue.leads([record for record in records if record.row in doubtful])
        if not judgement.again:
            return
        if verdict.kind is VerdictKind.UNCERTAIN:
            for record in records:
                self._repeats[record.row] = self._repeats.get(record.row, 0) + 1
            self._work.allowances.pause(self._kind, min(_LONGEST_PAUSE, 2.0 ** self._repeats[records[0].row]))
        if judgement.halves:
            self._queue.put_back_suspects(records)
        else:
            self._queue.put_back(records)

    def _isolate(self, records: tuple[Record, ...]) -> None:
        """A call was refused as a whole: find out what was stored, and search the bad row among the absent ones."""
        by_row = {record.row: record for record in records}
        before = self._outcomes(records)
        doubtful = [outcome for outcome in before.values() if outcome.status is Status.UNCERTAIN]
        absent = self._recovery.resolve(doubtful, by_row, settle=False)
        after = self._outcomes(records)
        self._counts[Status.UNCERTAIN] -= len(doubtful)
        self._tell([after[outcome.row] for outcome in doubtful])
        self._held |= self._queue.leads([record for record in records if after[record.row].status is Status.UNCERTAIN])
        gone = [record for record in records if record.row in absent]
        if gone:
            # Stored rows before the absent ones mean that the call was processed up to its bad row.
            stored = any(after[record.row].status in DELIVERED for record in records)
            self._queue.put_back_suspects(gone, first_alone=stored)

    def _outcomes(self, records: Sequence[Record]) -> dict[int, Outcome]:
        rows = [record.row for record in records]
        known = self._work.ledger.outcomes_between(self._work.run.id, min(rows), max(rows))
        return {row: known[row] for row in rows}

    def _tell(self, outcomes: Sequence[Outcome]) -> None:
        for outcome in outcomes:
            if outcome.status is not Status.NOT_SENT:
                self._counts[outcome.status] = self._counts.get(outcome.status, 0) + 1
        done = sum(self._counts.values())
        self._work.progress.delivering(done, self._work.plan.facts.ready, dict(self._counts))
