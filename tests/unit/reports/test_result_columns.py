"""What the columns of a row's result say, for each kind of call."""

from __future__ import annotations

from pathlib import Path

import pytest

from importer.core.model import Outcome, Status
from importer.ledger.model import DECIDED, RowInCall
from importer.reports.interface import RESULT_COLUMNS
from importer.reports.run_report import RunReport, _call_texts, _lead_texts
from tests.support.delivery_world import World, visits
from tests.support.lead_world import LeadWorld

LEADS = "lead:\n  FirstName: Name\n  EmailAddress: Mail\n"
LINES = ["Name,Mail", "Ann,ann@example.org", "Eve,lead0006@example.com", "Rohan,lead0003@example.com"]
SHOWN = ("ActivityCreated", "Status", "LeadCreated", "LeadUpdated", "RowInCall")


def columns_of(world: World, plan: str = "run-1") -> list[tuple[str, ...]]:
    from importer.planning.store import open_plan

    report = RunReport(open_plan(world.folder / plan), world.ledger, world.ledger.run(plan))
    (chunk,) = report.rows()
    assert tuple(chunk.results.columns) == RESULT_COLUMNS
    return [tuple(line) for line in chunk.results[list(SHOWN)].to_numpy().tolist()]


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (
            "target: bulk-upsert-leads\nsearch_by: EmailAddress\n",
            [("", "created", "TRUE", "FALSE", "1"), ("", "updated", "FALSE", "TRUE", "1"),
             ("", "unchanged", "FALSE", "FALSE", "2")],
        ),
        (
            "target: create-lead\n",
            [("", "created", "TRUE", "", ""), ("", "rejected", "FALSE", "", ""), ("", "rejected", "FALSE", "", "")],
        ),
    ],
)  # fmt: skip
def test_lead_targets_say_what_became_of_the_lead(tmp_path: Path, head: str, expected: list[tuple[str, ...]]) -> None:
    """And nothing of activities."""
    world = LeadWorld(tmp_path)
    world.run(head + LEADS, LINES)
    assert columns_of(world) == expected


def test_activity_targets_say_nothing_of_leads(world: World) -> None:
    """One call is made alone, the second carries the other rows."""
    world.crm.bad_notes = {"visit 2"}
    world.deliver(world.plan(visits(4)))
    assert columns_of(world) == [
        ("TRUE", "created", "", "", "1"),
        ("TRUE", "created", "", "", "1"),
        ("FALSE", "rejected", "", "", "2"),
        ("TRUE", "created", "", "", "3"),
    ]


def test_what_is_not_known_stays_empty() -> None:
    """An uncertain row, and one that a person called created; a row that never left has no call."""
    assert _lead_texts(Outcome(2, Status.UNCERTAIN)) == ("", "")
    assert _lead_texts(Outcome(2, Status.CREATED, error_code=DECIDED)) == ("", "")
    assert _lead_texts(None) == ("FALSE", "FALSE")
    assert _call_texts(None, 25) == ("", "")
    assert _call_texts(RowInCall(7, 3), 25) == ("7", "3")
