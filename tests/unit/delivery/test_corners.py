"""Corners of the pipeline that no ordinary run reaches."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from importer.app.preflight import check_disk
from importer.core.errors import ImporterError, LedgerError
from importer.core.model import CallClass, Limit, Outcome, Receipt, Status
from importer.core.progress import SilentProgress
from importer.core.text import format_count
from importer.core.time import SystemClock
from importer.delivery.guards import Guards
from importer.delivery.idempotency_keys import load_idempotency_keys
from importer.planning.store import open_plan
from importer.reports.messages import describe_next_step, describe_result
from importer.reports.run_report import RowCountMismatch, RunReport, summarize_run
from tests.support.delivery_world import (
    LOST,
    VirtualClock,
    World,
    after,
    visits,
)


def test_the_real_clock() -> None:
    """It tells UTC, never goes back, and its sleep ends when the stop is set."""
    stop = threading.Event()
    clock = SystemClock(stop)
    assert clock.now().tzinfo is UTC
    assert clock.monotonic() <= clock.monotonic()
    stop.set()
    clock.sleep(3600)


def test_silence() -> None:
    """Progress that nobody watches takes everything and says nothing."""
    silent = SilentProgress()
    silent.reading(1)
    silent.delivering(1, 2, {})
    silent.waiting("x", 1)
    silent.note("x")


def test_the_first_reason_to_stop_stays() -> None:
    """What comes after it is its consequence."""
    guards = Guards()
    guards.stop_for(None)
    assert guards.reason is None
    guards.stop("first", "")
    guards.stop("another", "")
    assert guards.reason is not None
    assert guards.reason.message == "first"


def test_a_plan_that_is_not_there(tmp_path: Path) -> None:
    """An error with a remedy."""
    with pytest.raises(ImporterError, match="missing or incomplete"):
        open_plan(tmp_path)


def test_keys_are_kept_beside_the_plan(world: World) -> None:
    """The second time they are read, not computed; a file of another length is not believed."""
    plan = world.plan([*visits(3), *visits(1)])
    first = load_idempotency_keys(plan)
    assert len(first) == 4
    assert len(set(first.slice(0, 4))) == 4
    assert load_idempotency_keys(plan).slice(0, 4) == first.slice(0, 4)
    np.save(plan.folder / "keys.npy", np.empty(1, dtype=[("digest", "S16"), ("occurrence", "u4")]))
    assert load_idempotency_keys(plan).slice(0, 4) == first.slice(0, 4)
    assert len(load_idempotency_keys(world.plan([], name="none"))) == 0


def test_books_that_do_not_balance_are_a_bug(world: World) -> None:
    """The program checks itself: rows read and rows accounted for must agree."""
    plan = world.plan(visits(3))
    wrong = replace(plan, facts=replace(plan.facts, rows=4))
    with pytest.raises(RowCountMismatch):
        RunReport(wrong).counts()
    lying = replace(plan, facts=replace(plan.facts, rows=2, ready=2))
    with pytest.raises(RowCountMismatch):
        list(RunReport(lying).rows())


def test_a_second_delivery_of_a_finished_run_changes_nothing(world: World) -> None:
    """It is opened, looked through, and finished again."""
    plan = world.plan(visits(3))
    world.deliver(plan)
    posts = world.crm.posts
    world.deliver(plan)
    assert world.crm.posts == posts


def test_the_last_call_of_an_earlier_process_counts(world: World) -> None:
    """After a start, the first call waits until the window since the last known call is over, even if the clock went back."""
    world.deliver(world.plan(visits(2)))
    slept = len(world.clock.slept)
    world.deliver(world.plan(visits(4), name="run-2"))
    assert sum(world.clock.slept[slept:]) > 4
    world.clock._seconds -= 3600
    world.deliver(world.plan(visits(6), name="run-3"))
    assert world.statuses("run-3")["created"] == 2


def test_interrupted_while_reading_back(world: World) -> None:
    """Ctrl-C while waiting for the settle time keeps the rows uncertain, and resume goes on."""
    plan = world.plan(visits(3))
    world.crm.faults = [None, after(LOST)]
    original = world.clock.sleep

    def sleep(seconds: float) -> None:
        if world.progress.waits and "without a clear answer" in world.progress.waits[-1]:
            world.stop.set()
        original(seconds)

    world.clock.sleep = sleep  # type: ignore[method-assign]
    delivered = world.deliver(plan)
    assert delivered.stopped is not None
    assert world.statuses()["uncertain"] == 2
    world.stop.clear()
    world.clock.sleep = original  # type: ignore[method-assign]
    world.deliver(plan)
    assert set(world.crm.notes().values()) == {1}


def test_words() -> None:
    """Sentences for every end."""
    assert format_count(1) == "1 row"
    assert format_count(1250) == "1,250 rows"
    assert describe_result("finished", 0, {}, "") == "The file has headings but no rows."
    assert "1 row needs you" in describe_result("planned", 3, {Status.INVALID: 1}, "")
    assert "2 rows need you" in describe_result("planned", 3, {Status.INVALID: 2}, "")
    assert "stopped early: why" in describe_result("interrupted", 3, {Status.NOT_SENT: 3}, "why")
    assert "3 were there already" in describe_result("finished", 3, {Status.SKIPPED: 3}, "")
    assert describe_next_step("planned", {}, "", blocked=False) == "Nothing to do."
    assert "To fix" in describe_next_step("planned", {Status.INVALID: 1}, "", blocked=True)
    assert "send the others" in describe_next_step("planned", {Status.INVALID: 1}, "", blocked=False)
    assert "by hand" in describe_next_step("finished", {Status.UNCERTAIN: 1}, "r", blocked=False)
    assert "To fix" in describe_next_step("finished", {Status.REJECTED: 1}, "r", blocked=False)


def test_summary_of_an_unhappy_run(world: World) -> None:
    """Rejected and uncertain rows are grouped with their first rows; learned and configured limits are shown."""
    world.crm.bad_notes = {f"visit {number}" for number in range(1, 8)}
    world.deliver(world.plan(visits(20)))
    from importer.ledger.model import LearnedLimit

    world.ledger.learn_limit("test", LearnedLimit(CallClass.BULK, Limit(5, 5.0), "text", "2026-11-20T10:00:00+00:00"))
    plan = open_plan(world.folder / "run-1")
    run = world.ledger.run("run-1")
    summary = summarize_run(RunReport(plan, world.ledger, run), account=world.account)
    assert [(group.rows, group.first_rows) for group in summary.errors] == [(7, (3, 4, 5, 6, 7))]
    assert ("Limit of bulk calls", "5 bulk calls in 5 s (learned)") in summary.facts
    assert ("Limit of async calls", "4 async calls in 5 s (configured)") in summary.facts
    again = summarize_run(RunReport(world.plan(visits(1), name="run-9", again="asked"), world.ledger, None))
    assert ("Sent again on purpose", "asked") in again.facts
    assert again.status == "planned"


def test_a_full_disk_is_found_before_anything_is_sent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder is named, and how much room is needed."""
    monkeypatch.setattr("shutil.disk_usage", lambda folder: type("Usage", (), {"free": 10})())
    with pytest.raises(ImporterError, match="free"):
        check_disk(tmp_path, tmp_path, 10)


def test_a_row_known_elsewhere_in_chunks(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Recognition works chunk by chunk."""
    monkeypatch.setattr("importer.delivery.deduplication._CHUNK", 2)
    world.deliver(world.plan(visits(5)))
    world.deliver(world.plan(visits(5), name="run-2"))
    assert world.statuses("run-2") == {"skipped": 5}


def test_outcomes_keep_their_receipt() -> None:
    """A receipt's words reach the outcome."""
    from importer.delivery.outcomes import outcome_from_receipt

    receipt = Receipt(1, Status.REJECTED, error_code="MXx", error="no")
    assert outcome_from_receipt(7, receipt, "now") == Outcome(
        7, Status.REJECTED, error_code="MXx", error="no", at="now"
    )


def test_moments_are_utc() -> None:
    """The virtual clock's time moves with its sleep."""
    clock = VirtualClock()
    start = clock.now()
    clock.sleep(5)
    assert clock.now() - start >= timedelta(seconds=5)
    assert start < datetime(2027, 1, 1, tzinfo=UTC)


@pytest.mark.slow
def test_a_failing_ledger_while_calls_are_in_flight(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error comes through; the rows stay in doubt and are read back next time."""
    plan = world.plan(visits(60))
    original = world.ledger.record
    ends = []

    def record(ended: Any, begun: Any) -> list[int]:
        ends.extend(ended)
        if len(ends) >= 2:
            raise LedgerError("disk full")
        return original(ended, begun)

    monkeypatch.setattr(world.ledger, "record", record)
    with pytest.raises(LedgerError):
        world.deliver(plan)
    assert world.statuses()["uncertain"] > 0
    monkeypatch.setattr(world.ledger, "record", original)
    assert world.deliver(plan).stopped is None
    assert set(world.crm.notes().values()) == {1}
