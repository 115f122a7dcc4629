"""The slots of an account's limit, shared by all processes of this machine.

A small file for each account and class of calls carries what :mod:`importer.crm.limits` remembers. Whoever takes a
slot or gives it back holds the file's kernel lock for that moment, so a process may be killed at any time: a slot whose
process died in mid-call becomes free once the CRM can no longer count that call. Times in the file are monotonic
seconds of this boot; a file of another boot is forgotten, and one window is held.

The file needs no syncing: what a power cut takes away, the next boot holds a window for.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from importer.crm.limits import MARGIN_SECONDS, CompletionLimiter, LimiterState, Slot
from importer.errors import LedgerError
from importer.ledger.file_lock import lock_waiting, unlock
from importer.model import Limit

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_MOST_BYTES = 1_000_000
_FARTHEST = 7200.0
"""No window, and no pause that a refusal asks for, is longer: windows have at most 3,600 seconds."""


def boot_id(file: Path = _BOOT_ID) -> str:
    """The operating system's id of this boot; empty where it has none."""
    try:
        return file.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""


class SharedSlots:
    """A limiter whose state is in a file. ``longest_call`` is how long a call can last and be counted late, in seconds.

    Raises :class:`LedgerError` when the file cannot be used.
    """

    def __init__(
        self, path: Path, limit: Limit, longest_call: float, *, boot: str, margin: float = MARGIN_SECONDS
    ) -> None:
        self._path = path
        self._limit = limit
        self._margin = margin
        self._boot = boot
        self._longest = longest_call
        self._flying: dict[int, float] = {}
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise self._refused(error) from None

    @property
    def limit(self) -> Limit:
        """The limit that this process keeps now."""
        return self._limit

    def wait_time(self, now: float) -> float:
        """Seconds until a slot may be free: 0 when one is, infinity when that depends on calls in flight."""
        with self._limiter(now) as limiter:
            return limiter.wait_time(now)

    def take(self, now: float) -> Slot | None:
        """A slot for a call that leaves now, or ``None`` when none is free."""
        with self._limiter(now) as limiter:
            slot = limiter.take(now)
            if slot is not None:
                self._flying[slot.number] = now + self._longest
            return slot

    def done(self, slot: Slot, now: float) -> None:
        """The call completed now."""
        with self._limiter(now) as limiter:
            limiter.done(slot, now)

    def give_up(self, slot: Slot, now: float, busy_for: float) -> None:
        """The call was given up now; it may arrive up to ``busy_for`` seconds later."""
        with self._limiter(now) as limiter:
            limiter.give_up(slot, now, busy_for)

    def hold_until(self, moment: float) -> None:
        """Let no call leave before ``moment``."""
        with self._limiter(None) as limiter:
            limiter.hold_until(moment)

    def learn(self, limit: Limit) -> None:
        """Keep another limit from now on; a longer window also applies to calls already completed."""
        with self._limiter(None) as limiter:
            limiter.learn(limit)
        self._limit = limit

    def close(self) -> None:
        """Let go of the file; the slots stay as they are."""
        os.close(self._file)

    @contextmanager
    def _limiter(self, now: float | None) -> Iterator[CompletionLimiter]:
        """The limiter with the state of all processes; what becomes of it is written down.

        ``now`` is ``None`` where only the state counts. A state that is not known is then left so, for the next one who
        wants a slot has to hold a window.
        """
        try:
            lock_waiting(self._file)
            try:
                known = self._read(now)
                state = known or (LimiterState() if now is None else self._unknown(now))
                limiter = CompletionLimiter(self._limit, self._margin, state)
                yield limiter
                if (known is not None or now is not None) and limiter.state != known:
                    self._write(limiter.state)
            finally:
                unlock(self._file)
        except OSError as error:
            raise self._refused(error) from None

    def _read(self, now: float | None) -> LimiterState | None:
        """The state as it was left; ``None`` without one of this boot."""
        line, _, _ = os.pread(self._file, _MOST_BYTES, 0).partition(b"\n")
        try:
            known = json.loads(line)
            busy = {int(number): float(free_at) for number, free_at in known["busy"].items()}
            flying = {int(number): float(until) for number, until in known["flying"].items()}
            held, last, boot = float(known["held"]), int(known["last"]), str(known["boot"])
        except (ValueError, KeyError, TypeError, AttributeError):
            return None
        latest = max([held, *busy.values(), *flying.values()])
        # Where a boot has no id, times far ahead tell that the clock has begun anew.
        if boot != self._boot or (now is not None and latest > now + self._longest + _FARTHEST):
            return None
        self._flying = {number: until for number, until in flying.items() if now is None or until > now}
        return LimiterState({**busy, **dict.fromkeys(self._flying, float("inf"))}, held, last)

    def _unknown(self, now: float) -> LimiterState:
        self._flying = {}
        return LimiterState(held_until=now + self._limit.seconds + self._margin)

    def _write(self, state: LimiterState) -> None:
        flying = {number: self._flying[number] for number, free_at in state.busy.items() if free_at == float("inf")}
        content = {
            "boot": self._boot,
            "held": max(state.held_until, -1e12),
            "last": state.last,
            "busy": {number: free_at for number, free_at in state.busy.items() if free_at != float("inf")},
            "flying": flying,
        }
        line = json.dumps(content).encode() + b"\n"
        # One system call: a killed process leaves the old line or the new one, never half of it.
        os.pwrite(self._file, line, 0)

    def _refused(self, error: OSError) -> LedgerError:
        return LedgerError(
            f"The file {self._path}, in which imports share the account's limit, cannot be used: "
            f"{error.strerror or error}.",
            "Check the folder IMPORTER_HOME and its disk.",
        )
