"""A small HTTP server for whoever watches: figures for Prometheus, and whether all is well. It only answers GET."""

from __future__ import annotations

import ipaddress
import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from importer.core.errors import SettingsError
from importer.jobs.monitoring.collector import Picture
from importer.jobs.monitoring.prometheus import exposition, health

_log = logging.getLogger(__name__)
_FRESH_SECONDS = 2.0
_QUIET_SECONDS = 10
_JSON = "application/json; charset=utf-8"


def address_of(text: str) -> tuple[str, int]:
    """Host and port of ``host:port``, ``[v6]:port`` or a port of this computer. Raises :class:`SettingsError`."""
    host, _, port = text.strip().rpartition(":")
    host = (host[1:-1] if host.startswith("[") and host.endswith("]") else host) or "127.0.0.1"
    try:
        number, address = int(port), ipaddress.ip_address("127.0.0.1" if host == "localhost" else host)
    except ValueError:
        number, address = -1, None
    if address is None or not port.isascii() or not 0 <= number <= 65_535:
        raise SettingsError(
            f"--listen {text} is not an address to listen at.",
            "Expected an IP address of this computer and a port, such as 127.0.0.1:9464 or [::1]:9464.",
        )
    return str(address), number


class _Once:
    """One picture at a time, used for all who ask within a moment: nobody can keep the database busy by asking."""

    def __init__(self, take: Callable[[], Picture]) -> None:
        self._take = take
        self._lock = threading.Lock()
        self._last: tuple[float, Picture] | None = None

    def picture(self) -> Picture:
        with self._lock:
            if self._last is None or time.monotonic() - self._last[0] > _FRESH_SECONDS:
                self._last = (time.monotonic(), self._take())
            return self._last[1]


@contextmanager
def listening(place: tuple[str, int], take: Callable[[], Picture]) -> Iterator[str]:
    """Answers at ``place`` while the block runs; gives the address. Raises :class:`SettingsError` when it is taken."""
    once = _Once(take)

    class Handler(BaseHTTPRequestHandler):
        timeout = _QUIET_SECONDS
        server_version, sys_version = "importer", ""

        def do_GET(self) -> None:
            try:
                status, kind, body = _answer(self.path.partition("?")[0], self.headers.get("Accept", ""), once.picture)
            except Exception:  # noqa: BLE001  whoever asks gets an answer, and the log the traceback
                _log.exception("the figures could not be made")
                status, kind, body = 500, "text/plain; charset=utf-8", b"It failed; the log says why.\n"
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("X-Content-Type-Options", "nosniff")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            _log.debug(format, *args)

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        address_family = _family(place[0])

    try:
        server = Server(place, Handler)
    except OSError as error:
        raise SettingsError(
            f"Nothing can listen at {_shown(*place)}: {error.strerror or error}.", "Name another port with --listen."
        ) from None
    thread = threading.Thread(target=server.serve_forever, name="figures", daemon=True)
    thread.start()
    try:
        yield f"http://{_shown(str(server.server_address[0]), int(server.server_address[1]))}"
    finally:
        server.shutdown()
        server.server_close()


def _answer(path: str, accept: str, picture: Callable[[], Picture]) -> tuple[int, str, bytes]:
    if path == "/healthz":
        return 200, "text/plain; charset=utf-8", b"alive\n"
    if path in ("/health", "/readyz"):
        told = health(picture())
        return 200 if told["status"] == "ok" else 503, _JSON, json.dumps(told).encode()
    if path == "/metrics":
        body, kind = exposition(picture(), accept)
        return 200, kind, body
    return 404, "text/plain; charset=utf-8", b"There are /metrics, /health and /healthz.\n"


def _family(host: str) -> int:
    import socket

    return socket.AF_INET6 if ":" in host else socket.AF_INET


def _shown(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
