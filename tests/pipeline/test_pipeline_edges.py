"""Edges of the shared work of a delivery and of its report."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pipeline_world import LOST, World, answer, before, visits

from importer.model import Status
from importer.pipeline.report import Books, _place, summarise
from importer.pipeline.work import Work
from importer.problems import Problem


def test_records_of_rows(world: World) -> None:
    """Rows that are not asked for or not there are not found, and cost nothing."""
    plan = world.plan(visits(3))
    kept: dict[str, Any] = dict.fromkeys(Work.__slots__)
    from pathlib import Path

    from importer.pipeline.deliver import make_target, parse_mapping
    from importer.pipeline.effect_keys import effect_keys
    from importer.pipeline.plan import known_words

    target = make_target(parse_mapping(plan.facts.mapping_file, Path("m.yaml"), **known_words()).mapping)
    work = Work(**{**kept, "plan": plan, "keys": effect_keys(plan), "target": target, "clock": world.clock})
    assert work.records_of([]) == {}
    assert set(work.records_of([3, 99])) == {3}
    work.wait("nothing", 0)
    empty = replace(work, plan=world.plan([], name="none"))
    assert list(empty.records()) == []


def test_a_run_without_a_call(world: World) -> None:
    """A run that only skipped rows has no time per call."""
    world.deliver(world.plan(visits(2)))
    plan = world.plan(visits(2), name="run-2")
    delivered = world.deliver(plan)
    facts = dict(summarise(Books(plan, world.ledger, delivered.run)).facts)
    assert facts["Calls"] == "0"
    assert "Time per call" not in facts


def test_a_problem_of_the_whole_row_has_no_place() -> None:
    """Only a column has a letter."""
    assert _place(Problem("row-too-short", 2, "m", "r")) == ""
    assert _place(Problem("required", 2, "m", "r", column="A b", letter="C")) == 'Column C "A b": '


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
