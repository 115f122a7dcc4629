"""The results workbook holds every row as it was, opens in two readers, and never becomes a formula."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import openpyxl
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from importer.core import filesystem
from importer.core.errors import ReportError
from importer.core.filesystem import check_writable, find_free_path
from importer.core.issues import make_problem
from importer.core.model import Status
from importer.core.text import format_count
from importer.core.time import format_elapsed, format_timestamp
from importer.reports.interface import (
    RESULT_COLUMNS,
    Cost,
    ErrorGroup,
    ReportColumn,
    ResultChunk,
)
from importer.reports.json_report import build_json_report, json_failure
from importer.reports.messages import STATUS_COLORS, UNCERTAIN_ADVICE, format_row_list
from importer.reports.text_report import render_summary
from importer.reports.xlsx import sheet_series, workbook
from importer.reports.xlsx.template import TemplateColumn, write_template_workbook
from importer.reports.xlsx.workbook import write_workbook
from importer.reports.xlsx_writer.cells import CUT, sheet_column, sheet_text
from tests.support.sampled import ALL_CASES, examples
from tests.support.summaries import summary

if TYPE_CHECKING:
    from tests.unit.reports.conftest import TextRun

NAUGHTY = [
    "=1+1", "=cmd|' /C calc'!A0", "+1", "-5", "@SUM(A1)", "\t=1", "007", "12345678901234567890", "1e5", "NA", "#N/A",
    "TRUE", "http://example.com", "mailto:a@b.cc", "مرحبا", "\u202eevil", "👩‍👩‍👧", "<b>&amp;</b>", "'quoted", " spaces ", "a\nb",
]  # fmt: skip


def chunk(rows: list[tuple[int, Status, str]], labels: tuple[str, ...] = ("Text",)) -> ResultChunk:
    lines = [(row, "TRUE" if status is Status.CREATED else "", status.value, "why", "code", "a", "l", "r", "FALSE", "", "7", str(row))
             for row, status, _ in rows]  # fmt: skip
    results = pd.DataFrame(dict(zip(RESULT_COLUMNS, map(list, zip(*lines, strict=True)), strict=True)))
    cells = pd.DataFrame({label: pd.Series([text for _, _, text in rows], dtype=object) for label in labels})
    problems = {
        row: (make_problem("required", row, column="Text", letter="A", field="x"),)
        for row, status, _ in rows
        if status is Status.INVALID
    }
    return ResultChunk(results, cells, problems)


def written(path: Path, rows: list[tuple[int, Status, str]], **changes: object) -> Path:
    counts: dict[Status, int] = {}
    for _, status, _ in rows:
        counts[status] = counts.get(status, 0) + 1
    per_sheet = changes.pop("rows_per_sheet", 1_048_576)
    write_workbook(
        path,
        summary(counts, **changes),
        lambda: iter([chunk(rows)] if rows else []),
        rows_per_sheet=per_sheet,  # type: ignore[arg-type]
    )
    return path


def column(path: Path, sheet: str, heading: str) -> list[object]:
    lines = list(openpyxl.load_workbook(path)[sheet].iter_rows(values_only=True))
    return [line[lines[0].index(heading)] for line in lines[1:]]


def test_text_stays_text_in_two_readers(tmp_path: Path) -> None:
    """Whatever a cell begins with: no formula, no link, no number is made of it."""
    path = written(tmp_path / "r.xlsx", [(row, Status.CREATED, text) for row, text in enumerate(NAUGHTY, start=2)])
    assert column(path, "Results", "Text") == NAUGHTY
    assert column(path, "Results", "RowNumber") == list(range(2, 2 + len(NAUGHTY)))
    lines = CalamineWorkbook.from_path(str(path)).get_sheet_by_name("Results").to_python(skip_empty_area=False)
    assert [line[len(RESULT_COLUMNS)] for line in lines[1:]] == NAUGHTY
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            content = archive.read(name)
            assert b"<f>" not in content or "chart" in name
            if "sheet" in name:
                assert b"<f>" not in content
                assert b"<hyperlink" not in content
    assert path.stat().st_mode & 0o777 == 0o600


def test_every_cell_of_every_block_is_read_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By two readers, over the edges of blocks and chunks; the headings are frozen, the filter on, statuses coloured."""
    monkeypatch.setattr(sheet_series, "_BLOCK_ROWS", 7)
    statuses = list(Status)
    rows = [(row, statuses[row % len(statuses)], f"{row} & <{row}>{' ' * (row % 3)}") for row in range(2, 60)]
    parts = [chunk(rows[:20]), chunk(rows[20:21]), chunk(rows[21:])]
    counts = {status: sum(status is each for _, each, _ in rows) for status in statuses}
    path = tmp_path / "r.xlsx"
    write_workbook(path, summary(counts), lambda: iter(parts))
    expected: list[list[object]] = [[*RESULT_COLUMNS, "Text"]]
    for part in parts:
        for row, cells in zip(part.results.to_numpy().tolist(), part.cells["Text"], strict=True):
            advice = f" {UNCERTAIN_ADVICE}" if row[2] == Status.UNCERTAIN else ""
            created = row[1] == "TRUE" or ""
            expected.append([row[0], created, row[2], row[3] + advice, *row[4:8], False, "", 7, row[0], cells])
    sheet = openpyxl.load_workbook(path)["Results"]
    assert [["" if cell is None else cell for cell in line] for line in sheet.iter_rows(values_only=True)] == expected
    other = CalamineWorkbook.from_path(path).get_sheet_by_name("Results").to_python()
    assert other == expected
    assert all(type(line[place]) is bool for line in other[1:] for place in (1, 8) if line[place] != "")
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("B2", f"A1:M{len(rows) + 1}")
    for line in sheet.iter_rows(min_row=2):
        look = STATUS_COLORS[Status(line[2].value)]
        assert line[2].fill.fgColor.rgb == f"FF{look.fill[1:].upper()}"
        assert line[2].font.color.rgb == f"FF{look.ink[1:].upper()}"


def test_the_sheets_are_packed_quickly(tmp_path: Path) -> None:
    """Packing well would take most of the time of a workbook with a million rows."""
    rows = [(row, Status.CREATED, f"text {row * 7919 % 1009}") for row in range(2, 3000)]
    with zipfile.ZipFile(written(tmp_path / "r.xlsx", rows)) as archive:
        packed = archive.getinfo("xl/worksheets/sheet2.xml").compress_size
        sheet = archive.read("xl/worksheets/sheet2.xml")
    well, quickly = (len(zlib.compress(sheet, level)) for level in (6, 2))
    assert abs(packed - quickly) < abs(packed - well) / 10


def test_only_rows_that_can_be_corrected_are_to_fix(tmp_path: Path) -> None:
    """Invalid and rejected ones, with the reason, in their own columns; uncertain rows are not offered for sending again."""
    rows = [(2, Status.CREATED, "a"), (3, Status.INVALID, ""), (4, Status.REJECTED, "c"), (5, Status.UNCERTAIN, "d")]
    path = written(tmp_path / "r.xlsx", rows)
    assert column(path, "To fix", "RowNumber") == [3, 4]
    assert "why" in str(column(path, "To fix", "Reason"))
    sheet = openpyxl.load_workbook(path)["Results"]
    assert sheet.freeze_panes
    assert sheet.auto_filter.ref


@pytest.mark.slow
def test_a_refused_row_says_what_to_do(tmp_path: Path) -> None:
    """On the sheet To fix; the sheet Results keeps LeadSquared's own words. Empty statuses and lone bars are left out."""
    advice = (ErrorGroup("code", "why", 1, (2,), "Import the lead first."),)
    rows = [(2, Status.REJECTED, "a"), (3, Status.INVALID, "b")]
    path = written(tmp_path / "r.xlsx", rows, errors=advice)
    refused, wrong = (str(reason) for reason in column(path, "To fix", "Reason"))
    assert refused.endswith(" Import the lead first.")
    assert "Import the lead" not in wrong
    assert "Import the lead" not in str(column(path, "Results", "Error"))
    book = openpyxl.load_workbook(path)["Summary"]
    assert [row[0].value for row in book.iter_rows(min_row=6, max_row=8)] == ["invalid", "rejected", "rows read"]
    assert len(book._charts) == 1
    alone = written(tmp_path / "alone.xlsx", rows[:1], errors=())
    assert openpyxl.load_workbook(alone)["Summary"]._charts == []


def test_the_bad_cells_are_coloured_and_explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Empty ones and those that look like formulas too, on the sheet that the row came to stand on; no others."""
    texts = ["a", "", "=b", "", "c", "d"]
    rows = [(row, Status.INVALID if row % 2 else Status.REJECTED, text) for row, text in enumerate(texts, start=2)]
    monkeypatch.setattr(sheet_series, "_BLOCK_ROWS", 1)
    book = openpyxl.load_workbook(written(tmp_path / "r.xlsx", rows, rows_per_sheet=4))
    found = []
    for name in ("To fix", "To fix 2"):
        for line in book[name].iter_rows(min_row=2):
            cell = line[2]
            found.append((line[0].value, cell.value, cell.fill.fgColor.rgb, cell.quotePrefix, cell.comment is not None))
    plain, red = "00000000", "FFFBD5D0"
    assert found == [
        (2, "a", plain, False, False),
        (3, None, red, False, True),
        (4, "=b", plain, True, False),
        (5, None, red, False, True),
        (6, "c", plain, False, False),
        (7, "d", red, False, True),
    ]
    assert book["To fix"]["C3"].comment.text.startswith("The cell is empty")


def test_rows_to_fix_are_as_tall_as_their_reasons(tmp_path: Path, text_run: TextRun) -> None:
    """A reason of several lines has room, also where no program measures rows when it opens a workbook."""
    made, rows = text_run(["short", "long " * 40, "endless " * 500])
    write_workbook(tmp_path / "r.xlsx", made, rows)
    sheet = openpyxl.load_workbook(tmp_path / "r.xlsx")["To fix"]
    assert [sheet.row_dimensions[line].height for line in (2, 3, 4)] == [15, 60, 405]
    assert sheet["B3"].alignment.wrap_text


def test_a_check_counts_only_what_a_check_can_say(tmp_path: Path, text_run: TextRun) -> None:
    """Its summary has no line for rows that were created or refused."""
    made, rows = text_run(["a", "b"])
    write_workbook(tmp_path / "r.xlsx", made, rows)
    sheet = openpyxl.load_workbook(tmp_path / "r.xlsx")["Summary"]
    listed = [cell.value for cell in sheet["A"] if cell.value in {status.value for status in Status}]
    assert listed == ["invalid"]


def test_more_rows_than_a_sheet_holds(tmp_path: Path) -> None:
    """They go on in the next sheet."""
    rows = [(row, Status.INVALID, f"t{row}") for row in range(2, 9)]
    path = written(tmp_path / "r.xlsx", rows, rows_per_sheet=4)
    book = openpyxl.load_workbook(path)
    assert [name for name in book.sheetnames if name.startswith("Results")] == ["Results", "Results 2", "Results 3"]
    assert column(path, "Results 3", "Text") == ["t8"]
    assert column(path, "To fix 2", "Text")


def test_an_empty_run_and_a_wide_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No rows, no errors, or more columns than a sheet has make a workbook all the same."""
    columns_of_a_sheet = workbook._MOST_COLUMNS if ALL_CASES else 100
    monkeypatch.setattr(workbook, "_MOST_COLUMNS", columns_of_a_sheet)
    written(tmp_path / "none.xlsx", [], errors=(), facts=(), notes=(), next_step="", finished_at="", started_at="")
    wide = tuple(f"C{number}" for number in range(columns_of_a_sheet + 16))
    columns = tuple(ReportColumn("A", label) for label in wide)
    write_workbook(
        tmp_path / "wide.xlsx",
        summary({Status.CREATED: 1}, columns=columns),
        lambda: iter([chunk([(2, Status.CREATED, "x")], wide)]),
    )
    assert (tmp_path / "wide.xlsx").is_file()


def test_a_failure_leaves_no_file(tmp_path: Path) -> None:
    """Neither under the final name nor beside it; and a file that is there is never replaced."""

    def broken() -> Iterator[ResultChunk]:
        yield chunk([(2, Status.CREATED, "x")])
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_workbook(tmp_path / "r.xlsx", summary({Status.CREATED: 1}), broken)
    assert list(tmp_path.iterdir()) == []
    path = written(tmp_path / "r.xlsx", [(2, Status.CREATED, "x")])
    before = path.read_bytes()
    with pytest.raises(ReportError, match="exists already"):
        written(path, [(2, Status.CREATED, "y")])
    assert path.read_bytes() == before


def test_names_and_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Free names count up; a folder that cannot be written is found early; a disk without links works, too."""
    path = tmp_path / "r.xlsx"
    for expected in ("r.xlsx", "r-2.xlsx", "r-3.xlsx"):
        assert find_free_path(path).name == expected
        find_free_path(path).write_text("x")
    (tmp_path / "file").write_text("x")
    with pytest.raises(ReportError):
        check_writable(tmp_path / "file" / "below")

    def refuse(*_: object) -> None:
        raise OSError("no links here")

    monkeypatch.setattr(filesystem.os, "link", refuse)
    written(tmp_path / "linkless.xlsx", [(2, Status.CREATED, "x")])
    with pytest.raises(ReportError):
        written(tmp_path / "linkless.xlsx", [(2, Status.CREATED, "x")])


def test_what_a_cell_cannot_hold_is_marked() -> None:
    """Control characters and lone surrogates as escapes, too long texts with a mark, too many lines as escapes."""
    assert sheet_text("a\x0bb\ud800c") == "a\\x0bb\\ud800c"
    assert sheet_text("x" * 33_000).endswith(CUT)
    assert sheet_text("😀" * 20_000).endswith(CUT)
    assert sheet_text("\n" * 300).count("\n") == 253


@pytest.mark.slow
@settings(deadline=None, max_examples=examples(60))
@given(texts=st.lists(st.one_of(st.text(max_size=20), st.sampled_from(NAUGHTY), st.just("\n" * 300)), max_size=8))
def test_a_column_is_marked_as_its_cells_are(texts: list[str]) -> None:
    """Looking at a whole column gives the same as looking at each cell."""
    column, changed = sheet_column(pd.Series(texts, dtype=object))
    assert column.to_pylist() == [sheet_text(text) for text in texts]
    assert changed == {place for place, text in enumerate(texts) if sheet_text(text) != text}
    storable = [text for text in texts if not any("\ud800" <= letter <= "\udfff" for letter in text)]
    column, changed = sheet_column(pd.Series(storable, dtype="str"))
    assert column.to_pylist() == [sheet_text(text) for text in storable]
    assert changed == {place for place, text in enumerate(storable) if sheet_text(text) != text}


@settings(deadline=None, max_examples=examples(60))
@given(text=st.text(max_size=60))
def test_marking_changes_only_what_must_change(text: str) -> None:
    """A text without odd characters comes through untouched, and marking twice is marking once."""
    marked = sheet_text(text)
    assert sheet_text(marked) == marked
    if text.isprintable():
        assert marked == text


def test_the_terminal_summary() -> None:
    """Counts, problems with their rows, notes and the next step; no control character of a name gets through."""
    many = tuple(ErrorGroup(f"code-{number}", "Text.", 1, (number,)) for number in range(8))
    text = render_summary(summary({Status.CREATED: 3, Status.INVALID: 1}, source="a\x1b]0;b.csv", errors=many))
    assert "So it went." in text
    assert "\x1b" not in text
    assert "Next: Do this." in text
    assert "3 more kinds of problem" in text
    six = render_summary(summary({Status.CREATED: 1}, errors=many[:6], notes=(), next_step=""))
    assert "1 more kind of problem" in six
    assert "Next:" not in six
    assert "1  row read" in render_summary(summary({Status.CREATED: 1}, errors=()))


def test_words() -> None:
    """Numbers, rows and times as people read them."""
    assert (format_count(1), format_count(1250)) == ("1 row", "1,250 rows")
    assert format_row_list((), 0) == ""
    assert format_row_list((7,), 1) == "row 7"
    assert format_row_list((3, 9), 2) == "rows 3 and 9"
    assert format_row_list((3, 9), 16) == "rows 3, 9 and 14 more"
    assert format_timestamp("nonsense") == "nonsense"
    assert format_elapsed("2026-11-20T10:00:00+00:00", "2026-11-20T11:02:03+00:00") == "1 h 2 min"
    assert format_elapsed("2026-11-20T10:00:00+00:00", "2026-11-20T10:02:03+00:00") == "2 min 3 s"
    assert format_elapsed("2026-11-20T10:00:00+00:00", "") == ""


def test_the_json_object() -> None:
    """The same form after success and after failure, with every status."""
    good = build_json_report(summary({Status.CREATED: 3, Status.REJECTED: 1}), Path("r.xlsx"), None, 3)
    bad = json_failure("broken", "mend it", 2)
    assert good.keys() == bad.keys()
    assert (good["problems"], good["counts"]["created"], good["counts"]["pending"]) == (1, 3, 0)
    assert (good["results"], good["report"]) == ("r.xlsx", None)
    assert (bad["status"], bad["exit_status"], bad["next_step"]) == ("failed", 2, "mend it")


def test_a_template_to_fill_in(tmp_path: Path) -> None:
    """Headings with notes, an example, drop-down lists where they fit."""
    columns = [
        TemplateColumn("Plan", "One of them.", "Gold", ("Gold", "Silver")),
        TemplateColumn("Long", "A long list.", "x" * 30, tuple(f"option {number}" for number in range(100))),
        TemplateColumn("Size", "<In> inches.", '5"', ('5"', "b & <c>")),
    ]
    write_template_workbook(tmp_path / "t.xlsx", "a/b", columns)
    sheet = openpyxl.load_workbook(tmp_path / "t.xlsx")["a_b"]
    assert [cell.value for cell in sheet[1]] == ["Plan", "Long", "Size"]
    assert sheet["C1"].comment.text == "<In> inches."
    assert sheet.column_dimensions["B"].width >= 30, "an example is not cut off"
    lists = {str(each.sqref): each.formula1 for each in sheet.data_validations.dataValidation}
    assert lists == {"A2:A5001": '"Gold,Silver"', "C2:C5001": '"5"",b & <c>"'}


def test_a_forecast_has_a_longest_time_only_where_the_limit_is_not_known() -> None:
    """Scripts that know the shorter form go on working."""
    known, unknown = Cost(4, 5.0, None, "…"), Cost(4, 5.0, None, "…", 10.0)
    told = [build_json_report(summary({}, cost=cost), None, None, 0)["forecast"] for cost in (known, unknown)]
    least = {"calls": 4, "seconds": 5.0, "left_today": None}
    assert told == [least, {**least, "most_seconds": 10.0}]
