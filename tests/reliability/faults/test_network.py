"""What a network can do wrong, fault by fault (N1 to N24): nothing lost, nothing doubled, and no key shown."""

from __future__ import annotations

import os
import shutil
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.certificates import self_signed, server_context
from tests.support.proxy import Exchange, Proxy, slowly
from tests.support.trial import KINDS, Ended, Trial

BULK = "/Bulk/"
DONE = {"created": 55}


@pytest.fixture
def trial(tmp_path: Path) -> Iterator[Trial]:
    made = Trial(tmp_path, KINDS["bulk"], 55)
    made.environment["LEADSQUARED_TIMEOUT_SECONDS"] = "1.5"
    made.environment["LEADSQUARED_BULK_CALLS_PER_WINDOW"] = "1"
    made.before = _impatient
    with made:
        yield made


def _impatient() -> None:
    """Questions that get no answer are asked again without the usual pauses, which tell nothing here."""
    from importer.delivery import dispatcher
    from importer.leadsquared import query_client

    query_client._FIRST_PAUSE = 0.01
    dispatcher._LONGEST_PAUSE = 0.01


def settled(trial: Trial, ended: Ended) -> dict[str, int]:
    verdict = trial.verdict(ended)
    assert verdict.kept, verdict
    return dict(verdict.statuses)


def stopped(trial: Trial, ended: Ended, words: str) -> None:
    """It ended early, said why without a key, and the rest is not sent; with the network back, resume finishes."""
    assert ended.status in (1, 2, 4), ended
    assert words in ended.out + ended.err, ended


# --- nothing gets through


@pytest.mark.parametrize(
    ("host", "words"),
    [
        ("http://127.0.0.1:1", "cannot be reached"),
        ("http://[::1]:1", "cannot be reached"),
    ],
    ids=["N1 refused", "N24 no IPv6"],
)
def test_n1_n24_nobody_listens(trial: Trial, host: str, words: str) -> None:
    """The connection is refused: nothing is sent, and the message says so."""
    stopped(trial, trial.run(LEADSQUARED_HOST=host), words)
    assert settled(trial, trial.finish()) == DONE


def test_n1_the_server_goes_away_in_the_middle(trial: Trial) -> None:
    """Rows that never left are not in doubt; the run gives up after some tries, and resume finishes it."""
    front = Proxy(trial, BULK, lambda exchange: front.stop(), range(2, 3))
    ended = trial.run()
    counts = {status: count for status, count in ended.json["counts"].items() if count}
    assert ended.status == 4, ended
    assert (counts["created"], counts["not_sent"]) == (1, 29)
    trial.environment["LEADSQUARED_HOST"] = trial.sandbox.host
    assert settled(trial, trial.command("resume", "--json")) == DONE


@pytest.mark.skipif(shutil.which("unshare") is None or os.geteuid() != 0, reason="needs unshare and root")
def test_n2_n4_no_network_at_all(trial: Trial) -> None:
    """Without a network no name is known and no host is reached: nothing is sent."""
    command = ["unshare", "-n", sys.executable, "-m", "importer", "run", "rows.csv", "-m", "rows.yaml", "--yes"]
    environment = {**trial.environment, "LEADSQUARED_HOST": "https://api-in21.leadsquared.com"}
    ended = subprocess.run(
        command, cwd=trial.folder, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert ended.returncode in (1, 2), ended
    assert "host" in ended.stderr
    assert trial.environment["LEADSQUARED_ACCESS_KEY"] not in ended.stderr + ended.stdout
    assert trial.sandbox.log == []


def test_n5_nobody_accepts(trial: Trial) -> None:
    """A host that never accepts a connection is given up after the time-out; nothing was sent."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        full = [socket.socket() for _ in range(4)]
        for one in full:
            one.setblocking(False)
            one.connect_ex(listener.getsockname())
        time.sleep(0.1)
        host = f"http://127.0.0.1:{listener.getsockname()[1]}"
        stopped(trial, trial.run(LEADSQUARED_HOST=host), "cannot be reached")
        for one in full:
            one.close()
    assert settled(trial, trial.finish()) == DONE


# --- TLS


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
@pytest.mark.parametrize("fault", ["self-signed", "expired", "wrong name", "old version", "cut in the handshake"])
def test_n6_n7_tls_that_cannot_be_trusted(trial: Trial, tmp_path: Path, fault: str) -> None:
    """No key and no row is sent over a connection whose other end is not proven."""
    name = "other.example" if fault == "wrong name" else "localhost"
    context = server_context(self_signed(tmp_path, name, days=1 if fault == "expired" else 30))
    if fault == "old version":
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    heard: list[bytes] = []

    def serve(listener: socket.socket) -> None:
        while True:
            try:
                plain, _ = listener.accept()
            except OSError:
                return
            try:
                if fault == "cut in the handshake":
                    plain.recv(100)
                    continue
                with context.wrap_socket(plain, server_side=True) as wrapped:
                    heard.append(wrapped.recv(1000))
            except OSError:
                continue
            finally:
                plain.close()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, args=(listener,), daemon=True).start()
        ended = trial.run(LEADSQUARED_HOST=f"https://localhost:{listener.getsockname()[1]}")
        stopped(trial, ended, "cannot be reached")
    assert [content for content in heard if content] == []
    assert trial.sandbox.log == []


# --- the connection breaks


def cut_before(exchange: Exchange) -> None:
    """N8: the request never arrives."""


def cut_after(exchange: Exchange) -> None:
    """N9: the server has done it, the answer never comes."""
    exchange.forward()
    exchange.answer()


def reset_after(exchange: Exchange) -> None:
    """N10: the same, with a reset."""
    exchange.forward()
    exchange.answer()
    exchange.reset()


def stale_answer(exchange: Exchange) -> None:
    """N17: the answer to an earlier request comes in place of this one's."""
    exchange.forward()
    exchange.answer()
    body = b'{"Response": []}'
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
    exchange.client.sendall(head + body)


def bytewise(exchange: Exchange) -> None:
    """N16: the answer comes in single bytes, far too slowly."""
    exchange.forward()
    slowly(exchange.answer(), exchange.client, 1, 0.1)


def portal(exchange: Exchange) -> None:
    """N20: a captive portal answers with its own page."""
    body = b"<html><body>Please log in to the wireless network</body></html>"
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n" % len(body)
    exchange.client.sendall(head + body)


def proxy_login(exchange: Exchange) -> None:
    """N20: a proxy wants a password."""
    exchange.client.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")


def too_short(exchange: Exchange) -> None:
    """S20: Content-Length promises more than comes."""
    exchange.forward()
    exchange.client.sendall(exchange.answer().replace(b"Content-Length: ", b"Content-Length: 9"))


def rubbish_chunks(exchange: Exchange) -> None:
    """S20: a chunked body whose chunks make no sense."""
    exchange.forward()
    exchange.answer()
    exchange.client.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nnonsense")


def no_http(exchange: Exchange) -> None:
    """S20: an answer without a head, as HTTP/0.9 had it."""
    exchange.forward()
    exchange.answer()
    exchange.client.sendall(b'{"Response": [{"RowNumber": 1, "ActivityCreated": true}]}')


@pytest.mark.parametrize(
    "rule",
    [cut_before, cut_after, reset_after, stale_answer, bytewise, portal, too_short, rubbish_chunks, no_http],
    ids=lambda rule: str(rule.__doc__).split(":")[0] + " " + str(rule.__name__),
)
def test_n8_to_n20_the_wire_breaks(trial: Trial, rule: object) -> None:
    """Whatever happens to the second call, each row arrives once, and the CRM has nothing that no row asked for."""
    Proxy(trial, BULK, rule)  # type: ignore[arg-type]  # the rules above
    assert settled(trial, trial.run()) == DONE


def test_n20_a_proxy_that_wants_a_password(trial: Trial) -> None:
    """A 407 is nobody's answer to the rows: they are looked for, or the run stops; nothing is doubled."""
    Proxy(trial, BULK, proxy_login)
    trial.run()
    assert settled(trial, trial.finish()) == DONE


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_n11_the_request_is_cut(trial: Trial, share: float) -> None:
    """Half a body is no request: the rows are absent, and sent once more."""

    def cut(exchange: Exchange) -> None:
        exchange.forward(exchange.request[: int(len(exchange.request) * share)])

    Proxy(trial, BULK, cut)
    assert settled(trial, trial.run()) == DONE


@pytest.mark.parametrize("share", [0.01, 0.1, 0.5, 0.9, 0.9999])
def test_n12_the_answer_is_cut(trial: Trial, share: float) -> None:
    """In its head, in its body, before its last byte: half an answer says nothing, reading back does."""

    def cut(exchange: Exchange) -> None:
        exchange.forward()
        answer = exchange.answer()
        exchange.client.sendall(answer[: max(1, int(len(answer) * share))])

    Proxy(trial, BULK, cut)
    assert settled(trial, trial.run()) == DONE


@pytest.mark.parametrize("seconds", [0.3, 1.6], ids=["N13 before giving up", "N14 after giving up"])
def test_n13_n14_the_server_is_slow(trial: Trial, seconds: float) -> None:
    """Whether the server is done before or after the caller gives up, each row is there once."""
    trial.sandbox.faults.order("late-processing", skip=1, on="bulk", seconds=seconds)
    assert settled(trial, trial.run(LEADSQUARED_SETTLE_SECONDS="0.5")) == DONE


def test_n15_the_server_is_done_long_after_the_settle_time(trial: Trial) -> None:
    """Beyond the settle time nobody can promise anything; with the settle time of the account it holds."""
    trial.sandbox.faults.order("late-processing", skip=1, on="bulk", seconds=2.4)
    assert settled(trial, trial.run(LEADSQUARED_SETTLE_SECONDS="1.5")) == DONE


def test_n18_no_call_is_repeated_by_the_library(trial: Trial) -> None:
    """The server sees each request once, whatever happens to its answer."""
    Proxy(trial, BULK, reset_after)
    trial.run()
    assert len([entry for entry in trial.sandbox.log if entry["kind"] == "bulk"]) == 4


@pytest.mark.parametrize("name", ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy"])
def test_n19_proxies_of_the_environment_are_not_used(trial: Trial, name: str) -> None:
    """Keys go to LeadSquared's host and nowhere else."""
    assert settled(trial, trial.run(**{name: "http://127.0.0.1:1"})) == DONE


def test_n21_bytes_in_slices(trial: Trial) -> None:
    """However the network cuts the answer into pieces, it is one answer."""

    def sliced(exchange: Exchange) -> None:
        exchange.forward()
        slowly(exchange.answer(), exchange.client, 97, 0.0005)

    Proxy(trial, BULK, sliced, range(1, 100))
    assert settled(trial, trial.run()) == DONE


@pytest.mark.skipif(shutil.which("prlimit") is None, reason="needs prlimit")
def test_n22_no_more_sockets(trial: Trial) -> None:
    """When the system gives no more file descriptors, the run ends with words; afterwards it is finished."""
    command = [
        "prlimit",
        "--nofile=14",
        sys.executable,
        "-m",
        "importer",
        "run",
        "rows.csv",
        "-m",
        "rows.yaml",
        "--yes",
    ]
    subprocess.run(command, cwd=trial.folder, env=trial.environment, capture_output=True, timeout=120, check=False)
    assert settled(trial, trial.finish()) == DONE
