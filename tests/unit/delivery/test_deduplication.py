"""What happens to the rows of a plan that earlier runs sent, may have sent, or were told not to send."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from importer.core.model import Outcome, Status
from importer.ledger.model import CHANGE_ACCEPTED, CHANGE_DECLINED
from tests.support.delivery_world import BY_ID, LOST, World, after, before, lead, mx, visits
from tests.support.ledger_builders import writing

ASK = BY_ID.replace("repeat: skip\n", "")
MENDED = ASK + "  mx_Custom_1: {value: x}\n"
ADDED = {"activity.mx_Custom_1": "x"}


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def outcome(world: World, run: str, row: int = 2) -> Outcome:
    return world.ledger.outcomes_between(run, row, row)[row]


def forget_identities(world: World) -> None:
    """Make all runs look as if an earlier version had sent them, whose plans were removed since."""
    with writing(world.ledger) as connection:
        connection.exec_driver_sql("DELETE FROM identities")
        connection.exec_driver_sql("UPDATE runs SET columns = ''")
    for folder in world.folder.glob("run-*"):
        shutil.rmtree(folder)


def test_rows_of_an_earlier_version_are_recognised_by_their_plans(world: World) -> None:
    """Their identities are made once; without the plan only the exact texts count."""
    world.deliver(world.plan(visits(3), name="run-1"))
    with writing(world.ledger) as connection:
        connection.exec_driver_sql("DELETE FROM identities")
        connection.exec_driver_sql("UPDATE runs SET columns = ''")
    spelled = [(lead(0), "visit  0 "), *visits(3)[1:], (lead(9), "new")]
    world.deliver(world.plan(spelled, name="run-2"))
    assert world.statuses("run-2") == {"skipped": 3, "created": 1}
    forget_identities(world)
    world.deliver(world.plan([*visits(3), (lead(1), "visit  1")], name="run-3"))
    assert world.statuses("run-3") == {"skipped": 3, "created": 1}


def test_a_row_that_an_earlier_version_may_have_sent_waits(world: World) -> None:
    """It is known only by its exact texts, and not settled."""
    world.crm.faults = [after(LOST)]
    world.crm.read_faults = [before(mx("MXUnknown", "try later", 503))] * 40
    world.deliver(world.plan(visits(1), name="run-1"))
    assert world.statuses("run-1") == {"uncertain": 1}
    forget_identities(world)
    world.crm.read_faults = []
    world.deliver(world.plan(visits(2), name="run-2"))
    assert outcome(world, "run-2").error_code == "waits-for-other-run"


def test_a_row_of_a_mended_mapping_waits_or_is_held(world: World) -> None:
    """The same cells were sent with another version of the mapping, or may have been."""
    world.crm.faults = [after(LOST)]
    world.crm.read_faults = [before(mx("MXUnknown", "try later", 503))] * 40
    world.deliver(world.plan(visits(1), ASK, name="run-1"))
    world.crm.read_faults = []
    world.deliver(world.plan(visits(1), MENDED, name="run-2", constants=ADDED))
    assert outcome(world, "run-2").error_code == "waits-for-other-run"
    world.ledger.settle("run-1", [Outcome(2, Status.CREATED)], "seen")
    world.deliver(world.plan(visits(1), MENDED, name="run-2", constants=ADDED))
    held = outcome(world, "run-2")
    assert (held.status, held.error_code) == (Status.CHANGED, "changed-since")
    assert "another version of the mapping" in held.error


def test_a_declined_change_is_skipped_in_later_files_and_an_accepted_one_is_sent(world: World) -> None:
    """The decision holds for equal rows; the plan of the earlier run need not be there to tell the difference."""
    world.deliver(world.plan(visits(2), ASK, name="run-1"))
    shutil.rmtree(world.folder / "run-1")
    world.deliver(world.plan(visits(2), MENDED, name="run-2", constants=ADDED))
    assert "not known any more" in outcome(world, "run-2").error
    decisions = ((2, Status.SKIPPED, CHANGE_DECLINED), (3, Status.NOT_SENT, CHANGE_ACCEPTED))
    world.ledger.settle("run-2", [Outcome(row, status, error_code=code) for row, status, code in decisions], "decided")
    world.deliver(world.plan(visits(2), MENDED, name="run-2", constants=ADDED))
    assert world.statuses("run-2") == {"skipped": 1, "created": 1}
    world.deliver(world.plan(visits(3), f"repeat: skip\n{MENDED}", name="run-3", constants=ADDED))
    assert world.statuses("run-3") == {"skipped": 2, "created": 1}


def test_a_held_row_is_released_when_the_earlier_one_turns_out_absent(world: World) -> None:
    """What was held because of a row that is not in the CRM is sent after all."""
    world.deliver(world.plan(visits(1), ASK, name="run-1"))
    world.deliver(world.plan(visits(1), MENDED, name="run-2", constants=ADDED))
    assert world.statuses("run-2") == {"changed": 1}
    with writing(world.ledger) as connection:
        connection.exec_driver_sql("UPDATE rows SET status = 'rejected' WHERE run_id = 'run-1'")
    world.deliver(world.plan(visits(1), MENDED, name="run-2", constants=ADDED))
    assert world.statuses("run-2") == {"created": 1}


def test_only_the_held_rows_of_long_plans_are_described(world: World) -> None:
    """Chunks without such rows are passed over."""
    world.deliver(world.plan(visits(1), ASK, name="run-1"))
    world.deliver(world.plan([*visits(50, first=50), *visits(1)], MENDED, name="run-2", constants=ADDED))
    assert world.statuses("run-2") == {"created": 50, "changed": 1}


def test_equal_rows_without_a_time_follow_the_mapping(world: World) -> None:
    """They are asked about, sent, or skipped, also when the file holds all earlier rows."""
    world.deliver(world.plan(visits(20), ASK, name="run-1"))
    world.deliver(world.plan([*visits(1), (lead(98), "x")], ASK, name="run-2"))
    held = outcome(world, "run-2")
    assert (held.status, held.error_code) == (Status.CHANGED, "possible-repeat")
    world.deliver(world.plan(visits(1), f"repeat: send\n{ASK}", name="run-3"))
    assert world.statuses("run-3") == {"created": 1}
    world.deliver(world.plan([*visits(20), (lead(99), "y")], ASK, name="run-4"))
    assert world.statuses("run-4") == {"skipped": 20, "created": 1}
