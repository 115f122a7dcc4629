"""What a delivery costs, told before it begins."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from importer.app.dry_run import estimate_cost
from importer.core.model import CallClass, Limit
from importer.ledger.model import LearnedLimit
from importer.planning.store import Plan
from tests.support.delivery_world import World, visits


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rows", "text"),
    [
        (1, "at least 1 call, at 4 bulk calls in 5 s"),
        (100, "at least 4 calls, at 4 bulk calls in 5 s"),
        (101, "at least 5 calls and 5 s, at 4 bulk calls in 5 s"),
        (2_600, "at least 104 calls and 2 min 5 s, at 4 bulk calls in 5 s"),
    ],
)
def test_calls_and_time(world: World, rows: int, text: str) -> None:
    """As many calls as rows fill, and the windows that they need at the account's limit."""
    cost = estimate_cost(world.plan(visits(rows)), world.clock.now(), world.account)
    assert cost is not None
    assert cost.text == text
    assert cost.left_today is None


def test_without_a_known_limit_the_time_is_a_range(world: World) -> None:
    """From the largest plan to the smallest: without an account, and while its limit is only assumed."""
    plan = world.plan(visits(626))
    for account in (None, replace(world.account, known_limits=frozenset())):
        cost = estimate_cost(plan, world.clock.now(), account, world.ledger)
        assert cost is not None
        assert cost.text.startswith("at least 26 calls and 10 s to 25 s, at 5 to 10 bulk calls in 5 s by LeadSquared's")
        assert (cost.seconds, cost.most_seconds) == (10.0, 25.0)
    few = estimate_cost(world.plan(visits(30), name="few"), world.clock.now(), None)
    assert few is not None
    assert few.text.startswith("at least 2 calls, at 5 to 10 bulk calls")


def test_what_was_learned_counts(world: World) -> None:
    """A limit that LeadSquared told is believed more than the configured one."""
    world.ledger.learn_limit("test", LearnedLimit(CallClass.BULK, Limit(2, 60.0), "slow down", "2026-11-20T00:00:00Z"))
    cost = estimate_cost(world.plan(visits(101)), world.clock.now(), world.account, world.ledger)
    assert cost is not None
    assert (cost.seconds, cost.most_seconds) == (120.0, None)
    assumed = replace(world.account, known_limits=frozenset())
    assert estimate_cost(world.plan(visits(101)), world.clock.now(), assumed, world.ledger) == cost


def test_the_budget_of_the_day(world: World) -> None:
    """What was used today is left out of what is left; tomorrow all of it is there again."""
    account = replace(world.account, daily_calls=6)
    plan = world.plan(visits(101))
    now = world.clock.now()
    enough = estimate_cost(plan, now, account)
    assert enough is not None
    assert enough.text.endswith("; the daily budget leaves at most 6 calls today")
    world.deliver(world.plan(visits(26), name="run-0"))
    short = estimate_cost(plan, now, account, world.ledger)
    assert short is not None
    # A canary, a call of 25 and three questions.
    assert short.left_today == 1
    assert "leaves at most 1 call today, so the import will stop there" in short.text
    tomorrow = estimate_cost(plan, now + timedelta(days=1), account, world.ledger)
    assert tomorrow is not None
    assert tomorrow.left_today == 6


def test_nothing_to_deliver_costs_nothing(world: World) -> None:
    """A file without a good row, or one that must not be sent, has no forecast."""
    plan = world.plan(visits(3))
    for facts in (replace(plan.facts, ready=0), replace(plan.facts, blocked="no")):
        assert estimate_cost(Plan(plan.folder, facts), world.clock.now(), None) is None
