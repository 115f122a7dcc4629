"""Time as an argument: what the pipeline reads from it, and how it waits."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the time and waits."""

    def now(self) -> datetime:
        """The wall clock, in UTC. For reports only: it may jump."""
        ...

    def monotonic(self) -> float:
        """Seconds that never jump."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait; may return early when somebody asked to stop."""
        ...


class SystemClock:
    """The machine's time. ``stop`` ends every sleep early."""

    def __init__(self, stop: threading.Event) -> None:
        self._stop = stop

    def now(self) -> datetime:
        """The wall clock, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds that never jump."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait for ``seconds``, or until the stop event is set."""
        self._stop.wait(seconds)


def iso(moment: datetime) -> str:
    """``moment`` as the ledger and the reports write it: UTC, to the millisecond."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")


def start_of_day(moment: datetime) -> str:
    """The midnight (UTC) before ``moment``, in the form of :func:`iso`: from then on the calls of a day count."""
    return iso(moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0))
