"""Query the CRM within the limits, and repeat queries that fail: they change nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from importer.core.errors import CrmError, RunStopped
from importer.core.model import CallClass, Reply, Request, Verdict, VerdictKind
from importer.core.time import Clock
from importer.leadsquared.interface import Crm
from importer.leadsquared.reader import api_user_request
from importer.leadsquared.responses import classify
from importer.rate_limit import AccountLimiter, Slot

_MAX_TRIES = 4
_FIRST_PAUSE = 0.5
_MAX_SLOT_WAIT = 0.25
_ACCESS_REFUSED = (401, 403)
_JUMP_SECONDS = 60.0
"""Half of what a reading back allows clocks to differ by."""


class UnansweredError(CrmError):
    """A query that got no answer, however often it was repeated; the next one may fare no better."""


class RefusedQueryError(CrmError):
    """A query that LeadSquared refuses because of keys, rights or path; ``code`` is its code, such as http-403."""

    def __init__(self, message: str, remedy: str, code: str) -> None:
        super().__init__(message, remedy)
        self.code = code


@dataclass(frozen=True, slots=True)
class ClockReading:
    """The server's clock minus ours, in seconds, and what our two clocks showed when that was read.

    ``server_skew`` is ``None`` when the server's answers carry no time; then our clocks alone are watched.
    """

    server_skew: float | None
    wall: datetime
    monotonic: float


class QueryClient:
    """Sends requests that are safe to repeat. Several threads may query at once.

    ``before_send`` is called before each request leaves, and may raise :class:`RunStopped` in place of it.
    ``clock_reading`` is the last known difference to the server's clock.
    """

    def __init__(
        self,
        crm: Crm,
        limiter: AccountLimiter,
        clock: Clock,
        should_stop: Callable[[], bool],
        before_send: Callable[[], None],
        clock_reading: ClockReading | None = None,
    ) -> None:
        self._crm = crm
        self._limiter = limiter
        self._clock = clock
        self._should_stop = should_stop
        self._before_send = before_send
        self.clock_reading = clock_reading
        self._clock_uncertain = False
        self._pair_needed = False

    def query(self, request: Request) -> Reply:
        """Send a query and return the CRM's answer; a refusal of the query's content is an answer, too.

        Raises :class:`UnansweredError` when no answer can be had, :class:`CrmError` when the keys or the address are
        refused, and :class:`RunStopped` when the person asked to stop meanwhile, limits refuse every call, or the daily
        quota is used up.
        """
        failures = 0
        if self._pair_needed:
            request = replace(request, needs_pair=True)
        while True:
            reply, verdict = self._query_once(request)
            if verdict.kind in (VerdictKind.APPLIED, VerdictKind.REFUSED):
                return reply
            if reply.status in _ACCESS_REFUSED and not request.needs_pair:
                # The documentation is not clear about these calls; a query may be repeated.
                self._pair_needed = True
                request = replace(request, needs_pair=True)
                continue
            if verdict.kind is VerdictKind.MISCONFIGURED:
                message = f"LeadSquared refused a question: {verdict.message}"
                raise RefusedQueryError(message, "Run: importer doctor", verdict.code)
            if verdict.kind is VerdictKind.THROTTLED:
                reason = self._limiter.stop_reason(request.call_class)
                if reason is not None:
                    raise reason
                continue
            failures += 1
            if failures >= _MAX_TRIES:
                raise UnansweredError(
                    f"LeadSquared did not answer a question: {verdict.message}",
                    reply.remedy or "Check the connection, then run: importer resume",
                )
            self._clock.sleep(_FIRST_PAUSE * 2 ** (failures - 1))

    def _query_once(self, request: Request) -> tuple[Reply, Verdict]:
        kind = request.call_class
        self._before_send()
        slot = self._wait_for_slot(kind)
        before = self._read_clocks()
        reply = self._limiter.send(kind, slot, lambda: self._crm.send(request))
        self.observe_clock(reply, before)
        verdict = classify(reply, batch_of_one=True)
        if verdict.kind is VerdictKind.THROTTLED:
            self._limiter.record_refusal(kind, verdict)
        else:
            self._limiter.record_success(kind)
        return reply, verdict

    def observe_clock(self, reply: Reply, since: tuple[datetime, float] | None = None) -> None:
        """Remember the server's clock from any reply that shows it.

        ``since`` is what our clocks showed before the request left. Where they have diverged meanwhile, the reply was
        perhaps compared with the time before that, and the difference is not known until the server is queried again.
        """
        now = self._read_clocks()
        if reply.server_skew is None:
            if self.clock_reading is None and not self._clock_uncertain:
                self.clock_reading = ClockReading(None, *now)
            return
        last = self.clock_reading
        before = since or ((last.wall, last.monotonic) if last else now)
        self._clock_uncertain = _have_diverged(before, now)
        self.clock_reading = None if self._clock_uncertain else ClockReading(reply.server_skew, *now)

    def clock_jumped(self, reading: ClockReading | None = None) -> bool:
        """Return whether the wall clock has diverged from the monotonic one since ``reading``, by default the last one.

        What is known of the difference to the server's clock is then worthless: the clock was set, or the computer
        slept.
        """
        last = reading or self.clock_reading
        if last is None:
            return self._clock_uncertain
        return _have_diverged((last.wall, last.monotonic), self._read_clocks())

    def read_clock(self) -> bool:
        """Read the server's clock anew; return whether the reply shows it. Raises as :meth:`query`."""
        self.clock_reading, self._clock_uncertain = None, False
        self.query(api_user_request())
        return self._clock_uncertain or (self.clock_reading is not None and self.clock_reading.server_skew is not None)

    def _read_clocks(self) -> tuple[datetime, float]:
        return self._clock.now(), self._clock.monotonic()

    def _wait_for_slot(self, kind: CallClass) -> Slot:
        while True:
            if self._should_stop():
                raise RunStopped("Stopped on request while asking LeadSquared.", "Run: importer resume")
            slot = self._limiter.acquire(kind)
            if slot is not None:
                return slot
            # While every slot is with a call in flight, nobody knows for how long: check again soon.
            self._clock.sleep(min(_MAX_SLOT_WAIT, max(0.005, self._limiter.wait_time(kind))))


def _have_diverged(before: tuple[datetime, float], after: tuple[datetime, float]) -> bool:
    wall, monotonic = (after[0] - before[0]).total_seconds(), after[1] - before[1]
    return abs(wall - monotonic) > _JUMP_SECONDS
