"""The limiter keeps every window at the server, and uses nearly all of it."""

from __future__ import annotations

import heapq
from math import ceil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from importer.core.model import Limit
from importer.rate_limit.window_limiter import CompletionLimiter
from tests.support.sampled import examples


def test_a_slot_is_free_one_window_after_its_call_completed() -> None:
    """Not after it left."""
    limiter = CompletionLimiter(Limit(1, 5.0), margin=0.0)
    slot = limiter.acquire(0.0)
    assert limiter.wait_time(100.0) == float("inf")
    limiter.release(slot, 100.0)
    assert limiter.wait_time(102.0) == 3.0
    assert limiter.acquire(102.0) is None
    assert limiter.acquire(105.0) is not None


def test_a_call_that_was_given_up_stays_busy() -> None:
    """The server may count it later."""
    limiter = CompletionLimiter(Limit(1, 5.0), margin=0.0)
    limiter.abandon(limiter.acquire(0.0), 10.0, busy_for=100.0)
    assert limiter.wait_time(10.0) == 105.0


def test_hold_and_learn() -> None:
    """A pause holds everything; a lower limit counts the calls that were made before it was known."""
    limiter = CompletionLimiter(Limit(3, 5.0), margin=0.0)
    limiter.block_until(7.0)
    assert limiter.wait_time(0.0) == 7.0
    for _ in range(3):
        limiter.release(limiter.acquire(7.0), 8.0)
    limiter.learn(Limit(1, 10.0))
    assert limiter.limit == Limit(1, 10.0)
    assert limiter.wait_time(8.0) == 10.0
    assert limiter.wait_time(18.5) == 0


@pytest.mark.slow
@settings(deadline=None, max_examples=examples(100))
@given(
    calls=st.integers(1, 6),
    delays=st.lists(st.tuples(st.floats(0, 3), st.floats(0, 3)), min_size=5, max_size=60),
    learned=st.integers(1, 6),
    learn_at=st.integers(0, 60),
)
def test_no_window_at_the_server_ever_holds_too_many(
    calls: int, delays: list[tuple[float, float]], learned: int, learn_at: int
) -> None:
    """Whatever the way there and back takes, and also after the limit was lowered."""
    window = 5.0
    limiter = CompletionLimiter(Limit(calls, window))
    now, flying, arrivals = 0.0, [], []
    allowed = calls
    since = 0.0
    for index, (there, back) in enumerate(delays):
        if index == learn_at and learned < calls:
            limiter.learn(Limit(learned, window))
            allowed, since = learned, now
        while (pause := limiter.wait_time(now)) > 0:
            if pause == float("inf") or (flying and flying[0][0] <= now + pause):
                done_at, number, slot = heapq.heappop(flying)
                now = max(now, done_at)
                limiter.release(slot, done_at)
            else:
                now += pause
        slot = limiter.acquire(now)
        arrivals.append(now + there)
        heapq.heappush(flying, (now + there + back, index, slot))
    arrivals.sort()
    for start in arrivals:
        inside = [moment for moment in arrivals if start <= moment < start + window]
        assert len(inside) <= (calls if start < since + window + 3 else allowed)


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        ((25, 5.0), (200, 60.0), (25, 7.5)),
        ((25, 5.0), (210, 60.0), (25, 7.5)),
        ((25, 5.0), (24, 4.9), (24, 5.0)),
        ((25, 5.0), (2, 60.0), (2, 60.0)),
        ((25, 5.0), (100, 5.0), (25, 5.0)),
        ((25, 5.0), (4, 1.0), (4, 1.0)),
    ],
)
def test_a_limit_that_keeps_two(one: tuple[int, float], other: tuple[int, float], both: tuple[int, float]) -> None:
    """A limit for a minute does not let bursts through that the limit for seconds forbids, and the other way round."""
    assert Limit(*one).stricter(Limit(*other)) == Limit(*other).stricter(Limit(*one)) == Limit(*both)


limits = st.builds(Limit, st.integers(1, 5_000), st.floats(0.5, 3_600))


@given(one=limits, other=limits)
def test_no_window_of_either_limit_holds_too_many(one: Limit, other: Limit) -> None:
    """A window of theirs touches only so many windows of the limit that keeps both."""
    both = one.stricter(other)
    for limit in (one, other):
        assert both.calls * ceil(limit.seconds / both.seconds - 1e-9) <= limit.calls
    assert both.stricter(one) == both.stricter(other) == both


def test_learned_limits_add_up() -> None:
    """A second refusal with another window takes nothing of the first one back."""
    limiter = CompletionLimiter(Limit(25, 5.0))
    limiter.learn(Limit(200, 60.0))
    assert limiter.limit == Limit(25, 7.5)
    limiter.learn(Limit(20, 5.0))
    assert limiter.limit == limiter.state.learned == Limit(20, 6.0)
    assert CompletionLimiter(Limit(25, 5.0), state=limiter.state).limit == Limit(20, 6.0)
    limiter.forget_learned()
    assert limiter.limit == Limit(25, 5.0)


def test_several_slots_at_once() -> None:
    """As many as are free, and no more than asked for; none while everything is held."""
    limiter = CompletionLimiter(Limit(5, 10.0), margin=0.0)
    assert limiter.available(0.0) == 5
    first = limiter.acquire_several(0.0, 3)
    assert [slot.number for slot in first] == [1, 2, 3]
    assert limiter.available(0.0) == 2
    assert len(limiter.acquire_several(0.0, 9)) == 2
    assert limiter.acquire_several(0.0, 1) == []
    limiter.release(first[0], 1.0)
    assert [limiter.available(moment) for moment in (10.9, 11.0)] == [0, 1]
    limiter.block_until(20.0)
    assert limiter.available(15.0) == 0
    limiter.set_cap(5)
    assert limiter.available(20.0) == 1
