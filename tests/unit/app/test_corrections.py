"""Rows that were corrected on a sheet To fix settle the bad rows that they came from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openpyxl
import pytest

from importer.sources.opening import open_in_process
from tests.support.delivery_world import LOST, after, before, mx
from tests.support.import_world import VISITS, ImportWorld, set_cell, visit
from tests.support.lead_world import SandboxCrm

GOOD = "03/11/2026 11:00"
NO_TIME = "\n".join(line for line in VISITS.splitlines() if "DateTime" not in line) + "\nignore: [When]\n"
LEADS = """\
target: bulk-upsert-leads
search_by: EmailAddress
lead:
  EmailAddress: {column: E-mail, type: email}
  FirstName: Name
  mx_City: City
"""


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ImportWorld:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("importer.planning.plan.open_source", lambda path, options, **_: open_in_process(path, options))
    return ImportWorld(tmp_path)


def test_a_correction_settles_the_bad_row_everywhere(world: ImportWorld) -> None:
    """In the first run, in the file given again, and in tomorrow's export; nothing is sent a second time."""
    rows = [visit(1), visit(2, when="soon"), visit(3)]
    assert world.send("export.csv", *rows) == {"created": 2, "invalid": 1}
    first = world.run_id
    world.correct("corrected.xlsx", set_cell("When", GOOD))
    assert world.send("corrected.xlsx") == {"created": 1}
    assert world.show(first) == {"created": 2, "skipped": 1}
    assert world.last.exit_status == 0
    assert world.last.summary.headline.startswith("3 of 3 rows are in LeadSquared; 1 of them as corrected")
    assert world.last.summary.errors == ()
    assert world.to_fix() == []
    assert world.send("export.csv") == {"created": 2, "skipped": 1}
    assert world.send("tomorrow.csv", visit(4), *reversed(rows)) == {"created": 1, "skipped": 3}
    assert world.activities == 4


def test_another_wording_of_a_settled_row_is_held(world: ImportWorld) -> None:
    """Corrected once more in other words, from whichever book, the row asks and is not sent."""
    world.send("monday.csv", visit(1), visit(2, when="soon"))
    monday = world.results
    world.send("tuesday.csv", visit(1), visit(2, when="soon"), visit(3))
    tuesday = world.results
    world.correct("corrected.xlsx", set_cell("When", GOOD), monday)
    assert world.send("corrected.xlsx") == {"created": 1}
    for number, book in enumerate((monday, tuesday)):
        name = f"again-{number}.xlsx"
        world.correct(name, set_cell("When", f"0{4 + number}/11/2026 12:00"), book)
        assert world.send(name) == {"changed": 1}
    assert world.activities == 3


def test_rounds_keep_the_first_number(world: ImportWorld) -> None:
    """A row that is still bad comes back with the number of the first file, and settles it in the end."""
    world.send("export.csv", visit(1), visit(2, when="soon"), visit(3), visit(4, when="later"))
    first = world.run_id
    world.correct("round-1.xlsx", set_cell("When", GOOD, 2))
    assert world.send("round-1.xlsx") == {"created": 1, "invalid": 1}
    second = world.run_id
    (bad,) = world.to_fix()
    assert bad["RowNumber"] == 5
    assert bad["Reason"].startswith('"When" (column E): "later"')
    world.correct("round-2.xlsx", set_cell("When", GOOD))
    assert world.send("round-2.xlsx") == {"created": 1}
    for run in (first, second):
        world.show(run)
        assert world.last.exit_status == 0


def test_a_mark_counts_once_and_only_where_it_fits(world: ImportWorld) -> None:
    """Copied rows and rows typed over are new ones; sorted and moved ones are not; deleted ones stay open."""
    world.send("export.csv", visit(9), *(visit(number, when="soon") for number in range(1, 6)))
    first = world.run_id

    def change(sheet: Any) -> None:
        headings, *rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
        when, number = headings.index("When"), headings.index("RowNumber")
        for row in rows:
            row[when] = GOOD
        copied = [*rows[0]]
        copied[headings.index("Note")] = "another visit"
        template = [*rows[3]]
        template[headings.index("Lead")], template[headings.index("Note")] = rows[0][headings.index("Lead")], "new"
        template[headings.index("Seconds")], template[when] = "77", "09/11/2026 09:00"
        swapped = [*rows[4]]
        swapped[number] = 3
        order = [2, 0, *range(3, len(headings)), 1]
        sheet.delete_rows(1, sheet.max_row)
        for row in (headings, rows[1], rows[0], copied, template, swapped):
            sheet.append([row[place] for place in order])
        added = dict.fromkeys(headings) | dict(
            zip(("Lead", "Note", "When", "Seconds"), visit(7).split(","), strict=True)
        )
        sheet.append([added[headings[place]] for place in order])

    world.correct("corrected.xlsx", change)
    assert world.send("corrected.xlsx") == {"created": 6}
    assert any("count as new rows" in note for note in world.notes)
    assert world.show(first) == {"created": 1, "invalid": 3, "skipped": 2}


def test_a_check_can_be_corrected_before_anything_is_sent(world: ImportWorld) -> None:
    """The corrected sheet of a check settles the row of the file that is sent later."""
    assert world.send("old.csv", visit(9)) == {"created": 1}
    world.write("export.csv", [visit(1), visit(2, when="soon")])
    world.check("export.csv")
    world.correct("corrected.xlsx", set_cell("When", GOOD))
    assert world.send("corrected.xlsx") == {"created": 1}
    assert world.send("export.csv") == {"created": 1, "skipped": 1}


def test_refused_rows_are_settled_too(world: ImportWorld) -> None:
    """A row that LeadSquared refused is not sent again once its correction is there, by whatever file."""
    world.crm.bad_notes = {"refused"}
    assert world.send("export.csv", visit(1), visit(2, "refused")) == {"created": 1, "rejected": 1}
    first = world.run_id
    world.correct("corrected.xlsx", set_cell("Note", "accepted"))
    assert world.send("corrected.xlsx") == {"created": 1}
    world.crm.bad_notes = set()
    assert world.show(first) == {"created": 1, "skipped": 1}
    assert world.send("tomorrow.csv", visit(3), visit(1), visit(2, "refused")) == {"created": 1, "skipped": 2}
    assert world.activities == 3


def test_the_sheet_shows_what_leadsquared_refused(world: ImportWorld) -> None:
    """The refused cell is red, and the reason names its heading, its column on this sheet, and its value."""
    world.crm.bad_notes = {"refused"}
    world.crm.refusal = "Field name : 'ActivityNote' of datatype : 'String' is wrong."
    world.send("export.csv", visit(1), visit(2, "refused"))
    assert '"Note" (column D) holds "refused".' in world.to_fix()[0]["Reason"]
    sheet = openpyxl.load_workbook(world.results)["To fix"]
    assert sheet["D2"].fill.start_color.rgb == "FFFBD5D0"
    assert sheet["C2"].fill.start_color.rgb != "FFFBD5D0"
    assert sheet.column_dimensions["G"].hidden


def test_a_correction_that_may_have_arrived_is_waited_for(world: ImportWorld) -> None:
    """The bad row stays open until it is known, and correcting it once more waits, too."""
    world.send("export.csv", visit(1), visit(2, when="soon"))
    first, book = world.run_id, world.results
    world.correct("corrected.xlsx", set_cell("When", GOOD), book)
    world.crm.faults = [after(LOST)]
    world.crm.read_faults = [before(mx("MXUnknown", "try later", 503))] * 60
    assert world.send("corrected.xlsx") == {"uncertain": 1}
    world.crm.read_faults = []
    assert world.show(first) == {"created": 1, "invalid": 1}
    world.correct("again.xlsx", set_cell("When", "04/11/2026 11:00"), book)
    assert world.send("again.xlsx") == {"uncertain": 1}
    assert world.activities == 2


def test_an_equal_bad_row_without_a_time_is_asked_about(world: ImportWorld) -> None:
    """It may be a new event, unless the file repeats the import whose row was corrected."""
    world.remap(NO_TIME)
    world.crm.bad_notes = {"refused"}
    rows = [visit(number) for number in range(20)]
    world.send("export.csv", *rows, visit(20, "refused"))
    world.correct("corrected.xlsx", set_cell("Note", "accepted"))
    assert world.send("corrected.xlsx") == {"created": 1}
    world.crm.bad_notes = set()
    assert world.send("alone.csv", visit(20, "refused"), visit(30)) == {"created": 1, "changed": 1}
    assert world.send("grown.csv", *rows, visit(20, "refused"), visit(31)) == {"created": 1, "skipped": 21}


def test_equal_bad_rows_need_a_correction_each(world: ImportWorld) -> None:
    """One of two is settled by one correction, in the file itself and in the next one."""
    bad = visit(2, when="soon")
    world.send("export.csv", visit(1), bad, bad)
    first = world.run_id
    world.correct("corrected.xlsx", lambda sheet: (set_cell("When", GOOD)(sheet), sheet.delete_rows(3)))
    assert world.send("corrected.xlsx") == {"created": 1}
    assert world.show(first) == {"created": 1, "skipped": 1, "invalid": 1}
    assert world.send("tomorrow.csv", visit(3), bad, bad) == {"created": 1, "skipped": 1, "invalid": 1}


def test_a_sheet_can_be_emptied_in_part(world: ImportWorld) -> None:
    """A row whose cells were all deleted is no row, whatever the hidden column still holds."""
    world.send("export.csv", visit(1), visit(2, when="soon"), visit(3, when="soon"))

    def change(sheet: Any) -> None:
        set_cell("When", GOOD)(sheet)
        for column in range(3, 7):
            sheet.cell(3, column).value = None

    world.correct("corrected.xlsx", change)
    assert world.send("corrected.xlsx") == {"created": 1}


def test_leads_are_settled_by_their_corrections(tmp_path: Path, world: ImportWorld) -> None:
    """A lead that was corrected to another address is not made twice; other values of the same lead are updates."""
    leads = ImportWorld(tmp_path / "leads", LEADS, SandboxCrm)
    headings = "E-mail,Name,City"
    rows = ["ann@example.org,Ann,Pune", "bob at example.org,Bob,Goa"]
    assert leads.send("export.csv", *rows, headings=headings) == {"created": 1, "invalid": 1}
    first, book = leads.run_id, leads.results
    leads.correct("corrected.xlsx", set_cell("E-mail", "bob@example.org"), book)
    assert leads.send("corrected.xlsx") == {"created": 1}
    assert leads.show(first) == {"created": 1, "skipped": 1}

    def move(sheet: Any) -> None:
        set_cell("E-mail", "bob@example.org")(sheet)
        set_cell("City", "Delhi")(sheet)

    leads.correct("moved.xlsx", move, book)
    assert leads.send("moved.xlsx") == {"updated": 1}
    leads.correct("other.xlsx", set_cell("E-mail", "robert@example.org"), book)
    assert leads.send("other.xlsx") == {"changed": 1}


def test_a_book_of_another_mapping_corrects_nothing(world: ImportWorld) -> None:
    """Its rows are ordinary ones, and the bad row stays open."""
    world.send("export.csv", visit(1), visit(2, when="soon"))
    first = world.run_id
    world.correct("corrected.xlsx", set_cell("When", GOOD))
    world.remap((world.folder / "visits.yaml").read_text("utf-8").replace("201", "202"), "other.yaml")
    assert world.send("corrected.xlsx", mapping="other.yaml") == {"created": 1}
    assert world.show(first) == {"created": 1, "invalid": 1}


def test_a_correction_that_was_sent_already_settles_its_row(world: ImportWorld) -> None:
    """Another file had the row by then, so nothing is left to do."""
    world.send("export.csv", visit(1), visit(2, when="soon"))
    first, book = world.run_id, world.results
    assert world.send("other.csv", visit(2, when=GOOD)) == {"created": 1}
    world.correct("corrected.xlsx", set_cell("When", GOOD), book)
    assert world.send("corrected.xlsx") == {"skipped": 1}
    assert world.show(first) == {"created": 1, "skipped": 1}
    results = openpyxl.load_workbook(world.results)["Results"]
    assert "that row needed no sending" in str(results["D3"].value)
