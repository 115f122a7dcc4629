"""The sandbox over HTTP on this computer: one thread a connection, kept alive, and cut when a fault says so."""

from __future__ import annotations

import contextlib
import io
import socket
import socketserver
import struct
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from importer.sandbox.app import make_app
from importer.sandbox.crm import Crm
from importer.sandbox.disk import Disk
from importer.sandbox.faults import Fault, Faults
from importer.sandbox.options import Keys, Options
from importer.sandbox.replies import Dropped, Reply
from importer.sandbox.tenant import Tenant

_LARGEST_BODY = 50_000_000
_QUEUE_TICK = 0.02
Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Sandbox:
    """A sandbox on a port of this computer, from :meth:`start` to :meth:`stop`.

    Raises :class:`OSError` when its port or its store is taken.
    """

    def __init__(
        self, options: Options, keys: Keys, *, port: int = 0, store: Path | None = None, faults: Sequence[Fault] = ()
    ) -> None:
        self.crm = Crm(Tenant(Disk(store) if store else None), options, keys)
        for fault in faults:
            self.crm.faults.add(fault)
        try:
            self._server = _Server(("127.0.0.1", port), make_app(self.crm))
        except BaseException:
            self.crm.tenant.close()
            raise
        self.host = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._threads = [
            threading.Thread(target=self._server.serve_forever, args=(0.02,), name="sandbox", daemon=True),
            threading.Thread(target=self._process_queue, name="sandbox queue", daemon=True),
        ]

    def start(self) -> dict[str, str]:
        """Serve in threads of this process; how to reach it, as :meth:`info` says."""
        for thread in self._threads:
            thread.start()
        return self.info()

    @property
    def tenant(self) -> Tenant:
        """What it holds."""
        return self.crm.tenant

    @property
    def faults(self) -> Faults:
        """The faults that wait."""
        return self.crm.faults

    @property
    def log(self) -> list[dict[str, Any]]:
        """The calls so far, as the state shows them."""
        return self.crm.journal.entries()

    def state(self) -> dict[str, Any]:
        """What ``GET /__sandbox__/state`` shows."""
        return self.crm.state()

    def change(self, **settings: Any) -> None:
        """Change some switches; raises :class:`ValueError` with words for what is none."""
        self.crm.change_options(settings)

    def info(self) -> dict[str, str]:
        """How to reach it, and the tenant in it."""
        return {"host": self.host, "async_host": self.host, "org_id": self.crm.tenant.org_id}

    def _process_queue(self) -> None:
        while not self.crm.stopping.wait(_QUEUE_TICK):
            self.crm.process_queue()

    def wait(self) -> None:
        """Wait until it is stopped."""
        for thread in self._threads:
            thread.join()

    def stop(self) -> None:
        """End all waiting, cut all connections, and let go of port and store. Stopping twice is fine."""
        if self.crm.stopping.is_set():
            return
        self.crm.stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._server.cut_connections()
        self.wait()
        self.crm.tenant.close()

    def __enter__(self) -> Sandbox:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def serve(
    options: Options,
    keys: Keys,
    ready: Callable[[dict[str, str]], None],
    *,
    port: int = 0,
    store: Path | None = None,
    faults: Sequence[Fault] = (),
) -> Sandbox:
    """Start a sandbox in threads of this process and tell ``ready`` how to reach it; ``stop()`` ends it.

    Raises :class:`OSError` when its port or its store is taken.
    """
    sandbox = Sandbox(options, keys, port=port, store=store, faults=faults)
    ready(sandbox.start())
    return sandbox


class _Server(ThreadingHTTPServer):
    # Werkzeug's own server closes the connection after every answer; callers of the true API reuse theirs.
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def __init__(self, address: tuple[str, int], app: Wsgi) -> None:
        self.app = app
        self._open: set[socket.socket] = set()
        self._guard = threading.Lock()
        super().__init__(address, _Connection)

    def server_bind(self) -> None:
        # The base class asks the network for the machine's name, which may take seconds.
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._guard:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._guard:
            self._open.discard(request)
        super().shutdown_request(request)

    def cut_connections(self) -> None:
        """End every connection that is still open."""
        with self._guard:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class _Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    # One write for head and body: two would wait for each other's acknowledgement.
    wbufsize = 1 << 16
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the addresses of calls may hold keys."""

    def do_POST(self) -> None:
        """Answer a request."""
        body = self._body()
        if body is None:
            return
        try:
            reply = self._run(body)
        except Dropped as drop:
            self._drop(drop)
            return
        self._send(reply)

    # The base class looks its methods up by these names; the application says which of them an address has.
    do_GET = do_HEAD = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_POST  # noqa: N815  names of the base class

    def _body(self) -> bytes | None:
        """The body; ``None`` when it cannot be read, after an answer that says so."""
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not length.isdigit():
            self.close_connection = True
            self.send_error(411)
            return None
        if int(length) > _LARGEST_BODY:
            self.close_connection = True
            self.send_error(413)
            return None
        return self.rfile.read(int(length))

    def _run(self, body: bytes) -> Reply:
        started: list[tuple[str, list[tuple[str, str]]]] = []

        def start(status: str, headers: list[tuple[str, str]], *_: object) -> None:
            started.append((status, headers))

        chunks = self.server.app(self._environment(body), start)
        try:
            content = b"".join(chunks)
        finally:
            if hasattr(chunks, "close"):
                chunks.close()
        status, headers = started[-1]
        rest = {name: value for name, value in headers if name.lower() not in ("content-type", "content-length")}
        kind = next((value for name, value in headers if name.lower() == "content-type"), "text/plain")
        return Reply(int(status.split()[0]), content, kind, rest)

    def _environment(self, body: bytes) -> dict[str, Any]:
        parts = urlsplit(self.path)
        name, port = self.server.server_name, str(self.server.server_port)
        environment: dict[str, Any] = {
            "REQUEST_METHOD": self.command,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote(parts.path, "latin-1"),
            "QUERY_STRING": parts.query,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "SERVER_NAME": name,
            "SERVER_PORT": port,
            "SERVER_PROTOCOL": self.request_version,
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        for header, value in self.headers.items():
            if header.lower() not in ("content-type", "content-length"):
                environment["HTTP_" + header.upper().replace("-", "_")] = value
        return environment

    def _send(self, reply: Reply) -> None:
        self._write(reply)
        self.wfile.flush()

    def _write(self, reply: Reply, body: bytes | None = None) -> None:
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        self.send_header("Content-Length", str(len(reply.body)))
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(reply.body if body is None else body)

    def _drop(self, drop: Dropped) -> None:
        self.close_connection = True
        if drop.begun is not None:
            self._write(drop.begun, drop.begun.body[: len(drop.begun.body) // 2])
            self.wfile.flush()
        if drop.reset:
            # No lingering means that closing sends a reset instead of an orderly end.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            return
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)
