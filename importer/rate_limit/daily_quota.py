"""The account's budget of calls a day: who asks uses it up just as who sends rows."""

from __future__ import annotations

import threading
from datetime import datetime

from importer.config.settings import Account
from importer.core.errors import RunStopped
from importer.core.time import Clock, start_of_day
from importer.ledger.interface import Ledger

_TRUSTED_SECONDS = 60.0


def used_today(ledger: Ledger, account: str, now: datetime) -> int:
    """How many calls left for the account since the midnight (UTC) before ``now``, with rows or without."""
    midnight = start_of_day(now)
    return ledger.calls_since(account, midnight) + ledger.questions_on(account, midnight[:10])


class Budget:
    """What is left of the account's calls of the UTC day. Belongs to the thread that opened the ledger.

    Other threads may only call :meth:`ask` and :meth:`spent`; what they asked is written down when the owner's next
    question is, or by :meth:`note`. Processes beside this one are seen within a minute.
    """

    def __init__(self, account: Account, ledger: Ledger, clock: Clock) -> None:
        self._account = account
        self._ledger = ledger
        self._clock = clock
        self._owner = threading.get_ident()
        self._lock = threading.Lock()
        self._day = ""
        self._read_at = 0.0
        self._left = 0
        self._unwritten = 0
        if account.daily_calls:
            self._read()

    def check(self) -> None:
        """Raises :class:`RunStopped` when no call is left today."""
        if not self._account.daily_calls:
            return
        if threading.get_ident() == self._owner:
            self._read()
        with self._lock:
            if self._left <= 0:
                raise budget_reached(self._account.daily_calls)

    def allows(self, calls: int) -> bool:
        """Whether so many ``calls`` with rows may begin together. Raises :class:`RunStopped` when not even one may."""
        self.check()
        with self._lock:
            return not self._account.daily_calls or calls <= self._left

    def spent(self, calls: int) -> None:
        """So many ``calls`` with rows were begun, and are in the ledger."""
        with self._lock:
            self._left -= calls

    def ask(self) -> None:
        """A question is about to leave. Raises :class:`RunStopped` when no call is left today."""
        self.check()
        self.count()

    def count(self) -> None:
        """As :meth:`ask`, for a question without which nobody could be told anything: it leaves in any case."""
        with self._lock:
            self._left -= 1
            self._unwritten += 1
        if threading.get_ident() == self._owner:
            self.note()

    def note(self) -> None:
        """Write down what other threads have asked."""
        with self._lock:
            unwritten, self._unwritten = self._unwritten, 0
        if unwritten:
            self._ledger.note_questions(self._account.name, unwritten)

    def _read(self) -> None:
        now = self._clock.now()
        day, at = start_of_day(now), self._clock.monotonic()
        if day == self._day and at - self._read_at < _TRUSTED_SECONDS:
            return
        self.note()
        used = used_today(self._ledger, self._account.name, now)
        with self._lock:
            self._day, self._read_at, self._left = day, at, self._account.daily_calls - used


def budget_reached(daily_calls: int) -> RunStopped:
    """The stop for a used-up daily budget."""
    return RunStopped(
        f"The account's budget of {daily_calls} calls a day is used up.",
        "Run it again tomorrow: importer resume. The budget is LEADSQUARED_DAILY_CALLS.",
    )
