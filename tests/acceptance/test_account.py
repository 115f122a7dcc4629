"""Checked against the live account: over real HTTP, and the other side is of the same opinion."""

from __future__ import annotations

import json
import shutil
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from importer.sandbox.seed import lead_id
from importer.sandbox.server import Sandbox

if TYPE_CHECKING:
    from tests.acceptance.conftest import Desk

ROOT = Path(__file__).parents[2]

ROWS = {
    "Gold plan": ("Gold", "Pune", "priya@example.com"),
    "no such plan": ("Platinum", "Pune", "priya@example.com"),
    "small letters": ("gold", "Pune", "priya@example.com"),
    "long city": ("Gold", "P" * 201, "priya@example.com"),
    "longest city": ("Gold", "P" * 200, "priya@example.com"),
    "stranger": ("Gold", "Pune", "nobody@example.com"),
    "leaver": ("Gold", "Pune", "old@example.com"),
    "nobody": ("", "", ""),
    "capitals": ("Silver", "Pune", "PRIYA@example.com"),
}
CODES = {
    "no such plan": "not-an-account-option",
    "small letters": "not-an-account-option",
    "long city": "too-long-for-account",
    "stranger": "unknown-user",
    "leaver": "inactive-user",
}
MAPPING = """\
target: bulk-activities-by-lead-id
activity:
  RelatedProspectId: {column: Lead ID, type: uuid}
  ActivityEvent: {value: 203}
  ActivityNote: Note
  mx_Custom_5: {column: Plan, lookup: {Gold: Interested, Silver: Call back, gold: interested, Platinum: Maybe}}
  mx_Custom_2: City
  ActivityOwnerEmail: Owner
"""
LEADS = """\
target: create-lead
lead:
  EmailAddress: {column: E-mail, type: email}
  mx_Course: Course
  mx_Score: {column: Score, type: number}
  OwnerId: Owner
"""


def prepare(desk: Desk) -> tuple[Path, Path]:
    lines = [",".join((lead_id(number), note, *cells)) for number, (note, cells) in enumerate(ROWS.items(), start=1)]
    source = desk.write("plans.csv", "\n".join(["Lead ID,Note,Plan,City,Owner", *lines]) + "\n")
    return source, desk.write("plans.yaml", MAPPING)


def cache_of(desk: Desk) -> Path:
    (path,) = (desk.folder / "home" / "metadata").iterdir()
    return path


def page_of(desk: Desk, report: dict[str, Any]) -> str:
    return (desk.folder / report["report"]).read_text("utf-8")


def test_doctor_remembers_the_account_privately(desk: Desk) -> None:
    """Everything is in one private file, and no key."""
    told = desk.run("doctor", "--refresh", "--json").json["examined"]
    assert {each["name"]: each["health"] for each in told}["Remembered"] == "ok"
    path = cache_of(desk)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    text = path.read_text()
    assert desk.environment["LEADSQUARED_ACCESS_KEY"] not in text
    content = json.loads(text)
    assert [one["event"] for one in content["activity_types"] if one["fields"]] == ["201", "202", "203", "204"]
    assert len(content["users"]) == 4


def test_both_sides_refuse_the_same_rows(desk: Desk) -> None:
    """What is found before sending is what the CRM would have refused, row for row, and nothing else."""
    source, mapping = prepare(desk)
    blind = desk.run("run", str(source), "-m", str(mapping), "--yes", "--keep-going", "--json",
                     LEADSQUARED_ACCOUNT_CHECKS="off", IMPORTER_HOME=str(desk.folder / "blind"))  # fmt: skip
    assert (blind.json["counts"]["rejected"], blind.json["metadata"]["state"]) == (len(CODES), "off")
    arrived = set(desk.notes())
    assert arrived == set(ROWS) - set(CODES)
    mapping.write_text(MAPPING.replace("ActivityNote: Note", 'ActivityNote: {template: "again: {Note}"}'))
    seen = desk.run("run", str(source), "-m", str(mapping), "--yes", "--json")
    assert (seen.status, seen.json["counts"]["invalid"], seen.json["counts"]["rejected"]) == (3, len(CODES), 0)
    assert seen.json["metadata"]["state"] == "fresh"
    page = page_of(desk, seen.json)
    for code in CODES.values():
        assert code in page
    assert ">Fields</th>" in page


def test_a_check_uses_what_is_remembered(desk: Desk, sandbox: Sandbox) -> None:
    """Without it one note says what was not checked; with it no call leaves."""
    source, mapping = prepare(desk)
    blind = desk.run("check", str(source), "-m", str(mapping), "--json")
    assert (blind.status, blind.json["metadata"]["state"]) == (0, "unknown")
    assert page_of(desk, blind.json).count("these checks were not made") == 1
    desk.run("doctor", "--refresh")
    before = len(sandbox.log)
    seen = desk.run("check", str(source), "-m", str(mapping), "--json")
    assert (seen.status, seen.json["problems"]) == (3, len(CODES))
    assert len(sandbox.log) == before


WRONG = [
    ("ActivityEvent: {value: 203}", "ActivityEvent: {value: 210}", "no activity type with the code 210"),
    ("mx_Custom_2: City", "mx_Custom_13: City", "has no field mx_Custom_13"),
    ("mx_Custom_2: City", "mx_Custom_8: {column: City, type: email}", "cannot hold what `type: email` gives"),
    ("mx_Custom_2: City", "mx_Custom_2: {fields: {Status: City}}", "not a custom field set"),
    ("ActivityOwnerEmail: Owner", "ActivityOwnerEmail: {value: old@example.com}", "not active"),
    ("ActivityEvent: {value: 203}", "ActivityEvent: {value: 202}", "is mandatory for activity type 202"),
]


@pytest.mark.parametrize(("good", "bad", "words"), WRONG, ids=[bad for _, bad, _ in WRONG])
def test_a_mapping_that_does_not_fit_stops_before_anything_is_sent(desk: Desk, good: str, bad: str, words: str) -> None:
    """`run` and, once something is remembered, `check` name the line; the CRM, asked all the same, takes no row."""
    source, _ = prepare(desk)
    mapping = desk.write("plans.yaml", MAPPING.replace(good, bad).replace(", gold: interested, Platinum: Maybe", ""))
    run = desk.run("run", str(source), "-m", str(mapping), "--yes", "--json")
    assert run.status == 2
    assert words in run.err
    assert "line 2 (" in run.err or f"line {mapping.read_text().splitlines().index(f'  {bad}') + 1} (" in run.err
    assert desk.notes() == {}
    check = desk.run("check", str(source), "-m", str(mapping))
    assert check.status == 2
    assert words in check.err
    assert "importer doctor --refresh" in check.err
    if "email" not in bad:
        desk.run("run", str(source), "-m", str(mapping), "--yes", "--keep-going", LEADSQUARED_ACCOUNT_CHECKS="off")
        # An empty cell of an unknown field sends nothing that could be refused.
        assert set(desk.notes()) <= {"nobody"}


def test_leads_are_checked_as_activities_are(desk: Desk) -> None:
    """Options, owners by id, and fields that the account makes mandatory."""
    source = desk.write(
        "leads.csv", "E-mail,Course,Score,Owner\na@x.example.com,Desing,1,\nb@x.example.com,Design,2,x\n"
    )
    mapping = desk.write("leads.yaml", LEADS)
    report = desk.run("run", str(source), "-m", str(mapping), "--yes", "--json").json
    page = page_of(desk, report)
    assert report["counts"]["invalid"] == 2
    assert "Did you mean &#34;Design&#34;?" in page
    assert "unknown-user" in page


@pytest.mark.parametrize("path", sorted((ROOT / "mappings").glob("*.yaml")), ids=lambda path: path.stem)
def test_shipped_mappings_fit_the_sandbox(desk: Desk, path: Path) -> None:
    """The samples stop at nothing, and leave no warning but what they are free to say."""
    (source,) = (ROOT / "sample_data").glob(f"{path.stem}.*")
    shutil.copy(source, desk.folder)
    desk.run("doctor", "--refresh")
    ended = desk.run("check", source.name, "-m", str(path), "--json")
    assert ended.status in (0, 3), ended.err
    assert ended.json["metadata"]["state"] == "fresh"
    assert "may refuse" not in page_of(desk, ended.json)
