"""One request, one reply: over real sockets, with everything that can go wrong on the way."""

from __future__ import annotations

import gzip
import inspect
import json
import logging
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests
import urllib3

from importer.config.settings import Account, Keys, KeysIn
from importer.core.errors import SettingsError
from importer.core.model import CallClass, HostKind, Limit, Reply, Request, TransportFailure
from importer.core.redaction import Secret
from importer.leadsquared import client as module
from importer.leadsquared import network_errors
from importer.leadsquared.client import LeadSquaredClient, body_bytes
from importer.leadsquared.network_errors import describe_network_error
from importer.leadsquared.responses import classify
from tests.support.certificates import self_signed, server_context

ACCESS, SECRET, API = "canary-access-0001", "canary-secret-0002", "canary-api-000003"
POST = Request("POST", "/x", CallClass.BULK, [{"a": "é"}])
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nDate: Fri, 20 Nov 2026 10:00:10 GMT\r\n\r\n{}"


class Listener:
    """A raw server: ``act`` gets each connection with the bytes of its request."""

    def __init__(self, act: Callable[[socket.socket, bytes], None], context: ssl.SSLContext | None = None) -> None:
        self.requests: list[bytes] = []
        self._act = act
        self._context = context
        self._socket = socket.create_server(("127.0.0.1", 0))
        scheme = "https" if context else "http"
        self.host = f"{scheme}://127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._one, args=(connection,), daemon=True).start()

    def _one(self, connection: socket.socket) -> None:
        try:
            if self._context:
                connection = self._context.wrap_socket(connection, server_side=True)
            while content := self._request(connection):
                self.requests.append(content)
                self._act(connection, content)
        except (OSError, ssl.SSLError):
            connection.close()

    def _request(self, connection: socket.socket) -> bytes:
        content = b""
        while b"\r\n\r\n" not in content:
            piece = connection.recv(65536)
            if not piece:
                return b""
            content += piece
        head, _, body = content.partition(b"\r\n\r\n")
        length = next(
            (int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
        )
        while len(body) < length:
            body += connection.recv(65536)
        return head + b"\r\n\r\n" + body

    def close(self) -> None:
        self._socket.close()


@contextmanager
def serving(act: Callable[[socket.socket, bytes], None], context: ssl.SSLContext | None = None) -> Iterator[Listener]:
    listener = Listener(act, context)
    yield listener
    listener.close()


def account(host: str, **changes: object) -> Account:
    keys = Keys(Secret(ACCESS), Secret(SECRET), Secret(API))
    made = Account("t", host, host, keys, dict.fromkeys(CallClass, Limit(9, 9.0)), timeout_seconds=0.5)
    return replace(made, **changes)  # type: ignore[arg-type]


def sent(host: str, request: Request = POST, **changes: object) -> Reply:
    client = LeadSquaredClient(account(host, **changes), now=lambda: datetime(2026, 11, 20, 10, 0, 0, tzinfo=UTC))
    try:
        return client.send(request)
    finally:
        client.close()


def reply_with(content: bytes) -> Callable[[socket.socket, bytes], None]:
    return lambda connection, request: connection.sendall(content)


def http(body: bytes, *headers: bytes, status: bytes = b"200 OK") -> bytes:
    lines = [b"HTTP/1.1 " + status, b"Content-Length: %d" % len(body), *headers, b"", b""]
    return b"\r\n".join(lines) + body


def test_sync_calls_carry_their_keys_as_headers() -> None:
    """Never in the address."""
    with serving(reply_with(OK)) as server:
        reply = sent(server.host, replace(POST, params={"leadId": "1"}))
    (request,) = server.requests
    line, _, rest = request.partition(b"\r\n")
    assert line == b"POST /v2/x?leadId=1 HTTP/1.1"
    assert f"x-LSQ-AccessKey: {ACCESS}".encode() in rest
    assert rest.endswith(json.dumps([{"a": "é"}], ensure_ascii=False, separators=(",", ":")).encode())
    assert b"application/json; charset=utf-8" in rest
    assert (reply.status, reply.body, reply.server_skew) == (200, {}, 10.0)


def test_sync_calls_carry_their_keys_in_the_query_where_the_account_says_so() -> None:
    """And not as headers then."""
    with serving(reply_with(OK)) as server:
        sent(server.host, replace(POST, params={"leadId": "1"}), keys_in=KeysIn.QUERY)
    (request,) = server.requests
    assert request.startswith(f"POST /v2/x?leadId=1&accessKey={ACCESS}&secretKey={SECRET} ".encode())
    assert b"x-lsq" not in request.lower()


def test_calls_of_status_carry_the_api_key_alone() -> None:
    """The pair stays out of the address where it is not needed."""
    asked = Request("GET", "/lead/status", CallClass.ASYNC, None, {"RequestID": "r"}, HostKind.ASYNC, needs_pair=False)
    with serving(reply_with(OK)) as server:
        sent(server.host, asked)
    (request,) = server.requests
    assert request.startswith(b"GET /lead/status?RequestID=r HTTP")
    assert f"x-api-key: {API}".encode() in request
    assert ACCESS.encode() not in request


def test_async_calls_carry_them_as_the_pages_show() -> None:
    """Pair in the query, API key as header, path at the root."""
    with serving(reply_with(OK)) as server:
        sent(server.host, Request("GET", "/lead/status", CallClass.ASYNC, None, {"RequestID": "r"}, HostKind.ASYNC))
    (request,) = server.requests
    assert request.startswith(f"GET /lead/status?RequestID=r&accessKey={ACCESS}&secretKey={SECRET} ".encode())
    assert f"x-api-key: {API}".encode() in request
    with serving(reply_with(OK)) as server:
        request = Request("GET", "/lead/status", CallClass.ASYNC, host=HostKind.ASYNC)
        sent(server.host, request, async_paths={"/lead/status": "/1/lead/state"})
    assert server.requests[0].startswith(b"GET /1/lead/state?")
    for lacking in ({"async_host": ""}, {"keys": Keys(Secret("a"), Secret("b"), Secret(""))}):
        with pytest.raises(SettingsError, match="no async host"):
            sent(server.host, Request("GET", "/x", CallClass.ASYNC, host=HostKind.ASYNC), **lacking)


def test_no_redirect_is_followed() -> None:
    """Another host never sees keys or rows."""
    with serving(reply_with(OK)) as other:
        target = f"Location: {other.host}/v2/x".encode()
        with serving(reply_with(http(b"", target, status=b"307 Temporary Redirect"))) as server:
            assert sent(server.host).status == 307
        assert other.requests == []


def test_a_refused_connection_never_left() -> None:
    """Nobody listens: certainly nothing was sent."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    reply = sent(f"http://127.0.0.1:{port}")
    assert (reply.status, reply.failure) == (None, TransportFailure.NOT_SENT)
    assert "cannot be reached" in reply.detail


def test_an_unknown_host_never_left() -> None:
    """The name is not known."""
    reply = sent("http://no-such-host.invalid")
    assert reply.failure is TransportFailure.NOT_SENT
    assert "host name is not known" in reply.detail


@pytest.mark.slow
@pytest.mark.parametrize(
    "act",
    [
        lambda connection, request: connection.close(),
        lambda connection, request: (connection.sendall(OK[:40]), connection.close()),
        lambda connection, request: (connection.sendall(OK[:-1]), connection.close()),
        lambda connection, request: time.sleep(2),
        reply_with(b"nonsense\r\n\r\n"),
        reply_with(http(b"not gzip", b"Content-Encoding: gzip")),
        reply_with(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
    ],
)
def test_a_lost_answer_is_unknown_and_the_request_went_out_once(act: Callable[[socket.socket, bytes], None]) -> None:
    """Cut, late or garbled: the server saw exactly one request, and nobody repeats it."""
    with serving(act) as server:
        reply = sent(server.host)
        time.sleep(0.05)
        assert reply.failure is TransportFailure.UNKNOWN
        assert len(server.requests) == 1
        assert reply.detail.startswith("No complete answer")


def test_a_stale_connection_is_not_resent_silently() -> None:
    """The server closes the kept connection when the second request arrives: unknown, and sent once."""
    seen: list[bytes] = []

    def act(connection: socket.socket, request: bytes) -> None:
        seen.append(request)
        if len(seen) == 1:
            connection.sendall(OK)
        else:
            connection.shutdown(socket.SHUT_RDWR)

    with serving(act) as server:
        client = LeadSquaredClient(account(server.host))
        assert client.send(POST).status == 200
        assert client.send(POST).failure is TransportFailure.UNKNOWN
        assert len(seen) == 2
        client.close()


@pytest.mark.slow
def test_large_and_slow_answers_are_cut() -> None:
    """Four megabytes after unpacking, and twice the time-out in all."""
    bomb = gzip.compress(b" " * (5 * 1024 * 1024))
    with serving(reply_with(http(bomb, b"Content-Encoding: gzip"))) as server:
        assert sent(server.host).failure is TransportFailure.UNKNOWN
    small = gzip.compress(b'{"a": 1}')
    with serving(reply_with(http(small, b"Content-Encoding: gzip"))) as server:
        assert sent(server.host).body == {"a": 1}

    def trickle(connection: socket.socket, request: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(40):
            connection.sendall(b"1\r\n \r\n")
            time.sleep(0.05)

    with serving(trickle) as server:
        started = time.monotonic()
        assert sent(server.host).failure is TransportFailure.UNKNOWN
        assert time.monotonic() - started < 1.9


@pytest.mark.slow
@pytest.mark.parametrize("part", ["head", "length", "no-length", "tls"])
def test_an_answer_that_trickles_is_cut(part: str, tmp_path: Path) -> None:
    """Each byte comes within the time-out, yet the call ends after twice that time, and nothing of it is believed."""
    heads = {"head": b"", "length": b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"}
    head = heads.get(part, b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
    sent_all = threading.Event()

    def trickle(connection: socket.socket, request: bytes) -> None:
        connection.sendall(head)
        for byte in b"HTTP/1.1 200 OK\r\n" + b"X-Filler: 1\r\n" * 20 if part == "head" else b"[" + b"1," * 100:
            connection.sendall(bytes([byte]))
            time.sleep(0.05)
        sent_all.set()

    own = self_signed(tmp_path)
    with serving(trickle, server_context(own) if part == "tls" else None) as server:
        client = LeadSquaredClient(account(server.host))
        with client._session() as session:
            session.verify = str(own)
        reply = client.send(POST)
        client.close()
    assert reply.failure is TransportFailure.UNKNOWN
    assert "in time" in reply.detail or "slowly" in reply.detail
    assert not sent_all.is_set()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (b"7", 7.0),
        (b"Fri, 20 Nov 2026 10:00:30 GMT", 30.0),
        (b"Fri, 20 Nov 2026 10:00:30 -0000", 30.0),
        (b"soon", None),
    ],
)
def test_retry_after(text: bytes, seconds: float | None) -> None:
    """A number or a date; anything else is ignored."""
    with serving(reply_with(http(b"", b"Retry-After: " + text, status=b"429 Too Many"))) as server:
        assert sent(server.host).retry_after == seconds


def test_a_self_signed_certificate_never_gets_the_keys(tmp_path: Path) -> None:
    """The connection ends before anything is sent, and the words say why."""
    with serving(reply_with(OK), server_context(self_signed(tmp_path))) as server:
        reply = sent(server.host)
        assert reply.failure is TransportFailure.NOT_SENT
        assert "certificate" in reply.detail
        assert server.requests == []


def test_a_session_leads_nowhere_else() -> None:
    """Whatever address a request is made from, it goes to the account's own hosts or not at all."""
    with serving(reply_with(OK)) as server, serving(reply_with(OK)) as other:
        client = LeadSquaredClient(account(server.host))
        with client._session() as session, pytest.raises(requests.exceptions.InvalidURL):
            session.get(f"{other.host}/x")
        assert other.requests == []
        with client._session() as session:
            assert session.get(f"{server.host}/x").status_code == 200
        client.close()


def test_threads_that_come_and_go_share_connections() -> None:
    """There are as many sessions as calls at once, however many threads make them one after the other."""
    client = LeadSquaredClient(account("http://127.0.0.1:1"))
    for _ in range(50):
        thread = threading.Thread(target=client.send, args=(POST,))
        thread.start()
        thread.join()
    assert len(client._idle) == 1
    with client._session() as one, client._session() as two:
        assert one is not two
    client.close()
    assert client._idle == []


def test_the_environment_names_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proxies of the environment are not used."""
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with serving(reply_with(OK)) as server:
        assert sent(server.host).status == 200


def test_no_key_is_ever_said(caplog: pytest.LogCaptureFixture) -> None:
    """Not in a reply, not in a log at DEBUG, whatever goes wrong."""
    caplog.set_level(logging.DEBUG)
    logging.getLogger("urllib3").setLevel(logging.WARNING)
    said = []
    echo = http(f'{{"ExceptionMessage": "key {ACCESS}"}}'.encode(), status=b"500 Error")
    with serving(reply_with(echo)) as server:
        said.append(sent(server.host).text)
        said.append(sent(server.host, Request("GET", "/x", CallClass.ASYNC, host=HostKind.ASYNC)).text)
    said.append(sent("http://127.0.0.1:9").detail)
    said.append(sent("http://127.0.0.1:9", Request("GET", "/x", CallClass.ASYNC, host=HostKind.ASYNC)).detail)
    for text in [*said, caplog.text]:
        assert not any(key in text for key in (ACCESS, SECRET, API))


def test_keys_in_an_answer_are_hidden_before_it_is_cut() -> None:
    """In every text and name of its JSON and in the text that is kept, also one that goes on behind the cut."""
    escaped = "".join(f"%{ord(letter):02x}" for letter in SECRET)
    body = {"ExceptionMessage": f"{'x' * 480} {escaped} is wrong", ACCESS: [f"u003d{API}"], "other": SECRET[:-1]}
    with serving(reply_with(http(json.dumps(body).encode()))) as server:
        reply = sent(server.host)
    hidden = {"ExceptionMessage": f"{'x' * 480} •••• is wrong", "••••": ["u003d••••"], "other": SECRET[:-1]}
    assert reply.body == hidden
    assert classify(replace(reply, status=500), batch_of_one=True).message.endswith(" •••• is wrong")
    page = b"<p>" + b"x" * (module._MAX_TEXT - 10) + escaped.encode()
    with serving(reply_with(http(page))) as server:
        assert "%6" not in (text := sent(server.host).text)
    assert text.endswith("••••")


def test_every_error_of_requests_is_judged() -> None:
    """Only errors that are listed, or that name a connection never made, count as not sent."""
    kinds = [
        kind
        for _, kind in inspect.getmembers(requests.exceptions, inspect.isclass)
        if issubclass(kind, requests.exceptions.RequestException)
    ]
    assert len(kinds) > 15
    for kind in kinds:
        error = kind.__new__(kind)
        expected = issubclass(kind, network_errors._NOT_SENT_ERRORS)
        assert (describe_network_error(error).failure is TransportFailure.NOT_SENT) is expected, kind
        assert describe_network_error(error).reason
    pool = urllib3.HTTPConnectionPool("x")
    never = urllib3.exceptions.ConnectTimeoutError(pool, "x")  # type: ignore[arg-type]
    wrapped = requests.exceptions.ConnectionError(urllib3.exceptions.MaxRetryError(pool, "/", never))
    assert describe_network_error(wrapped).failure is TransportFailure.NOT_SENT
    late = requests.exceptions.ConnectionError(urllib3.exceptions.ReadTimeoutError(pool, "/", "late"))
    assert describe_network_error(late).failure is TransportFailure.UNKNOWN
    assert describe_network_error(late).reason == "no answer in time"
    broken = requests.exceptions.SSLError(urllib3.exceptions.SSLError(ssl.SSLError("while reading")))
    assert describe_network_error(broken).failure is TransportFailure.UNKNOWN


def test_bytes_are_the_same_every_time() -> None:
    """What the ledger remembers is what leaves."""
    assert body_bytes(POST) == body_bytes(POST)
    assert body_bytes(Request("GET", "/x", CallClass.BULK)) == b""


def test_one_connection_per_thread() -> None:
    """Several threads may send at once."""
    with serving(reply_with(OK)) as server:
        client = LeadSquaredClient(account(server.host))
        replies: list[Reply] = []
        threads = [threading.Thread(target=lambda: replies.append(client.send(POST))) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [reply.status for reply in replies] == [200] * 8
        client.close()


def test_an_error_below_requests_while_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the socket raises while the answer is read: the request has left."""

    def broken(*_: object) -> bytes:
        raise OSError("gone")

    monkeypatch.setattr(LeadSquaredClient, "_read_body", broken)
    with serving(reply_with(OK)) as server:
        assert sent(server.host).failure is TransportFailure.UNKNOWN
