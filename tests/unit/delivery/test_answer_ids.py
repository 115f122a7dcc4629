"""The ids of a lead and its activity are told apart, in whatever order an answer has them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from importer.core.errors import CrmError
from importer.core.model import Outcome, Status
from importer.delivery.answer_ids import AnswerIds
from tests.support.lead_world import LeadWorld

FIELDS = (
    "search_by: EmailAddress\nlead:\n  EmailAddress: Mail\n"
    "activity:\n  ActivityEvent: {value: 203}\n  ActivityNote: Note\n"
)
LINES = ["Mail,Note", "lead0006@example.com,one", "new@example.org,two", "lead0007@example.com,three"]


@pytest.mark.parametrize("target", ["lead-and-activity", "lead-and-activity-async"])
@pytest.mark.parametrize(("order", "queries"), [("activity-first", 1), ("lead-first", 2)])
def test_the_order_is_looked_up_once(tmp_path: Path, target: str, order: str, queries: int) -> None:
    """And then believed for all rows."""
    world = LeadWorld(tmp_path, custom_answer=order)
    outcomes = world.run(f"target: {target}\n{FIELDS}", LINES)
    stored = world.sandbox.tenant.activities
    told = [(stored[one.activity_id]["lead"], stored[one.activity_id]["note"]) for one in outcomes.values()]
    assert told == [(one.lead_id, note) for one, note in zip(outcomes.values(), ["one", "two", "three"], strict=True)]
    asked = [entry for entry in world.sandbox.journal.entries() if entry["call"] == "lead-by-id"]
    assert len(asked) == queries


def test_an_answer_with_the_lead_alone_leaves_the_activity_to_reading_back() -> None:
    """What it names is no activity."""

    class Reader:
        def find_leads(self, field: str, value: str) -> list[Any]:
            return [value]

    outcome = AnswerIds().assign(Outcome(2, Status.CREATED, "l"), Reader(), without_activity="x")  # type: ignore[arg-type]
    assert (outcome.status, outcome.activity_id, outcome.lead_id, outcome.error_code) == (
        Status.UNCERTAIN,
        "",
        "l",
        "x",
    )


def test_what_cannot_be_looked_up_is_tried_a_few_times() -> None:
    """The ids stay as they were read meanwhile."""
    asked: list[str] = []

    class Reader:
        def find_leads(self, field: str, value: str) -> list[Any]:
            asked.append(value)
            if len(asked) == 1:
                raise CrmError("no", "")
            return []

    ids, outcome = AnswerIds(), Outcome(2, Status.CREATED, "a", "l")
    for _ in range(5):
        assert ids.assign(outcome, Reader(), without_activity="x") == outcome  # type: ignore[arg-type]
    assert asked == ["l", "l", "a", "l", "a"]
    rejected = Outcome(2, Status.REJECTED)
    assert ids.assign(rejected, Reader(), without_activity="x") == rejected  # type: ignore[arg-type]
