"""Rows that a mapping leaves out are not sent; without the condition they are, and the others are known."""

from __future__ import annotations

from pathlib import Path

from importer.core.model import Status
from tests.support.lead_world import LeadWorld

MAPPING = "target: bulk-upsert-leads\nsearch_by: EmailAddress\nlead: {EmailAddress: Email, FirstName: Name}\n"
LINES = ["Email,Name,State", "a@x.io,Asha,Paid", "b@x.io,Ravi,Open", "c@x.io,Zoya,Paid"]


def test_only_rows_that_were_left_out_are_sent_later(tmp_path: Path) -> None:
    """The column of the condition makes no other row of them."""
    world = LeadWorld(tmp_path)
    first = world.run(f"{MAPPING}where: {{column: State, equals: Paid}}\n", LINES)
    assert {row: outcome.status for row, outcome in first.items()} == {2: Status.CREATED, 4: Status.CREATED}
    run = world.ledger.run("run-1")
    assert run is not None
    assert run.new.rows == 2
    later = world.run(f"{MAPPING}ignore: [State]\n", LINES, name="run-2")
    assert {row: outcome.status for row, outcome in later.items()} == {
        2: Status.SKIPPED,
        3: Status.CREATED,
        4: Status.SKIPPED,
    }
    assert sorted(lead["EmailAddress"] for lead in world.new_leads) == ["a@x.io", "b@x.io", "c@x.io"]
