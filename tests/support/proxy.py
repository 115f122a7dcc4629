"""A TCP proxy between a command and the sandbox that breaks what passes through it, byte by byte."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from tests.support.trial import Trial


@dataclass
class Exchange:
    """One request on its way: the client's and the server's sockets, the request's bytes, and its number."""

    client: socket.socket
    server: socket.socket
    request: bytes
    number: int

    def forward(self, content: bytes | None = None) -> None:
        """Give the request to the server, or other bytes in its place."""
        self.server.sendall(self.request if content is None else content)

    def answer(self) -> bytes:
        """The whole answer of the server."""
        return receive(self.server)

    def reset(self) -> None:
        """Cut the client's connection with a reset."""
        self.client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


Rule = Callable[[Exchange], None]


def pass_on(exchange: Exchange) -> None:
    """What an honest proxy does."""
    exchange.forward()
    exchange.client.sendall(exchange.answer())


def receive(connection: socket.socket) -> bytes:
    """One HTTP message: its head, and as many bytes as its Content-Length says."""
    content = b""
    while b"\r\n\r\n" not in content:
        piece = connection.recv(65536)
        if not piece:
            return content
        content += piece
    head, _, body = content.partition(b"\r\n\r\n")
    length = next(
        (int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
    )
    while len(body) < length:
        piece = connection.recv(65536)
        if not piece:
            break
        body += piece
    return head + b"\r\n\r\n" + body


class Proxy:
    """Stands in front of a trial's sandbox from its making to :meth:`stop`.

    ``rule`` handles the requests whose path holds ``on``, by their numbers from 1; all others pass. After the rule the
    connection ends.
    """

    def __init__(self, trial: Trial, on: str, rule: Rule, numbers: range | None = None) -> None:
        parts = urlsplit(trial.sandbox.host)
        self._target = (str(parts.hostname), int(parts.port or 0))
        self._on, self._rule, self._numbers = on.encode(), rule, numbers or range(2, 3)
        self._seen = 0
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.host = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        trial.environment["LEADSQUARED_HOST"] = trial.environment["LEADSQUARED_ASYNC_HOST"] = self.host
        threading.Thread(target=self._listen, daemon=True).start()

    def stop(self) -> None:
        """Take no more connections, and end those that there are."""
        # A listener that another thread waits in only ends when it is shut down, too.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _listen(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError), client, socket.create_connection(self._target) as server:
            self._open.add(client)
            client.settimeout(30)
            server.settimeout(30)
            while request := receive(client):
                number = self._number(request)
                exchange = Exchange(client, server, request, number)
                if number in self._numbers:
                    self._rule(exchange)
                    return
                pass_on(exchange)

    def _number(self, request: bytes) -> int:
        if self._on not in request.split(b"\r\n", 1)[0]:
            return 0
        with self._lock:
            self._seen += 1
            return self._seen


def slowly(content: bytes, connection: socket.socket, size: int, pause: float) -> None:
    """Send ``content`` in slices."""
    for start in range(0, len(content), size):
        connection.sendall(content[start : start + size])
        time.sleep(pause)
