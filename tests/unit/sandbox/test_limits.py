from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from importer.sandbox.limits import Limits
from importer.sandbox.options import Options
from tests.support.sampled import examples
from tests.support.sandbox_caller import LEAD, Caller, visit

FIND = f"{LEAD}/Leads.GetById"
MOMENTS = st.lists(st.floats(0, 40), max_size=60).map(sorted)


@settings(max_examples=examples(60), deadline=None)
@given(MOMENTS, st.integers(1, 6))
def test_no_window_holds_more_than_allowed(moments: list[float], allowed: int) -> None:
    """Whatever comes when: no window of the length lets more in, and nothing is refused that would fit."""
    limits, options = Limits(), Options(calls_per_window=allowed)
    let_in: list[float] = []
    for at in moments:
        fits = sum(1 for one in let_in if one > at - options.window) < allowed
        assert (limits.refusal("standard", at, options) is None) == fits
        if fits:
            let_in.append(at)
    assert all(later - first >= options.window for first, later in pairwise(let_in[::allowed]))


def test_windows_at_fixed_times_begin_anew() -> None:
    """Twice as many calls may pass around the end of a fixed window."""
    limits, options = Limits(), Options(calls_per_window=2, fixed_window=True)
    refused = [limits.refusal("standard", at, options) is not None for at in (4.0, 4.5, 4.9, 5.0, 5.1, 9.9, 10.0)]
    assert refused == [False, False, True, False, False, True, False]


def test_classes_have_limits_of_their_own() -> None:
    """Bulk calls use up their own allowance, and the standard one as well where the account counts so."""
    options = Options(calls_per_window=1, bulk_calls_per_window=2)
    limits = Limits()
    assert [limits.refusal(kind, 0.0, options) is None for kind in ("bulk", "bulk", "bulk", "standard", "async")] == [
        True, True, False, True, True]  # fmt: skip
    shared = Limits()
    options = Options(calls_per_window=1, bulk_calls_per_window=2, bulk_uses_standard=True)
    assert [shared.refusal(kind, 0.0, options) is None for kind in ("bulk", "bulk", "standard")] == [True, False, False]


def test_a_day_has_a_limit_too() -> None:
    """All classes together; the next day it is free again."""
    limits, options = Limits(), Options(daily_calls=2)
    refused = [limits.refusal(kind, at, options) for kind, at in (("bulk", 0.0), ("async", 9.0), ("standard", 99.0))]
    assert refused[:2] == [None, None]
    assert refused[2] is not None
    assert refused[2].message == "API calls exceeded the limit of 2 in 86400 second(s)"
    assert limits.refusal("standard", 86400.0, options) is None


@pytest.mark.parametrize("shape", ["429", "403", "200"])
def test_a_refusal_has_one_of_three_shapes(start: Callable[..., Caller], shape: str) -> None:
    """Always with the same words, from which the limit can be read; the call is not processed."""
    crm = start(bulk_calls_per_window=2, window=60.0, throttle_shape=shape)
    answers = [crm.bulk(visit()) for _ in range(3)]
    assert [one.status_code for one in answers] == [200, 200, int(shape)]
    assert "API calls exceeded the limit of 2 in 60 second(s)" in answers[2].text
    assert (shape == "403") != ("MXAPIRateLimitExceededException" in answers[2].text)
    assert "Retry-After" not in answers[2].headers
    state = crm.state()
    assert (len(state["activities"]), state["calls"], state["refusals"]) == (2, {"bulk": 3}, {"bulk": 1})
    assert [one["verdict"] for one in state["log"]] == ["done", "done", "too many calls"]


def test_calls_without_keys_and_control_calls_use_nothing_up(start: Callable[..., Caller]) -> None:
    """Only calls that were let in count."""
    crm = start(calls_per_window=1, window=60.0)
    crm.send("GET", FIND, headers={})
    crm.state()
    assert [crm.get(FIND).status_code for _ in range(2)] == [200, 429]


@pytest.mark.slow
def test_writes_take_their_time_side_by_side(start: Callable[..., Caller]) -> None:
    """Latency holds writes back, not reads, and those that wait do not wait for each other."""
    from concurrent.futures import ThreadPoolExecutor

    crm = start(latency=0.4)
    with ThreadPoolExecutor(70) as pool:
        answers = list(pool.map(lambda _: Caller(crm.sandbox).bulk(visit()).status_code, range(70)))
    assert answers == [200] * 70
    crm.get(FIND)
    log = crm.state()["log"]
    took = [one["answered"] - one["at"] for one in log]
    assert min(took[:70]) >= 0.4
    assert took[70] < 0.4
    assert max(one["at"] for one in log[:70]) < min(one["answered"] for one in log[:70]) + 0.4 * 35
