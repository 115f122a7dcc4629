"""Limit calls so that no window of the server ever holds more than allowed, whatever the latencies.

**Rule.** There are N slots. A call takes a slot when it leaves, and the slot becomes free W seconds after the call
*completed* (its answer was read, or it was given up).

**Claim.** No half-open window of W seconds at the server holds more than N arrivals.

**Proof.** Call i leaves at r(i), arrives at a(i) and completes at c(i), with r(i) ≤ a(i) ≤ c(i). Suppose N+1 arrivals
lie in one window of length W. There are N slots, so two of these calls, i before j, used the same one. The slot was
free again only W after i completed, so r(j) ≥ c(i) + W. Then a(j) ≥ r(j) ≥ c(i) + W ≥ a(i) + W: the two arrivals are
at least W apart and cannot both lie in the window. ∎ Windows at fixed times are windows too. With the time of leaving
in place of the time of completion the last step fails, which is why common limiters break under jitter.

Nothing in the proof asks who makes the calls: threads and processes that take their slots from one state keep the same
promise together (:class:`LimiterState`, which a file of the account carries from process to process).

A call that was given up may arrive after c(i), at the latest D later; its slot becomes free only at c(i) + D + W
(:meth:`CompletionLimiter.abandon`), and with c(i) + D in place of c(i) the proof stands. A process that dies in
mid-call tells nobody c(i): its slot stays busy for W after the latest moment at which the call can arrive, counted from
when it was acquired. Hence also :meth:`CompletionLimiter.holds`: a program that was stopped for longer than that
between acquiring a slot and sending must not send with it any more.

Times are monotonic seconds given by the caller.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from importer.core.model import CallClass, Limit

MARGIN_SECONDS = 0.02
"""Added to the window, because two machines' clocks never run quite alike (500 ppm are 2.5 ms in 5 s)."""

IN_FLIGHT = float("inf")
"""In place of the time at which a slot becomes free, while its call is in flight."""


@dataclass(frozen=True, slots=True)
class LimiterState:
    """The state of a limiter: when each busy slot becomes free (infinity while its call is in flight), until when all
    calls are blocked, the number of the slot acquired last, and the limit learned from refusals, if any."""

    busy: Mapping[int, float] = field(default_factory=dict)
    blocked_until: float = float("-inf")
    last: int = 0
    learned: Limit | None = None


@dataclass(frozen=True, slots=True)
class Slot:
    """The right to make one call."""

    number: int


class CompletionLimiter:
    """N slots that become free one window after their call completed. Not locked: the caller serialises."""

    def __init__(self, limit: Limit, margin: float = MARGIN_SECONDS, state: LimiterState | None = None) -> None:
        known = state or LimiterState()
        self._configured = limit
        self._learned = known.learned
        self._limit = limit.stricter(known.learned)
        self._margin = margin
        self._cap: int | None = None
        self._last = known.last
        self._busy = dict(known.busy)
        self._blocked_until = known.blocked_until

    @property
    def state(self) -> LimiterState:
        """The state as it is now."""
        return LimiterState(dict(self._busy), self._blocked_until, self._last, self._learned)

    @property
    def limit(self) -> Limit:
        """The limit that is kept now."""
        return self._limit

    def wait_time(self, now: float) -> float:
        """Return the seconds until a slot may be free: 0 when one is, infinity when calls in flight decide that."""
        self._drop_free_slots(now)
        blocked = max(0.0, self._blocked_until - now)
        # So many busy slots must become free before a call may leave; the earliest ones do first.
        excess = len(self._busy) - self._allowed + 1
        if excess <= 0:
            return blocked
        free_at = sorted(self._busy.values())[excess - 1]
        return max(blocked, free_at - now)

    def available(self, now: float) -> int:
        """Return how many calls may leave now."""
        return 0 if self.wait_time(now) > 0 else self._allowed - len(self._busy)

    @property
    def _allowed(self) -> int:
        return self._limit.calls if self._cap is None else min(self._cap, self._limit.calls)

    def acquire_several(self, now: float, most: int) -> list[Slot]:
        """Acquire slots for up to ``most`` calls that leave now."""
        slots = (self.acquire(now) for _ in range(min(most, self.available(now))))
        return [slot for slot in slots if slot is not None]

    def acquire(self, now: float) -> Slot | None:
        """Acquire a slot for a call that leaves now, or ``None`` when none is free."""
        if self.wait_time(now) > 0:
            return None
        self._last += 1
        self._busy[self._last] = IN_FLIGHT
        return Slot(self._last)

    def release(self, slot: Slot, now: float) -> None:
        """Release the slot of a call that completed now."""
        self._busy[slot.number] = now + self._limit.seconds + self._margin

    def abandon(self, slot: Slot, now: float, busy_for: float) -> None:
        """Release the slot of a call that was given up now and may arrive up to ``busy_for`` seconds later."""
        self._busy[slot.number] = now + max(0.0, busy_for) + self._limit.seconds + self._margin

    def block_until(self, moment: float) -> None:
        """Let no call leave before ``moment``."""
        self._blocked_until = max(self._blocked_until, moment)

    def holds(self, slot: Slot, now: float) -> bool:
        """Return whether the slot is still the call's own. A program that was stopped for long may have lost it."""
        self._drop_free_slots(now)
        return slot.number in self._busy

    def learn(self, limit: Limit) -> None:
        """Keep this limit, too, from now on; a longer window also applies to calls already completed."""
        self._learned = limit.stricter(self._learned)
        self._set_limit(self._configured.stricter(self._learned))

    def forget_learned(self) -> None:
        """Keep the configured limit again."""
        self._set_limit(self._configured)
        self._learned = None

    def set_cap(self, calls: int | None) -> None:
        """Acquire no slot that would make more than ``calls`` busy; ``None``: as many as the limit allows."""
        self._cap = calls

    def _set_limit(self, limit: Limit) -> None:
        longer = max(0.0, limit.seconds - self._limit.seconds)
        self._busy = {number: free_at + longer for number, free_at in self._busy.items()}
        self._limit = limit

    def _drop_free_slots(self, now: float) -> None:
        self._busy = {number: free_at for number, free_at in self._busy.items() if free_at > now}


def describe_limit(kind: CallClass, calls: int, seconds: float) -> str:
    """Describe a limit for people, such as "25 bulk calls in 5 s"."""
    return f"{calls} {kind.value} calls in {seconds:g} s"
