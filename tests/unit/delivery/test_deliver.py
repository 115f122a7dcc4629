"""Whatever the CRM answers, every row is delivered once and has an outcome."""

from __future__ import annotations

import threading

import pytest

from importer.core.errors import LedgerError
from importer.core.model import CallClass, Limit, Status
from importer.delivery.deliver_plan import DeliveryOptions
from importer.ledger.model import RunState
from importer.reports.run_report import count_rows
from tests.support.delivery_world import (
    BLIND,
    BY_ID,
    BY_ID_WITH_KEY,
    LOST,
    UNREACHED,
    World,
    after,
    answer,
    before,
    lead,
    mx,
    visits,
)


def all_once(world: World, count: int) -> bool:
    notes = world.crm.notes()
    return len(notes) == count and set(notes.values()) == {1}


def test_every_row_arrives_once(world: World) -> None:
    """A canary row goes first, then calls of 25, and the run is finished."""
    delivered = world.deliver(world.plan(visits(120)))
    assert delivered.stopped is None
    assert delivered.run.state is RunState.FINISHED
    assert world.crm.posts == 1 + 5
    assert all_once(world, 120)
    assert world.statuses() == {"created": 120}
    assert world.progress.done[-1] == (120, 120)


@pytest.mark.slow
@pytest.mark.parametrize("mapping", ["content", "key"])
@pytest.mark.parametrize("fault", [after(LOST), before(LOST), after(answer("<html>", 502)), before(answer(None))])
def test_a_lost_answer_is_read_back(world: World, fault: object, mapping: str) -> None:
    """Whether the call was processed or not, after the recovery each row is there once."""
    plan = world.plan(visits(60), BY_ID_WITH_KEY if mapping == "key" else BY_ID)
    world.crm.faults = [None, fault]  # type: ignore[list-item]
    delivered = world.deliver(plan)
    assert delivered.stopped is None
    assert world.statuses() == {"created": 60}
    assert all_once(world, 60)
    assert sum(world.clock.slept) >= 120


def test_identical_rows_are_counted(world: World) -> None:
    """Three identical rows of one lead whose answer is lost are three activities afterwards, not one and not six."""
    rows = [*visits(1), *[(lead(7), "same")] * 3]
    world.crm.faults = [None, after(LOST)]
    world.deliver(world.plan(rows))
    assert world.crm.notes()["same"] == 3
    assert world.statuses() == {"created": 4}


def test_a_throttled_call_is_sent_again_and_teaches_the_limit(world: World) -> None:
    """A refusal because of the limit costs nothing but time, and the next run knows the limit."""
    refusal = mx("MXAPIRateLimitExceededException", "API calls exceeded the limit of 2 in 5 second(s)", 200)
    world.crm.faults = [None, before(refusal)]
    world.deliver(world.plan(visits(60)))
    assert all_once(world, 60)
    assert world.ledger.learned_limits("test")[CallClass.BULK].limit == Limit(2, 5.0)
    assert any("2 bulk calls in 5 s" in note for note in world.progress.notes)


def test_a_call_that_never_left_is_sent_again(world: World) -> None:
    """No connection means that nothing was sent."""
    world.crm.faults = [before(UNREACHED), before(UNREACHED)]
    world.deliver(world.plan(visits(30)))
    assert all_once(world, 30)


def test_an_unreachable_crm_stops_the_run_and_resume_finishes_it(world: World) -> None:
    """Five calls in a row that did not get through stop the run; nothing is in doubt."""
    plan = world.plan(visits(30))
    world.crm.faults = [None, *[before(UNREACHED)] * 5]
    delivered = world.deliver(plan)
    assert delivered.stopped is not None
    assert "cannot be reached" in delivered.stopped.message
    assert delivered.run.state is RunState.OPEN
    world.crm.faults = []
    assert world.deliver(plan).stopped is None
    assert all_once(world, 30)


def test_refused_keys_stop_the_run(world: World) -> None:
    """A call that is wrong for every row is not tried with other rows."""
    world.crm.faults = [None, before(mx("MXInvalidAccessDetailsException", "Invalid Access Details provided.", 401))]
    delivered = world.deliver(world.plan(visits(60)))
    assert delivered.stopped is not None
    assert "Invalid Access Details" in delivered.stopped.message
    counts = world.statuses()
    assert counts["uncertain"] == 0


def test_rows_refused_one_by_one(world: World) -> None:
    """A bad row is rejected with the CRM's reason, its neighbours arrive."""
    world.crm.bad_notes = {"visit 5", "visit 40"}
    world.deliver(world.plan(visits(60)))
    assert world.statuses() == {"created": 58, "rejected": 2}
    (first, _) = world.ledger.outcomes("run-1", [Status.REJECTED])
    assert (first.row, first.error) == (7, "bad note")


@pytest.mark.slow
@pytest.mark.parametrize("whole", ["nothing", "partial"])
def test_a_call_refused_as_a_whole_costs_its_neighbours_nothing(world: World, whole: str) -> None:
    """Reading back finds what was stored, halving isolates the bad row."""
    world.crm.bad_notes = {"visit 9"}
    world.crm.whole = whole
    world.deliver(world.plan(visits(60)))
    assert world.statuses() == {"created": 59, "rejected": 1}
    assert all_once(world, 59)


def test_many_refused_rows_stop_the_run_unless_told_to_go_on(world: World) -> None:
    """More than 20 of the first 100 rows refused: probably the mapping is wrong."""
    world.crm.bad_notes = {f"visit {number}" for number in range(1, 60)}
    plan = world.plan(visits(100))
    delivered = world.deliver(plan)
    assert delivered.stopped is not None
    assert "refused 2" in delivered.stopped.message
    assert world.deliver(plan, DeliveryOptions(keep_going=True)).stopped is None
    assert world.statuses() == {"created": 41, "rejected": 59}


@pytest.mark.slow
def test_three_unclear_calls_in_a_row_stop_the_run_and_resume_settles_them(world: World) -> None:
    """A CRM that answers nonsense is left alone; later each row is found."""
    plan = world.plan(visits(120))
    world.crm.faults = [None, after(LOST), after(LOST), after(LOST)]
    delivered = world.deliver(plan)
    assert delivered.stopped is not None
    assert "without a clear answer" in delivered.stopped.message
    assert world.deliver(plan).stopped is None
    assert all_once(world, 120)


@pytest.mark.slow
def test_rows_of_a_lead_in_doubt_wait_for_its_recovery(world: World) -> None:
    """A later row of the same lead never overtakes one whose fate is not known."""
    rows = [*visits(1), *[(lead(7), f"step {number}") for number in range(60)]]
    world.crm.faults = [None, before(LOST)]
    world.deliver(world.plan(rows))
    stored = [each["item"]["ActivityNote"] for each in world.crm.activities[lead(7)]]
    assert stored == [f"step {number}" for number in range(60)]


@pytest.mark.slow
def test_without_proof_nothing_is_sent_again(world: World) -> None:
    """If reading back does not even show a row that is known to be there, an absent row stays uncertain."""
    plan = world.plan(visits(26))
    world.crm.faults = [None, before(LOST)]
    world.crm.read_faults = [BLIND] * 200
    assert world.deliver(plan).stopped is None
    assert world.statuses() == {"created": 1, "uncertain": 25}
    (outcome, *_) = world.ledger.outcomes("run-1", [Status.UNCERTAIN])
    assert "could not be proven" in outcome.evidence
    world.crm.read_faults = []
    world.deliver(plan)
    assert all_once(world, 26)


def test_a_row_absent_twice_over_is_left_to_a_person(world: World) -> None:
    """A row is sent a second time at most once."""
    plan = world.plan(visits(2))
    world.crm.faults = [None, before(LOST), before(LOST)]
    world.deliver(plan)
    assert world.statuses() == {"created": 1, "uncertain": 1}
    (outcome,) = world.ledger.outcomes("run-1", [Status.UNCERTAIN])
    assert "second time" in outcome.evidence


@pytest.mark.slow
@pytest.mark.parametrize(("losses", "arrives"), [(4, True), (5, False)])
def test_with_an_import_key_a_row_is_sent_again_more_often(world: World, losses: int, arrives: bool) -> None:
    """With a key that finds each sending for certain, four repetitions are tried before a person has to look."""
    plan = world.plan(visits(2), BY_ID_WITH_KEY)
    world.crm.faults = [None, *[before(LOST)] * losses]
    for _ in range(4):  # the guard against calls without an answer stops a run in between
        world.deliver(plan)
    assert world.statuses() == ({"created": 2} if arrives else {"created": 1, "uncertain": 1})
    evidence = [outcome.evidence for outcome in world.ledger.outcomes("run-1", [Status.UNCERTAIN])]
    assert all("5 times" in text for text in evidence)


def test_reading_back_that_fails_leaves_the_row_uncertain(world: World) -> None:
    """No answer to the question is no answer."""
    world.crm.faults = [None, after(LOST)]
    world.crm.read_faults = [before(mx("MXInvalidInputException", "no"))] * 50
    world.deliver(world.plan(visits(2)))
    assert world.statuses() == {"created": 1, "uncertain": 1}


def test_an_activity_id_that_is_booked_already_is_not_believed(world: World) -> None:
    """Two rows cannot have made the same activity."""
    world.deliver(world.plan(visits(1)))
    (made,) = world.ledger.outcomes("run-1")
    twice = answer({"Response": [{"RowNumber": 1, "ActivityCreated": True, "ProspectActivityId": made.activity_id}]})
    world.crm.faults = [before(twice)]
    delivered = world.deliver(world.plan(visits(1, first=1), name="run-2"))
    assert delivered.stopped is not None
    assert "another row" in delivered.stopped.message
    assert world.statuses("run-2") == {"uncertain": 1}


def test_the_same_rows_in_another_file_are_not_sent(world: World) -> None:
    """Yesterday's export with new rows sends only the new ones; a deliberate repeat sends all."""
    world.deliver(world.plan(visits(30)))
    world.deliver(world.plan(visits(40), name="run-2"))
    assert world.statuses("run-2") == {"skipped": 30, "created": 10}
    (first, *_) = world.ledger.outcomes("run-2", [Status.SKIPPED])
    assert "row 2 of visits.csv (run run-1, activity" in first.error
    world.deliver(world.plan(visits(5), name="run-3", again="they asked"))
    assert world.crm.notes()["visit 0"] == 2


def test_identical_rows_of_one_file_are_all_sent_once_each(world: World) -> None:
    """The second of two identical rows is another effect, today and in tomorrow's longer file."""
    world.deliver(world.plan([(lead(1), "same")] * 2))
    world.deliver(world.plan([(lead(1), "same")] * 3, name="run-2"))
    assert world.crm.notes()["same"] == 3
    assert world.statuses("run-2") == {"skipped": 2, "created": 1}


@pytest.mark.slow
def test_a_row_that_another_run_may_have_sent_waits_for_it(world: World) -> None:
    """While a row is in doubt in one run, no other run sends it; once settled, the other run goes on."""
    first = world.plan(visits(2))
    world.crm.faults = [None, before(LOST)]
    world.crm.read_faults = [before(answer({"RecordCount": 0}))] * 200
    world.deliver(first)
    second = world.plan(visits(3), name="run-2")
    world.crm.read_faults = []
    world.deliver(second)
    assert world.statuses("run-2") == {"skipped": 1, "uncertain": 1, "created": 1}
    world.deliver(first)
    world.deliver(second)
    assert world.statuses("run-2") == {"skipped": 2, "created": 1}
    assert all_once(world, 3)


def test_a_row_that_another_run_gave_up_is_sent(world: World) -> None:
    """When the other run certainly did not send the row, this one does."""
    first = world.plan(visits(2))
    world.crm.faults = [None, before(LOST)]
    world.crm.read_faults = [before(answer({"RecordCount": 0}))] * 200
    world.deliver(first)
    second = world.plan(visits(2), name="run-2")
    world.deliver(second)
    assert world.statuses("run-2") == {"skipped": 1, "uncertain": 1}
    (doubt,) = world.ledger.outcomes("run-1", [Status.UNCERTAIN])
    from dataclasses import replace

    world.ledger.settle("run-1", [replace(doubt, status=Status.REJECTED, error_code="person")], "test")
    world.crm.read_faults = []
    world.deliver(second)
    assert world.statuses("run-2") == {"skipped": 1, "created": 1}


@pytest.mark.slow
def test_the_person_stops_it(world: World) -> None:
    """A request to stop finishes the calls in flight; nothing is lost and the rest follows later."""
    world.crm.on_post = lambda number: world.stop.set() if number == 2 else None
    plan = world.plan(visits(200))
    delivered = world.deliver(plan)
    assert delivered.stopped is not None
    assert "on request" in delivered.stopped.message
    assert world.statuses()["uncertain"] == 0
    world.stop.clear()
    world.deliver(plan)
    assert all_once(world, 200)


@pytest.mark.slow
def test_a_daily_budget_stops_cleanly_and_goes_on_the_next_day(world: World) -> None:
    """The budget counts calls of the UTC day, the three looks at the leads of the first rows among them."""
    from dataclasses import replace

    world.account = replace(world.account, daily_calls=6)
    plan = world.plan(visits(120))
    delivered = world.deliver(plan)
    assert delivered.stopped is not None
    assert "6 calls a day" in delivered.stopped.message
    assert world.crm.posts == 3
    world.clock.sleep(86_400)
    world.deliver(plan)
    world.clock.sleep(86_400)
    assert world.deliver(plan).stopped is None
    assert all_once(world, 120)


def test_a_lock_that_is_no_longer_ours_stops_the_run(world: World) -> None:
    """If the lock file vanished, another import may be running: stop."""
    delivered = world.deliver(world.plan(visits(60)), DeliveryOptions(still_ours=lambda: world.crm.posts < 1))
    assert delivered.stopped is not None
    assert "lock file" in delivered.stopped.message


@pytest.mark.slow
def test_a_right_that_is_lost_at_the_last_moment(world: World) -> None:
    """Asked once more right before a call leaves: it does not, and its rows are as if they had never been sent."""
    asked_by_calls: list[str] = []

    def still_ours() -> bool:
        if threading.current_thread() is not threading.main_thread():
            asked_by_calls.append("a call that is about to leave")
        return len(asked_by_calls) < 2

    plan = world.plan(visits(60))
    delivered = world.deliver(plan, DeliveryOptions(still_ours=still_ours))
    assert delivered.stopped is not None
    assert world.crm.posts == 1
    assert Status.UNCERTAIN not in world.ledger.counts(delivered.run.id)
    world.deliver(plan)
    assert all_once(world, 60)


@pytest.mark.slow
def test_a_crash_between_sending_and_the_answer(world: World) -> None:
    """Rows that were being sent when the program died are read back before anything else is sent."""

    def die(number: int) -> None:
        if number == 2:
            raise KeyboardInterrupt

    world.crm.on_post = die
    plan = world.plan(visits(60))
    with pytest.raises(KeyboardInterrupt):
        world.deliver(plan)
    world.crm.on_post = lambda number: None
    assert world.deliver(plan).stopped is None
    assert all_once(world, 60)


def test_books_balance_at_every_point(world: World) -> None:
    """Counts add up to the rows, also while the run is unfinished."""
    plan = world.plan(visits(60))
    assert count_rows(plan, {}) == {Status.NOT_SENT: 60}
    world.crm.faults = [None, *[before(UNREACHED)] * 5]
    world.deliver(plan)
    assert sum(count_rows(plan, world.ledger.counts("run-1")).values()) == 60


def test_a_ledger_that_fails_stops_everything(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without memory nothing is sent."""

    def full(*_: object) -> list[int]:
        raise LedgerError("disk full")

    monkeypatch.setattr(world.ledger, "record", full)
    with pytest.raises(LedgerError):
        world.deliver(world.plan(visits(3)))
    assert world.crm.posts == 0
