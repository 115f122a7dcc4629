"""Calls that LeadSquared refuses as a whole: what one bad row costs, and what is never given up for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from importer.core.model import CallClass, Limit, Outcome, Reply, Request, Status
from importer.delivery.deliver_plan import DeliveryOptions
from importer.delivery.reconciliation.clock_difference import (
    UNKNOWN,
    ClockDifference,
    SendTime,
    difference_at,
    send_time,
)
from importer.delivery.reconciliation.window import SentRow, WindowReader
from importer.leadsquared import WrittenActivity
from importer.targets import EffectType, ReadBackQuery
from tests.support.delivery_world import BY_ID_WITH_KEY, LOST, World, answer, before, lead, visits

Change = Callable[[Reply], Reply]


SENT = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
QUERY = ReadBackQuery(EffectType.ACTIVITY, "ProspectID", lead(1), "201", {"ActivityNote": "came"})


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path)
    world.account = replace(world.account, limits=dict.fromkeys(CallClass, Limit(500, 5.0)))
    world.crm.whole = "all"
    return world


def of_window(change: Change) -> Callable[[Request, Callable[[], Reply]], Reply]:
    """Change the answers of the query for all that was written since."""

    def fault(request: Request, act: Callable[[], Reply]) -> Reply:
        return change(act()) if request.path.endswith("RetrieveByActivityEvent") else act()

    return fault


def count_queries(world: World, path: str) -> list[str]:
    """Return a list that grows with each query of this path."""
    asked: list[str] = []

    def fault(request: Request, act: Callable[[], Reply]) -> Reply:
        if request.path.endswith(path):
            asked.append(request.path)
        return act()

    world.crm.read_faults = [fault] * 100_000
    return asked


def test_the_cost_of_a_bad_row(world: World) -> None:
    """With one bad row in each call: at most ten calls more for each, queries and sendings together."""
    world.crm.bad_notes = {f"visit {number}" for number in range(12, 500, 25)}
    asked = count_queries(world, "")
    world.deliver(world.plan(visits(500)), DeliveryOptions(keep_going=True))
    assert world.statuses() == {"created": 480, "rejected": 20}
    assert set(world.crm.notes().values()) == {1}
    assert world.crm.posts + len(asked) - 20 <= 10 * 20


@pytest.mark.parametrize("mapping", [None, BY_ID_WITH_KEY])
@pytest.mark.parametrize("whole", ["all", "partial"])
def test_what_a_refused_call_stored_is_found(world: World, whole: str, mapping: str | None) -> None:
    """Rows before the bad one that were stored all the same are not sent again."""
    world.crm.whole = whole
    world.crm.bad_notes = {f"visit {number}" for number in range(12, 200, 25)}
    plan = world.plan(visits(200), mapping) if mapping else world.plan(visits(200))
    world.deliver(plan, DeliveryOptions(keep_going=True))
    assert world.statuses() == {"created": 192, "rejected": 8}
    assert set(world.crm.notes().values()) == {1}


@pytest.mark.parametrize(
    "change",
    [
        lambda reply: answer({"RecordCount": 0}),
        lambda reply: answer("", 403),
        lambda reply: answer({"RecordCount": 10**6, "List": []}),
        lambda reply: answer({**reply.body, "RecordCount": reply.body["RecordCount"] + 1}),
        lambda reply: answer(
            {**reply.body, "List": [{**one, "ActivityFields": {}} for one in reply.body.get("List", [])]}
        ),
    ],
    ids=["blind", "forbidden", "too-many", "cut", "other-content"],
)
def test_a_window_that_proves_nothing_is_not_believed(world: World, change: Change) -> None:
    """Then each row is read by its lead, and what the call stored is found there."""
    world.crm.whole = "partial"
    world.crm.bad_notes = {"visit 12"}
    world.crm.read_faults = [of_window(change)] * 10_000
    world.deliver(world.plan(visits(26)))
    assert world.statuses() == {"created": 25, "rejected": 1}
    assert set(world.crm.notes().values()) == {1}


def test_a_row_that_was_sent_before_is_read_by_its_lead(world: World) -> None:
    """An effect of the earlier call may be older than the window of the refused one."""
    world.crm.faults = [None, before(LOST)]
    world.crm.bad_notes = {"visit 12"}
    asked = count_queries(world, "RetrieveByActivityEvent")
    world.deliver(world.plan(visits(26)))
    assert world.statuses() == {"created": 25, "rejected": 1}
    assert asked == []


class Fake:
    """Stands for context, ledger, run, target, clock, account and reader of a delivery with one known row."""

    effect_type = EffectType.ACTIVITY
    skew: float | None = 0.0
    id = name = "run-1"

    def __init__(self) -> None:
        self.ledger = self.run = self.target = self.clock = self.account = self.reader = self

    def effect(self) -> EffectType:
        return self.effect_type

    def newest_created(self, run: str, limit: int) -> list[Outcome]:
        return [Outcome(2, Status.CREATED, activity_id="a1", at=SENT.isoformat())]

    def records_of(self, rows: list[int]) -> dict[int, ReadBackQuery]:
        return dict.fromkeys(rows, QUERY)

    def read_back_query(self, record: ReadBackQuery) -> ReadBackQuery:
        return record

    def sent_at(self, run: str, row: int) -> tuple[str, float | None]:
        return SENT.isoformat(), self.skew

    def now(self) -> datetime:
        return SENT

    def difference(self, skew: float | None) -> ClockDifference:
        return difference_at(skew, [])

    def activity_owner(self, account: str, ids: list[str]) -> dict[str, str]:
        return {"a1": "run-1"}

    def activities_written(self, event: str, first: datetime, last: datetime, most: int) -> list[WrittenActivity]:
        return [WrittenActivity("a1", {"EventCode": "201", "CreatedOn": SENT.isoformat(), "ActivityNote": "came"})]


@pytest.mark.parametrize(
    ("effect", "skew", "row_sent", "by_lead"),
    [
        (EffectType.ACTIVITY, 0.0, SendTime(SENT, SENT), set()),
        (EffectType.LEAD, 0.0, SendTime(SENT, SENT), {3}),
        (EffectType.ACTIVITY, None, SendTime(SENT, SENT), {3}),
        (EffectType.ACTIVITY, 0.0, send_time(SENT, UNKNOWN), {3}),
    ],
)
def test_a_window_needs_activities_and_clocks(
    effect: EffectType, skew: float | None, row_sent: SendTime, by_lead: set[int]
) -> None:
    """Leads, and rows whose time of sending is not known, are read by their lead."""
    fake = Fake()
    fake.effect_type, fake.skew = effect, skew
    reader = WindowReader(fake, fake, "")  # type: ignore[arg-type]
    assert reader.may_be_there([SentRow(3, QUERY, row_sent)]) == by_lead


def test_a_window_needs_a_confirmed_row() -> None:
    """Without one nothing shows that the reading is not blind."""
    fake = Fake()
    fake.newest_created = lambda run, limit: []  # type: ignore[method-assign]
    reader = WindowReader(fake, fake, "")  # type: ignore[arg-type]
    assert reader.may_be_there([SentRow(3, QUERY, SendTime(SENT, SENT))]) == {3}


def test_the_rest_is_sent_while_refused_calls_wait(world: World) -> None:
    """Only the first refusals are looked into at once; later ones wait until nothing else can be sent."""
    world.crm.bad_notes = {"visit 12", "visit 40", "visit 70", "visit 100"}
    asked = count_queries(world, "RetrieveByActivityEvent")
    sent_by_then: list[int] = []
    world.crm.on_post = lambda number: sent_by_then.append(len(asked))
    world.deliver(world.plan(visits(800)))
    assert world.statuses() == {"created": 796, "rejected": 4}
    assert len(asked) <= 40
    outcomes = world.ledger.outcomes("run-1", [Status.REJECTED])
    assert [outcome.row for outcome in outcomes] == [14, 42, 72, 102]
