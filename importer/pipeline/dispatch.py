"""Sends the rows: several calls in flight, each written down before it leaves, within the account's limits."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

from importer.crm.answers import classify
from importer.crm.client import body_bytes
from importer.errors import CrmError, RunStopped
from importer.failpoints import reach
from importer.ledger.interface import Call, CallEnd, Sending
from importer.model import DELIVERED, Counts, Outcome, Record, Reply, Status, Verdict, VerdictKind
from importer.pipeline.clock import iso
from importer.pipeline.interpret import Judgement, doubt_booked_ids, judge
from importer.pipeline.limits import not_sent
from importer.pipeline.queue import RowQueue
from importer.pipeline.recover import Recovery
from importer.pipeline.work import LOST_RIGHT, Work

_log = logging.getLogger(__name__)

_MOST_IN_FLIGHT = 32
_LONGEST_LOOK_AWAY = 0.25
_LONGEST_PAUSE = 60.0
_KEPT_ANSWER = 2_000
_JUMPED = "The clock of this computer was set, or it slept, just before the call left."


@dataclass(frozen=True, slots=True)
class _Flight:
    """A call on its way: its number in the ledger and the rows it carries."""

    number: int
    records: tuple[Record, ...]


class Dispatcher:
    """Sends what the queue holds. ``held`` are leads with a row in doubt: their other rows wait for its recovery."""

    def __init__(self, work: Work, queue: RowQueue, recovery: Recovery, counts: Counts) -> None:
        self._work = work
        self._queue = queue
        self._recovery = recovery
        self._counts = counts
        self._held: set[str] = set()
        self._flights: dict[Future[Reply], _Flight] = {}
        self._refused: list[tuple[Record, ...]] = []
        self._repeats: dict[int, int] = {}
        self._proven = work.ledger.mapping_proven(work.account.name, work.run.new.mapping_sha)
        self._kind = work.target.call_class

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

    def _loop(self, pool: ThreadPoolExecutor, workers: int) -> None:
        while True:
            self._land_finished()
            if self._work.guards.reason is not None:
                self._drain()
                raise self._work.guards.reason
            self._work.check_stop()
            if self._refused and not self._flights:
                self._isolate(self._refused.pop(0))
                continue
            if not self._may_launch(workers):
                if self._nothing_left():
                    return
                self._pause()
                continue
            self._trust_clock()
            batch = self._queue.next_batch(self._batch_size(), self._busy())
            if batch:
                self._launch(pool, batch)
            elif self._flights:
                self._await_flight(_LONGEST_LOOK_AWAY)
            else:
                return

    def _nothing_left(self) -> bool:
        return not self._flights and not self._refused and self._queue.empty()

    def _batch_size(self) -> int:
        """One row until a row of this mapping was delivered: a wrong mapping then spoils one row, not 25."""
        return self._work.target.batch_size if self._proven else 1

    def _may_launch(self, workers: int) -> bool:
        if self._refused or len(self._flights) >= (workers if self._proven else 1):
            return False
        return self._work.allowances.wait_time(self._kind) <= 0

    def _busy(self) -> set[str]:
        busy = set(self._held)
        for flight in self._flights.values():
            busy |= self._queue.leads(flight.records)
        return busy

    def _pause(self) -> None:
        if self._flights:
            self._await_flight(_LONGEST_LOOK_AWAY)
            return
        reach("awaiting-slot")
        seconds = self._work.allowances.wait_time(self._kind)
        limit = self._work.allowances.limit(self._kind)
        if seconds > 1:
            self._work.progress.waiting(f"the account allows {limit.calls} calls in {limit.seconds:g} s", seconds)
        self._work.clock.sleep(min(max(seconds, 0.001), 1.0))

    def _await_flight(self, seconds: float) -> None:
        wait_for_slot = self._work.allowances.wait_time(self._kind) or seconds
        wait(self._flights, timeout=max(0.001, min(seconds, wait_for_slot)), return_when=FIRST_COMPLETED)

    def _launch(self, pool: ThreadPoolExecutor, batch: Sequence[Record]) -> None:
        work = self._work
        work.budget.check()
        slot = work.allowances.take(self._kind)
        if slot is None:
            # A question in another thread took the slot in between.
            self._queue.put_back(batch)
            return
        work.budget.spent()
        request = work.target.request(batch)
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
        number = work.ledger.begin_call(call)

        def leave() -> Reply:
            # Asked as late as can be: whoever lost the right to send may have a successor by now, and the time at
            # which the call leaves must be right in the ledger, for a reading back goes by it.
            if not work.still_ours():
                return not_sent(LOST_RIGHT)
            return not_sent(_JUMPED) if work.asker.clock_jumped(seen) else work.crm.send(request)

        def fly() -> Reply:
            return work.allowances.send(self._kind, slot, leave)

        self._flights[pool.submit(fly)] = _Flight(number, tuple(batch))

    def _trust_clock(self) -> None:
        """See that the difference to the server's clock is known. Raises :class:`RunStopped` when it cannot be."""
        try:
            while self._work.asker.clock_jumped():
                self._work.asker.see_clock()
        except CrmError as error:
            raise RunStopped(
                f"The clock of this computer was set, or it slept, and LeadSquared tells no time: {error.message}",
                "Check clock and connection, then run: importer resume",
            ) from None

    def _land_finished(self) -> None:
        for future in [future for future in self._flights if future.done()]:
            self._land(future)

    def _drain(self) -> None:
        """Finish the calls in flight: their answers are worth more than a fast exit."""
        while self._flights:
            wait(self._flights, return_when=FIRST_COMPLETED)
            self._land_finished()

    def _land(self, future: Future[Reply]) -> None:
        flight = self._flights.pop(future)
        work, records = self._work, flight.records
        reply = future.result()
        reach("answer-read")
        work.asker.notice(reply)
        verdict = classify(reply, batch_of_one=len(records) == 1)
        repeats = max(self._repeats.get(record.row, 0) for record in records)
        judgement = judge(work.target, records, reply, verdict, iso(work.clock.now()), repeats)
        judgement = self._without_booked_ids(judgement)
        _reach_judged(verdict, judgement)
        work.ledger.finish_call(flight.number, _call_end(reply, verdict), judgement.outcomes)
        _log_call(flight, reply, verdict)
        _reach_written(judgement)
        self._learn(verdict)
        work.guards.watch(verdict, judgement.outcomes, contradiction=judgement.contradiction)
        self._follow(records, verdict, judgement)
        self._tell(judgement.outcomes)

    def _without_booked_ids(self, judgement: Judgement) -> Judgement:
        ids = [outcome.activity_id for outcome in judgement.outcomes if outcome.activity_id]
        booked = self._work.ledger.activity_owner(self._work.account.name, ids) if ids else {}
        return doubt_booked_ids(judgement, booked)

    def _learn(self, verdict: Verdict) -> None:
        allowances, unreached = self._work.allowances, self._work.guards.unreached
        if verdict.kind is VerdictKind.THROTTLED:
            allowances.refused(self._kind, verdict)
            self._work.note_lessons()
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


def _call_end(reply: Reply, verdict: Verdict) -> CallEnd:
    from importer.redaction import redact

    return CallEnd(
        verdict=verdict.kind,
        http_status=reply.status or 0,
        code=verdict.code,
        answer=redact(reply.text or reply.detail)[:_KEPT_ANSWER],
        elapsed=reply.elapsed,
        server_skew=reply.server_skew,
    )


def _log_call(flight: _Flight, reply: Reply, verdict: Verdict) -> None:
    """Each call for whoever looks for a fault; those that LeadSquared did not simply take, for everybody."""
    level = logging.DEBUG if verdict.kind is VerdictKind.APPLIED else logging.INFO
    told = {"call": flight.number, "verdict": verdict.kind.value, "code": verdict.code, "seconds": reply.elapsed}
    words = "call %d with %d rows ended: %s"
    _log.log(level, words, flight.number, len(flight.records), verdict.kind.value, extra=told)


def _reach_judged(verdict: Verdict, judgement: Judgement) -> None:
    """The crash points between an answer and its place in the ledger, by what the answer means."""
    reach("answer-judged")
    statuses = {outcome.status for outcome in judgement.outcomes}
    if verdict.kind is VerdictKind.THROTTLED:
        reach("throttled")
    if len(statuses) > 1:
        reach("partly-done")
    if Status.PENDING in statuses:
        reach("request-id-read")


def _reach_written(judgement: Judgement) -> None:
    """The crash points behind an answer's place in the ledger."""
    reach("outcome-committed")
    if any(outcome.status is Status.PENDING for outcome in judgement.outcomes):
        reach("request-id-committed")
