"""A clock shared by all processes of a soak, which skips idle hours.

Within a night everything runs in real time: calls, limits, time-outs, settling. Between two nights, and while all
processes wait for the next try of a run, the clock is put forward: for the worker, its engine, and the sandbox alike.
"""

from __future__ import annotations

import mmap
import struct
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

_LONG_SECONDS = 30.0
"""A wait from which on it counts as idle: it follows the clock that is put forward."""
_LOOK_SECONDS = 0.1
_TRUE_NOW = datetime.now


class SharedClock:
    """The machine's clock and how far it was put forward, in a file that all processes of a soak share."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            path.write_bytes(struct.pack("d", 0.0))
        with path.open("r+b") as file:
            self._shared = mmap.mmap(file.fileno(), 8)

    @property
    def ahead(self) -> float:
        """Seconds by which this clock is ahead of the machine's."""
        return float(struct.unpack("d", self._shared[:8])[0])

    def now(self) -> datetime:
        """The time, in UTC."""
        return _TRUE_NOW(UTC) + timedelta(seconds=self.ahead)

    def skip(self, seconds: float) -> None:
        """Put the clock forward."""
        self._shared[:8] = struct.pack("d", self.ahead + seconds)

    def skip_to(self, moment: datetime) -> None:
        """Put the clock forward to ``moment``; it never goes back."""
        self.skip(max(0.0, (moment - self.now()).total_seconds()))

    def wait(self, wait: Callable[[float | None], bool], seconds: float | None) -> bool:
        """As ``wait(seconds)`` of an event, but a long wait ends when the clock was put forward so far."""
        if seconds is None or seconds < _LONG_SECONDS:
            return wait(seconds)
        until = self.now() + timedelta(seconds=seconds)
        while not wait(_LOOK_SECONDS):
            if self.now() >= until:
                return False
        return True


def use_in_worker(path: Path) -> Callable[[], None]:
    """Return a function that installs the clock in a worker's process before it becomes `importer serve`."""
    return partial(_install, str(path))


def _install(path: str) -> None:
    """Let the program and its engine read this clock: both read the time by the names replaced here."""
    import dbos._scheduler as scheduler

    import importer.leadsquared.client as client
    from importer.core.time import SystemClock

    hours = SharedClock(Path(path))

    class Now(datetime):
        """``datetime`` whose ``now`` is this clock's."""

        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Any:
            return hours.now().astimezone(tz)

    class Waking(threading.Event):
        """An event whose long waits end when the clock is put forward."""

        def wait(self, timeout: float | None = None) -> bool:
            return hours.wait(super().wait, timeout)

    named: Any = SystemClock
    named.now = lambda self: hours.now()
    named.sleep = lambda self, seconds: hours.wait(self._stop.wait, seconds)
    named = client
    named.datetime = Now
    named = scheduler
    named.datetime = Now
    named.threading = SimpleNamespace(Event=Waking, Thread=threading.Thread)
    named.time = SimpleNamespace(monotonic=time.monotonic)


def use_in_sandboxes(hours: SharedClock) -> Callable[[], None]:
    """Let the sandboxes of this process put the time of this clock into their answers; return a function that ends it."""
    from email.utils import format_datetime

    import importer.sandbox.server as server

    named: Any = server._Connection
    named.date_time_string = lambda self, timestamp=None: format_datetime(hours.now(), usegmt=True)
    return lambda: delattr(named, "date_time_string")
