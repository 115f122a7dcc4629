"""The slots of an account's limit, shared by all processes of this machine, or of several.

A store (a small file, or a line of a database, for each account and call class) keeps the calls of the window, together
with the limit that a refusal taught, so that what one process learns all of them apply from their next call on. A slot
whose process died during a call becomes free once the CRM can no longer count that call; living processes renew theirs.
Times in a file are monotonic seconds of this boot, times in a database are its own. After another boot, or when nothing
is known, one window is held.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from importer.core.model import Limit
from importer.rate_limit.store import SlotStore, Stored
from importer.rate_limit.window_limiter import MARGIN_SECONDS, CompletionLimiter, LimiterState, Slot

T = TypeVar("T")

_FARTHEST = 7200.0
"""No window, and no pause that a refusal asks for, is longer: windows have at most 3,600 seconds."""
_IN_FLIGHT = float("inf")
_EARLIEST = -1e12


def _any_number() -> int:
    return secrets.randbits(48)


class SharedSlots:
    """A limiter whose state is in a store. ``longest_call`` is how many seconds a call can last and be counted late.

    ``first_number`` gives where to begin to number slots when nothing is known, so that two beginnings do not meet.
    Every method raises :class:`LedgerError` when the store cannot be used.
    """

    def __init__(
        self,
        store: SlotStore,
        limit: Limit,
        longest_call: float,
        *,
        boot: str,
        margin: float = MARGIN_SECONDS,
        first_number: Callable[[], int] = _any_number,
    ) -> None:
        self._store = store
        self._own = limit
        self._taught: Limit | None = None
        self._most: int | None = None
        self._margin = margin
        self._boot = boot
        self._longest = longest_call
        self._first_number = first_number
        self._flying: dict[int, float] = {}
        self._mine: set[int] = set()

    @property
    def limit(self) -> Limit:
        """The limit that is kept, as it was known when the store was last read."""
        return self._own.stricter(self._taught)

    def wait_time(self, now: float) -> float:
        """Seconds until a slot may be free: 0 when one is, infinity when that depends on calls in flight."""
        return self._change(now, lambda limiter, at, _: limiter.wait_time(at))

    def free(self, now: float) -> int:
        """How many calls may leave now."""
        return self._change(now, lambda limiter, at, _: limiter.free(at))

    def take(self, now: float) -> Slot | None:
        """A slot for a call that leaves now, or ``None`` when none is free."""
        return next(iter(self.take_several(now, 1)), None)

    def take_several(self, now: float, most: int) -> list[Slot]:
        """Slots for up to ``most`` calls that leave now, in one change of the store."""

        def take(limiter: CompletionLimiter, at: float, _: float) -> list[Slot]:
            slots = limiter.take_several(at, most)
            self._flying.update({slot.number: at + self._longest for slot in slots})
            return slots

        slots = self._change(now, take)
        self._mine.update(slot.number for slot in slots)
        return slots

    def holds(self, slot: Slot, now: float) -> bool:
        """Whether the slot is still the call's own; if so, it stays busy for long enough from now on."""

        def hold(limiter: CompletionLimiter, at: float, _: float) -> bool:
            held = slot.number in self._mine and limiter.holds(slot, at)
            if held:
                self._flying[slot.number] = at + self._longest
            return held

        return self._change(now, hold)

    def done(self, slot: Slot, now: float) -> None:
        """The call completed now."""
        self._mine.discard(slot.number)
        self._change(now, lambda limiter, at, _: limiter.done(slot, at))

    def give_up(self, slot: Slot, now: float, busy_for: float) -> None:
        """The call was given up now; it may arrive up to ``busy_for`` seconds later."""
        self._mine.discard(slot.number)
        self._change(now, lambda limiter, at, _: limiter.give_up(slot, at, busy_for))

    def hold_until(self, moment: float) -> None:
        """Let no call leave before ``moment``."""
        self._change(None, lambda limiter, _, ahead: limiter.hold_until(moment + ahead))

    def learn(self, limit: Limit) -> None:
        """Let all processes keep this limit, too; a longer window also applies to calls already completed."""
        self._change(None, lambda limiter, *_: limiter.learn(limit))

    def unlearn(self) -> None:
        """Let all processes forget what was learned."""
        self._taught = None
        self._change(None, lambda limiter, *_: limiter.unlearn())

    def narrow(self, calls: int | None) -> None:
        """Take no slot here that would make more than ``calls`` busy; other processes decide for themselves."""
        self._most = calls

    def close(self) -> None:
        """Let go of the store; the slots stay as they are."""
        self._store.close()

    def _change(self, now: float | None, action: Callable[[CompletionLimiter, float, float], T]) -> T:
        """Do ``action`` on the limiter with the state of all processes; what becomes of that is stored.

        The action gets the time as the store counts it, and how much that is ahead of ours. ``now`` is ``None`` where
        only the state counts. A state that is not known is then left so, for the next one who wants a slot has to hold
        a window.
        """

        def decide(stored: Stored) -> tuple[T, Mapping[str, Any] | None]:
            at = now if now is None or stored.clock is None else stored.clock
            known, hold = self._read(stored.content, at)
            state = known or self._unknown(at, hold)
            before = dict(self._flying)
            self._renew(at)
            limiter = CompletionLimiter(self._own, self._margin, state)
            limiter.narrow(self._most)
            done = action(limiter, _EARLIEST if at is None else at, stored.ahead)
            self._taught = limiter.state.taught
            changed = (known is not None or at is not None) and (limiter.state, self._flying) != (known, before)
            return done, self._written(limiter.state) if changed else None

        return self._store.change(decide)

    def _read(self, known: Mapping[str, Any] | None, now: float | None) -> tuple[LimiterState | None, float]:
        """The state as it was left, or ``None`` without one of this boot and the seconds to be held then."""
        window = self.limit.seconds + self._margin
        if known is None:
            # Calls of this boot may be under way, and nobody knows which.
            return None, max(window, self._longest)
        if not known or known["boot"] != self._boot:
            return None, window
        busy, flying = _times(known["busy"]), _times(known["flying"])
        latest = max([known["held"], *busy.values(), *flying.values()])
        # Where a boot has no id, times far ahead tell that the clock has begun anew.
        if now is not None and latest > now + self._longest + _FARTHEST:
            return None, window
        self._flying = {number: until for number, until in flying.items() if now is None or until > now}
        taught = Limit(int(known["taught"][0]), float(known["taught"][1])) if known["taught"] else None
        busy.update(dict.fromkeys(self._flying, _IN_FLIGHT))
        return LimiterState(busy, known["held"], known["last"], taught), 0

    def _unknown(self, now: float | None, hold: float) -> LimiterState:
        self._flying = {}
        held = _EARLIEST if now is None else now + hold
        return LimiterState(held_until=held, last=self._first_number(), taught=self._taught)

    def _renew(self, now: float | None) -> None:
        """Calls of this process are on their way as long as it lives, however slowly an answer comes."""
        if now is None:
            return
        for number in self._mine & self._flying.keys():
            if self._flying[number] < now + self._longest / 2:
                self._flying[number] = now + self._longest

    def _written(self, state: LimiterState) -> Mapping[str, Any]:
        return {
            "boot": self._boot,
            "held": max(state.held_until, _EARLIEST),
            "last": state.last,
            "taught": [state.taught.calls, state.taught.seconds] if state.taught else None,
            "busy": {number: free_at for number, free_at in state.busy.items() if free_at != _IN_FLIGHT},
            "flying": {number: self._flying[number] for number, at in state.busy.items() if at == _IN_FLIGHT},
        }


def _times(known: Mapping[str, Any]) -> dict[int, float]:
    return {int(number): float(moment) for number, moment in known.items()}
