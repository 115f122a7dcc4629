"""Rows of one file that write the same lead with different values are problems; equal rows are not."""

from __future__ import annotations

from pathlib import Path

import pytest

from importer.core.errors import MappingError
from importer.planning.plan import PlanRequest, plan_import, prepare_import
from tests.support.delivery_world import VirtualClock

UPSERT = (
    "target: bulk-upsert-leads\nsearch_by: EmailAddress\nlead: {EmailAddress: Mail, FirstName: Name, Phone: Phone}\n"
)
CAPTURE = "target: capture-lead\nlead: {FirstName: Name, EmailAddress: Mail, Phone: Phone}\n"


def problems(folder: Path, mapping: str, *lines: str) -> list[tuple[str, tuple[int, ...]]]:
    (folder / "m.yaml").write_text(mapping, "utf-8")
    (folder / "leads.csv").write_text("\n".join(["Mail,Name,Phone", *lines, ""]), "utf-8")
    prepared = prepare_import(PlanRequest(folder / "leads.csv", folder / "m.yaml"))
    facts = plan_import(prepared, folder / "plan", VirtualClock().now()).facts
    return [(group.code, group.first_rows) for group in facts.groups]


@pytest.mark.parametrize(
    ("mapping", "lines", "expected"),
    [
        (UPSERT, ["LEAD5@X.in,Ann,1", "lead5@x.in,Anne,1"], [("same-lead", (3,))]),
        (UPSERT, ["lead5@x.in,Ann,1", "LEAD5@x.in,Ann,1", "a@x.in,Ann,1"], []),
        (UPSERT, ["a@x.in,Ann,1", "a@x.in,Bo,2", "a@x.in,Cy,3"], [("same-lead", (3, 4))]),
        (UPSERT + "same_lead: last\n", ["a@x.in,Ann,1", "a@x.in,Bo,2"], []),
        (CAPTURE, [",Ann,+91 98-1", ",Bo,+91981", "a@x.in,Cy,981"], [("same-lead", (3,))]),
        (CAPTURE, [",Ann,", "a@x.in,Cy,"], [("no-identity", (2,))]),
        (CAPTURE + "allow_unidentified: true\n", [",Ann,", ",Ann,", ",Bo,"], []),
    ],
    ids=["other values", "equal", "three", "last wins", "phone", "nothing identifies", "allowed"],
)
def test_the_same_lead_twice(
    tmp_path: Path, mapping: str, lines: list[str], expected: list[tuple[str, tuple[int, ...]]]
) -> None:
    """The later rows are named; which field tells leads apart follows LeadSquared's order."""
    assert problems(tmp_path, mapping, *lines) == expected


def test_a_mapping_in_which_nothing_identifies_a_lead_is_refused(tmp_path: Path) -> None:
    """Its remedy works."""
    with pytest.raises(MappingError, match="identifies the lead") as caught:
        problems(tmp_path, "target: capture-lead\nlead: {FirstName: Name}\nignore: [Mail, Phone]\n", ",Ann,")
    assert "allow_unidentified: true" in str(caught.value)
    allowed = "target: capture-lead\nallow_unidentified: true\nlead: {FirstName: Name}\nignore: [Mail, Phone]\n"
    assert problems(tmp_path, allowed, ",Ann,", ",Ann,") == []
