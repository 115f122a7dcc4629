"""ThrottlingBackoff for too many calls: pauses that grow, half speed, a probe, and an end."""

from __future__ import annotations

from dataclasses import replace

import pytest

from importer.config.settings import with_limits
from importer.core.errors import RunStopped
from importer.core.model import CallClass, Limit, Verdict, VerdictKind
from importer.rate_limit.account_limiter import AccountLimiter
from importer.rate_limit.backoff import BackoffStep, ThrottlingBackoff
from importer.rate_limit.window_limiter import CompletionLimiter
from tests.support.delivery_world import UNREACHED, VirtualClock, World, answer, before, mx, visits

LIMIT = Limit(8, 5.0)
BUSY = "MXAPIRateLimitExceededException"


def made(chance: float = 1.0) -> ThrottlingBackoff:
    return ThrottlingBackoff(lambda: chance)


def test_a_burst_is_one_round() -> None:
    """All calls in flight are refused together: that is no reason for longer pauses."""
    backoff = made()
    assert {backoff.record_refusal(LIMIT, None, "no", 10.0 + index / 10) for index in range(20)} == {
        BackoffStep(5.2, None)
    }
    assert not backoff.exhausted


def test_pauses_grow_then_the_speed_falls_then_one_call_probes_then_it_is_over() -> None:
    """One window; up to one, two, four windows more; half of the slots; a minute and one call, three times."""
    backoff, now, steps = made(), 0.0, []
    while not backoff.exhausted:
        steps.append(backoff.record_refusal(LIMIT, None, "no", now))
        now += steps[-1].pause
    pauses = [round(step.pause, 1) for step in steps]
    assert pauses == [5.2, 10.2, 15.2, 25.2, 60.0, 65.2, 65.2]
    assert [step.cap for step in steps] == [None, None, 4, 4, 1, 1, 1]
    assert backoff.message == "no"


def test_a_call_that_comes_through_begins_anew_at_half_speed() -> None:
    """Somebody else needs the allowance, too; but it is not hopeless."""
    backoff, now = made(0.0), 0.0
    for _ in range(6):
        now += backoff.record_refusal(LIMIT, None, "no", now).pause
    assert backoff.record_success() == 4
    assert backoff.record_refusal(LIMIT, None, "no", now) == BackoffStep(5.2, 4)
    assert made().record_success() is None


def test_what_the_server_asks_for_is_obeyed() -> None:
    """`Retry-After` is the least."""
    assert made().record_refusal(LIMIT, 40.0, "no", 0.0).pause == 40.0
    assert made().record_refusal(LIMIT, 1.0, "no", 0.0).pause == 5.2


def refusal(limit: Limit | None) -> Verdict:
    return Verdict(VerdictKind.THROTTLED, "throttled", "no", limit=limit)


def test_only_a_lower_limit_is_a_lesson() -> None:
    """A refusal is no reason to call more often, and the same limit is not learned twice."""
    limiter = AccountLimiter(dict.fromkeys(CallClass, LIMIT), VirtualClock(), 10.0)
    for limit in (None, Limit(80, 5.0), LIMIT, Limit(2, 5.0), Limit(2, 5.0)):
        limiter.record_refusal(CallClass.BULK, refusal(limit))
    assert [lesson.limit for lesson in limiter.pop_learned_limits()] == [Limit(2, 5.0)]
    assert (limiter.limit(CallClass.BULK), limiter.limit(CallClass.STANDARD)) == (Limit(2, 5.0), LIMIT)
    assert limiter.stop_reason(CallClass.BULK) is None
    limiter.forget_learned_limits()
    assert limiter.limit(CallClass.BULK) == LIMIT


def test_a_quota_is_no_window() -> None:
    """A limit of an hour or a day is not learned as a pace: the run stops, whatever class of calls comes next."""
    limiter = AccountLimiter(dict.fromkeys(CallClass, LIMIT), VirtualClock(), 10.0)
    limiter.record_refusal(CallClass.BULK, refusal(Limit(10_000, 86_400.0)))
    assert limiter.pop_learned_limits() == []
    for kind in CallClass:
        reason = limiter.stop_reason(kind)
        assert isinstance(reason, RunStopped)
        assert "quota of 10,000 calls in 24 hours is used up" in reason.message
        assert "importer resume" in reason.remedy


def test_a_run_ends_cleanly_at_a_quota_and_goes_on_later(world: World) -> None:
    """What was sent stays sent, the rest waits, and nothing is sent twice."""
    plan = world.plan(visits(60))
    full = mx(BUSY, "API calls exceeded the limit of 5000 in 86400 second(s)", 429)
    world.crm.faults = [None, before(full)]
    stopped = world.deliver(plan).stopped
    assert stopped is not None
    assert "quota of 5,000 calls in 24 hours" in stopped.message
    assert world.crm.posts < 5
    assert world.statuses()["created"] < 60
    world.crm.faults = []
    assert world.deliver(plan).stopped is None
    assert set(world.crm.notes().values()) == {1}


@pytest.mark.slow
def test_a_run_that_is_refused_again_and_again_ends(world: World) -> None:
    """After minutes of growing pauses, with everything left for later."""
    plan = world.plan(visits(60))
    world.crm.faults = [None, *[before(mx(BUSY, "too many", 429))] * 500]
    stopped = world.deliver(plan).stopped
    assert stopped is not None
    assert "refuses every call because of its limits: too many" in stopped.message
    assert 60 < world.clock.monotonic() < 1200
    assert world.crm.posts < 40
    world.crm.faults = []
    assert world.deliver(plan).stopped is None
    assert set(world.crm.notes().values()) == {1}


def test_a_slot_that_was_lost_sends_nothing() -> None:
    """The call counts as never left, and its rows go later."""
    limiter = AccountLimiter(dict.fromkeys(CallClass, LIMIT), VirtualClock(), 10.0)
    slot = limiter.acquire(CallClass.BULK)
    assert slot is not None
    assert limiter.send(CallClass.BULK, slot, lambda: answer({})).status == 200
    reply = limiter.send(CallClass.BULK, replace(slot, number=99), lambda: pytest.fail("it was sent"))
    assert reply.failure is UNREACHED.failure
    assert "stopped for so long" in reply.detail


def test_the_stricter_limit_counts(world: World) -> None:
    """What was learned never allows more than what is configured, however it was learned."""
    learned = {CallClass.BULK: Limit(2, 5.0), CallClass.STANDARD: Limit(100, 5.0)}
    account = with_limits(world.account, learned)
    assert account.limits == {
        CallClass.BULK: Limit(2, 5.0),
        CallClass.STANDARD: Limit(4, 5.0),
        CallClass.ASYNC: Limit(4, 5.0),
    }
    assert CompletionLimiter(Limit(4, 5.0)).limit.stricter(None) == Limit(4, 5.0)
