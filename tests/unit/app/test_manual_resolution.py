"""Decisions of a person about rows in doubt, in one process."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from importer.app.environment import Environment, open_ledger_of
from importer.app.imports import resume, run
from importer.app.manual_resolution import ChangeDecision, Decision, decide, decide_changes, undecided_rows
from importer.config.settings import Account
from importer.core.errors import UsageError
from importer.core.model import CallClass, Status
from importer.delivery.deliver_plan import DeliveryOptions
from importer.ledger.model import Call, RowToSend
from importer.reports.publisher import ReportPaths
from tests.support.delivery_world import BY_ID, LOST, World, answer, before, lead
from tests.unit.app.test_imports import account, crm_of, env, files  # noqa: F401  fixtures of the neighbour


@pytest.fixture
def run_id(env: Environment, account: Account) -> str:  # noqa: F811  the fixtures by their names
    """A run of five rows, of which four are in doubt: nothing was stored, and reading back shows nothing."""
    crm = crm_of(env, account)
    crm.faults = [None, before(LOST)]
    crm.read_faults = [before(answer({"RecordCount": 0}))] * 500
    report = run(files(5), account, ReportPaths(), DeliveryOptions(), env)
    assert report.summary.counts[Status.UNCERTAIN] == 4
    assert f"importer decide {report.summary.run_id}" in report.summary.next_step
    crm.read_faults = []
    return report.summary.run_id


@pytest.mark.slow
def test_each_decision(env: Environment, account: Account, run_id: str) -> None:  # noqa: F811  the same
    """What a row becomes, what the person does next, and that the rest stays as it was."""
    found, rows = undecided_rows(None, env)
    assert (found.id, [one.row for one in rows]) == (run_id, [3, 4, 5, 6])
    assert rows[0].cells == (("Lead", lead(1)), ("Note", "visit 1"))
    assert "No complete answer came back" in rows[0].text
    made = decide(run_id, 3, Decision.CREATED, "seen", "ann", env, " act-7 ")
    assert (made.status, made.next_step) == (Status.CREATED, "Nothing to do.")
    assert decide(None, 4, Decision.ABANDON, "enough", "ann", env).status is Status.SKIPPED
    assert decide(None, 5, Decision.ABSENT, "not there", "ann", env).next_step == f"Run: importer resume {run_id}"
    assert decide(None, 5, Decision.UNDECIDED, "not so sure", "ann", env).status is Status.UNCERTAIN
    assert decide(None, 5, Decision.ABSENT, "looked again", "ann", env).status is Status.NOT_SENT
    assert [one.row for one in undecided_rows(run_id, env)[1]] == [6]
    report = resume(None, lambda name: account, ReportPaths(), DeliveryOptions(), env)
    assert report.summary.counts == {Status.CREATED: 4, Status.SKIPPED: 1}
    assert "1 was there already, or needed no sending" in report.summary.headline
    notes = crm_of(env, account).notes()
    assert notes == {"visit 0": 1, "visit 3": 1, "visit 4": 1}
    with pytest.raises(UsageError, match="was sent again since"):
        decide(run_id, 5, Decision.UNDECIDED, "too late", "ann", env)
    assert decide(run_id, 3, Decision.CREATED, "the right id", "ann", env, "act-8").status is Status.CREATED


@pytest.mark.slow
def test_what_cannot_be_decided(env: Environment, run_id: str) -> None:  # noqa: F811  the same
    """No reason, a row that is certain, a row that was never sent, a run that is not there."""
    for row, decision, why, words in (
        (3, Decision.CREATED, " ", "needs a reason"),
        (2, Decision.ABSENT, "x", "is not uncertain: it is created"),
        (99, Decision.ABSENT, "x", "is not uncertain: it is not known"),
        (3, Decision.UNDECIDED, "x", "was not decided by a person"),
    ):
        with pytest.raises(UsageError, match=words):
            decide(run_id, row, decision, why, "ann", env)
    with pytest.raises(UsageError, match="There is no run nowhere"):
        undecided_rows("nowhere", env)


@pytest.mark.slow
def test_an_id_that_another_row_has(env: Environment, run_id: str) -> None:  # noqa: F811  the same
    """A slip of the hand does not give one activity to two rows; a row keeps its own."""
    decide(run_id, 3, Decision.CREATED, "seen", "ann", env, "act-7")
    with pytest.raises(UsageError, match="Activity ACT-7 belongs to row 3 of run"):
        decide(run_id, 4, Decision.CREATED, "seen", "ann", env, "ACT-7")
    assert decide(run_id, 3, Decision.CREATED, "once more", "bob", env, "act-7").status is Status.CREATED


@pytest.mark.slow
def test_a_row_that_waits_for_another_run_is_decided_there(
    env: Environment,  # noqa: F811  the same
    account: Account,  # noqa: F811  the same
    run_id: str,
) -> None:
    """Its twin in the other run is the one in doubt, and the message names it."""
    report = run(files(6, name="more.csv"), account, ReportPaths(), DeliveryOptions(), env)
    assert report.summary.counts[Status.UNCERTAIN] == 4
    with pytest.raises(UsageError, match=f"cannot be decided here. Run {run_id} may already have sent this row"):
        decide(report.summary.run_id, 3, Decision.ABSENT, "not there", "ann", env)


@pytest.mark.slow
def test_a_row_that_was_being_sent_when_the_program_died(
    env: Environment,  # noqa: F811  the same
    account: Account,  # noqa: F811  the same
    run_id: str,
) -> None:
    """It is in doubt, too, and can be decided without a resume before."""
    decide(run_id, 3, Decision.ABSENT, "not there", "ann", env)
    with open_ledger_of(env) as ledger:
        (found,) = ledger.runs()
        sending = (RowToSend(3, "some-key"),)
        ledger.begin_call(Call(run_id, account.name, found.new.target, CallClass.BULK, "sha", sending))
    assert decide(run_id, 3, Decision.CREATED, "seen now", "ann", env).status is Status.CREATED


def test_without_doubts(env: Environment, account: Account) -> None:  # noqa: F811  the same
    """A run whose rows are all certain has an empty list, and without a run there is nothing to decide."""
    report = run(files(2), account, ReportPaths(), DeliveryOptions(), env)
    assert undecided_rows(report.summary.run_id, env)[1] == []
    with pytest.raises(UsageError, match="No row of any run is uncertain"):
        undecided_rows(None, env)


def test_a_row_that_waits_for_one_given_up(world: World, tmp_path: Path) -> None:
    """Once a person has given the row up, the other run skips it, too, and says by whom it was decided."""
    world.crm.faults = [None, before(LOST)]
    world.crm.read_faults = [before(answer({"RecordCount": 0}))] * 500
    rows = [(lead(1), "a"), (lead(2), "b")]
    world.deliver(world.plan(rows))
    second = world.plan(rows, name="run-2")
    world.deliver(second)
    assert world.statuses("run-2") == {"skipped": 1, "uncertain": 1}
    (row,) = world.ledger.outcomes("run-1", [Status.UNCERTAIN])
    world.ledger.decide("run-1", replace(row, status=Status.SKIPPED, error_code="decided"), "given up")
    world.deliver(second)
    assert world.statuses("run-2") == {"skipped": 2}
    assert [one.error_code for one in world.ledger.outcomes("run-2")] == ["already-sent", "given-up"]


@pytest.mark.slow
def test_decisions_about_changes(env: Environment, account: Account) -> None:  # noqa: F811  the same
    """Held rows are sent or kept, a decision can be taken back, and a row that is not held cannot be decided."""
    options = DeliveryOptions()
    run(files(2), account, ReportPaths(), options, env)
    more = files(2, mapping=BY_ID + "  mx_Custom_1: {value: x}\n")
    held = run(more, account, ReportPaths(), options, env).summary
    assert held.counts == {Status.CHANGED: 2}
    assert decide_changes(held.run_id, ChangeDecision.KEEP, "", "ann", env, 2).next_step == "Nothing to do."
    with pytest.raises(UsageError, match=r"Row 2 of run .* is not held"):
        decide_changes(held.run_id, ChangeDecision.SEND, "", "ann", env, 2)
    assert decide(held.run_id, 2, Decision.UNDECIDED, "not so sure", "ann", env).status is Status.CHANGED
    assert decide_changes(None, ChangeDecision.SEND, "all", "ann", env).rows == 2
    with pytest.raises(UsageError, match=r"No row of run .* is held"):
        decide_changes(held.run_id, ChangeDecision.SEND, "", "ann", env)
    report = resume(held.run_id, lambda name: account, ReportPaths(), options, env)
    assert report.summary.counts == {Status.CREATED: 2}
