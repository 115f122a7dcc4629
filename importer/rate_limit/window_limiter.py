"""A limiter that the server's window can never catch out, whatever the latencies.

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
(:meth:`CompletionLimiter.give_up`), and with c(i) + D in place of c(i) the proof stands. A process that dies in
mid-call tells nobody c(i): its slot stays busy for W after the latest moment at which the call can arrive, counted from
when it was taken. Hence also :meth:`Limiter.holds`: a program that was stopped for longer than that between taking a
slot and sending must not send with it any more.

Times are monotonic seconds given by the caller.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from importer.core.model import CallClass, Limit

MARGIN_SECONDS = 0.02
"""Added to the window, because two machines' clocks never run quite alike (500 ppm are 2.5 ms in 5 s)."""

_IN_FLIGHT = float("inf")


@dataclass(frozen=True, slots=True)
class LimiterState:
    """All that a limiter remembers: when each busy slot becomes free (infinity while its call is in flight), until when
    everything is held, the number of the slot taken last, and the limit that a refusal taught, if one did."""

    busy: Mapping[int, float] = field(default_factory=dict)
    held_until: float = float("-inf")
    last: int = 0
    taught: Limit | None = None


class Limiter(Protocol):
    """What hands out slots for one class of calls. Times are monotonic seconds given by the caller."""

    @property
    def limit(self) -> Limit:
        """The limit that is kept now."""
        ...

    def wait_time(self, now: float) -> float:
        """Seconds until a slot may be free: 0 when one is, infinity when that depends on calls in flight."""
        ...

    def free(self, now: float) -> int:
        """How many calls may leave now."""
        ...

    def take(self, now: float) -> Slot | None:
        """A slot for a call that leaves now, or ``None`` when none is free."""
        ...

    def take_several(self, now: float, most: int) -> list[Slot]:
        """Slots for up to ``most`` calls that leave now; as many as are free."""
        ...

    def done(self, slot: Slot, now: float) -> None:
        """The call completed now."""
        ...

    def give_up(self, slot: Slot, now: float, busy_for: float) -> None:
        """The call was given up now; it may arrive up to ``busy_for`` seconds later."""
        ...

    def hold_until(self, moment: float) -> None:
        """Let no call leave before ``moment``."""
        ...

    def holds(self, slot: Slot, now: float) -> bool:
        """Whether the slot is still the call's own. A program that was stopped for long may have lost it."""
        ...

    def learn(self, limit: Limit) -> None:
        """Keep this limit, too, from now on; a longer window also applies to calls already completed."""
        ...

    def unlearn(self) -> None:
        """Keep the limit again with which the limiter was made, as if :meth:`learn` had never been called."""
        ...

    def narrow(self, calls: int | None) -> None:
        """Take no slot that would make more than ``calls`` busy, whatever the limit; ``None``: as the limit says."""
        ...


@dataclass(frozen=True, slots=True)
class Slot:
    """The right to make one call."""

    number: int


class CompletionLimiter:
    """N slots that become free one window after their call completed. Not locked: the caller serialises."""

    def __init__(self, limit: Limit, margin: float = MARGIN_SECONDS, state: LimiterState | None = None) -> None:
        known = state or LimiterState()
        self._own = limit
        self._taught = known.taught
        self._limit = limit.stricter(known.taught)
        self._margin = margin
        self._most: int | None = None
        self._next = known.last
        self._busy = dict(known.busy)
        self._held_until = known.held_until

    @property
    def state(self) -> LimiterState:
        """What it remembers now."""
        return LimiterState(dict(self._busy), self._held_until, self._next, self._taught)

    @property
    def limit(self) -> Limit:
        """The limit that is kept now."""
        return self._limit

    def wait_time(self, now: float) -> float:
        """Seconds until a slot may be free: 0 when one is, infinity when that depends on calls in flight."""
        self._forget(now)
        held = max(0.0, self._held_until - now)
        excess = len(self._busy) - self._allowed + 1
        if excess <= 0:
            return held
        free_at = sorted(self._busy.values())[excess - 1]
        return max(held, free_at - now)

    def free(self, now: float) -> int:
        """How many calls may leave now."""
        if self.wait_time(now) > 0:
            return 0
        return self._allowed - len(self._busy)

    @property
    def _allowed(self) -> int:
        return self._limit.calls if self._most is None else min(self._most, self._limit.calls)

    def take_several(self, now: float, most: int) -> list[Slot]:
        """Slots for up to ``most`` calls that leave now."""
        slots = (self.take(now) for _ in range(min(most, self.free(now))))
        return [slot for slot in slots if slot is not None]

    def take(self, now: float) -> Slot | None:
        """A slot for a call that leaves now, or ``None`` when none is free."""
        if self.wait_time(now) > 0:
            return None
        self._next += 1
        self._busy[self._next] = _IN_FLIGHT
        return Slot(self._next)

    def done(self, slot: Slot, now: float) -> None:
        """The call completed now."""
        self._busy[slot.number] = now + self._limit.seconds + self._margin

    def give_up(self, slot: Slot, now: float, busy_for: float) -> None:
        """The call was given up now; it may arrive up to ``busy_for`` seconds later."""
        self._busy[slot.number] = now + max(0.0, busy_for) + self._limit.seconds + self._margin

    def hold_until(self, moment: float) -> None:
        """Let no call leave before ``moment``."""
        self._held_until = max(self._held_until, moment)

    def holds(self, slot: Slot, now: float) -> bool:
        """Whether the slot is still the call's own."""
        self._forget(now)
        return slot.number in self._busy

    def learn(self, limit: Limit) -> None:
        """Keep this limit, too, from now on; a longer window also applies to calls already completed."""
        self._taught = limit.stricter(self._taught)
        self._keep(self._own.stricter(self._taught))

    def unlearn(self) -> None:
        """Keep the limit again with which the limiter was made."""
        self._keep(self._own)
        self._taught = None

    def narrow(self, calls: int | None) -> None:
        """Take no slot that would make more than ``calls`` busy; ``None``: as the limit says."""
        self._most = calls

    def _keep(self, limit: Limit) -> None:
        longer = max(0.0, limit.seconds - self._limit.seconds)
        self._busy = {number: free_at + longer for number, free_at in self._busy.items()}
        self._limit = limit

    def _forget(self, now: float) -> None:
        self._busy = {number: free_at for number, free_at in self._busy.items() if free_at > now}


def limit_words(kind: CallClass, calls: int, seconds: float) -> str:
    """A limit in words, such as "25 bulk calls in 5 s"."""
    return f"{calls} {kind.value} calls in {seconds:g} s"
