"""Marks of rows to correct: only this ledger's count, and only where the row still is what it was."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from importer.delivery.lineage.marks import RowMarker
from importer.delivery.lineage.origins import read_origins
from importer.delivery.lineage.settlement import Lineage, load_lineage
from importer.ledger.model import RowOrigin
from importer.planning.store import Plan
from tests.support.delivery_world import BY_ID, World, visits

KEY = b"k" * 32
ORIGIN = RowOrigin("run-1", 7, b"s" * 16)
WITH_TIME = BY_ID + "  ActivityDateTime: {column: When, type: datetime, format: '%d/%m/%Y %H:%M'}\n"
CELLS = {"Lead": "L", "Note": "hello", "City": "Pune", "Empty": ""}


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def marker(plan: Plan, fields: dict[str, str] | None = None, key: bytes = KEY, **facts: str) -> RowMarker:
    return RowMarker(replace(plan.facts, fields=fields or dict(plan.facts.fields), **facts), key)


def test_a_mark_is_read_again_by_its_own_ledger_and_mapping(world: World) -> None:
    """Another key, mapping, activity type or a changed letter make it void."""
    plan = world.plan(visits(1))
    text = marker(plan).make(ORIGIN, CELLS)
    mark = marker(plan, mapping_path="elsewhere/visits.yaml").read(f" {text} ")
    assert mark is not None
    assert (mark.origin, len(mark.cells)) == (ORIGIN, 3)
    assert marker(plan, key=b"x" * 32).read(text) is None
    assert marker(plan, mapping_path="other.yaml").read(text) is None
    assert marker(plan, mapping_file=BY_ID.replace("201", "202")).read(text) is None
    for wrong in ("", "no mark", text[:-3], text[:20] + ("A" if text[20] != "A" else "B") + text[21:], "ä"):
        assert marker(plan).read(wrong) is None


def test_a_mark_of_a_check_counts_for_its_account(world: World) -> None:
    """There is no run that would say which account it was."""
    plan = world.plan(visits(1))
    text = marker(plan).make(replace(ORIGIN, run_id=""), CELLS)
    assert marker(plan).read(text) is not None
    assert marker(plan, account="other").read(text) is None


@pytest.mark.parametrize(
    ("number", "change", "fits"),
    [
        ("7", {}, True),
        ("7.0", {"Note": "other", "New": "x"}, True),
        ("", {"City": "Goa"}, True),
        ("8", {}, False),
        ("seven", {}, False),
        ("7", {"Note": "other", "City": "Goa"}, False),
        ("7", {"Note": " hello ", "City": "", "Lead": "other"}, False),
        ("7", {"Lead": "l"}, True),
    ],
)
def test_a_mark_fits_by_number_and_half_of_the_cells(
    world: World, number: str, change: dict[str, str], fits: bool
) -> None:
    """Blanks make no difference, empty cells and new columns count for nothing."""
    own = marker(world.plan(visits(1)))
    mark = own.read(own.make(ORIGIN, CELLS))
    assert mark is not None
    assert own.fits(mark, number, {**CELLS, **change}) is fits


@pytest.mark.parametrize(
    ("mapping", "fields", "kept", "fits"),
    [
        (
            WITH_TIME,
            {"Lead": "activity.RelatedProspectId", "When": "activity.ActivityDateTime"},
            ["Lead", "When"],
            True,
        ),
        (WITH_TIME, {"Lead": "activity.RelatedProspectId", "When": "activity.ActivityDateTime"}, ["Lead"], False),
        (BY_ID, {"Lead": "activity.RelatedProspectId"}, ["Lead"], False),
        (f"row_key: [Ticket]\n{BY_ID}", {"Lead": "activity.RelatedProspectId", "Ticket": "row_key"}, ["Ticket"], True),
        (
            "target: bulk-upsert-leads\nsearch_by: EmailAddress\nlead: {EmailAddress: Mail, FirstName: Name}\n",
            {"Mail": "lead.EmailAddress", "Name": "lead.FirstName"},
            ["Mail"],
            True,
        ),
        (
            "target: lead-and-activity\nsearch_by: Phone\nlead: {Phone: Mobile, FirstName: Name}\n"
            "activity: {ActivityEvent: {value: 201}, ActivityNote: Note}\n",
            {"Mobile": "lead.Phone", "Name": "lead.FirstName", "Note": "activity.ActivityNote"},
            ["Mobile"],
            False,
        ),
    ],
)
def test_a_row_with_the_same_key_is_the_same_row(
    world: World, mapping: str, fields: dict[str, str], kept: list[str], fits: bool
) -> None:
    """Lead and time, a lead's identifying field, or the columns of `row_key`, whatever else was changed."""
    own = marker(world.plan(visits(1)), fields, mapping_file=mapping)
    cells = {name: f"{name} before" for name in ("Lead", "When", "Ticket", "Mail", "Name", "Mobile", "Note", "A", "B")}
    mark = own.read(own.make(ORIGIN, cells))
    assert mark is not None
    changed = {name: text if name in kept else f"{name} after" for name, text in cells.items()}
    assert own.fits(mark, "7", changed) is fits


def test_other_sources_have_no_origins(world: World) -> None:
    """Nor has a plan without a ledger anything to say about corrections."""
    plan = world.plan(visits(2))
    assert read_origins(plan, world.ledger, marker(plan)).by_row == {}
    lineage = load_lineage(plan, world.ledger)
    assert (lineage.settled, lineage.sheet.doubtful) == ({}, ())
    assert lineage.origin(2, CELLS).row == 2
    assert Lineage().marker is None
