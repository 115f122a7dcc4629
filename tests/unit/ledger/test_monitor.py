"""Figures for whoever watches: the same for every store, read beside an import and without changing anything."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from importer.core.errors import LedgerError
from importer.core.model import Status, VerdictKind
from importer.core.redaction import Secret
from importer.ledger import monitor
from importer.ledger.factory import monitor_ledger, open_ledger
from importer.ledger.ledger import Ledger
from importer.ledger.monitor import CallKey, LedgerMetrics, LedgerMonitor
from tests.support.ledger_builders import TickingClock, call, ended, new_run, outcomes, send
from tests.support.postgres_server import Server

APPLIED = CallKey("acme", "bulk", "applied", "")
THROTTLED = CallKey("acme", "bulk", "throttled", "TooMany")
Pair = tuple[Callable[[], Ledger], LedgerMonitor]


@pytest.fixture(params=["file", "database"])
def pair(request: pytest.FixtureRequest, tmp_path: Path, clock: TickingClock) -> Pair:
    """How the ledger is opened, and a watch over it that is there first."""
    secret = None
    if request.param == "database":
        server: Server = request.getfixturevalue("server")
        secret = Secret(server.emptied("watching"))
    return lambda: open_ledger(tmp_path / "home", secret, clock=clock), monitor_ledger(tmp_path / "home", secret)


@pytest.mark.slow
def test_what_the_figures_say(pair: Pair) -> None:
    """Before there is a ledger, while calls are under way, and after they ended; each call is counted once."""
    opened, watch = pair
    assert watch.read_metrics() == LedgerMetrics()
    ledger = opened()
    ledger.open_run(new_run())
    ledger.open_run(new_run("run-2", account="other"))
    send(ledger, range(2, 7))
    number = ledger.begin_call(call([8, 9]))
    first = watch.read_metrics()
    assert first.rows == {("run-1", "created"): 5, ("run-1", "sending"): 2}
    assert (first.calls, first.seconds) == ({APPLIED: 1}, {APPLIED: 0.5})
    assert first.accounts == {"run-1": "acme", "run-2": "other"}
    end = ended(VerdictKind.THROTTLED, code="TooMany")
    ledger.finish_call(number, end, outcomes([8, 9], Status.NOT_SENT))
    ledger.finish_run("run-2")
    for seconds in (1.25, 0.5):
        ledger.record_wait("run-1", seconds)
    for second in (watch.read_metrics(), watch.read_metrics()):
        assert second.rows == {("run-1", "created"): 5, ("run-1", "not_sent"): 2, ("run-2", "invalid"): 10}
        assert second.unrecorded == {"run-1": ("/runs/run-1", 3)}
        assert second.calls == {APPLIED: 1, THROTTLED: 1}
        assert second.waits == {"acme": 1.75}
        assert second.runs == {("acme", "open"): 1, ("other", "finished"): 1}
        assert second.last_finished["other"].startswith("2026-01-01T00:00:")
    ledger.close()


def test_a_large_ledger_is_read_in_portions(
    tmp_path: Path, clock: TickingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An import is never kept from writing for long; the sums are the same."""
    ledger = open_ledger(tmp_path, None, clock=clock)
    ledger.open_run(new_run())
    for row in range(2, 20):
        send(ledger, [row])
    monkeypatch.setattr(monitor, "_PORTION", 5)
    figures = monitor_ledger(tmp_path, None).read_metrics()
    assert figures.rows == {("run-1", "created"): 18}
    assert figures.calls == {APPLIED: 18}
    ledger.close()


def test_another_ledger_in_its_place_is_counted_anew(tmp_path: Path, clock: TickingClock) -> None:
    """And one that was taken away is none."""
    watch = monitor_ledger(tmp_path, None)
    for rows in ([2, 3, 4], [2]):
        ledger = open_ledger(tmp_path, None, clock=clock, adopt=True)
        ledger.open_run(new_run())
        for row in rows:
            send(ledger, [row])
        ledger.close()
        assert watch.read_metrics().rows == {("run-1", "created"): len(rows)}
        (tmp_path / "ledger.db").unlink()
    assert watch.read_metrics() == LedgerMetrics()


def test_a_ledger_that_cannot_be_read_is_an_error_with_advice(tmp_path: Path, clock: TickingClock) -> None:
    """And is counted whole when it can be read again."""
    watch = monitor_ledger(tmp_path, None)
    ledger = open_ledger(tmp_path, None, clock=clock)
    ledger.open_run(new_run())
    send(ledger, [2])
    ledger.close()
    whole = (tmp_path / "ledger.db").read_bytes()
    assert watch.read_metrics().calls == {APPLIED: 1}
    (tmp_path / "ledger.db").write_bytes(b"no database at all" * 100)
    with pytest.raises(LedgerError, match="not a ledger"):
        watch.read_metrics()
    (tmp_path / "ledger.db").write_bytes(whole)
    assert watch.read_metrics().calls == {APPLIED: 1}


@pytest.mark.slow
def test_a_database_that_is_away_is_an_error_with_advice(server: Server) -> None:
    """Whoever watches is told, and asks again later."""
    secret = Secret(server.emptied("watching").replace("watching", "nowhere"))
    with pytest.raises(LedgerError, match="PostgreSQL database"):
        monitor_ledger(Path(), secret).read_metrics()
