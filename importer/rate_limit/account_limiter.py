"""The account's allowances while a run lasts: one limiter per call class, taught by refusals."""

from __future__ import annotations

import random
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress

from importer.config.settings import Account
from importer.core.errors import LedgerError, RunStopped
from importer.core.model import CallClass, Limit, Reply, TransportFailure, Verdict
from importer.core.redaction import Secret
from importer.core.time import Clock, iso
from importer.ledger.factory import require_driver
from importer.ledger.integrity.machine_id import boot_id
from importer.ledger.interface import LearnedLimit
from importer.rate_limit.backoff import Refusals, is_quota, quota_used_up, refuses_everything
from importer.rate_limit.file_store import SlotsFile
from importer.rate_limit.shared_limiter import SharedSlots
from importer.rate_limit.store import SlotStore
from importer.rate_limit.window_limiter import CompletionLimiter, Limiter, Slot

_NO_BOOT = "database"
"""The time of a database goes on when its server is started again."""
_LOST_SLOT = "The program was stopped for so long that it may not send with the slot that it had taken."


def not_sent(why: str) -> Reply:
    """What stands for the answer to a call that was not made after all."""
    return Reply(status=None, failure=TransportFailure.NOT_SENT, detail=why)


class Allowances:
    """Hands out slots per call class and learns from refusals. Safe to use from several threads.

    What was learned waits in :meth:`lessons` until the thread that owns the ledger writes it down.
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
        self._settle = settle_seconds
        self._lock = threading.Lock()
        self._limiters = {kind: make_limiter(kind, limits[kind]) for kind in CallClass}
        self._refusals = {kind: Refusals(randomness) for kind in CallClass}
        self._quota: Limit | None = None
        self._lessons: list[LearnedLimit] = []
        self.refusals = 0

    def wait_time(self, kind: CallClass) -> float:
        """Seconds until a slot of the class may be free; 0 when one is."""
        with self._lock:
            return self._limiters[kind].wait_time(self._clock.monotonic())

    def take(self, kind: CallClass) -> Slot | None:
        """A slot for one call, or ``None`` when none is free right now."""
        with self._lock:
            return self._limiters[kind].take(self._clock.monotonic())

    def free(self, kind: CallClass) -> int:
        """How many calls of the class may leave right now."""
        with self._lock:
            return self._limiters[kind].free(self._clock.monotonic())

    def take_several(self, kind: CallClass, most: int) -> list[Slot]:
        """Slots for up to ``most`` calls; as many as are free right now."""
        with self._lock:
            return self._limiters[kind].take_several(self._clock.monotonic(), most)

    def send(self, kind: CallClass, slot: Slot, send: Callable[[], Reply]) -> Reply:
        """Make the call for which the slot was taken, and say that it ended.

        A slot that was lost meanwhile, because the program was stopped for very long, sends nothing.
        """
        with self._lock:
            held = self._limiters[kind].holds(slot, self._clock.monotonic())
        reply = send() if held else not_sent(_LOST_SLOT)
        # Without its slot's end the reply is still worth everything; the slot then stays busy for longer than it must.
        with suppress(LedgerError):
            self.done(kind, slot, reply)
        return reply

    def done(self, kind: CallClass, slot: Slot, reply: Reply) -> None:
        """The call ended: its slot becomes free one window from now.

        Without an answer the server may yet count the call, so its slot stays busy for the settle time.
        """
        with self._lock:
            now = self._clock.monotonic()
            if reply.failure is TransportFailure.UNKNOWN:
                self._limiters[kind].give_up(slot, now, self._settle)
            else:
                self._limiters[kind].done(slot, now)

    def close(self) -> None:
        """Let go of what is shared with other processes."""
        with self._lock:
            for limiter in self._limiters.values():
                if isinstance(limiter, SharedSlots):
                    limiter.close()

    def accepted(self, kind: CallClass) -> None:
        """A call of the class was not refused."""
        with self._lock:
            self._limiters[kind].narrow(self._refusals[kind].accepted())

    def refused(self, kind: CallClass, verdict: Verdict) -> float:
        """Learn from a refusal; seconds for which the class now pauses."""
        with self._lock:
            limiter, now = self._limiters[kind], self._clock.monotonic()
            self.refusals += 1
            if is_quota(verdict.limit):
                self._quota = verdict.limit
            elif verdict.limit is not None and limiter.limit.stricter(verdict.limit) != limiter.limit:
                limiter.learn(verdict.limit)
                self._lessons.append(LearnedLimit(kind, limiter.limit, verdict.message, iso(self._clock.now())))
            # A refusal that names no lower limit still means: somebody else uses the allowance, too.
            reaction = self._refusals[kind].refused(limiter.limit, verdict.retry_after, verdict.message, now)
            limiter.narrow(reaction.most)
            limiter.hold_until(now + reaction.pause)
            return reaction.pause

    def hopeless(self, kind: CallClass) -> RunStopped | None:
        """Why no call of the class should be tried any more, or ``None``."""
        with self._lock:
            if self._quota is not None:
                return quota_used_up(self._quota)
            refusals = self._refusals[kind]
            return refuses_everything(refusals.message) if refusals.hopeless else None

    def forget_lessons(self) -> None:
        """Let all processes of this machine keep the configured limits again."""
        with self._lock:
            for limiter in self._limiters.values():
                limiter.unlearn()

    def pause(self, kind: CallClass, seconds: float) -> None:
        """Let no call of the class leave for ``seconds``."""
        with self._lock:
            self._limiters[kind].hold_until(self._clock.monotonic() + seconds)

    def hold_all(self, seconds: float) -> None:
        """Let no call leave for ``seconds``: an earlier process may have used the window."""
        with self._lock:
            until = self._clock.monotonic() + seconds
            for limiter in self._limiters.values():
                limiter.hold_until(until)

    def limit(self, kind: CallClass) -> Limit:
        """What the class is believed to allow."""
        with self._lock:
            return self._limiters[kind].limit

    def lessons(self) -> list[LearnedLimit]:
        """What refusals taught since the last time this was asked."""
        with self._lock:
            learned, self._lessons = self._lessons, []
            return learned


def allowances_of(account: Account, clock: Clock) -> Allowances:
    """The account's allowances, shared with other processes where the account says in which database or folder.

    Raises :class:`LedgerError` when these cannot be used.
    """
    # A call lasts at most twice the time-out (connecting and reading), and may be counted until the CRM has settled.
    longest = 2 * account.timeout_seconds + account.settle_seconds
    folder = account.slots
    if account.database is not None:
        lines, boot = shared_slots(account.database, clock.monotonic), _NO_BOOT

        def store(kind: CallClass) -> SlotStore:
            return lines(f"{account.name}/{kind.value}")

    elif folder is not None and sys.platform != "win32":  # Windows has no locks that wait
        boot = boot_id()

        def store(kind: CallClass) -> SlotStore:
            return SlotsFile(folder / f"{kind.value}.json")

    else:
        return Allowances(account.limits, clock, account.settle_seconds)

    def shared(kind: CallClass, limit: Limit) -> SharedSlots:
        return SharedSlots(store(kind), limit, longest + limit.seconds, boot=boot)

    return Allowances(account.limits, clock, account.settle_seconds, shared)


def shared_slots(database: Secret, monotonic: Callable[[], float]) -> Callable[[str], SlotStore]:
    """Gives the store of an account's slots in ``database`` by its name. All of them share one connection.

    ``monotonic`` is the clock of the limiters that use them. Raises :class:`SettingsError`.
    """
    require_driver()
    from importer.rate_limit.postgres_store import SlotsConnection

    return SlotsConnection(database, monotonic).line
