from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from importer.app.doctor import Health, examine
from importer.core.errors import RunStopped
from importer.rate_limit.daily_quota import DailyQuota, count_calls_today
from tests.support.delivery_world import VirtualClock, World, visits
from tests.support.memory_ledger import MemoryLedger


@pytest.fixture
def budgeted(world: World) -> World:
    world.account = replace(world.account, daily_calls=4)
    return world


def quota_of(world: World) -> DailyQuota:
    return DailyQuota(world.account, world.ledger, world.clock)


def used(world: World) -> int:
    return count_calls_today(world.ledger, "test", world.clock.now())


def test_questions_use_up_the_quota_of_their_day(budgeted: World) -> None:
    """The fifth of four is refused before it leaves; the next day begins anew."""
    quota = quota_of(budgeted)
    for _ in range(4):
        quota.check_and_count()
    with pytest.raises(RunStopped, match="budget of 4 calls a day"):
        quota.check_and_count()
    assert used(budgeted) == 4
    budgeted.clock.sleep(86_400)
    quota.check_and_count()
    assert used(budgeted) == 1


def test_without_a_budget_questions_are_counted_all_the_same(world: World) -> None:
    """What was used today is shown, and a budget that is set later knows it."""
    quota = quota_of(world)
    for _ in range(3):
        quota.check_and_count()
    assert used(world) == 3
    with pytest.raises(RunStopped):
        DailyQuota(replace(world.account, daily_calls=3), world.ledger, world.clock).check()


def test_a_question_that_must_leave_is_counted(budgeted: World) -> None:
    """Whose keys these are is asked in any case, and costs the others their place."""
    quota = quota_of(budgeted)
    for _ in range(5):
        quota.count()
    assert used(budgeted) == 5
    with pytest.raises(RunStopped):
        quota.check()


def test_other_threads_count_and_the_owner_writes(budgeted: World) -> None:
    """The ledger belongs to one thread; readers in others are counted, and refused, too."""
    quota, refused = quota_of(budgeted), []

    def read() -> None:
        for _ in range(5):
            try:
                quota.check_and_count()
            except RunStopped:
                refused.append(True)

    thread = threading.Thread(target=read)
    thread.start()
    thread.join()
    assert (used(budgeted), refused) == (0, [True])
    quota.save_queries()
    quota.save_queries()
    assert used(budgeted) == 4


def test_another_process_is_seen_within_a_minute(budgeted: World) -> None:
    """A doctor beside a long import takes its part of the quota."""
    quota, beside = quota_of(budgeted), quota_of(budgeted)
    for _ in range(4):
        beside.check_and_count()
    quota.check()
    budgeted.clock.sleep(60)
    with pytest.raises(RunStopped):
        quota.check()


def test_calls_with_rows_and_questions_share_the_budget(budgeted: World) -> None:
    """Three questions about the first rows leave one call of four."""
    delivered = budgeted.deliver(budgeted.plan(visits(60)))
    assert delivered.stopped is not None
    assert (budgeted.crm.posts, used(budgeted)) == (1, 4)


def test_a_doctor_without_budget_says_so(budgeted: World, tmp_path: Path) -> None:
    """It does not ask, and it does not fail."""
    budgeted.ledger.count_queries("test", 4)
    crm: Any = None
    found = list(examine(budgeted.account, crm, budgeted.ledger, budgeted.clock, lambda: False, tmp_path))
    assert [(each.name, each.health) for each in found] == [("Host", Health.GOOD), ("Calls", Health.BAD)]
    assert "budget of 4 calls a day" in found[1].found
    with pytest.raises(RunStopped):
        list(examine(budgeted.account, crm, budgeted.ledger, budgeted.clock, lambda: True, tmp_path))


def test_questions_are_counted_by_account_and_day() -> None:
    """And the last day on which an account was asked anything is known."""
    clock = VirtualClock()
    ledger = MemoryLedger(clock=clock.now)
    assert (ledger.last_query_day("a"), ledger.queries_on("a", "2026-01-01")) == ("", 0)
    ledger.count_queries("a", 2)
    ledger.count_queries("a", 3)
    ledger.count_queries("b", 1)
    day = clock.now().strftime("%Y-%m-%d")
    assert (ledger.queries_on("a", day), ledger.queries_on("b", day)) == (5, 1)
    assert ledger.last_query_day("a") == day
    ledger.close()
