"""The wall clock is set, or the computer sleeps, while rows are sent: none is sent twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from importer.core.model import Reply, Request
from importer.leadsquared.query_client import QueryClient
from importer.rate_limit.account_limiter import AccountLimiter
from tests.support.delivery_world import LOST, MemoryCrm, VirtualClock, World, after, answer, before, visits

HOURS = 8 * 3600.0


class SetClock(VirtualClock):
    """A clock whose wall time somebody sets, from the ``at``-th look on."""

    def __init__(self, seconds: float, at: int) -> None:
        super().__init__()
        self._set = seconds
        self._at = at
        self.looks = 0

    @property
    def offset(self) -> float:
        """How wrong it is now."""
        return self._set if self.looks >= self._at else 0.0

    def now(self) -> datetime:
        self.looks += 1
        return super().now() + timedelta(seconds=self.offset)

    def true(self) -> datetime:
        """The time of the rest of the world."""
        return super().now()


class PunctualCrm(MemoryCrm):
    """Stamps activities with its own right time, and tells it in every answer."""

    def __init__(self, clock: SetClock) -> None:
        super().__init__(clock)
        self._right = clock
        self._written: dict[str, datetime] = {}

    def send(self, request: Request) -> Reply:
        reply = super().send(request)
        return reply if reply.server_skew is None else replace(reply, server_skew=-self._right.offset)

    def _store(self, item: dict[str, Any]) -> str:
        identity = super()._store(item)
        self._written[identity] = self._right.true()
        return identity

    def _read(self, request: Request) -> Reply:
        if request.path.endswith("UserByAccessKey.Get"):
            return answer({"OrgId": "org"})
        reply = super()._read(request)
        for listed in reply.body.get("ProspectActivities", []) if isinstance(reply.body, dict) else []:
            stamp = self._written[listed["Id"]].strftime("%Y-%m-%d %H:%M:%S")
            listed.update(CreatedOn=stamp, ModifiedOn=stamp)
        return reply


def world_of(folder: Path, seconds: float, at: int) -> tuple[World, SetClock]:
    world = World(folder)
    clock = SetClock(seconds, at)
    world.clock = clock
    world.crm = PunctualCrm(clock)
    world.ledger = type(world.ledger)(clock=clock.now)
    return world, clock


@pytest.mark.slow
@pytest.mark.parametrize("seconds", [HOURS, -HOURS])
@pytest.mark.parametrize("at", range(1, 40))
def test_the_clock_is_set_at_any_moment(tmp_path: Path, seconds: float, at: int) -> None:
    """Also when an answer is lost around it: at whichever look at the clock the time is another one."""
    world, _ = world_of(tmp_path, seconds, at)
    world.crm.faults = [None, after(LOST), None, after(LOST)]
    plan = world.plan(visits(80))
    world.deliver(plan)
    for _ in range(3):
        world.deliver(plan)
    assert set(world.crm.notes().values()) == {1}
    assert len(world.crm.notes()) == 80
    assert world.statuses()["uncertain"] == 0


def skew_of(query_client: QueryClient) -> float | None:
    return query_client.clock_reading and query_client.clock_reading.server_skew


@pytest.mark.slow
def test_a_server_that_does_not_tell_the_time(tmp_path: Path) -> None:
    """Then the run ends before anything leaves on a time that nobody knows, and goes on later."""
    world, clock = world_of(tmp_path, HOURS, 10**9)
    plan = world.plan(visits(300))

    def set_now(number: int) -> None:
        if number == 2:
            clock._at = 0
            world.crm.read_faults = [before(LOST)] * 4

    world.crm.on_post = set_now
    stopped = world.deliver(plan).stopped
    assert stopped is not None
    assert "was set, or it slept" in stopped.message
    assert world.deliver(plan).stopped is None
    assert set(world.crm.notes().values()) == {1}


def test_nothing_is_known_of_a_clock_that_was_never_seen(tmp_path: Path) -> None:
    """A server that sends no time at all is believed to have ours."""
    world, clock = world_of(tmp_path, HOURS, 10**9)
    query_client = QueryClient(
        world.crm, AccountLimiter(world.account.limits, clock, 1.0), clock, lambda: False, lambda: None
    )
    assert (query_client.clock_jumped(), skew_of(query_client)) == (False, None)
    query_client.read_clock()
    assert (query_client.clock_jumped(), skew_of(query_client)) == (False, 0.0)
    clock._at = 0
    assert query_client.clock_jumped()
    query_client.read_clock()
    assert (query_client.clock_jumped(), skew_of(query_client)) == (False, -HOURS)
