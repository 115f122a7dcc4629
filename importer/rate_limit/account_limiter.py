"""Limit the calls to an account while a run lasts: one limiter per call class, which learns from refusals."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress

from importer.config import Account
from importer.core.errors import LedgerError, RunStopped
from importer.core.model import CallClass, Limit, Reply, TransportFailure, Verdict
from importer.core.redaction import Secret
from importer.core.time import Clock, format_iso
from importer.ledger import LearnedLimit, boot_id, require_driver
from importer.rate_limit.backoff import ThrottlingBackoff, always_throttled, is_quota, quota_exceeded
from importer.rate_limit.file_store import FileSlotStore
from importer.rate_limit.shared_limiter import SharedLimiter, SlotStore
from importer.rate_limit.window_limiter import CompletionLimiter, Slot

Limiter = CompletionLimiter | SharedLimiter
"""The limiter of one call class: of this process, or shared with others."""

_DATABASE_BOOT = "database"
"""In place of a boot id: the time of a database goes on when its server is started again."""
_LOST_SLOT = "The program was stopped for so long that it may not send with the slot that it had taken."


def not_sent_reply(why: str) -> Reply:
    """Return the reply that stands for the response to a call that was not made after all."""
    return Reply(status=None, failure=TransportFailure.NOT_SENT, detail=why)


class AccountLimiter:
    """Slots by call class, with limits learned from refusals. Safe to use from several threads.

    What was learned waits in :meth:`pop_learned_limits` until the thread that owns the ledger records it.
    """

    def __init__(
        self,
        limits: Mapping[CallClass, Limit],
        clock: Clock,
        settle_seconds: float,
        make_limiter: Callable[[CallClass, Limit], Limiter] = lambda kind, limit: CompletionLimiter(limit),
        randomness: Callable[[], float] = random.random,
    ) -> None:
        self._clock = clock
        self._settle_seconds = settle_seconds
        self._lock = threading.Lock()
        self._limiters = {kind: make_limiter(kind, limits[kind]) for kind in CallClass}
        self._backoffs = {kind: ThrottlingBackoff(randomness) for kind in CallClass}
        self._exceeded_quota: Limit | None = None
        self._learned: list[LearnedLimit] = []

    def wait_time(self, kind: CallClass) -> float:
        """Return the seconds until a slot of the class may be free; 0 when one is."""
        with self._lock:
            return self._limiters[kind].wait_time(self._clock.monotonic())

    def acquire(self, kind: CallClass) -> Slot | None:
        """Acquire a slot for one call, or ``None`` when none is free right now."""
        return next(iter(self.acquire_several(kind, 1)), None)

    def available(self, kind: CallClass) -> int:
        """Return how many calls of the class may leave right now."""
        with self._lock:
            return self._limiters[kind].available(self._clock.monotonic())

    def acquire_several(self, kind: CallClass, most: int) -> list[Slot]:
        """Acquire slots for up to ``most`` calls; as many as are free right now."""
        with self._lock:
            return self._limiters[kind].acquire_several(self._clock.monotonic(), most)

    def send(self, kind: CallClass, slot: Slot, send: Callable[[], Reply]) -> Reply:
        """Make the call for which the slot was acquired, and release the slot.

        A slot that was lost meanwhile, because the program was stopped for very long, sends nothing.
        """
        with self._lock:
            held = self._limiters[kind].holds(slot, self._clock.monotonic())
        reply = send() if held else not_sent_reply(_LOST_SLOT)
        # The reply is worth more than the release of its slot; the slot then stays busy for longer than it must.
        with suppress(LedgerError):
            self.release(kind, slot, reply)
        return reply

    def release(self, kind: CallClass, slot: Slot, reply: Reply) -> None:
        """Release the slot of a call that ended: it becomes free one window from now.

        Without an answer the server may yet count the call, so its slot stays busy for the settle time.
        """
        with self._lock:
            now = self._clock.monotonic()
            if reply.failure is TransportFailure.UNKNOWN:
                self._limiters[kind].abandon(slot, now, self._settle_seconds)
            else:
                self._limiters[kind].release(slot, now)

    def close(self) -> None:
        """Close what is shared with other processes."""
        with self._lock:
            for limiter in self._limiters.values():
                if isinstance(limiter, SharedLimiter):
                    limiter.close()

    def record_success(self, kind: CallClass) -> None:
        """Record that a call of the class was not refused."""
        with self._lock:
            self._limiters[kind].set_cap(self._backoffs[kind].record_success())

    def record_refusal(self, kind: CallClass, verdict: Verdict) -> float:
        """Pause the class after a refusal, and learn from it; return the seconds of the pause."""
        with self._lock:
            limiter, now = self._limiters[kind], self._clock.monotonic()
            if is_quota(verdict.limit):
                self._exceeded_quota = verdict.limit
            elif verdict.limit is not None and limiter.limit.stricter(verdict.limit) != limiter.limit:
                limiter.learn(verdict.limit)
                self._learned.append(LearnedLimit(kind, limiter.limit, verdict.message, format_iso(self._clock.now())))
            # A refusal that names no lower limit still means: another program uses the account's limit, too.
            step = self._backoffs[kind].record_refusal(limiter.limit, verdict.retry_after, verdict.message, now)
            limiter.set_cap(step.cap)
            limiter.block_until(now + step.pause)
            return step.pause

    def stop_reason(self, kind: CallClass) -> RunStopped | None:
        """Return why no call of the class should be tried any more, or ``None``."""
        with self._lock:
            if self._exceeded_quota is not None:
                return quota_exceeded(self._exceeded_quota)
            backoff = self._backoffs[kind]
            return always_throttled(backoff.message) if backoff.exhausted else None

    def forget_learned_limits(self) -> None:
        """Let all processes of this machine keep the configured limits again."""
        with self._lock:
            for limiter in self._limiters.values():
                limiter.forget_learned()

    def pause(self, kind: CallClass, seconds: float) -> None:
        """Let no call of the class leave for ``seconds``."""
        with self._lock:
            self._limiters[kind].block_until(self._clock.monotonic() + seconds)

    def block_all(self, seconds: float) -> None:
        """Let no call leave for ``seconds``: an earlier process may have used the window."""
        with self._lock:
            until = self._clock.monotonic() + seconds
            for limiter in self._limiters.values():
                limiter.block_until(until)

    def limit(self, kind: CallClass) -> Limit:
        """Return the limit that the class keeps now."""
        with self._lock:
            return self._limiters[kind].limit

    def pop_learned_limits(self) -> list[LearnedLimit]:
        """Return the limits that were learned since the last call of this method."""
        with self._lock:
            learned, self._learned = self._learned, []
            return learned


def first_wait(account: Account) -> float:
    """Return the seconds that the first calls from this machine wait, because nothing is known of earlier ones."""
    folder = account.slots
    if account.database is not None or folder is None or any(folder.glob("*.json")):
        return 0.0
    return max(limit.seconds for limit in account.limits.values())


def make_account_limiter(account: Account, clock: Clock) -> AccountLimiter:
    """Make the account's limiter, shared with other processes where the account names a database or folder for it.

    Raises :class:`LedgerError` when these cannot be used.
    """
    # A call lasts at most twice the time-out (connecting and reading), and may be counted until the CRM has settled.
    longest = 2 * account.timeout_seconds + account.settle_seconds
    folder = account.slots
    if account.database is not None:
        stores, boot = postgres_slot_stores(account.database, clock.monotonic), _DATABASE_BOOT

        def store(kind: CallClass) -> SlotStore:
            return stores(f"{account.name}/{kind.value}")

    elif folder is not None:
        boot = boot_id()

        def store(kind: CallClass) -> SlotStore:
            return FileSlotStore(folder / f"{kind.value}.json")

    else:
        return AccountLimiter(account.limits, clock, account.settle_seconds)

    def shared(kind: CallClass, limit: Limit) -> SharedLimiter:
        return SharedLimiter(store(kind), limit, longest + limit.seconds, boot=boot)

    return AccountLimiter(account.limits, clock, account.settle_seconds, shared)


def postgres_slot_stores(database: Secret, monotonic: Callable[[], float]) -> Callable[[str], SlotStore]:
    """Connect to ``database``; return the function that gives the store of an account's slots by its name.

    All stores share one connection. ``monotonic`` is the clock of the limiters that use them. Raises
    :class:`SettingsError`.
    """
    require_driver()
    from importer.rate_limit.postgres_store import SlotConnection

    return SlotConnection(database, monotonic).store
