"""A person's own workbook comes back with the results in it, is corrected there and imported again."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from importer.app import Decision, decide, undecided_rows
from importer.sources.opening import open_in_process
from tests.support.delivery_world import LOST, after, before, mx
from tests.support.import_world import ImportWorld, visit

# Nothing in a row tells whether it is a new event: only the marks of the copy know its rows again.
VISITS = """\
target: bulk-activities-by-lead-id
source: {sheet: Visits, header_row: 3}
activity:
  RelatedProspectId: {column: Lead, type: uuid}
  ActivityEvent: {value: "201"}
  ActivityNote: Note
  mx_Custom_1: {column: Seconds, type: number}
ignore: [Status, When]
"""


class Copies:
    """An import world with a workbook of visits, and the annotated copies of it."""

    def __init__(self, world: ImportWorld) -> None:
        self.world = world
        book = openpyxl.Workbook()
        sheet = book.active
        sheet.title = "Visits"
        sheet.append(["Campus visits of March"])
        sheet.append([])
        sheet.append(["Lead", "Note", "When", "Seconds", "Status"])
        for number in range(4, 9):
            sheet.append([*visit(number).split(","), "seen"])
        sheet["D6"] = "many"
        book.create_sheet("Prices")
        book.save(world.folder / "visits.xlsx")

    def send(self, name: str = "visits.xlsx") -> dict[str, int]:
        return self.world.send(name, annotate=True)

    def correct(self, **cells: str | int) -> str:
        """Save the last annotated copy under another name, with other cells."""
        assert self.world.last.annotated is not None
        book = openpyxl.load_workbook(self.world.last.annotated)
        for name, value in cells.items():
            book["Visits"][name] = value
        book.save(self.world.folder / "corrected.xlsx")
        return "corrected.xlsx"


@pytest.fixture
def copies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Copies:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("importer.planning.plan.open_source", lambda path, options, **_: open_in_process(path, options))
    return Copies(ImportWorld(tmp_path, VISITS))


def test_only_corrected_rows_are_sent(copies: Copies) -> None:
    assert copies.send() == {"created": 4, "invalid": 1}
    first = copies.world.run_id
    assert copies.send(copies.correct(D6=3)) == {"created": 1, "skipped": 4}
    # The added columns are not taken for columns that nothing uses.
    assert not any("ImporterRowMark" in note for note in copies.world.last.summary.notes)
    assert copies.world.show(first) == {"created": 4, "skipped": 1}
    assert copies.world.activities == 5


def test_a_row_that_was_changed_after_it_was_sent_is_held_in_every_further_copy(copies: Copies) -> None:
    copies.send()
    assert copies.send(copies.correct(B5="with parents")) == {"skipped": 3, "changed": 1, "invalid": 1}
    held = copies.send(copies.correct(B7="with friends"))
    assert held == {"skipped": 2, "changed": 2, "invalid": 1}
    assert copies.world.activities == 4
    sheet = openpyxl.load_workbook(copies.world.last.annotated)["Visits"]
    assert "is this row of the workbook before it was changed. Note differs." in sheet["H5"].value


def test_a_changed_row_waits_while_the_row_before_may_have_arrived(copies: Copies) -> None:
    copies.world.crm.faults = [after(LOST)] * 2
    copies.world.crm.read_faults = [before(mx("MXUnknown", "try later", 503))] * 60
    assert copies.send() == {"uncertain": 2, "created": 2, "invalid": 1}
    copies.world.crm.read_faults = []
    assert copies.send(copies.correct(B5="with parents")) == {"uncertain": 2, "skipped": 2, "invalid": 1}
    assert copies.world.activities == 4


def test_a_changed_row_is_sent_when_the_row_before_did_not_arrive(copies: Copies) -> None:
    """A person looked in LeadSquared after the copy was written."""
    copies.world.crm.faults = [before(LOST)] * 2
    copies.world.crm.read_faults = [before(mx("MXUnknown", "try later", 503))] * 60
    assert copies.send()["uncertain"] == 2
    for _, rows in (undecided_rows(copies.world.run_id, copies.world.env),):
        for one in rows:
            decide(copies.world.run_id, one.row, Decision.ABSENT, "looked", "ann", copies.world.env)
    copies.world.crm.read_faults = []
    sent = copies.send(copies.correct(B4="with parents", B5="with parents"))
    assert (sent["created"], sent["skipped"]) == (2, 2)


def test_a_check_of_a_copy_counts_its_rows_and_writes_their_marks_again(copies: Copies) -> None:
    copies.send()
    copies.world.check(copies.correct(B5="with parents"))
    earlier = copies.world.last.summary.earlier
    assert earlier is not None
    assert (earlier.sent, earlier.changed) == (3, 1)


def test_a_workbook_that_cannot_be_copied_is_a_note(copies: Copies) -> None:
    copies.world.remap(VISITS.replace("sheet: Visits, ", ""))
    copies.world.write("visits.csv", ["", "Lead,Note,When,Seconds,Status", f"{visit(1)},seen"], "Campus visits")
    copies.send("visits.csv")
    assert copies.world.last.annotated is None
    assert copies.world.last.results is not None
    assert any("only .xlsx and .xlsm" in note and "The results are in" in note for note in copies.world.notes)
