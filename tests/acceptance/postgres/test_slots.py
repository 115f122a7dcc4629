"""Slots in the database: taken by several processes in turn, by the server's clock, whatever fails."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from importer.core.errors import LedgerError
from importer.core.model import Limit
from importer.core.redaction import Secret
from importer.rate_limit import postgres_store
from importer.rate_limit.account_limiter import postgres_slot_stores
from importer.rate_limit.postgres_store import SlotConnection
from importer.rate_limit.shared_limiter import SharedLimiter, StoredState
from importer.rate_limit.window_limiter import Slot
from tests.support.ledger_builders import TickingClock
from tests.support.postgres_server import Server

Making = Callable[..., SharedLimiter]


@pytest.fixture
def making(database: Secret, opening: Callable[..., Any]) -> Making:
    """Makes limiters as several processes would, with a free window behind them."""
    opening()

    def make(name: str = "acme/bulk", longest: float = 60.0) -> SharedLimiter:
        store = postgres_slot_stores(database, time.monotonic)(name)
        return SharedLimiter(store, Limit(3, 0.5), longest, boot="b", margin=0.0)

    make().wait_time(time.monotonic())
    time.sleep(0.6)
    return make


def acquire(limiter: SharedLimiter) -> Slot | None:
    return limiter.acquire(time.monotonic())


def test_two_processes_share_one_limit(making: Making) -> None:
    """What one takes the other lacks; a slot is free a window after its call; other accounts are not concerned."""
    one, other, stranger = making(), making(), making(name="else/bulk")
    slot = acquire(one)
    assert slot is not None
    assert acquire(other) is not None
    assert acquire(one) is not None
    assert acquire(other) is None
    assert other.wait_time(time.monotonic()) == float("inf")
    one.release(slot, time.monotonic())
    assert other.wait_time(time.monotonic()) <= 0.5
    time.sleep(0.6)
    assert acquire(other) is not None
    assert stranger.wait_time(time.monotonic()) > 0
    for each in (one, other, stranger):
        each.close()


def test_the_caller_s_clock_does_not_matter(database: Secret, making: Making) -> None:
    """Machines count their seconds from different moments; a pause of one holds all."""
    one = making()
    far = SharedLimiter(SlotConnection(database, lambda: 5.0).store("acme/bulk"), Limit(3, 0.5), 60.0, boot="b")
    assert far.acquire(5.0) is not None
    one.block_until(time.monotonic() + 30)
    assert 10 < far.wait_time(5.0) <= 30.1
    far.block_until(5.0 + 60)
    assert 40 < one.wait_time(time.monotonic()) <= 60.1


def test_lessons_are_shared(making: Making) -> None:
    """Until somebody makes all forget."""
    one, other = making(), making()
    one.learn(Limit(1, 10.0))
    assert acquire(other) is not None
    assert (acquire(one), other.limit) == (None, Limit(1, 10.0))
    other.forget_learned()
    assert acquire(one) is not None


def test_a_process_that_died_in_mid_call(making: Making) -> None:
    """Its slots are free once the CRM can no longer count its calls."""
    dead, alive = making(longest=4.0), making()
    assert [acquire(dead) is not None for _ in range(3)] == [True] * 3
    dead.close()
    assert acquire(alive) is None
    time.sleep(4.1)
    assert acquire(alive) is not None


def test_a_connection_that_is_cut(making: Making, server: Server) -> None:
    """The change is made again, on a new one."""
    one = making()
    slot = acquire(one)
    assert slot is not None
    server.cut("trial")
    assert one.holds(slot, time.monotonic())
    server.restart()
    one.release(slot, time.monotonic())
    time.sleep(0.6)
    assert [acquire(one) is not None for _ in range(4)] == [True, True, True, False]


def test_a_server_that_stays_away(making: Making, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """The person learns so; nothing is sent without a slot."""
    monkeypatch.setattr(postgres_store, "_PAUSES", (0.01,))
    one = making()
    server.stop()
    try:
        with pytest.raises(LedgerError, match="cannot be reached"):
            acquire(one)
    finally:
        server.start()
    assert acquire(one) is not None


@pytest.mark.parametrize("content", ["{", "[]"])
def test_a_line_that_says_nothing(making: Making, server: Server, content: str) -> None:
    """As long as a call can last nothing is sent: somebody may have made calls."""
    one = making()
    server.sql(f"UPDATE importer.slots SET content = '{content}'", "trial")
    assert 40 < one.wait_time(time.monotonic()) <= 60


def test_a_ledger_that_is_missing(database: Secret) -> None:
    """Without tables nothing is known, and nothing is sent."""
    with pytest.raises(LedgerError, match="its tables are missing"):
        SlotConnection(database, time.monotonic).store("acme/bulk").change(lambda stored: (None, None))


def test_a_decision_that_fails_leaves_nothing(making: Making, database: Secret) -> None:
    """And the line is free for the next one."""
    line = SlotConnection(database, time.monotonic).store("new/bulk")

    def broken(stored: StoredState) -> tuple[None, None]:
        raise RuntimeError(str(TickingClock()))

    with pytest.raises(RuntimeError):
        line.change(broken)
    assert line.change(lambda stored: (stored.content, {"a": 1})) == {}
    assert line.change(lambda stored: (stored.content, None)) == {"a": 1}
    line.close()
    line.close()
