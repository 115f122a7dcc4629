"""The gate behind the real server: what reaches it over a socket."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from waitress.server import create_server

from importer.web.security import SecurityOptions, limited_channel
from tests.unit.web.security.conftest import FAST, SetClock, Site


@pytest.fixture
def serve(tmp_path: Path, clock: SetClock) -> Iterator[Callable[..., tuple[Site, int]]]:
    stops: list[Callable[[], None]] = []

    def start(origin: str = "", **more: object) -> tuple[Site, int]:
        listener = socket.create_server(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        origin = origin or f"http://127.0.0.1:{port}"
        local = origin.startswith("http:")
        options = SecurityOptions(tmp_path, origin, local, clock, password_hasher=FAST, **more)  # type: ignore[arg-type]
        site = Site(options, clock)
        sockets: dict[int, object] = {}
        server = create_server(site.app, map=sockets, sockets=[listener], threads=2, **options.server_settings())
        server.channel_class = limited_channel(site.gate.is_signed_in, options.largest_request)
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()

        def stop() -> None:
            server.close()
            for each in list(sockets.values()):
                each.close()  # type: ignore[attr-defined]
            thread.join(5)

        stops.append(stop)
        return site, port

    yield start
    for stop in stops:
        stop()


def ask(port: int, request: str) -> str:
    """Send a request as it is, and return the answer."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(request.encode())
        return b"".join(iter(lambda: connection.recv(65536), b"")).decode()


def test_hosts_over_the_wire(serve: Callable[..., tuple[Site, int]]) -> None:
    """A second header, none at all, and an address in place of a path."""
    _, port = serve()
    good = f"Host: 127.0.0.1:{port}\r\n"
    for request, status in (
        (f"GET /health HTTP/1.1\r\n{good}Connection: close\r\n\r\n", "200"),
        (f"GET /health HTTP/1.1\r\n{good}Host: evil.example\r\nConnection: close\r\n\r\n", "4"),
        ("GET /health HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n", "403"),
        ("GET /health HTTP/1.0\r\n\r\n", "403"),
        (f"GET http://127.0.0.1:{port}/health HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n", "403"),
        (
            f"GET /health HTTP/1.1\r\nHost: evil.example\r\nX-Forwarded-Host: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n",
            "403",
        ),
    ):
        assert ask(port, request).split()[1].startswith(status), request


def test_only_the_proxy_may_speak_for_others(serve: Callable[..., tuple[Site, int]]) -> None:
    """Of address, host and TLS."""
    request = (
        "GET /address HTTP/1.1\r\nHost: import.example\r\nX-Forwarded-Proto: https\r\n"
        "X-Forwarded-For: 198.51.100.9, 203.0.113.7\r\nConnection: close\r\n\r\n"
    )
    for proxy, status, seen in (
        ("127.0.0.1", "200", "203.0.113.7"),
        ("127.0.0.2", "403", "TLS only"),
        ("", "403", "TLS only"),
    ):
        _, port = serve("https://import.example", trusted_proxy=proxy)
        answer = ask(port, request)
        assert answer.split()[1] == status
        assert seen in answer


def test_a_body_that_is_too_large_is_refused_before_it_is_there(serve: Callable[..., tuple[Site, int]]) -> None:
    _, port = serve(largest_upload=10_000)
    head = f"POST /upload HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n"
    assert ask(port, f"{head}Content-Length: 1000000000\r\n\r\nx").split()[1] == "413"
    chunks = "".join(f"{5000:x}\r\n{'x' * 5000}\r\n" for _ in range(3))
    assert ask(port, f"{head}Transfer-Encoding: chunked\r\n\r\n{chunks}").split()[1] == "413"


def test_bodies_of_strangers_are_refused_before_they_are_there(serve: Callable[..., tuple[Site, int]]) -> None:
    """Whoever has signed in may upload; for others a form is the most."""
    site, port = serve(largest_request=2_000)
    cookie = f"{site.options.cookie_name}={site.browser().enter().cookie()}"
    head = f"POST /upload HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n"
    chunk = f"Transfer-Encoding: chunked\r\n\r\n{3000:x}\r\n{'x' * 3000}\r\n0\r\n\r\n"
    for stranger in ("", f"Cookie: {cookie}x\r\n"):
        assert ask(port, f"{head}{stranger}Content-Length: 1000000\r\n\r\nx").split()[1] == "413"
        assert ask(port, f"{head}{stranger}{chunk}").split()[1] == "413"
    # These go on to the gate, which asks for the CSRF token.
    assert ask(port, f"{head}Cookie: {cookie}\r\n{chunk}").split()[1] == "403"
    assert ask(port, f"{head}Cookie: {cookie}\r\nContent-Length: 3000\r\n\r\n{'x' * 3000}").split()[1] == "403"


def test_silent_connections_keep_nobody_out(serve: Callable[..., tuple[Site, int]]) -> None:
    _, port = serve()
    silent = [socket.create_connection(("127.0.0.1", port), timeout=10) for _ in range(200)]
    try:
        for each in silent[:50]:
            each.sendall(b"GET /health HTTP/1.1\r\nHost: ")
        answer = ask(port, f"GET /health HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n")
        assert answer.split()[1] == "200"
        assert "Server:" not in answer
    finally:
        for each in silent:
            each.close()
