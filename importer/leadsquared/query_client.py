"""Questions to the CRM: within the limits, and repeated when they fail, for they change nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from importer.core.errors import CrmError, RunStopped
from importer.core.model import CallClass, Reply, Request, Verdict, VerdictKind
from importer.core.time import Clock
from importer.leadsquared.interface import Crm
from importer.leadsquared.reader import identity_request
from importer.leadsquared.responses import classify
from importer.rate_limit.account_limiter import Allowances
from importer.rate_limit.window_limiter import Slot

_TRIES = 4
_FIRST_PAUSE = 0.5
_LONGEST_LOOK_AWAY = 0.25
_JUMP_SECONDS = 60.0
"""Half of what a reading back allows clocks to differ by."""


class UnansweredError(CrmError):
    """A question that got no answer, however often it was asked; the next one may fare no better."""


@dataclass(frozen=True, slots=True)
class ClockSeen:
    """The server's clock minus ours, in seconds, and what our two clocks showed when that was seen."""

    server_skew: float
    wall: datetime
    steady: float


class Asker:
    """Sends requests that are safe to repeat. Several threads may ask at once.

    ``leaving`` is told of each request before it leaves, and may raise :class:`RunStopped` in place of it.
    ``clock_seen`` is what is known of the server's clock already.
    """

    def __init__(
        self,
        crm: Crm,
        allowances: Allowances,
        clock: Clock,
        stopping: Callable[[], bool],
        leaving: Callable[[], None],
        clock_seen: ClockSeen | None = None,
    ) -> None:
        self._crm = crm
        self._allowances = allowances
        self._clock = clock
        self._stopping = stopping
        self._leaving = leaving
        self.clock_seen = clock_seen
        self._unsure = False

    @property
    def server_skew(self) -> float | None:
        """The server's clock minus ours, in seconds, as the last answer told it."""
        return self.clock_seen.server_skew if self.clock_seen else None

    def ask(self, request: Request) -> Reply:
        """The CRM's answer to a question.

        A refusal of the question's content is an answer too. Raises :class:`UnansweredError` when no answer can be had,
        :class:`CrmError` when the keys or the address are refused,
        and :class:`RunStopped` when the person asked to stop meanwhile, limits refuse every call, or the day's budget
        is used up.
        """
        failures = 0
        while True:
            reply, verdict = self._once(request)
            if verdict.kind in (VerdictKind.APPLIED, VerdictKind.REFUSED):
                return reply
            if verdict.kind is VerdictKind.MISCONFIGURED:
                raise CrmError(f"LeadSquared refused a question: {verdict.message}", "Run: importer doctor")
            if verdict.kind is VerdictKind.THROTTLED:
                hopeless = self._allowances.hopeless(request.call_class)
                if hopeless is not None:
                    raise hopeless
            else:
                failures += 1
                if failures < _TRIES:
                    self._clock.sleep(_FIRST_PAUSE * 2 ** (failures - 1))
            if failures >= _TRIES:
                raise UnansweredError(
                    f"LeadSquared did not answer a question: {verdict.message}",
                    "Check the connection, then run: importer resume",
                )

    def _once(self, request: Request) -> tuple[Reply, Verdict]:
        kind = request.call_class
        self._leaving()
        slot = self._slot(kind)
        before = self._clocks()
        reply = self._allowances.send(kind, slot, lambda: self._crm.send(request))
        self.notice(reply, before)
        verdict = classify(reply, batch_of_one=True)
        if verdict.kind is VerdictKind.THROTTLED:
            self._allowances.refused(kind, verdict)
        else:
            self._allowances.accepted(kind)
        return reply, verdict

    def notice(self, reply: Reply, since: tuple[datetime, float] | None = None) -> None:
        """Remember what any reply tells of the server's clock.

        ``since`` is what our clocks showed before the request left. Where they have gone different ways meanwhile, the
        reply was perhaps compared with the time before that, and nothing is known until the server is asked again.
        """
        if reply.server_skew is None:
            return
        now = self._clocks()
        seen = self.clock_seen
        before = since or ((seen.wall, seen.steady) if seen else now)
        self._unsure = _went_apart(before, now)
        self.clock_seen = None if self._unsure else ClockSeen(reply.server_skew, *now)

    def clock_jumped(self, seen: ClockSeen | None = None) -> bool:
        """Whether the wall clock has gone another way than the steady one since the server's clock was ``seen``, by
        default the last time.

        What is known of the difference between the clocks is then worth nothing: somebody set the clock, or the
        computer slept.
        """
        seen = seen or self.clock_seen
        return self._unsure if seen is None else _went_apart((seen.wall, seen.steady), self._clocks())

    def see_clock(self) -> None:
        """See the server's clock again; it is not known if the answer does not tell. Raises what :meth:`ask` raises."""
        self.clock_seen, self._unsure = None, False
        self.ask(identity_request())

    def _clocks(self) -> tuple[datetime, float]:
        return self._clock.now(), self._clock.monotonic()

    def _slot(self, kind: CallClass) -> Slot:
        while True:
            if self._stopping():
                raise RunStopped("Stopped on request while asking LeadSquared.", "Run: importer resume")
            slot = self._allowances.take(kind)
            if slot is not None:
                return slot
            # While every slot is with a call in flight, nobody knows for how long: look again soon.
            self._clock.sleep(min(_LONGEST_LOOK_AWAY, max(0.005, self._allowances.wait_time(kind))))


def _went_apart(before: tuple[datetime, float], after: tuple[datetime, float]) -> bool:
    wall, steady = (after[0] - before[0]).total_seconds(), after[1] - before[1]
    return abs(wall - steady) > _JUMP_SECONDS
