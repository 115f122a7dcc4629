"""Each guard of reading back catches the condition that it is made for.

| Guard | Caught condition |
|---|---|
| time of writing | an older activity that looks the same is not ours; one behind a clock that differs is |
| measured clocks | answers without a `Date`, a gateway whose clock differs, a row that was changed later |
| canary: visible, same content, same time | reading back that is blind, or shows other texts or times |
| canary: same lead field, type and fields | a proof by e-mail says nothing of phones, one of visits nothing of calls |
| counting | two equal rows need two activities |
| owner | an activity that another row has is not taken again |
| two readings, settled | an effect that comes late |
| complete pages | a list that ends too early |
| one lead | two leads with the same value, a lead that is gone |
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from importer.core.model import Outcome, Reply, Request, Status
from importer.delivery.reconciliation.canaries import Canaries
from importer.delivery.reconciliation.clock_difference import (
    UNKNOWN,
    ClockDifference,
    Measurement,
    difference_at,
    measure,
    send_time,
)
from importer.delivery.reconciliation.matcher import ReadBackResult
from importer.leadsquared import CrmActivity, CrmLead
from importer.targets import EffectType, ReadBackQuery
from tests.support.delivery_world import LOST, World, after, before, lead, visits

MINUTES = 60.0
SENT = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
EXACT = ClockDifference(-361.0, -358.0)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


@pytest.mark.parametrize("ahead", [-6 * MINUTES, 0.0, 6 * MINUTES])
@pytest.mark.parametrize("gateway", [None, -3 * MINUTES, 0.0, 3 * MINUTES])
def test_no_clock_makes_a_row_arrive_twice(world: World, ahead: float, gateway: float | None) -> None:
    """Whatever the answers tell of the time: a lost answer after storing, and one before it, end with each row once."""
    world.crm.ahead = ahead
    world.crm.date = None if gateway is None else ahead + gateway
    world.crm.faults = [None, after(LOST), None, before(LOST)]
    world.deliver(world.plan(visits(80)))
    assert set(world.crm.notes().values()) == {1}
    assert world.statuses() == {"created": 80}


def test_without_any_measurement_the_clocks_do_not_decide(world: World) -> None:
    """An activity of somebody else that looks the same is neither taken for ours nor for an older one."""
    world.crm.date = None
    world.crm.ahead = -6 * MINUTES
    world.crm.faults = [after(LOST)]
    world.deliver(world.plan(visits(1)))
    assert world.statuses() == {"uncertain": 1}
    (outcome,) = world.ledger.outcomes("run-1", [Status.UNCERTAIN])
    assert "the clocks do not tell" in outcome.evidence
    assert world.crm.notes() == {"visit 0": 1}


def test_a_clock_that_is_set_stops_a_run_whose_answers_carry_no_time(world: World) -> None:
    """Nothing leaves on a time that nobody knows; the next start goes on."""
    world.crm.date = None

    def set_clock(number: int) -> None:
        if number == 2:
            shown = world.clock.now
            world.clock.now = lambda: shown() + timedelta(hours=2)  # type: ignore[method-assign]

    world.crm.on_post = set_clock
    stopped = world.deliver(world.plan(visits(300))).stopped
    assert stopped is not None
    assert "its answers carry none" in stopped.message
    world.crm.on_post = lambda number: None
    assert world.deliver(world.plan(visits(300))).stopped is None
    assert world.statuses() == {"created": 300}


def test_a_run_goes_on_with_a_clock_that_was_set_once_an_answer_carries_the_time(world: World) -> None:
    """The server's time is asked for before the next call leaves."""
    world.crm.date = None
    send = world.crm.send

    def set_clock(number: int) -> None:
        if number == 2:
            shown = world.clock.now
            world.clock.now = lambda: shown() + timedelta(hours=2)  # type: ignore[method-assign]

    def answer_with_the_time(request: Request) -> Reply:
        if request.path.endswith("UserByAccessKey.Get"):
            world.crm.date = 0.0
        return send(request)

    world.crm.on_post = set_clock
    world.crm.send = answer_with_the_time  # type: ignore[method-assign]
    assert world.deliver(world.plan(visits(300))).stopped is None
    assert world.statuses() == {"created": 300}


@pytest.mark.parametrize(
    ("stamp", "skew", "exact", "difference"),
    [
        (-360, None, True, EXACT),
        (-360, -360.0, True, EXACT),
        (-360, None, False, ClockDifference(float("-inf"), -358.0)),
        (-360, -180.0, False, EXACT),
        (600, 0.0, False, ClockDifference(0.0, 0.0)),
        (-9000, 0.0, True, None),
        (9000, 0.0, True, None),
    ],
)
def test_a_known_row_measures_the_clocks(
    stamp: float, skew: float | None, exact: bool, difference: ClockDifference | None
) -> None:
    """By the time of its call; a stamp that a later change moved only bounds the difference, and some fit no call."""
    found = measure(SENT + timedelta(seconds=stamp + 1), SENT, SENT + timedelta(seconds=1), skew, exact=exact)
    assert found == (Measurement(difference, skew) if difference else None)


def test_the_difference_for_a_call() -> None:
    """A clock that was set between two calls shifts the measured difference; what is missing widens it."""
    known, unknown = Measurement(ClockDifference(1.0, 2.0), 5.0), Measurement(ClockDifference(1.0, 2.0), None)
    assert difference_at(None, []) == UNKNOWN
    assert difference_at(7.0, []) == ClockDifference(7.0 - 3600, 7.0)
    assert difference_at(105.0, [known]) == ClockDifference(101.0, 102.0)
    assert difference_at(None, [known, unknown]) == ClockDifference(1.0, 2.0)
    assert difference_at(0.0, [unknown]) == ClockDifference(-3600.0, 2.0)
    assert send_time(SENT, UNKNOWN).precedes(SENT) is None


class Shown:
    """A reading that shows prepared results, one after the other."""

    def __init__(self, effect: EffectType, *results: ReadBackResult) -> None:
        self.effect = effect
        self.import_key = ""
        self.results = list(results)

    def read(self, lead: tuple[str, str, str]) -> ReadBackResult:
        return self.results.pop(0)


class Known:
    """A ledger and a target that know rows by their query."""

    def __init__(self, *queries: ReadBackQuery, now: datetime = SENT) -> None:
        self.queries = queries
        self.run = self.ledger = self.target = self.clock = self
        self.id = "run-1"
        self._now = now

    def newest_created(self, run: str, limit: int) -> list[Outcome]:
        ids = {"activity_id": "a1", "lead_id": lead(1), "at": SENT.isoformat()}
        return [Outcome(row, Status.CREATED, **ids) for row in range(len(self.queries))]

    def records_of(self, rows: list[int]) -> dict[int, ReadBackQuery]:
        return dict(enumerate(self.queries))

    def read_back_query(self, record: ReadBackQuery) -> ReadBackQuery:
        return record

    def sent_at(self, run: str, row: int) -> tuple[str, float | None]:
        return SENT.isoformat(), 0.0

    def now(self) -> datetime:
        return self._now


def visit(field: str = "ProspectID", event: str = "201", **content: str) -> ReadBackQuery:
    return ReadBackQuery(EffectType.ACTIVITY, field, lead(1), event, {"ActivityNote": "came", **content})


def shown(written: datetime = SENT, **fields: str) -> ReadBackResult:
    stamp = written.isoformat()
    activity = CrmActivity("a1", lead(1), "201", stamp, stamp, {"ActivityNote": "came", **fields})
    return ReadBackResult(activities=(activity,))


def proof(known: Known, query: ReadBackQuery, *results: ReadBackResult) -> str:
    canaries = Canaries(known, Shown(query.effect, *results))  # type: ignore[arg-type]
    canaries.prove([query])
    return canaries.why_unproven(query)


@pytest.mark.parametrize(
    ("result", "reason"),
    [
        (shown(), ""),
        (shown(SENT - timedelta(hours=3)), "another time"),
        (shown(ActivityNote="edited"), "other content"),
        (ReadBackResult(), "is not shown"),
        (ReadBackResult(gone=True), "is gone"),
        (ReadBackResult(trouble="no answer"), "no answer"),
    ],
)
def test_a_canary_proves_only_what_it_shows(result: ReadBackResult, reason: str) -> None:
    """It is found like the rows that are looked for: by content, and written at the time of its call."""
    assert reason in proof(Known(visit()), visit(), result)
    assert bool(proof(Known(visit()), visit(), result)) == bool(reason)


def test_a_canary_without_a_time_measures_nothing() -> None:
    """What it shows still proves that its activity is visible, or not."""
    activity = CrmActivity("a1", lead(1), "201", "", "", {"ActivityNote": "came"})
    assert "another time" not in proof(Known(visit()), visit(), ReadBackResult(activities=(activity,)))


@pytest.mark.parametrize(
    ("canary", "row", "reason"),
    [
        (visit(), visit("EmailAddress"), "found by EmailAddress"),
        (visit(), visit(event="203"), "type 203"),
        (visit(), visit(mx_Custom_8="2026-01-01"), "no row with mx_Custom_8"),
        (visit(mx_Custom_8="7"), visit(), ""),
    ],
)
def test_a_canary_proves_nothing_of_another_kind_of_row(canary: ReadBackQuery, row: ReadBackQuery, reason: str) -> None:
    """Another look-up, another type, or a field that the known row does not fill may be shown otherwise."""
    other = Known(visit(), canary)
    canaries = Canaries(other, Shown(EffectType.ACTIVITY, *[shown(mx_Custom_8="7")] * 9))  # type: ignore[arg-type]
    canaries.prove([visit(), row])
    assert canaries.why_unproven(visit()) == ""
    assert reason in canaries.why_unproven(row)
    assert bool(canaries.why_unproven(row)) == bool(reason)


@pytest.mark.parametrize(
    ("leads", "reason"),
    [
        ([CrmLead(lead(1), SENT.isoformat())], ""),
        ([CrmLead(lead(2), SENT.isoformat())], "is not shown"),
        ([CrmLead(lead(1), "2020-01-01 00:00:00")], "a time of creation before"),
    ],
)
def test_a_lead_that_proves_the_reading(leads: list[CrmLead], reason: str) -> None:
    """A confirmed lead that is shown as an old one proves nothing about which leads are new."""
    query = ReadBackQuery(EffectType.LEAD, "EmailAddress", "a@example.com", "", {})
    found = proof(Known(query), query, ReadBackResult(leads=tuple(leads)))
    assert reason in found
    assert bool(found) == bool(reason)


def test_a_list_that_ends_too_early_shows_nothing_absent(world: World) -> None:
    """Fewer activities than LeadSquared counts: the row stays uncertain."""

    def cut(request: Request, act: Callable[[], Reply]) -> Reply:
        reply = act()
        if isinstance(reply.body, dict) and world.crm.posts > 1:
            reply.body["RecordCount"] += 1
        return reply

    world.crm.read_faults = [cut] * 500
    world.crm.faults = [None, before(LOST)]
    world.deliver(world.plan(visits(2)))
    assert world.statuses() == {"created": 1, "uncertain": 1}


def test_an_effect_between_the_readings_is_found(world: World) -> None:
    """What LeadSquared stores after the first reading is shown by the second one."""
    late: list[Any] = []

    def keep(request: Request, act: Callable[[], Reply]) -> Reply:
        late.append(act)
        return LOST

    def store_late(request: Request, act: Callable[[], Reply]) -> Reply:
        reply = act()
        if late and request.params.get("leadId") == lead(1):
            late.pop()()
        return reply

    world.crm.faults = [None, keep]
    world.crm.read_faults = [store_late] * 500
    world.deliver(world.plan(visits(2)))
    assert world.statuses() == {"created": 2}
    assert set(world.crm.notes().values()) == {1}


def test_two_leads_with_the_same_value_leave_it_open(world: World) -> None:
    """Which of them is the row's lead is not known, so nothing is concluded."""
    from importer.delivery.reconciliation.read_back import ReadBack

    class Two:
        mapping = property(lambda self: self)
        import_key = ""

        def effect(self) -> EffectType:
            return EffectType.ACTIVITY

        def find_leads(self, field: str, value: str) -> list[CrmLead]:
            return [CrmLead(lead(1), ""), CrmLead(lead(2), "")]

    two = Two()
    result = ReadBack(two, two).read(("EmailAddress", "a@example.com", "201"))  # type: ignore[arg-type]
    assert "2 leads have EmailAddress" in result.trouble
