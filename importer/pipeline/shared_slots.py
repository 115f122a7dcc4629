"""The slots of an account's limit, shared by all processes of this machine.

A small file for each account and class of calls carries what :mod:`importer.crm.limits` remembers, together with the
limit that a refusal taught, so that what one process learns all of them keep from their next call on. A slot whose
process died in mid-call becomes free once the CRM can no longer count that call; processes that live renew theirs.
Times in the file are monotonic seconds of this boot. After another boot, or when nothing is known, one window is held.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from importer.crm.limits import MARGIN_SECONDS, CompletionLimiter, LimiterState, Slot
from importer.model import Limit
from importer.pipeline.slots_file import Damaged, SlotsFile

_FARTHEST = 7200.0
"""No window, and no pause that a refusal asks for, is longer: windows have at most 3,600 seconds."""
_IN_FLIGHT = float("inf")
_EARLIEST = -1e12


def _any_number() -> int:
    return secrets.randbits(48)


class SharedSlots:
    """A limiter whose state is in a file. ``longest_call`` is how long a call can last and be counted late, in seconds.

    ``first_number`` gives where to begin to number slots when nothing is known, so that two beginnings do not meet.
    Every method raises :class:`LedgerError` when the file cannot be used.
    """

    def __init__(
        self,
        path: Path,
        limit: Limit,
        longest_call: float,
        *,
        boot: str,
        margin: float = MARGIN_SECONDS,
        first_number: Callable[[], int] = _any_number,
    ) -> None:
        self._file = SlotsFile(path)
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
        """The limit that is kept, as it was known when the file was last read."""
        return self._own.stricter(self._taught)

    def wait_time(self, now: float) -> float:
        """Seconds until a slot may be free: 0 when one is, infinity when that depends on calls in flight."""
        with self._limiter(now) as limiter:
            return limiter.wait_time(now)

    def take(self, now: float) -> Slot | None:
        """A slot for a call that leaves now, or ``None`` when none is free."""
        with self._limiter(now) as limiter:
            slot = limiter.take(now)
            if slot is not None:
                self._mine.add(slot.number)
                self._flying[slot.number] = now + self._longest
            return slot

    def holds(self, slot: Slot, now: float) -> bool:
        """Whether the slot is still the call's own; if so, it stays busy for long enough from now on."""
        with self._limiter(now) as limiter:
            held = slot.number in self._mine and limiter.holds(slot, now)
            if held:
                self._flying[slot.number] = now + self._longest
            return held

    def done(self, slot: Slot, now: float) -> None:
        """The call completed now."""
        with self._limiter(now) as limiter:
            limiter.done(slot, now)
            self._mine.discard(slot.number)

    def give_up(self, slot: Slot, now: float, busy_for: float) -> None:
        """The call was given up now; it may arrive up to ``busy_for`` seconds later."""
        with self._limiter(now) as limiter:
            limiter.give_up(slot, now, busy_for)
            self._mine.discard(slot.number)

    def hold_until(self, moment: float) -> None:
        """Let no call leave before ``moment``."""
        with self._limiter(None) as limiter:
            limiter.hold_until(moment)

    def learn(self, limit: Limit) -> None:
        """Let all processes keep this limit, too; a longer window also applies to calls already completed."""
        with self._limiter(None) as limiter:
            limiter.learn(limit)

    def unlearn(self) -> None:
        """Let all processes forget what was learned."""
        self._taught = None
        with self._limiter(None) as limiter:
            limiter.unlearn()

    def narrow(self, calls: int | None) -> None:
        """Take no slot here that would make more than ``calls`` busy; other processes decide for themselves."""
        self._most = calls

    def close(self) -> None:
        """Let go of the file; the slots stay as they are."""
        self._file.close()

    @contextmanager
    def _limiter(self, now: float | None) -> Iterator[CompletionLimiter]:
        """The limiter with the state of all processes; what becomes of it is written down.

        ``now`` is ``None`` where only the state counts. A state that is not known is then left so, for the next one who
        wants a slot has to hold a window.
        """
        with self._file.locked():
            known, hold = self._read(now)
            state = known or self._unknown(now, hold)
            before = dict(self._flying)
            self._renew(now)
            limiter = CompletionLimiter(self._own, self._margin, state)
            limiter.narrow(self._most)
            yield limiter
            self._taught = limiter.state.taught
            if (known is not None or now is not None) and (limiter.state, self._flying) != (known, before):
                self._write(limiter.state)

    def _read(self, now: float | None) -> tuple[LimiterState | None, float]:
        """The state as it was left, or ``None`` without one of this boot and the seconds to be held then."""
        window = self.limit.seconds + self._margin
        try:
            known = self._file.read()
        except Damaged:
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

    def _write(self, state: LimiterState) -> None:
        flying = {number: self._flying[number] for number, free_at in state.busy.items() if free_at == _IN_FLIGHT}
        self._file.write(
            {
                "boot": self._boot,
                "held": max(state.held_until, _EARLIEST),
                "last": state.last,
                "taught": [state.taught.calls, state.taught.seconds] if state.taught else None,
                "busy": {number: free_at for number, free_at in state.busy.items() if free_at != _IN_FLIGHT},
                "flying": flying,
            }
        )


def _times(known: Mapping[str, Any]) -> dict[int, float]:
    return {int(number): float(moment) for number, moment in known.items()}
