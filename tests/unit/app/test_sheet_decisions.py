"""Decisions about held rows, written into the workbook that is imported again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from importer.core.errors import RunStopped, UsageError
from importer.core.model import Status
from importer.reports.publisher import ReportPaths
from importer.sources.opening import open_in_process
from tests.support.delivery_world import LOST, after, mx
from tests.support.import_world import ImportWorld, set_cell, visit


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ImportWorld:
    """A run with two changed rows."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("importer.planning.plan.open_source", lambda path, options, **_: open_in_process(path, options))
    monkeypatch.setattr("importer.app.sheet_decisions.open_source", open_in_process)
    made = ImportWorld(tmp_path)
    made.send("export.csv", visit(1), visit(2), visit(3))
    assert made.send("later.csv", visit(1, seconds="50"), visit(2, seconds="60"), visit(3)) == {
        "skipped": 1,
        "changed": 2,
    }
    return made


def decided(world: ImportWorld, name: str, *texts: str) -> Path:
    """Save the last workbook with these texts in the column Decision."""
    book = openpyxl.load_workbook(world.results)
    sheet = book["To decide"]
    column = [cell.value for cell in sheet[1]].index("Decision") + 1
    for row, text in enumerate(texts, 2):
        sheet.cell(row, column).value = text or None
    book.save(world.folder / name)
    return world.folder / name


def test_decisions_are_recorded_and_carried_out(world: ImportWorld) -> None:
    """The rows to send are sent, the others are left; a second time the same workbook changes nothing."""
    sheet = openpyxl.load_workbook(world.results)["To decide"]
    assert "Seconds differs" in str(sheet["C2"].value)
    assert [str(one.formula1) for one in sheet.data_validations.dataValidation] == ['"update,send,keep"']
    run = world.run_id
    decided(world, "decided.xlsx", "Send ", "keep")
    assert world.send("decided.xlsx") == {"created": 1, "skipped": 2}
    assert world.run_id == run
    assert world.activities == 4
    assert world.send("decided.xlsx") == {"created": 1, "skipped": 2}
    (outcome,) = _outcomes(world, run, Status.CREATED)
    assert outcome.row == 2
    assert world.send("next.csv", visit(1, seconds="50"), visit(2, seconds="60")) == {"skipped": 2}


def _outcomes(world: ImportWorld, run: str, status: Status) -> Any:
    from importer.app import open_ledger_of

    with open_ledger_of(world.env) as ledger:
        return list(ledger.outcomes(run, [status]))


def test_a_sheet_without_decisions_or_with_wrong_ones_is_refused(world: ImportWorld) -> None:
    """Nothing is recorded; a check says that there is nothing to check."""
    path = world.results
    with pytest.raises(UsageError, match="no decision on its sheet"):
        world.send(str(path))
    decided(world, "wrong.xlsx", "send", "perhaps")
    with pytest.raises(UsageError, match='row 3: "perhaps" is no decision'):
        world.send("wrong.xlsx")
    assert len(_outcomes(world, world.run_id, Status.CHANGED)) == 2
    with pytest.raises(UsageError, match="holds decisions, not data"):
        world.check("wrong.xlsx")


def test_rows_that_were_typed_over_are_not_decided(world: ImportWorld) -> None:
    """A decision counts for the row that was held, and once."""
    path = decided(world, "decided.xlsx", "send", "send")
    book = openpyxl.load_workbook(path)
    sheet = book["To decide"]
    headings = [cell.value for cell in sheet[1]]
    for heading in ("Lead", "Note", "When"):
        sheet.cell(3, headings.index(heading) + 1).value = "other"
    sheet.append([cell.value for cell in sheet[2]])
    sheet.append(["", "send"])
    book.save(path)
    assert world.send("decided.xlsx") == {"created": 1, "skipped": 1, "changed": 1}
    assert any("row 3 of the sheet To decide and 1 other was not recorded" in note for note in world.notes)
    assert any("of no run of this account" in note for note in world.notes)


def test_decisions_of_a_removed_plan_are_not_recorded(world: ImportWorld) -> None:
    """Without the plan nobody can tell whether the rows are still the same."""
    decided(world, "decided.xlsx", "send")
    (world.env.home / "runs" / world.run_id / "plan.json").unlink()
    with pytest.raises(UsageError, match="was recorded"):
        world.send("decided.xlsx")


def test_a_workbook_can_correct_and_decide_at_once(world: ImportWorld) -> None:
    """The decisions are carried out, and the corrected rows are sent after that."""
    rows = (visit(1, seconds="70"), visit(9, when="soon"))
    assert world.send("both.csv", *rows) == {"changed": 1, "invalid": 1}
    run = world.run_id
    path = decided(world, "decided.xlsx", "send")
    world.correct("both.xlsx", set_cell("When", "03/11/2026 11:00"), path)
    assert world.send("both.xlsx") == {"created": 1}
    assert any(note.startswith(f"Run {run}: 1 of 2 rows is in LeadSquared") for note in world.notes)
    assert world.show(run) == {"created": 1, "skipped": 1}


def test_a_stop_while_decisions_are_carried_out_ends_the_import(
    world: ImportWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is left is resumed; the corrected rows are not sent before that."""
    world.send("both.csv", visit(1, seconds="70"), visit(9, when="soon"))
    path = decided(world, "decided.xlsx", "send")
    world.correct("both.xlsx", set_cell("When", "03/11/2026 11:00"), path)
    stopped = replace(world.last, stopped=RunStopped("Stopped."))
    monkeypatch.setattr("importer.app.imports._finish_decided", lambda *_: stopped)
    world.send("both.xlsx")
    assert world.last is stopped
    assert world.activities == 3
    assert ReportPaths(Path("a/b.xlsx")).beside("r") == ReportPaths(Path("a/b-r.xlsx"))


def test_uncertain_rows_are_decided_on_the_sheet(world: ImportWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """One is there and one is not; decisions that do not fit the status of a row are not recorded."""
    with monkeypatch.context() as patched:
        patched.setattr(world.crm, "_listed", lambda *_: mx("MXInvalidInputException", "no"))
        world.crm.faults = [after(LOST)]
        visits = [visit(number) for number in (4, 5, 6)]
        assert world.send("more.csv", *visits, visit(3, seconds="60"), visit(2)) == {
            "uncertain": 3,
            "changed": 1,
            "skipped": 1,
        }
    sheet = openpyxl.load_workbook(world.results)["To decide"]
    assert [str(one.formula1) for one in sheet.data_validations.dataValidation] == [
        '"update,send,keep,it is there,send again"'
    ]
    run, before = world.run_id, world.activities
    decided(world, "decided.xlsx", "It is there", "send again", "keep", "it is there")
    world.send("decided.xlsx")
    by_row = {one.row: one for status in Status for one in _outcomes(world, run, status)}
    assert (by_row[2].status, by_row[2].error_code) == (Status.CREATED, "decided")
    assert by_row[3].status is Status.CREATED
    assert by_row[5].status is Status.CHANGED
    assert any("does not fit the status of its row" in note for note in world.notes)
    # What the CRM had of row 3 was denied, so it was sent again; row 4 was found.
    assert world.activities == before + 1
