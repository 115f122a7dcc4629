"""Edges of the shared work of a delivery and of its report."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from importer.app.mappings import check_mapping_file
from importer.core.issues import Problem
from importer.core.model import CallClass, Reply, Request, Status
from importer.delivery.context import DeliveryContext
from importer.planning.plan import _Tally
from importer.rate_limit.account_limiter import AccountLimiter
from importer.rate_limit.window_limiter import Slot
from importer.reports.messages import describe_detection
from importer.reports.run_report import RowCountMismatch, RunReport, summarize_run
from tests.support.delivery_world import BY_ID, LOST, World, after, answer, before, mx, visits


def test_records_of_rows(world: World) -> None:
    """Rows that are not asked for or not there are not found, and cost nothing."""
    plan = world.plan(visits(3))
    kept: dict[str, Any] = dict.fromkeys(DeliveryContext.__slots__)
    from importer.delivery.idempotency_keys import load_idempotency_keys
    from importer.mapping.loader import parse_mapping
    from importer.planning.mapping_files import mapping_vocabulary
    from importer.targets import make_target

    target = make_target(parse_mapping(plan.facts.mapping_file, Path("m.yaml"), **mapping_vocabulary()).mapping)
    work = DeliveryContext(
        **{**kept, "plan": plan, "keys": load_idempotency_keys(plan), "target": target, "clock": world.clock}
    )
    assert work.records_of([]) == {}
    assert set(work.records_of([3, 99])) == {3}
    work.wait("nothing", 0)
    empty = replace(work, plan=world.plan([], name="none"))
    assert list(empty.records(leave_out=())) == []


def test_the_calls_of_a_run_in_words(world: World) -> None:
    """What became of them, as people say it; a lonely comma has its name."""
    world.crm.faults = [
        None,
        before(mx("MXAPIRateLimitExceededException", "exceeded the limit of 2 in 5 second(s)", 200)),
    ]
    plan = world.plan(visits(30))
    facts = dict(summarize_run(RunReport(plan, world.ledger, world.deliver(plan).run)).facts)
    assert facts["Calls"] == "4: 3 processed, 1 refused because of the limit"
    assert [
        describe_detection(*one)
        for one in (("delimiter", ","), ("delimiter", "~"), ("delimiter", "tab"), ("sheet", ","))
    ] == [
        "comma",
        '"~"',
        "tab",
        ",",
    ]


def test_a_run_without_a_call(world: World) -> None:
    """A run that only skipped rows has no time per call."""
    world.deliver(world.plan(visits(2)))
    plan = world.plan(visits(2), name="run-2")
    delivered = world.deliver(plan)
    facts = dict(summarize_run(RunReport(plan, world.ledger, delivered.run)).facts)
    assert facts["Calls"] == "0"
    assert "Time per call" not in facts


def test_rows_that_wait_for_another_run_go_on_waiting(world: World) -> None:
    """As long as the other run does not know, this one does not either."""
    world.crm.faults = [None, before(LOST)]
    world.crm.read_faults = [before(answer({"RecordCount": 0}))] * 500
    world.deliver(world.plan(visits(2)))
    second = world.plan(visits(2), name="run-2")
    for _ in range(2):
        world.deliver(second)
        assert world.statuses("run-2") == {"skipped": 1, "uncertain": 1}
    (outcome,) = world.ledger.outcomes("run-2", [Status.UNCERTAIN])
    assert "importer resume run-1" in outcome.error


def test_a_slot_taken_by_another_thread_costs_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the last slot goes to a question, the batch waits for the next one."""
    take = AccountLimiter.acquire
    taken = iter([True])

    def take_late(self: AccountLimiter, kind: CallClass) -> Slot | None:
        return None if next(taken, False) else take(self, kind)

    monkeypatch.setattr(AccountLimiter, "acquire", take_late)
    world.deliver(world.plan(visits(3)))
    assert world.statuses() == {"created": 3}
    assert set(world.crm.notes().values()) == {1}


def test_a_call_refused_as_a_whole_that_stored_all_is_not_repeated(world: World) -> None:
    """Reading back finds every row, and nothing is left to send in halves."""
    world.crm.faults = [None, after(mx("MXInvalidInputException", "one of the activities is bad"))]
    world.deliver(world.plan(visits(6)))
    assert world.statuses() == {"created": 6}
    assert world.crm.posts == 2
    assert set(world.crm.notes().values()) == {1}


def test_a_mapping_alone_is_checked_without_a_file(tmp_path: Path) -> None:
    """What it is for and how many columns it reads."""
    path = tmp_path / "visits.yaml"
    path.write_text(BY_ID, "utf-8")
    sound, columns = check_mapping_file(path, None)
    assert "valid mapping for bulk-activities-by-lead-id" in sound
    assert columns == "It fills 3 fields from 2 columns."


def test_only_the_first_rows_of_a_problem_are_named() -> None:
    """A column of a million bad cells is one group with a few example rows; a row with two of them counts once."""
    tally = _Tally()
    twice = Problem("required", 2, "m", "r", column="Another column")
    tally.add_problems([twice, *(Problem("required", row, "m", "r") for row in range(2, 11))])
    assert tally._first["required"] == [2, 3, 4, 5, 6]
    assert tally._rows_by_code["required"] == 9


def test_a_row_without_a_receipt_is_in_doubt(world: World) -> None:
    """An answer that does not speak of a row says nothing about it; reading back finds it."""

    def forgetful(request: Request, act: Callable[[], Reply]) -> Reply:
        reply = act()
        return answer({"Response": reply.body["Response"][1:]})

    world.crm.faults = [None, forgetful]
    world.deliver(world.plan(visits(4)))
    assert world.statuses() == {"created": 4}
    assert [one.row for one in world.ledger.outcomes("run-1") if one.evidence] == [3]


def test_the_read_path_is_proven_on_a_row_with_a_receipt(world: World) -> None:
    """Rows that were only found by reading back prove nothing about reading back."""
    world.crm.faults = [after(LOST), None, before(LOST)]
    world.deliver(world.plan(visits(6)))
    assert world.statuses() == {"created": 6}
    assert set(world.crm.notes().values()) == {1}


def test_books_of_a_check_that_do_not_balance(world: World) -> None:
    """A plan that says another number of invalid rows than it holds is a bug, and ends as one."""
    plan = world.plan(visits(3))
    with pytest.raises(RowCountMismatch):
        list(RunReport(replace(plan, facts=replace(plan.facts, invalid=1, ready=2))).invalid_rows())
