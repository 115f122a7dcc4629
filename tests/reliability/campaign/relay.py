"""A relay between a command and its sandbox that kills the command between two bytes of a call.

These are the crash points at which no line of the program runs: half a request, a server at work, half an answer.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable
from urllib.parse import unquote, urlsplit

from importer.sandbox.routes import BY_PATH
from tests.reliability.campaign.wire import kill_and_wait
from tests.support.commands import Ended, Running
from tests.support.trial import Trial

_WORKING_SECONDS = 0.1


class Relay:
    """Passes calls on, and at ``moment`` of the ``number``-th call that writes kills the command that made it.

    ``moment`` is the name of a crash point on the wire.
    """

    def __init__(self, trial: Trial, moment: str, number: int) -> None:
        self._trial = trial
        self._kill_in: Callable[[bytes, socket.socket, socket.socket], None] = {
            "connected": self._connected,
            "request-half-sent": self._request_half_sent,
            "request-sent": self._request_sent,
            "server-working": self._server_working,
            "answer-on-way": self._answer_on_way,
            "answer-half-read": self._answer_half_read,
        }[moment]
        self._number = number
        self._seen = 0
        self._lock = threading.Lock()
        self._victim: Running | None = None
        self._started = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))

    def run(self, *arguments: str) -> Ended:
        """A command whose calls all go through the relay."""
        host = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()
        try:
            self._victim = self._trial.start(*arguments, LEADSQUARED_HOST=host, LEADSQUARED_ASYNC_HOST=host)
            self._started.set()
            return self._victim.wait()
        finally:
            self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        parts = urlsplit(self._trial.sandbox.host)
        with (
            contextlib.suppress(OSError, EOFError),
            client,
            socket.create_connection((str(parts.hostname), int(parts.port or 0))) as server,
        ):
            while True:
                request = _message(client)
                if self._is_the_one(request):
                    self._kill_in(request, client, server)
                    return
                server.sendall(request)
                client.sendall(_message(server))

    def _is_the_one(self, request: bytes) -> bool:
        address = request.split(b" ", 2)[1].decode("ascii")
        route = BY_PATH.get(unquote(urlsplit(address).path))
        if route is None or not route.writes:
            return False
        with self._lock:
            self._seen += 1
            return self._seen == self._number

    def _kill(self) -> None:
        self._started.wait(10)
        assert self._victim is not None
        kill_and_wait(self._victim.pid)

    def _connected(self, request: bytes, client: socket.socket, server: socket.socket) -> None:
        self._kill()

    def _request_half_sent(self, request: bytes, client: socket.socket, server: socket.socket) -> None:
        head, gap, body = request.partition(b"\r\n\r\n")
        server.sendall(head + gap + body[: len(body) // 2])
        self._kill()

    def _request_sent(self, request: bytes, client: socket.socket, server: socket.socket) -> None:
        self._kill()
        server.sendall(request)
        _message(server)

    def _server_working(self, request: bytes, client: socket.socket, server: socket.socket) -> None:
        sandbox = self._trial.sandbox
        if self._trial.kind.batch > 1:
            sandbox.faults.order("drop-partial", on="writes")
        before = len(sandbox.log)
        sandbox.change(latency=_WORKING_SECONDS)
        server.sendall(request)
        while len(sandbox.log) == before:
            time.sleep(0.002)
        self._kill()
        sandbox.change(latency=0.0)
        _message(server)

    def _answer_on_way(self, request: bytes, client: socket.socket, server: socket.socket) -> None:
        server.sendall(request)
        _message(server)
        self._kill()

    def _answer_half_read(self, request: bytes, client: socket.socket, server: socket.socket) -> None:
        server.sendall(request)
        head, gap, body = _message(server).partition(b"\r\n\r\n")
        client.sendall(head + gap + body[: len(body) // 2])
        time.sleep(0.02)
        self._kill()


def _message(connection: socket.socket) -> bytes:
    """One whole request or answer. Raises EOFError when there is no further one."""
    content = bytearray()
    while b"\r\n\r\n" not in content:
        content += _piece(connection)
    head, _, body = bytes(content).partition(b"\r\n\r\n")
    fields = dict(line.lower().split(b":", 1) for line in head.split(b"\r\n")[1:] if b":" in line)
    left = int(fields.get(b"content-length", b"0")) - len(body)
    while left > 0:
        piece = _piece(connection)
        content += piece
        left -= len(piece)
    return bytes(content)


def _piece(connection: socket.socket) -> bytes:
    piece = connection.recv(65_536)
    if not piece:
        raise EOFError
    return piece
