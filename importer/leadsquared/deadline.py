"""An end to calls that trickle: each byte comes in time, but the whole never does.

The time-out of a socket begins anew with every byte. So a clock of its own cuts the connection when a call as a whole
has lasted too long.
"""

from __future__ import annotations

import contextlib
import heapq
import itertools
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import urllib3

_CURRENT = threading.local()


class _Watchman:
    """One thread for all deadlines: to start one for each call would cost as much as a tenth of the call."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._due: list[tuple[float, int, Deadline]] = []
        self._numbers = itertools.count()
        self._thread: threading.Thread | None = None

    def watch(self, deadline: Deadline, seconds: float) -> None:
        """Tell ``deadline`` when ``seconds`` have passed."""
        with self._changed:
            heapq.heappush(self._due, (time.monotonic() + seconds, next(self._numbers), deadline))
            # A process that was forked has no threads but the one that forked.
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._go_round, name="deadlines", daemon=True)
                self._thread.start()
            elif self._due[0][2] is deadline:
                self._changed.notify()

    def _go_round(self) -> None:
        while True:
            self._next_due().pass_by()

    def _next_due(self) -> Deadline:
        with self._changed:
            while not self._due or (left := self._due[0][0] - time.monotonic()) > 0:
                self._changed.wait(left if self._due else None)
            return heapq.heappop(self._due)[2]


_WATCHMAN = _Watchman()


class Deadline:
    """Cuts the connection of a call after ``seconds``; :attr:`passed` tells that it did, or would have."""

    def __init__(self, seconds: float) -> None:
        self.passed = False
        self._seconds = seconds
        self._over = False
        self._socket: socket.socket | None = None
        self._lock = threading.Lock()

    def watch(self, connection: socket.socket) -> None:
        """This is the socket whose answer is waited for."""
        with self._lock:
            self._socket = connection
            if self.passed:
                _shut(connection)

    def pass_by(self) -> None:
        """The time is up: cut the connection, unless the call has ended."""
        with self._lock:
            if not self._over:
                self.passed = True
                _shut(self._socket)

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Count from now, and for the connections that this thread uses inside."""
        _WATCHMAN.watch(self, self._seconds)
        _CURRENT.deadline = self
        try:
            yield
        finally:
            _CURRENT.deadline = None
            with self._lock:
                self._over = True
                self._socket = None


def _shut(connection: socket.socket | None) -> None:
    if connection is None:
        return
    # The plain method, for that of a TLS socket would drop the encryption under the reader's feet.
    with contextlib.suppress(OSError):
        socket.socket.shutdown(connection, socket.SHUT_RDWR)


def _watch(connection: Any) -> None:
    deadline: Deadline | None = getattr(_CURRENT, "deadline", None)
    if deadline is not None:
        deadline.watch(connection.sock)


class _Connection(urllib3.connection.HTTPConnection):
    def getresponse(self) -> Any:
        _watch(self)
        return super().getresponse()


class _TlsConnection(urllib3.connection.HTTPSConnection):
    def getresponse(self) -> Any:
        _watch(self)
        return super().getresponse()


class _Pool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Connection


class _TlsPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


POOLS = {"http": _Pool, "https": _TlsPool}
"""Pools whose connections tell the deadline of their thread's call which socket to cut."""
