"""The way to LeadSquared: certificates that are trusted, proxies, and errors that are named as what they are."""

from __future__ import annotations

import base64
import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from importer.config.settings import parse_proxy
from importer.core.model import Reply, TransportFailure, VerdictKind
from importer.leadsquared import transport
from importer.leadsquared.responses import classify
from tests.support.certificates import self_signed, server_context
from tests.unit.leadsquared.test_client import OK, reply_with, sent, serving

PASSWORD = "proxy-pass-0001"


class OfficeProxy:
    """A proxy that connects to one place whatever is asked for, or answers with ``status``."""

    def __init__(self, place: tuple[str, int], status: bytes = b"200 OK") -> None:
        self.asked: list[bytes] = []
        self._place, self._status = place, status
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://clerk:{PASSWORD}@127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=self._serve, args=self._listener.accept()[:1], daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError), client:
            self.asked.append(client.recv(65536))
            client.sendall(b"HTTP/1.1 " + self._status + b"\r\nContent-Length: 0\r\n\r\n")
            if self._status.startswith(b"200"):
                with socket.create_connection(self._place) as server:
                    threading.Thread(target=_pump, args=(server, client), daemon=True).start()
                    _pump(client, server)

    def close(self) -> None:
        self._listener.close()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while piece := source.recv(65536):
            sink.sendall(piece)


@contextmanager
def office(folder: Path, status: bytes = b"200 OK") -> Iterator[tuple[OfficeProxy, dict[str, object]]]:
    """A proxy before a server that has its own certificate for localhost; and the settings of an account for them."""
    own = self_signed(folder, "api-in21.leadsquared.com")
    with serving(reply_with(OK), server_context(own)) as server:
        proxy = OfficeProxy(("127.0.0.1", int(urlsplit(server.host).port or 0)), status)
        yield proxy, {"proxy": parse_proxy(proxy.url, "x"), "ca_certificates": certificate(own), "timeout_seconds": 5}
        proxy.close()


def certificate(pem: Path) -> str:
    text = pem.read_text("ascii")
    return text[text.index("-----BEGIN CERTIFICATE") :]


LEADSQUARED = "https://api-in21.leadsquared.com"


def test_an_authority_of_the_account_is_trusted_besides(tmp_path: Path) -> None:
    """Without it the certificate is refused, named as that, and nothing was sent."""
    own = self_signed(tmp_path)
    with serving(reply_with(OK), server_context(own)) as server:
        refused = sent(server.host)
        trusted = sent(server.host, ca_certificates=certificate(own))
    assert (refused.failure, trusted.status) == (TransportFailure.NOT_SENT, 200)
    assert "certificate is not trusted (self-signed certificate)" in refused.detail
    assert "LEADSQUARED_CA_FILE" in refused.remedy


def test_the_operating_systems_authorities_are_trusted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Those of the environment are not; plain HTTP needs none."""
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "own.pem"))
    own = self_signed(tmp_path)
    with serving(reply_with(OK), server_context(own)) as server:
        assert sent(server.host).failure is TransportFailure.NOT_SENT
    assert transport._uses_tls(["http://127.0.0.1:1"]) is False


def test_calls_go_through_the_proxy_of_the_account(tmp_path: Path) -> None:
    """With its name and password, which nothing shows; the call itself stays encrypted to LeadSquared."""
    with office(tmp_path) as (proxy, settings):
        reply = sent(LEADSQUARED, **settings)
    assert reply.status == 200
    (asked,) = proxy.asked
    assert asked.startswith(b"CONNECT api-in21.leadsquared.com:443")
    assert base64.b64encode(f"clerk:{PASSWORD}".encode()) in asked
    assert b"canary" not in asked


@pytest.mark.parametrize(
    ("status", "failure", "words"),
    [
        (b"407 Proxy Authentication Required", TransportFailure.NOT_SENT, "does not accept the name and password"),
        (b"403 Forbidden", TransportFailure.NOT_SENT, "did not connect to the host (status 403)"),
        (b"502 Bad Gateway", TransportFailure.UNKNOWN, "did not connect to the host (status 502)"),
        (b"504 Gateway Timeout", TransportFailure.UNKNOWN, "did not connect to the host (status 504)"),
    ],
)
def test_a_proxys_refusal_is_not_leadsquareds(
    tmp_path: Path, status: bytes, failure: TransportFailure, words: str
) -> None:
    """What the proxy refuses has not been sent; of what fails behind it nothing is known."""
    with office(tmp_path, status) as (_, settings):
        reply = sent(LEADSQUARED, **settings)
    assert (reply.failure, words in reply.detail) == (failure, True), reply
    assert "proxy" in reply.remedy
    assert PASSWORD not in str(reply)


@pytest.mark.parametrize(
    ("url", "words"),
    [("http://127.0.0.1:1", "the proxy cannot be reached"), ("http://proxy.invalid:1", "the name of the proxy")],
)
def test_a_proxy_that_is_not_there_is_named(url: str, words: str) -> None:
    """Not the host is at fault, and nothing was sent."""
    reply = sent(LEADSQUARED, proxy=parse_proxy(url, "x"))
    assert (reply.failure, words in reply.detail) == (TransportFailure.NOT_SENT, True), reply


def test_this_computer_is_never_asked_for_through_a_proxy() -> None:
    """The sandbox, whatever proxy the account has."""
    with serving(reply_with(OK)) as server:
        assert sent(server.host, proxy=parse_proxy("http://127.0.0.1:1", "x")).status == 200


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (Reply(407, text="<html>"), VerdictKind.NOT_APPLIED),
        (Reply(502, text="<html>"), VerdictKind.UNCERTAIN),
        (Reply(504), VerdictKind.UNCERTAIN),
    ],
)
def test_answers_of_a_proxy_inside_the_connection(reply: Reply, kind: VerdictKind) -> None:
    """One that opens the traffic answers in LeadSquared's place."""
    verdict = classify(reply, batch_of_one=True)
    assert verdict.kind is kind
    assert not verdict.message.startswith("LeadSquared ")
    assert classify(replace(reply, status=500), batch_of_one=True).message.startswith("LeadSquared ")
