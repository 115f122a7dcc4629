"""Enforce a deadline for a whole request: socket time-outs only bound single reads.

The time-out of a socket begins anew with every byte, so an answer that trickles would never end. A timer thread cuts
the connection when a call as a whole has lasted too long.
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


class _DeadlineTimer:
    """One thread for all deadlines: to start one for each call would cost as much as a tenth of the call."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._due: list[tuple[float, int, Deadline]] = []
        self._numbers = itertools.count()
        self._thread: threading.Thread | None = None

    def start(self, deadline: Deadline, seconds: float) -> None:
        """Let ``deadline`` expire in ``seconds``."""
        with self._changed:
            heapq.heappush(self._due, (time.monotonic() + seconds, next(self._numbers), deadline))
            # A process that was forked has no threads but the one that forked.
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="deadlines", daemon=True)
                self._thread.start()
            elif self._due[0][2] is deadline:
                self._changed.notify()

    def _run(self) -> None:
        while True:
            self._next_due().expire()

    def _next_due(self) -> Deadline:
        with self._changed:
            while not self._due or (left := self._due[0][0] - time.monotonic()) > 0:
                self._changed.wait(left if self._due else None)
            return heapq.heappop(self._due)[2]


_TIMER = _DeadlineTimer()


class Deadline:
    """Cuts the connection of a call after ``seconds``; :attr:`expired` is true when it did, or would have."""

    def __init__(self, seconds: float) -> None:
        self.expired = False
        self._seconds = seconds
        self._over = False
        self._socket: socket.socket | None = None
        self._lock = threading.Lock()

    def attach(self, connection: socket.socket) -> None:
        """Cut this socket, whose answer is waited for."""
        with self._lock:
            self._socket = connection
            if self.expired:
                _shut(connection)

    def expire(self) -> None:
        """Cut the connection, unless the call has ended."""
        with self._lock:
            if not self._over:
                self.expired = True
                _shut(self._socket)

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Start the deadline, for the connections that this thread uses inside the ``with``."""
        _TIMER.start(self, self._seconds)
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


def _attach(connection: Any) -> None:
    deadline: Deadline | None = getattr(_CURRENT, "deadline", None)
    if deadline is not None:
        deadline.attach(connection.sock)


class _Connection(urllib3.connection.HTTPConnection):
    def getresponse(self) -> Any:
        _attach(self)
        return super().getresponse()


class _TlsConnection(urllib3.connection.HTTPSConnection):
    def getresponse(self) -> Any:
        _attach(self)
        return super().getresponse()


class _Pool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Connection


class _TlsPool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


POOLS = {"http": _Pool, "https": _TlsPool}
"""Pools whose connections attach their socket to the deadline of their thread's call."""
