"""Share the slots of an account's limit between all processes of this machine, or of several.

A store (a small file, or a row of a database, for each account and call class) keeps the calls of the window, together
with the limit that was learned from a refusal, so that all processes keep it from their next call on. A slot
whose process died during a call becomes free once the CRM can no longer count that call; living processes renew theirs.
Times in a file are monotonic seconds of this boot, times in a database are its own. After another boot, or when nothing
is known, all calls are blocked for one window.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from importer.core.model import Limit
from importer.rate_limit.window_limiter import IN_FLIGHT, MARGIN_SECONDS, CompletionLimiter, LimiterState, Slot

T = TypeVar("T")

_MAX_WINDOW_OR_PAUSE = 7200.0
"""No window is longer (at most 3,600 seconds), nor the pause after a refusal."""
_EARLIEST = -1e12


@dataclass(frozen=True, slots=True)
class StoredState:
    """The content of a store, and the time by which it counts.

    ``content`` is empty when nothing ever was, and ``None`` when it cannot be read. ``clock`` is the store's time in
    seconds, ``None`` where that is the caller's own; ``ahead`` is how much it is ahead of the caller's, at most.
    """

    content: Mapping[str, Any] | None
    clock: float | None = None
    ahead: float = 0.0


class SlotStore(Protocol):
    """One small JSON object that several processes read and write in turn."""

    def change(self, decide: Callable[[StoredState], tuple[T, Mapping[str, Any] | None]]) -> T:
        """Call ``decide`` with the stored state under a lock, and store what it returns, unless that is ``None``.

        ``decide`` may be called again when it is not certain that its decision was stored.
        Raises :class:`LedgerError` when the store cannot be used.
        """
        ...

    def close(self) -> None:
        """Close the store; its content stays."""
        ...


class SharedLimiter:
    """A limiter whose state is in a store. ``longest_call`` is how many seconds a call can last and be counted late.

    ``boot`` identifies the boot whose clock counts. ``first_number`` gives where to begin to number slots when nothing
    is known, so that two beginnings do not meet. Every method raises :class:`LedgerError` when the store cannot be
    used.
    """

    def __init__(
        self,
        store: SlotStore,
        limit: Limit,
        longest_call: float,
        *,
        boot: str,
        margin: float = MARGIN_SECONDS,
        first_number: Callable[[], int] = lambda: secrets.randbits(48),
    ) -> None:
        self._store = store
        self._configured = limit
        self._learned: Limit | None = None
        self._cap: int | None = None
        self._margin = margin
        self._boot = boot
        self._longest_call = longest_call
        self._first_number = first_number
        self._in_flight: dict[int, float] = {}
        """Slots of calls in flight in all processes, each with the time at which it is free if its process dies."""
        self._own_slots: set[int] = set()

    @property
    def limit(self) -> Limit:
        """The limit that is kept, as it was known when the store was last read."""
        return self._configured.stricter(self._learned)

    def wait_time(self, now: float) -> float:
        """Return the seconds until a slot may be free: 0 when one is, infinity when calls in flight decide that."""
        return self._change(now, lambda limiter, at, _: limiter.wait_time(at))

    def available(self, now: float) -> int:
        """Return how many calls may leave now."""
        return self._change(now, lambda limiter, at, _: limiter.available(at))

    def acquire(self, now: float) -> Slot | None:
        """Acquire a slot for a call that leaves now, or ``None`` when none is free."""
        return next(iter(self.acquire_several(now, 1)), None)

    def acquire_several(self, now: float, most: int) -> list[Slot]:
        """Acquire slots for up to ``most`` calls that leave now, in one change of the store."""

        def acquire(limiter: CompletionLimiter, at: float, _: float) -> list[Slot]:
            slots = limiter.acquire_several(at, most)
            self._in_flight.update({slot.number: at + self._longest_call for slot in slots})
            return slots

        slots = self._change(now, acquire)
        self._own_slots.update(slot.number for slot in slots)
        return slots

    def holds(self, slot: Slot, now: float) -> bool:
        """Return whether the slot is still the call's own; if so, it stays busy for long enough from now on."""

        def hold(limiter: CompletionLimiter, at: float, _: float) -> bool:
            held = slot.number in self._own_slots and limiter.holds(slot, at)
            if held:
                self._in_flight[slot.number] = at + self._longest_call
            return held

        return self._change(now, hold)

    def release(self, slot: Slot, now: float) -> None:
        """Release the slot of a call that completed now."""
        self._own_slots.discard(slot.number)
        self._change(now, lambda limiter, at, _: limiter.release(slot, at))

    def abandon(self, slot: Slot, now: float, busy_for: float) -> None:
        """Release the slot of a call that was given up now and may arrive up to ``busy_for`` seconds later."""
        self._own_slots.discard(slot.number)
        self._change(now, lambda limiter, at, _: limiter.abandon(slot, at, busy_for))

    def block_until(self, moment: float) -> None:
        """Let no call leave before ``moment``."""
        self._change(None, lambda limiter, _, ahead: limiter.block_until(moment + ahead))

    def learn(self, limit: Limit) -> None:
        """Let all processes keep this limit, too; a longer window also applies to calls already completed."""
        self._change(None, lambda limiter, *_: limiter.learn(limit))

    def forget_learned(self) -> None:
        """Let all processes forget what was learned."""
        self._learned = None
        self._change(None, lambda limiter, *_: limiter.forget_learned())

    def set_cap(self, calls: int | None) -> None:
        """Acquire no slot here that would make more than ``calls`` busy; other processes decide for themselves."""
        self._cap = calls

    def close(self) -> None:
        """Close the store; the slots stay as they are."""
        self._store.close()

    def _change(self, now: float | None, action: Callable[[CompletionLimiter, float, float], T]) -> T:
        """Do ``action`` on a limiter with the state of all processes, and store the state that results.

        The action gets the time as the store counts it, and how much that is ahead of ours. ``now`` is ``None`` where
        only the state counts. A state that is not known is then left so, for the next call that needs a slot has to
        wait for a window.
        """

        def decide(stored: StoredState) -> tuple[T, Mapping[str, Any] | None]:
            # First: the state of all processes; without one, a new state that is blocked for a while.
            at = now if now is None or stored.clock is None else stored.clock
            known, blocked_for = self._parse(stored.content, at)
            if known is None:
                self._in_flight = {}
                blocked_until = _EARLIEST if at is None else at + blocked_for
                state = LimiterState(blocked_until=blocked_until, last=self._first_number(), learned=self._learned)
            else:
                state = known
            # Then the action, by the rules of the window limiter.
            before = dict(self._in_flight)
            self._renew(at)
            limiter = CompletionLimiter(self._configured, self._margin, state)
            limiter.set_cap(self._cap)
            result = action(limiter, _EARLIEST if at is None else at, stored.ahead)
            self._learned = limiter.state.learned
            # Last: store the state only if it changed, for most calls of this method only read.
            changed = (known is not None or at is not None) and (limiter.state, self._in_flight) != (known, before)
            return result, self._serialize(limiter.state) if changed else None

        return self._store.change(decide)

    def _parse(self, content: Mapping[str, Any] | None, now: float | None) -> tuple[LimiterState | None, float]:
        """Parse the stored state; ``None`` without one of this boot, and the seconds to block all calls then."""
        window = self.limit.seconds + self._margin
        if content is None:
            # Calls of this boot may be under way, and nobody knows which.
            return None, max(window, self._longest_call)
        if not content or content["boot"] != self._boot:
            return None, window
        busy, in_flight = _times(content["busy"]), _times(content["flying"])
        latest = max([content["held"], *busy.values(), *in_flight.values()])
        # Where a boot has no id, times far ahead tell that the clock has begun anew.
        if now is not None and latest > now + self._longest_call + _MAX_WINDOW_OR_PAUSE:
            return None, window
        # Slots of dead processes, which nobody renewed, are free again; those in flight wait for their release.
        self._in_flight = {number: until for number, until in in_flight.items() if now is None or until > now}
        learned = Limit(int(content["taught"][0]), float(content["taught"][1])) if content["taught"] else None
        busy.update(dict.fromkeys(self._in_flight, IN_FLIGHT))
        return LimiterState(busy, content["held"], content["last"], learned), 0

    def _renew(self, now: float | None) -> None:
        """Renew the slots of this process: its calls are in flight as long as it lives, however slow a response is."""
        if now is None:
            return
        for number in self._own_slots & self._in_flight.keys():
            if self._in_flight[number] < now + self._longest_call / 2:
                self._in_flight[number] = now + self._longest_call

    def _serialize(self, state: LimiterState) -> Mapping[str, Any]:
        return {
            "boot": self._boot,
            "held": max(state.blocked_until, _EARLIEST),
            "last": state.last,
            "taught": [state.learned.calls, state.learned.seconds] if state.learned else None,
            "busy": {number: free_at for number, free_at in state.busy.items() if free_at != IN_FLIGHT},
            "flying": {number: self._in_flight[number] for number, at in state.busy.items() if at == IN_FLIGHT},
        }


def _times(stored: Mapping[str, Any]) -> dict[int, float]:
    return {int(number): float(moment) for number, moment in stored.items()}
