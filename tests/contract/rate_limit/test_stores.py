"""Slots of an account that lie in another store than a file: its time counts, and it may ask twice or be gone."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from importer.core.errors import LedgerError
from importer.core.model import CallClass, Limit, Reply
from importer.core.redaction import Secret
from importer.rate_limit.account_limiter import make_account_limiter
from importer.rate_limit.shared_limiter import SharedLimiter, StoredState
from tests.support.delivery_world import VirtualClock, World

LIMIT = Limit(3, 5.0)


class Elsewhere:
    """A store whose time has nothing to do with ours, and which sometimes asks for a decision twice, or fails."""

    def __init__(self) -> None:
        self.content: dict[str, object] = {}
        self.clock = 1_000_000.0
        self.attempts = 1
        self.broken = False

    def change(self, decide: Callable[[StoredState], tuple[Any, Any]]) -> Any:
        if self.broken:
            raise LedgerError("The database is gone.", "Look for it.")
        for _ in range(self.attempts):
            result, content = decide(StoredState(self.content, self.clock, self.clock - 5.0))
        self.content = self.content if content is None else json.loads(json.dumps(content))
        return result

    def close(self) -> None:
        pass


def test_a_store_with_a_clock_of_its_own() -> None:
    """Its time counts, whatever the caller's says, also for a pause that the caller asks for."""
    store = Elsewhere()
    one, other = (SharedLimiter(store, LIMIT, 100.0, boot="b", margin=0.0) for _ in range(2))
    assert one.wait_time(5.0) == 5.0
    store.clock += 5.0
    slot = other.acquire(77.0)
    assert slot is not None
    other.release(slot, 99.0)
    assert [one.acquire(5.0) is None for _ in range(3)] == [False, False, True]
    one.block_until(5.0 + 60.0)
    assert other.wait_time(0.0) == 60.0


def test_a_decision_that_is_asked_for_twice() -> None:
    """When it is not certain that the first one was stored: no slot is lost by it."""
    store = Elsewhere()
    one = SharedLimiter(store, LIMIT, 100.0, boot="b", margin=0.0)
    one.wait_time(0.0)
    store.clock += 5.0
    store.attempts = 2
    slots = [one.acquire(0.0) for _ in range(4)]
    assert [slot is None for slot in slots] == [False, False, False, True]
    assert slots[0] is not None
    assert one.holds(slots[0], 0.0)
    one.release(slots[0], 0.0)
    assert one.wait_time(0.0) == 5.0


def test_an_answer_outlives_a_store_that_is_gone(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The account's database is asked for slots; when it fails after a call, what the CRM answered still counts."""
    stores: dict[str, Elsewhere] = {}

    def made(database: Secret, monotonic: Callable[[], float]) -> Callable[[str], Elsewhere]:
        assert database.reveal() == "postgresql://h/d"
        return lambda name: stores.setdefault(name, Elsewhere())

    monkeypatch.setattr("importer.rate_limit.account_limiter.postgres_slot_stores", made)
    account = replace(world.account, database=Secret("postgresql://h/d"), slots=Path("unused"))
    allowances = make_account_limiter(account, world.clock)
    assert set(stores) == {f"{account.name}/{kind.value}" for kind in CallClass}
    bulk = stores[f"{account.name}/bulk"]
    assert allowances.acquire(CallClass.BULK) is None
    bulk.clock += 10.0
    slot = allowances.acquire(CallClass.BULK)
    assert slot is not None

    def send() -> Reply:
        bulk.broken = True
        return Reply(status=200)

    assert allowances.send(CallClass.BULK, slot, send).status == 200
    with pytest.raises(LedgerError, match="gone"):
        allowances.acquire(CallClass.BULK)
    allowances.close()


def test_the_account_says_where(tmp_path: Path, world: World) -> None:
    """Without a folder each process counts for itself."""
    clock = VirtualClock()
    alone = make_account_limiter(world.account, clock)
    assert alone.acquire(CallClass.BULK) is not None
    alone.close()
    together = make_account_limiter(replace(world.account, slots=tmp_path / "limits"), clock)
    assert together.acquire(CallClass.BULK) is None
    clock.sleep(6.0)
    assert together.acquire(CallClass.BULK) is not None
    together.close()
