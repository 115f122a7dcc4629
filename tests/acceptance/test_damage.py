"""`importer check` of a file that went through Excel: each spoiled column is explained once, and no row is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import openpyxl

from importer.sandbox.seed import lead_id

if TYPE_CHECKING:
    from tests.acceptance.conftest import Desk

MAPPING = """\
target: bulk-activities-by-lead-id
activity:
  RelatedProspectId: {column: Lead ID, type: uuid}
  ActivityEvent: {value: 201}
  ActivityNote: Note
  mx_Custom_1: Zip
"""


def _lines() -> list[str]:
    lines = ["Lead ID,Plan,Note,Zip,Day,Price"]
    for number in range(200):
        code = number * 7919 % 100_000
        note = "CafÃ© visit" if number == 50 else f"visit {number}"
        plan = "#N/A" if number in (7, 9) else "Gold"
        day = "46000" if number == 30 else f"{number % 28 + 1:02}/{number % 12 + 1:02}/2026"
        lines.append(f"{lead_id(number + 1)},{plan},{note},{code},{day},{number * 40}")
    return lines


def test_a_file_that_excel_spoiled(desk: Desk) -> None:
    """In the JSON, the terminal, the page and the workbook; used columns first; prices are left in peace."""
    desk.write("visits.csv", "\n".join(_lines()) + "\n")
    desk.write("visits.yaml", MAPPING)
    ended = desk.run("check", "visits.csv", "-m", "visits.yaml", "--json")
    assert (ended.status, ended.json["problems"]) == (0, 0), ended.err
    told = [(one["column"], one["kind"], one["first_rows"][0]) for one in ended.json["damage"]]
    assert told == [
        ("Note", "garbled-characters", 52),
        ("Zip", "leading-zeros-lost", 3),
        ("Plan", "excel-errors", 9),
        ("Day", "dates-as-numbers", 32),
    ]
    assert 'was "Café visit"' in ended.json["damage"][0]["what"]
    page = (desk.folder / ended.json["report"]).read_text("utf-8")
    assert "Columns that Excel may have spoiled" in page
    summary = openpyxl.load_workbook(desk.folder / ended.json["results"])["Summary"]
    notes = [str(row[0].value) for row in summary if str(row[0].value).startswith("Perhaps spoiled")]
    assert len(notes) == 4
    shown = desk.run("check", "visits.csv", "-m", "visits.yaml")
    assert 'Column D "Zip" (goes to activity.mx_Custom_1)' in " ".join(shown.out.split())
