"""Count calls and queries against the account's daily quota (LEADSQUARED_DAILY_CALLS; the UTC day)."""

from __future__ import annotations

import threading
from datetime import datetime
from typing import TYPE_CHECKING

from importer.config import Account
from importer.core.errors import RunStopped
from importer.core.time import Clock, start_of_day

if TYPE_CHECKING:
    from importer.ledger import Ledger

_TRUSTED_SECONDS = 60.0
"""For so long the number of calls that was read from the ledger is not read again."""


def count_calls_today(ledger: Ledger, account: str, now: datetime) -> int:
    """Return how many calls left for the account since the midnight (UTC) before ``now``, with rows or without."""
    midnight = start_of_day(now)
    return ledger.calls_since(account, midnight) + ledger.queries_on(account, midnight[:10])


class DailyQuota:
    """The rest of the account's calls of the UTC day. Belongs to the thread that opened the ledger.

    Other threads may only call :meth:`check_and_count` and :meth:`count_sent`; their queries are recorded with the
    owner's next one, or by :meth:`save_queries`. The calls of other processes are read anew every minute.
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
        """Raise :class:`RunStopped` when no call is left today."""
        if not self._account.daily_calls:
            return
        if threading.get_ident() == self._owner:
            self._read()
        with self._lock:
            if self._left <= 0:
                raise RunStopped(
                    f"The account's budget of {self._account.daily_calls} calls a day is used up.",
                    "Run it again tomorrow: importer resume. The budget is LEADSQUARED_DAILY_CALLS.",
                )

    def allows(self, calls: int) -> bool:
        """Return whether so many ``calls`` with rows may leave. Raises :class:`RunStopped` when not even one may."""
        self.check()
        with self._lock:
            return not self._account.daily_calls or calls <= self._left

    def count_sent(self, calls: int) -> None:
        """Count so many ``calls`` with rows, which are in the ledger already."""
        with self._lock:
            self._left -= calls

    def check_and_count(self) -> None:
        """Count a query that is about to leave. Raises :class:`RunStopped` when no call is left today."""
        self.check()
        self.count()

    def count(self) -> None:
        """Count a query that leaves in any case: without it no run could begin, and none could report its stop."""
        with self._lock:
            self._left -= 1
            self._unwritten += 1
        if threading.get_ident() == self._owner:
            self.save_queries()

    def save_queries(self) -> None:
        """Record the queries of other threads in the ledger."""
        with self._lock:
            unwritten, self._unwritten = self._unwritten, 0
        if unwritten:
            self._ledger.count_queries(self._account.name, unwritten)

    def _read(self) -> None:
        now = self._clock.now()
        day, at = start_of_day(now), self._clock.monotonic()
        if day == self._day and at - self._read_at < _TRUSTED_SECONDS:
            return
        self.save_queries()
        used = count_calls_today(self._ledger, self._account.name, now)
        with self._lock:
            self._day, self._read_at, self._left = day, at, self._account.daily_calls - used
