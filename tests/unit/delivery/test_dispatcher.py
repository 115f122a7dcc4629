"""Corners of sending that depend on what other threads do at the same moment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from importer.core.errors import LedgerError
from importer.core.failpoints import arm
from importer.core.model import CallClass, Limit, Outcome, Record, Status, Verdict, VerdictKind
from importer.delivery.outcomes import DUPLICATE_ID, BatchResult, CompletedCall, InFlightCall, mark_duplicate_ids
from importer.rate_limit.account_limiter import AccountLimiter
from tests.support.delivery_world import World, answer, visits


@pytest.fixture
def disarmed() -> Iterator[None]:
    yield
    arm("")


def all_once(world: World, count: int) -> bool:
    return len(world.crm.notes()) == count and set(world.crm.notes().values()) == {1}


def test_a_slot_that_somebody_else_takes_first(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the look for a free slot and the taking another thread may be faster: the rows wait for the next slot."""
    really = AccountLimiter.acquire_several
    refused: list[int] = []

    def acquire(limiter: AccountLimiter, kind: CallClass, most: int) -> Any:
        # Queries take their slots in the same way, from another class of calls.
        if kind is CallClass.BULK and len(refused) < 4:
            refused.append(most)
            # Somebody is faster for all of them, later for all but the first.
            return [] if len(refused) < 3 else really(limiter, kind, 1)
        return really(limiter, kind, most)

    monkeypatch.setattr(AccountLimiter, "acquire_several", acquire)
    # The calls that were not made cost nothing of the day's budget: three questions, a canary and two calls fit in it.
    world.account = replace(world.account, daily_calls=6)
    assert world.deliver(world.plan(visits(30))).stopped is None
    assert len(refused) == 4
    assert world.statuses() == {"created": 30}
    assert set(world.crm.notes().values()) == {1}


def groups_of(world: World, monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """How many calls end and begin in each transaction of the ledger, as they come."""
    really, groups = world.ledger.record, []

    def record(ended: Any, begun: Any) -> list[int]:
        groups.append((len(ended), len(begun)))
        return really(ended, begun)

    monkeypatch.setattr(world.ledger, "record", record)
    return groups


def test_calls_that_may_go_together_are_written_in_one_transaction(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The canary goes alone; its end and all calls that then have a slot share a transaction."""
    world.account = replace(world.account, limits=dict.fromkeys(CallClass, Limit(25, 5.0)))
    groups = groups_of(world, monkeypatch)
    assert world.deliver(world.plan(visits(101))).stopped is None
    assert groups[:2] == [(0, 1), (1, 4)]
    assert sum(ended for ended, _ in groups) == sum(begun for _, begun in groups) == 5
    assert all_once(world, 101)


def test_a_lone_call_waits_for_no_other(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """With one slot each call is written as soon as it may go, and its end with the beginning of the next or alone."""
    world.account = replace(world.account, limits=dict.fromkeys(CallClass, Limit(1, 5.0)))
    groups = groups_of(world, monkeypatch)
    assert world.deliver(world.plan(visits(30))).stopped is None
    assert groups == [(0, 1), (1, 0), (0, 1), (1, 0), (0, 1), (1, 0)]


@pytest.mark.slow
@pytest.mark.usefixtures("disarmed")
@pytest.mark.parametrize("point", ["call-committed", "call-witnessed"])
def test_dying_before_several_calls_leave(world: World, point: str) -> None:
    """All calls of the transaction are in doubt, none has left; the next start reads back and sends each row once."""
    plan = world.plan(visits(60))
    arm(f"{point}:error:2")
    with pytest.raises(RuntimeError):
        world.deliver(plan)
    assert world.crm.posts == 1
    assert world.statuses() == {"created": 1, "uncertain": 59}
    arm("")
    assert world.deliver(plan).stopped is None
    assert world.statuses() == {"created": 60}
    assert all_once(world, 60)


@pytest.mark.slow
@pytest.mark.usefixtures("disarmed")
@pytest.mark.parametrize("point", ["call-uncommitted", "outcome-uncommitted"])
def test_dying_while_a_group_is_written(world: World, point: str) -> None:
    """Nothing of the transaction is there; what can be written of the answers by themselves is written."""
    plan = world.plan(visits(60))
    arm(f"{point}:error:{2 if point == 'call-uncommitted' else 1}")
    with pytest.raises(RuntimeError):
        world.deliver(plan)
    assert world.crm.posts == 1
    assert world.statuses() == {"created": 1}
    arm("")
    assert world.deliver(plan).stopped is None
    assert all_once(world, 60)


def test_an_answer_is_kept_when_the_next_call_may_not_begin(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody else has taken over the sending: nothing more leaves, and what came back is written all the same."""
    really = world.ledger.record

    def record(ended: Any, begun: Any) -> list[int]:
        if ended and begun:
            raise LedgerError("Another import has taken over.")
        return really(ended, begun)

    monkeypatch.setattr(world.ledger, "record", record)
    with pytest.raises(LedgerError, match="taken over"):
        world.deliver(world.plan(visits(60)))
    assert world.statuses() == {"created": 1}
    assert world.crm.posts == 1


@pytest.mark.slow
def test_a_budget_that_ends_within_a_group(world: World) -> None:
    """Of calls that could go together only those leave that the day's budget still allows; three questions went before."""
    world.account = replace(world.account, daily_calls=6)
    stopped = world.deliver(world.plan(visits(90))).stopped
    assert "budget of 6 calls" in str(stopped)
    assert world.crm.posts == 3
    assert world.statuses() == {"created": 51}


def completed(number: int, *ids: str) -> CompletedCall:
    records = tuple(Record(number * 10 + place, f"k{number}{place}", {}) for place in range(len(ids)))
    outcomes = tuple(Outcome(one.row, Status.CREATED, each) for one, each in zip(records, ids, strict=True))
    call = InFlightCall(number, records, frozenset())
    return CompletedCall(call, answer({}), Verdict(VerdictKind.APPLIED), BatchResult(outcomes))


def test_one_activity_in_two_answers_that_come_together(world: World) -> None:
    """The first is believed, the second is in doubt, as when one had come after the other; other rows are not."""
    work: Any = SimpleNamespace(ledger=world.ledger, account=world.account)
    first, second, third = mark_duplicate_ids(
        work, [completed(1, "A", "B"), completed(2, "C", "b", ""), completed(3, "D")]
    )
    assert [one.contradiction for one in (first.result, second.result, third.result)] == [False, True, False]
    assert [one.status for one in first.result.outcomes] == [Status.CREATED, Status.CREATED]
    assert [(one.status, one.error_code) for one in second.result.outcomes] == [
        (Status.CREATED, ""),
        (Status.UNCERTAIN, DUPLICATE_ID),
        (Status.CREATED, ""),
    ]
    assert mark_duplicate_ids(work, []) == []


@pytest.mark.slow
def test_a_failure_with_one_answer_costs_no_other(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of answers that come together one cannot be judged: the others are written, its rows are read back."""
    from importer.delivery import outcomes

    really, judged = outcomes.classify, []

    def classify(reply: Any, batch_of_one: bool) -> Verdict:
        judged.append(1)
        if len(judged) == 3:
            raise RuntimeError("a surprise")
        return really(reply, batch_of_one)

    monkeypatch.setattr(outcomes, "classify", classify)
    plan = world.plan(visits(76))
    with pytest.raises(RuntimeError):
        world.deliver(plan)
    assert world.statuses() == {"created": 51, "uncertain": 25}
    assert world.deliver(plan).stopped is None
    assert all_once(world, 76)


def waits_of(world: World, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The waits for the account's limits, as they are written down."""
    waits: list[float] = []
    monkeypatch.setattr(world.ledger, "record_wait", lambda run_id, seconds: waits.append(seconds))
    return waits


@pytest.mark.slow
def test_waits_for_the_limits_are_written_down(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two calls in ten seconds: a run of many calls spends most of its time waiting, and says so before it has ended."""
    world.account = replace(world.account, limits=dict.fromkeys(CallClass, Limit(2, 10.0)))
    waits = waits_of(world, monkeypatch)
    begun = world.clock.monotonic()
    assert world.deliver(world.plan(visits(501))).stopped is None
    assert len(waits) >= 2
    assert waits[0] >= 60
    assert 0.5 * (world.clock.monotonic() - begun) < sum(waits) <= world.clock.monotonic() - begun


@pytest.mark.slow
def test_a_run_that_waits_for_nothing_notes_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor does a figure that cannot be written down stop one that waits."""
    waits = waits_of(world, monkeypatch)
    assert world.deliver(world.plan(visits(3))).stopped is None
    assert waits == []

    def fail(run_id: str, seconds: float) -> None:
        raise LedgerError("The disk is full.", "")

    monkeypatch.setattr(world.ledger, "record_wait", fail)
    world.account = replace(world.account, limits=dict.fromkeys(CallClass, Limit(2, 10.0)))
    assert world.deliver(world.plan(visits(201, first=1000))).stopped is None
