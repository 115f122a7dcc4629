"""HTTP server for monitoring: metrics for Prometheus and health checks. It only answers GET."""

from __future__ import annotations

import ipaddress
import json
import logging
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from socketserver import ThreadingMixIn
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from importer.core.errors import SettingsError
from importer.jobs.monitoring.prometheus import build_registry, health
from importer.jobs.monitoring.status import Snapshot

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

_log = logging.getLogger(__name__)
_FRESH_SECONDS = 2.0
_QUIET_SECONDS = 10
_JSON, _TEXT = "application/json; charset=utf-8", "text/plain; charset=utf-8"
_EVERY_ANSWER = [("Server", "importer"), ("X-Content-Type-Options", "nosniff")]


def parse_address(text: str, option: str = "--listen") -> tuple[str, int]:
    """Parse ``host:port``, ``[v6]:port`` or a port of this computer. Raises :class:`SettingsError`."""
    host, _, port = text.strip().rpartition(":")
    host = (host[1:-1] if host.startswith("[") and host.endswith("]") else host) or "127.0.0.1"
    try:
        number, address = int(port), ipaddress.ip_address("127.0.0.1" if host == "localhost" else host)
    except ValueError:
        number, address = -1, None
    if address is None or not port.isascii() or not 0 <= number <= 65_535:
        raise SettingsError(
            f"{option} {text} is not an address to listen at.",
            "Expected an IP address of this computer and a port, such as 127.0.0.1:9464 or [::1]:9464.",
        )
    return str(address), number


@contextmanager
def serve_metrics(place: tuple[str, int], take: Callable[[], Snapshot]) -> Iterator[str]:
    """Answer requests at ``place`` (host and port) while the block runs; yield the URL.

    Raises :class:`SettingsError` when the port is taken.
    """

    class Server(_Server):
        address_family = socket.AF_INET6 if ":" in place[0] else socket.AF_INET

    try:
        server = make_server(*place, _application(_cached(take), place[0]), Server, _Handler)
    except OSError as error:
        raise SettingsError(
            f"Nothing can listen at {_format_address(*place)}: {error.strerror or error}.",
            "Name another port with --listen.",
        ) from None
    thread = threading.Thread(target=server.serve_forever, name="metrics", daemon=True)
    thread.start()
    try:
        yield f"http://{_format_address(str(server.server_address[0]), server.server_port)}"
    finally:
        server.shutdown()
        server.server_close()


def _cached(take: Callable[[], Snapshot]) -> Callable[[], Snapshot]:
    """Take one snapshot at a time and use it for two seconds: many requests must not keep the database busy."""
    lock = threading.Lock()
    last: tuple[float, Snapshot] | None = None

    def snapshot() -> Snapshot:
        nonlocal last
        with lock:
            if last is None or time.monotonic() - last[0] > _FRESH_SECONDS:
                last = time.monotonic(), take()
            return last[1]

    return snapshot


def is_host_accepted(host: str, listening: str) -> bool:
    """Return whether a request with this ``Host`` header is answered where the server is ``listening``.

    On this computer alone only its addresses and ``localhost`` are: a page in a browser could reach the server under a
    name of its own that it lets point here. Elsewhere names are those of the network.
    """
    name = urlsplit(f"//{host}").hostname or ""
    if not ipaddress.ip_address(listening).is_loopback or name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _application(snapshot: Callable[[], Snapshot], listening: str) -> WSGIApplication:
    """The WSGI application: ``/metrics`` is answered by prometheus_client's own."""

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]]) -> Any:
            return start_response(status, [*headers, *_EVERY_ANSWER])

        path, status, kind = environ["PATH_INFO"], HTTPStatus.OK, _TEXT
        try:
            if not is_host_accepted(environ.get("HTTP_HOST", ""), listening):
                status, body = HTTPStatus.MISDIRECTED_REQUEST, b"Only asked for as this computer.\n"
            elif environ["REQUEST_METHOD"] != "GET":
                status, body = HTTPStatus.NOT_IMPLEMENTED, b"Only GET is answered.\n"
            elif path == "/metrics":
                from prometheus_client import make_wsgi_app

                answer: Iterable[bytes] = make_wsgi_app(build_registry(snapshot()), disable_compression=True)(
                    environ, start
                )
                return answer
            elif path in ("/health", "/readyz"):
                report = health(snapshot())
                status = HTTPStatus.OK if report["status"] == "ok" else HTTPStatus.SERVICE_UNAVAILABLE
                kind, body = _JSON, json.dumps(report).encode()
            elif path == "/healthz":
                body = b"alive\n"
            else:
                status, body = HTTPStatus.NOT_FOUND, b"There are /metrics, /health and /healthz.\n"
        except Exception:  # noqa: BLE001  the client gets an answer, and the log the traceback
            _log.exception("the metrics could not be made")
            status, kind, body = HTTPStatus.INTERNAL_SERVER_ERROR, _TEXT, b"It failed; the log says why.\n"
        start(f"{status.value} {status.phrase}", [("Content-Type", kind)])
        return [body]

    return application


class _Handler(WSGIRequestHandler):
    """Drop a connection that is silent for some seconds, and log requests at debug level."""

    timeout = _QUIET_SECONDS

    def log_message(self, format: str, *args: object) -> None:
        _log.debug(format, *args)


class _Server(ThreadingMixIn, WSGIServer):
    """One thread for each connection, so that a slow client keeps nobody waiting."""

    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        _log.debug("a connection from %s was dropped", client_address, exc_info=True)


def _format_address(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
