"""An end to calls that trickle: each byte comes in time, but the whole never does.

The time-out of a socket begins anew with every byte. So a clock of its own cuts the connection when a call as a whole
has lasted too long.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from typing import Any

import urllib3

_CURRENT = threading.local()


class Deadline:
    """Cuts the connection of a call after ``seconds``; :attr:`passed` tells that it did, or would have."""

    def __init__(self, seconds: float) -> None:
        self.passed = False
        self._socket: socket.socket | None = None
        self._lock = threading.Lock()
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True

    def watch(self, connection: socket.socket) -> None:
        """This is the socket whose answer is waited for."""
        with self._lock:
            self._socket = connection
            if self.passed:
                _shut(connection)

    def _cut(self) -> None:
        with self._lock:
            self.passed = True
            _shut(self._socket)

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Count from now, and for the connections that this thread uses inside."""
        self._timer.start()
        _CURRENT.deadline = self
        try:
            yield
        finally:
            _CURRENT.deadline = None
            self._timer.cancel()
            with self._lock:
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
