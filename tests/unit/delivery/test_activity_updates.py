"""Rows that correct the activity of an earlier import, in one process with a CRM in memory."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from importer.app import ChangeDecision, decide_changes, open_ledger_of
from importer.core.failpoints import arm
from importer.core.model import Outcome, Record, Reply, Status
from importer.delivery.deliver_plan import DeliveryOptions, make_context
from importer.delivery.held_rows import DecisionWriter
from importer.delivery.reconciliation.matcher import BY_IMPORT_KEY
from importer.delivery.updates.field_changes import UpdateRules, knows_activity
from importer.ledger import DECIDED
from importer.mapping import FieldRule, Mapping
from importer.sources.opening import open_in_process
from importer.targets import Target, make_target
from tests.support.delivery_world import LOST, World, after, answer, before, mx, visits
from tests.support.import_world import VISITS, ImportWorld, visit

UPDATE = f"{VISITS}on_change: update\n"


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ImportWorld:
    """Three visits that were delivered, and a mapping that corrects."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("importer.planning.plan.open_source", lambda path, options, **_: open_in_process(path, options))
    made = ImportWorld(tmp_path, UPDATE)
    assert made.send("first.csv", *(visit(number) for number in (1, 2, 3))) == {"created": 3}
    return made


@pytest.fixture
def disarmed() -> Iterator[None]:
    yield
    arm("")


def held(world: ImportWorld, run: str = "") -> dict[int, Outcome]:
    with open_ledger_of(world.env) as ledger:
        return {one.row: one for one in ledger.outcomes(run or world.run_id)}


def seconds(world: ImportWorld) -> list[str]:
    stored = [one for several in world.crm.activities.values() for one in several]
    return [field["Value"] for one in stored for field in one["item"]["Fields"]]


def stored(world: ImportWorld) -> dict[str, Any]:
    found: dict[str, Any] = next(iter(world.crm.activities.values()))[0]
    return found


def test_a_row_corrects_the_activity_of_the_earlier_one(world: ImportWorld) -> None:
    """Only what differs is sent, to the same activity; the same file again has nothing to do, and old values go on."""
    identity = stored(world)["Id"]
    assert world.send("second.csv", visit(1, seconds="50"), visit(2), visit(3)) == {"updated": 1, "skipped": 2}
    assert world.crm.updates == [
        {"ProspectActivityId": identity, "Fields": [{"SchemaName": "mx_Custom_1", "Value": "50"}]}
    ]
    first = held(world)[2]
    assert (first.activity_id, "Seconds. Confirmed by reading it back." in first.evidence) == (identity, True)
    assert world.send("third.csv", visit(2), visit(1, seconds="50")) == {"skipped": 2}
    assert world.send("fourth.csv", visit(1, seconds="60"), visit(1, when="03/11/2026 11:00")) == {
        "updated": 1,
        "created": 1,
    }
    assert world.send("older.csv", visit(1), visit(3)) == {"updated": 1, "skipped": 1}
    assert (seconds(world), world.activities) == (["5", "5", "5", "5"], 4)
    with open_ledger_of(world.env) as ledger:
        assert [one.before for one in ledger.updates(world.run_id).values()] == [{"mx_Custom_1": "60"}]


def test_the_first_update_goes_alone(world: ImportWorld) -> None:
    """The others go together once it was read back."""
    posts = world.crm.posts
    assert world.send("second.csv", *(visit(number, seconds="9") for number in (1, 2, 3))) == {"updated": 3}
    assert (world.crm.posts - posts, seconds(world)) == (2, ["9", "9", "9"])


def test_what_somebody_changed_since_is_left(world: ImportWorld) -> None:
    """The row stays changed, with the reason; it can be decided otherwise."""
    stored(world)["item"]["Fields"] = [{"SchemaName": "mx_Custom_1", "Value": "7"}]
    assert world.send("second.csv", visit(1, seconds="50"), visit(2), visit(3)) == {"changed": 1, "skipped": 2}
    assert "It was not corrected: Seconds of activity" in held(world)[2].error
    assert not world.crm.updates
    with open_ledger_of(world.env) as ledger:
        assert ledger.updates(world.run_id) == {}
    decide_changes(world.run_id, ChangeDecision.SEND, "", "Ann", world.env)
    assert world.send("second.csv") == {"created": 1, "skipped": 2}
    assert world.activities == 4


def test_values_that_are_there_already_are_not_sent(world: ImportWorld) -> None:
    """Somebody typed them into LeadSquared."""
    stored(world)["item"]["Fields"] = [{"SchemaName": "mx_Custom_1", "Value": "50.0"}]
    assert world.send("second.csv", visit(1, seconds="50"), visit(2), visit(3)) == {"skipped": 3}
    assert (held(world)[2].error_code, world.crm.updates) == ("already-sent", [])


def test_an_activity_that_is_gone_is_not_corrected(world: ImportWorld) -> None:
    """Nor one that LeadSquared does not show."""
    world.crm.activities.clear()
    assert world.send("second.csv", visit(1, seconds="50"), visit(2), visit(3)) == {"changed": 1, "skipped": 2}
    assert "is not in LeadSquared any more" in held(world)[2].error


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (visit(1, note="x", seconds="50").replace(",x,", ",,"), "Note is empty in this row"),
        (visit(1, seconds=""), "Seconds is empty in this row"),
    ],
)
def test_empty_cells_correct_nothing(world: ImportWorld, line: str, reason: str) -> None:
    """They are not sent, so the activity would keep what it has."""
    assert world.send("second.csv", line, visit(2), visit(3)) == {"changed": 1, "skipped": 2}
    assert reason in held(world)[2].error


def test_one_activity_is_corrected_by_one_row(world: ImportWorld) -> None:
    """Two rows that differ from the same earlier one are held."""
    lines = (visit(1, seconds="50"), visit(1, seconds="60"), visit(2), visit(3))
    assert world.send("second.csv", *lines) == {"changed": 2, "skipped": 2}
    assert "Another row of this file differs" in held(world)[2].error


def test_lead_time_and_key_are_never_changed(world: ImportWorld) -> None:
    """Rows that differ in them stay changed."""
    world.remap(UPDATE.replace("activity:\n", "row_key: [Note]\nactivity:\n"))
    assert world.send("keyed.csv", visit(4), visit(5), visit(3, note="other")) == {"created": 2, "changed": 1}
    assert "An update cannot change Note." in held(world)[4].error
    lines = [visit(8, note="visit 4"), visit(5, when="03/11/2026 13:00"), visit(1)]
    assert world.send("other.csv", *lines, keep_going=True) == {"changed": 2, "skipped": 1}
    errors = held(world)
    assert "The two rows are of different leads." in errors[2].error
    assert "An update cannot change When." in errors[3].error
    assert not world.crm.updates


def test_a_decision_corrects_held_rows(world: ImportWorld) -> None:
    """As long as it is not carried out it can be undone, and it survives an interruption."""
    world.remap(VISITS)
    assert world.send("second.csv", visit(1, seconds="50"), visit(2), visit(3)) == {"changed": 1, "skipped": 2}
    decided = decide_changes(world.run_id, ChangeDecision.UPDATE, "typo", "Ann", world.env)
    assert decided.next_step.startswith("Run: importer resume")
    assert world.send("second.csv") == {"updated": 1, "skipped": 2}
    assert (seconds(world), world.activities) == (["50", "5", "5"], 3)


def test_a_lost_answer_is_repeated(world: ImportWorld) -> None:
    """An update sets values, so a second call does no harm."""
    world.crm.faults = [after(LOST), after(LOST)]
    assert world.send("second.csv", visit(1, seconds="50"), visit(2), visit(3)) == {"updated": 1, "skipped": 2}
    assert (len(world.crm.updates), seconds(world)) == (3, ["50", "5", "5"])


def test_answers_that_never_come_leave_the_row_uncertain_until_it_is_read(world: ImportWorld) -> None:
    """The run stops; continued, it reads what is there, and updates only what is not."""
    lines = (visit(1, seconds="50"), visit(2, seconds="60"), visit(3))
    world.crm.faults = [before(LOST)] * 4
    assert world.send("second.csv", *lines)["uncertain"] == 1
    assert world.last.stopped
    assert world.send("second.csv") == {"updated": 2, "skipped": 1}
    assert (seconds(world), world.activities) == (["50", "60", "5"], 3)


def test_an_update_that_does_not_show_is_uncertain(world: ImportWorld) -> None:
    """The others wait; later it is made again."""
    lines = (visit(1, seconds="50"), visit(2, seconds="60"), visit(3))
    world.crm.faults = [before(answer({"Status": "Success"}))]
    assert world.send("second.csv", *lines) == {"uncertain": 1, "changed": 1, "skipped": 1}
    assert "does not show the corrected values" in held(world)[2].error
    assert "Another update of this run is not confirmed yet." in held(world)[3].error
    assert world.send("second.csv") == {"updated": 2, "skipped": 1}


def test_a_refused_update_is_rejected(world: ImportWorld) -> None:
    """As a locked activity is; the others are made."""
    world.crm.bad_notes = {"bad"}
    lines = (visit(1, note="bad"), visit(2, seconds="60"), visit(3))
    assert world.send("second.csv", *lines) == {"rejected": 1, "updated": 1, "skipped": 1}


@pytest.mark.parametrize(
    "spot",
    [
        *(
            f"{point}:error:{passage}"
            for point in ("call-uncommitted", "call-committed", "call-witnessed", "answer-read", "answer-judged")
            for passage in (1, 2)
        ),
        "outcome-uncommitted:error:1",
        "outcome-committed:error:2",
        *(f"decision-uncommitted:error:{passage}" for passage in (1, 2)),
    ],
)
def test_an_update_that_was_cut_short_ends_right(world: ImportWorld, disarmed: None, spot: str) -> None:
    """Whatever was reached, the second start makes each update once in effect, and no activity more."""
    lines = [visit(number, seconds="9") for number in (1, 2, 3)]
    arm(spot)
    with pytest.raises(RuntimeError):
        world.send("second.csv", *lines, visit(4))
    arm("")
    assert world.send("second.csv") == {"updated": 3, "created": 1}
    assert (sorted(seconds(world)), world.activities) == (["5", "9", "9", "9"], 4)


def test_an_answer_without_a_reading_back_is_read_later(world: ImportWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """The program ended between both; what is not there then is doubted, and made again."""
    for shown, expected in (("9", {"updated": 1, "skipped": 2}), ("5", {"uncertain": 1, "skipped": 2})):
        name = f"with-{shown}.csv"
        lines = [visit(1, note=shown, seconds="9"), visit(2), visit(3)]
        with monkeypatch.context() as patched:
            patched.setattr("importer.delivery.updates.activity_updates._Updater._read_back", interrupt)
            with pytest.raises(RuntimeError):
                world.send(name, *lines)
        before = stored(world)["item"]
        if shown == "5":
            stored(world)["item"] = {**before, "ActivityNote": "9"}
        assert world.send(name) == expected
    assert world.send(name) == {"updated": 1, "skipped": 2}


def interrupt(*_: Any) -> None:
    raise RuntimeError("the program ended")


def test_a_row_that_is_sent_as_new_after_all_is_no_update(world: ImportWorld, disarmed: None) -> None:
    """Its update was recorded, and the program ended before its call; then a person decided otherwise."""
    arm("decision-uncommitted:error")
    with pytest.raises(RuntimeError):
        world.send("second.csv", visit(1, seconds="50"), visit(2), visit(3))
    arm("")
    with open_ledger_of(world.env) as ledger:
        run = ledger.runs()[0].id
        assert list(ledger.updates(run)) == [2]
    decide_changes(run, ChangeDecision.SEND, "", "Ann", world.env)
    assert world.send("second.csv") == {"created": 1, "skipped": 2}
    with open_ledger_of(world.env) as ledger:
        assert ledger.updates(run) == {}


def test_an_activity_that_cannot_be_read_is_left(world: ImportWorld) -> None:
    """A refused question holds the row; one without an answer stops the run."""
    lines = (visit(1, seconds="50"), visit(2), visit(3))
    show(world, answer({"Status": "Success"}))
    assert world.send("second.csv", *lines) == {"changed": 1, "skipped": 2}
    assert "does not show activity" in held(world)[2].error
    show(world, *[LOST] * 4)
    world.send("third.csv", *lines, visit(4))
    assert world.last.stopped
    assert world.send("third.csv") == {"updated": 1, "skipped": 2, "created": 1}


def show(world: ImportWorld, *replies: Reply | None) -> None:
    """Let the CRM answer so when an activity is read; ``None`` for the truth."""
    truth, script = world.crm._details, iter(replies)
    world.crm._details = lambda identity: next(script, None) or truth(identity)


def test_a_result_that_cannot_be_read_is_uncertain(world: ImportWorld) -> None:
    """The answer said that it was done."""
    show(world, None, *[mx("MXInvalidInputException", "no")] * 3)
    lines = (visit(1, seconds="50"), visit(2), visit(3))
    assert world.send("second.csv", *lines) == {"uncertain": 1, "skipped": 2}
    assert "The activity could not be read" in held(world)[2].error
    assert world.send("second.csv") == {"updated": 1, "skipped": 2}


def test_what_is_not_known_any_more_is_not_corrected(world: ImportWorld) -> None:
    """The plan of the earlier run was removed, or its activity was recognised by its content only."""
    with open_ledger_of(world.env) as ledger:
        (outcome,) = (one for one in ledger.outcomes(world.run_id) if one.row == 2)
        by_content = "Confirmed by reading back, recognised by its content."
        ledger.correct(world.run_id, [replace(outcome, evidence=by_content)], "test")
        folder = Path(ledger.runs()[0].new.folder)
    lines = (visit(1, seconds="50"), visit(2), visit(3))
    assert world.send("second.csv", *lines) == {"changed": 1, "skipped": 2}
    assert "is not known for certain" in held(world)[2].error
    shutil.rmtree(folder)
    assert world.send("third.csv", *lines[:1]) == {"changed": 1}
    assert "What was sent earlier is not known any more." in held(world)[2].error


def test_an_update_of_nothing_is_held(tmp_path: Path) -> None:
    """A person decided to correct an earlier row, and none differs any more."""
    small = World(tmp_path)
    plan = small.plan(visits(1))
    run = small.deliver(plan).run
    parts = (small.account, small.crm, small.ledger, small.clock, small.stop, small.progress)
    context = make_context(plan, run, *parts, DeliveryOptions())
    found = DecisionWriter(context, {}, {0: 2}, {0}).outcome(0, 2)
    assert found is not None
    assert (found.status, found.error_code) == (Status.CHANGED, "changed-since")


def test_an_open_update_that_somebody_overwrote_is_left_to_a_person(world: ImportWorld) -> None:
    """Its call may have arrived, and LeadSquared holds neither the former nor the new values."""
    world.crm.faults = [before(LOST)] * 4
    assert world.send("second.csv", visit(1, seconds="50"), visit(2), visit(3))["uncertain"] == 1
    stored(world)["item"]["Fields"] = [{"SchemaName": "mx_Custom_1", "Value": "7"}]
    assert world.send("second.csv") == {"uncertain": 1, "skipped": 2}
    assert "was changed in LeadSquared since" in held(world)[2].error


def test_only_activities_are_corrected() -> None:
    """Rows of a target that only creates leads are not, and the lead's own fields are not."""
    rule = FieldRule(column="A")
    lead = make_target(Mapping(target="create-lead", lead={"EmailAddress": rule}))
    both = make_target(
        Mapping(
            target="lead-and-activity",
            search_by="EmailAddress",
            lead={"EmailAddress": rule, "mx_City": rule},
            activity={"ActivityEvent": rule, "mx_KYC": FieldRule(fields={"Status": rule, "mx_Other": rule})},
        )
    )
    plan = SimpleNamespace(facts=SimpleNamespace(fields={"A": "lead.EmailAddress"}))

    def changes(target: Target, **fields: str) -> Any:
        sent = {"lead.EmailAddress": "a@example.org", "lead.mx_City": "Pune"}
        sent |= {"activity.mx_KYC.Status": "Open", "activity.mx_KYC.mx_Other": "x"}
        new = {**sent, **{name.replace("__", "."): text for name, text in fields.items()}}
        return UpdateRules(plan, target, list).find_changes(Record(2, "", new), Record(2, "", sent))  # type: ignore[arg-type]

    assert "creates leads only" in changes(lead, lead__mx_City="Agra")
    assert changes(both, lead__mx_City="Agra") == "An update cannot change lead.mx_City."
    found = changes(both, activity__mx_KYC__Status="Done")
    assert [(one.schema_name, one.before, one.after) for one in found] == [
        ("mx_KYC.Status", "Open", "Done"),
        ("mx_KYC.mx_Other", "x", "x"),
    ]


def test_an_activity_is_certain_by_its_answer_or_by_our_key() -> None:
    """Not by a person's word, and not by its content."""
    made = Outcome(2, Status.CREATED, activity_id="a-1")
    assert knows_activity(made)
    assert knows_activity(replace(made, evidence=f"Confirmed, recognised {BY_IMPORT_KEY}."))
    assert knows_activity(replace(made, status=Status.UPDATED, evidence="Corrected"))
    for doubtful in (
        None,
        replace(made, activity_id=""),
        replace(made, status=Status.UNCERTAIN),
        replace(made, error_code=DECIDED),
        replace(made, evidence="recognised by its content"),
    ):
        assert not knows_activity(doubtful)
