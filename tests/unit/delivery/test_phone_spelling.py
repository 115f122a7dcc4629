"""A phone that LeadSquared holds in another spelling finds its lead, and makes no second one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from importer.core.model import Outcome, Reply, Request, Status
from tests.support.delivery_world import LOST, mx
from tests.support.lead_world import LeadWorld

LEAD = "lead:\n  FirstName: Name\n  Phone: {column: Tel, type: phone, country: IN}\n"
ACTIVITY = (
    "activity:\n  SearchByValue: {column: Tel, type: phone, country: IN}\n"
    "  ActivityEvent: {value: 203}\n  ActivityNote: Name\n"
)
LINES = ["Name,Tel", "Ann,9812300001", "Bob,9812300002", "Eve,9000000006"]
"""Numbers that LeadSquared holds without a country code, not at all, and just as they are sent."""


def world_with(folder: Path) -> LeadWorld:
    """Return a world in which a lead has a phone of ten digits."""
    world = LeadWorld(folder)
    with world.sandbox.tenant.transaction():
        known = world.sandbox.tenant.create_lead({"FirstName": "Old", "Phone": "9812300001"})
    world.seeded.add(known["ProspectID"])
    world.clock.sleep(3600)
    return world


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("target: bulk-upsert-leads\nsearch_by: Phone\n" + LEAD, ["updated", "created", "updated"]),
        ("target: capture-lead\n" + LEAD, ["updated", "created", "updated"]),
        ("target: create-lead\n" + LEAD, ["rejected", "created", "rejected"]),
        ("target: bulk-activities-by-lead-field\nsearch_by: Phone\n" + ACTIVITY, ["created", "rejected", "created"]),
        (
            "target: lead-and-activity\nsearch_by: Phone\n" + LEAD + "activity:\n  ActivityEvent: {value: 203}\n",
            ["created", "created", "created"],
        ),
    ],
)
def test_the_spelling_of_the_crm_is_sent(tmp_path: Path, head: str, expected: list[str]) -> None:
    """For every target that finds leads by phone; the row says so."""
    world = world_with(tmp_path)
    outcomes = world.run(head, LINES)
    assert [outcome.status.value for outcome in outcomes.values()] == expected
    assert [lead["FirstName"] for lead in world.new_leads] == (["Bob"] if "lead:" in head else [])
    assert "LeadSquared holds the phone as 9812300001" in outcomes[2].evidence
    assert "holds the phone" not in outcomes[4].evidence


def test_later_rows_are_looked_up_when_they_are_refused(tmp_path: Path) -> None:
    """One query for each row would cost more than the calls."""
    world = world_with(tmp_path)
    lines = [LINES[0], *(f"x,{9000000001 + number}" for number in range(60)), "Ann,9812300001", "Bob,9812300002"]
    outcomes = list(world.run("target: bulk-activities-by-lead-field\nsearch_by: Phone\n" + ACTIVITY, lines).values())
    assert [outcome.status for outcome in outcomes] == [Status.CREATED] * 61 + [Status.REJECTED]
    assert "holds the phone as 9812300001" in outcomes[60].evidence
    assert "another spelling either" in outcomes[61].evidence
    asked = [entry for entry in world.sandbox.journal.entries() if entry["call"] == "lead-by-phone"]
    assert len(asked) < 40


def test_another_lead_with_the_very_text_is_meant(tmp_path: Path) -> None:
    """The look-up shows the lead that was active last."""
    world = world_with(tmp_path)
    with world.sandbox.tenant.transaction():
        exact = world.sandbox.tenant.create_lead({"FirstName": "Exact", "Phone": "+91-9812300001"})
        old = world.sandbox.tenant.find_lead("Phone", "9812300001")
        assert old is not None
        world.sandbox.tenant.create_activity(
            {"lead": old["ProspectID"], "event": 203, "note": "", "owner": "", "fields": {}}
        )
    world.clock.sleep(3600)
    outcomes = world.run("target: bulk-upsert-leads\nsearch_by: Phone\n" + LEAD, LINES[:2])
    assert (outcomes[2].lead_id, outcomes[2].status, outcomes[2].evidence) == (
        exact["ProspectID"],
        Status.UPDATED,
        "",
    )


class Broken:
    """A client whose phone look-up answers ``reply``."""

    def __init__(self, crm: Any, reply: Reply) -> None:
        self._crm, self._reply = crm, reply

    def send(self, request: Request) -> Reply:
        return self._reply if "RetrieveLeadByPhone" in request.path else self._crm.send(request)

    def close(self) -> None:
        pass


def test_without_the_look_up_phones_are_sent_as_they_are(tmp_path: Path) -> None:
    """An account may refuse it; a note says so."""
    world = world_with(tmp_path)
    world.crm = Broken(world.crm, mx("MXInvalidInputException", "no"))  # type: ignore[assignment]
    outcomes = world.run("target: bulk-upsert-leads\nsearch_by: Phone\n" + LEAD, LINES[:3])
    assert [outcome.status for outcome in outcomes.values()] == [Status.CREATED] * 2
    assert any("Phones are sent as they are" in note for note in world.progress.notes)


def test_a_look_up_without_an_answer_stops_the_run(tmp_path: Path) -> None:
    """Nothing is sent that could make a second lead."""
    world = world_with(tmp_path)
    world.crm = Broken(world.crm, LOST)  # type: ignore[assignment]
    stopped: list[Outcome] = []
    with pytest.raises(AssertionError):
        stopped += world.run("target: create-lead\n" + LEAD, LINES).values()
    assert (stopped, world.new_leads) == ([], [])
    run = world.ledger.run("run-1")
    assert run is not None
    assert "how it holds the phone of row 2" in run.stop_reason
