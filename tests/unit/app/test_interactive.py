"""What the page asks for: a look into a file, a check whose plan stays, single rows, and another round of some rows."""

from __future__ import annotations

import random
import threading
from pathlib import Path

import openpyxl
import pytest

from importer.app import (
    Environment,
    check_and_keep,
    check_rows,
    describe_check,
    find_anomalies,
    list_problem_rows,
    open_rows_of,
    preview_file,
    read_rows,
)
from importer.core.errors import SourceError, UsageError
from importer.core.model import Status
from importer.planning import Corrections, PlanRequest
from importer.sources.interface import SourceOptions
from tests.support.delivery_world import BY_ID, RecordingProgress, VirtualClock, lead


@pytest.fixture
def env(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Environment:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "home").mkdir(mode=0o700)
    return Environment(
        home=tmp_path / "home",
        variables={},
        clock=VirtualClock(),
        stop=threading.Event(),
        progress=RecordingProgress(),
        make_crm=lambda account: pytest.fail("a check needs no network"),
        confirm=lambda question: True,
        random_text=lambda: f"{random.getrandbits(32):08x}",
    )


def request(*lines: str, corrections: Corrections | None = None) -> PlanRequest:
    Path("visits.csv").write_text("\n".join(["Lead,Note,Seconds", *lines]) + "\n", "utf-8")
    Path("visits.yaml").write_text(BY_ID + "  mx_Custom_1: {column: Seconds, type: number}\n", "utf-8")
    return PlanRequest(Path("visits.csv"), Path("visits.yaml"), corrections=corrections or Corrections())


GOOD, NO_LEAD, NO_NUMBER = f"{lead(0)},Asked fee,5", ",Asked fee,6", f"{lead(1)},Called,many"


def test_the_first_rows_of_a_file_are_shown_with_what_was_detected(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("Name,City\nAsha,Pune\nRavi,Goa\nMeera,Delhi\n", "utf-8")
    shown = preview_file(tmp_path / "a.csv", SourceOptions(), 2)
    assert (shown.format, shown.sheet, shown.sheets, shown.header_row) == ("csv", "", (), 1)
    assert [column.heading for column in shown.columns] == ["Name", "City"]
    assert shown.rows == ((2, ("Asha", "Pune")), (3, ("Ravi", "Goa")))


def test_the_sheets_of_a_workbook_can_be_chosen(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.title = "May"
    book.active.append(["Name"])
    book.active.append(["Asha"])
    book.create_sheet("June").append(["Name"])
    book.save(tmp_path / "a.xlsx")
    with pytest.raises(SourceError, match="several sheets") as refused:
        preview_file(tmp_path / "a.xlsx", SourceOptions())
    assert refused.value.sheets == ("May", "June")
    shown = preview_file(tmp_path / "a.xlsx", SourceOptions(sheet="May"))
    assert (shown.sheet, shown.sheets, shown.rows) == ("May", ("May", "June"), ((2, ("Asha",)),))


def test_a_kept_check_can_be_described_and_its_bad_rows_read(env: Environment, tmp_path: Path) -> None:
    summary = check_and_keep(request(GOOD, NO_LEAD, NO_NUMBER), tmp_path / "plan", env)
    assert summary.counts == {Status.NOT_SENT: 1, Status.INVALID: 2}
    assert describe_check(tmp_path / "plan", env).counts == summary.counts
    assert list_problem_rows(tmp_path / "plan") == [3, 4]
    assert list_problem_rows(tmp_path / "plan", code="required") == [3]
    assert list_problem_rows(tmp_path / "plan", letter="C") == [4]
    (shown,) = read_rows(tmp_path / "plan", [4])
    assert (shown.row, shown.cells) == (4, {"A": lead(1), "B": "Called", "C": "many"})
    assert [problem.code for problem in shown.problems] == ["not-a-number"]
    assert find_anomalies(tmp_path / "plan", env)


def test_single_rows_are_checked_anew(env: Environment) -> None:
    found = check_rows(request(GOOD), {3: {"A": lead(5), "C": "x"}, 4: {"A": lead(6), "B": "Called", "C": "7"}}, env)
    assert {row: [problem.code for problem in problems] for row, problems in found.items()} == {
        3: ["not-a-number"],
        4: [],
    }


def test_corrected_cells_make_another_plan_and_the_file_stays(env: Environment, tmp_path: Path) -> None:
    lines = (GOOD, NO_LEAD, NO_NUMBER)
    before = check_and_keep(request(*lines), tmp_path / "before", env)
    after = check_and_keep(request(*lines, corrections=Corrections({4: {"C": "9"}})), tmp_path / "after", env)
    assert (before.counts[Status.INVALID], after.counts[Status.INVALID]) == (2, 1)
    assert "many" in Path("visits.csv").read_text("utf-8")


def test_a_file_with_headings_only_has_no_rows_to_show(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("Name,City\n", "utf-8")
    shown = preview_file(tmp_path / "a.csv", SourceOptions())
    assert ([column.filled for column in shown.columns], shown.rows) == ([0.0, 0.0], ())


def test_only_a_finished_run_has_rows_to_correct(env: Environment) -> None:
    with pytest.raises(UsageError, match="is not finished"):
        open_rows_of("20261120-100000-0000", env)


def test_only_the_chunks_that_hold_wanted_rows_are_read(
    env: Environment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importer.planning.plan.CHUNK_ROWS", 2)
    check_and_keep(request(GOOD, NO_LEAD, NO_NUMBER, GOOD), tmp_path / "plan", env)
    assert [shown.row for shown in read_rows(tmp_path / "plan", [4])] == [4]
