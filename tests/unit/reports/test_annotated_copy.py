"""The copy of a user's workbook keeps what is in it, has the results behind its columns, and is read again."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.comments import Comment
from openpyxl.worksheet.table import Table
from openpyxl.worksheet.worksheet import Worksheet

from importer.core.issues import make_problem
from importer.reports.interface import (
    RESULT_COLUMNS,
    ErrorGroup,
    ReportColumn,
    ResultChunk,
    RunSummary,
    SheetOrigin,
)
from importer.reports.xlsx import annotated_copy
from importer.reports.xlsx.annotated_copy import AnnotationRefused, write_annotated_copy
from importer.reports.xlsx.copy_losses import describe_warning, find_lost_parts
from importer.sources import Column, SourceFacts, SourceOptions, source_hash
from importer.sources.interface import Detection
from importer.sources.opening import open_in_process

HEADINGS = ("Email", "Guests", "Status")
RESULTS = {
    "created": ("TRUE", "created", "", "", "id-1", "", "", "", "", "", ""),
    "invalid": ("FALSE", "invalid", "=not a number", "not-an-email", "", "", "", "", "", "", ""),
    "rejected": ("FALSE", "rejected", "mx_Custom_1 is not allowed", "MXError", "", "", "", "", "", "", ""),
}
REMEDY = "Leave it out."


def make_workbook(path: Path, change: Callable[[Worksheet], None] | None = None) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Visits"
    for line in (HEADINGS, ("a@x.org", 2, "seen"), ("b@x.org", "many", "seen"), ("c@x.org", 4, "seen")):
        sheet.append(line)
    if change:
        change(sheet)
    book.save(path)


def facts(
    path: Path, *, sheet: str = "Visits", header_row: int = 1, detections: tuple[Detection, ...] = ()
) -> SourceFacts:
    columns = tuple(Column(index, "ABC"[index], name, name) for index, name in enumerate(HEADINGS))
    return SourceFacts(str(path), "xlsx", sheet, header_row, columns, detections, ())


def summary(status: str = "finished") -> RunSummary:
    fields = ("EmailAddress", "activity.mx_Custom_1", "")
    columns = tuple(ReportColumn(*one) for one in zip("ABC", HEADINGS, fields, strict=True))
    errors = (ErrorGroup("MXError", "refused", 1, (4,), REMEDY),)
    return RunSummary("1", status, "", "", "", "", "", "bulk-activities-by-lead-id", 3, {}, columns, errors=errors)


def chunk(first: int = 2) -> ResultChunk:
    lines = [(first + place, *texts) for place, texts in enumerate(RESULTS.values())]
    results = pd.DataFrame(dict(zip(RESULT_COLUMNS, map(list, zip(*lines, strict=True)), strict=True)))
    problem = make_problem(
        "not-an-email", first + 1, column="Guests", letter="B", field="Guests", value="many", help=""
    )
    origins = {first + 1: SheetOrigin(first + 1, "the mark")}
    return ResultChunk(results, pd.DataFrame(index=range(3)), {first + 1: (problem,)}, origins)


def annotate(path: Path, name: str = "copy.xlsx", **options: object) -> Worksheet:
    written = write_annotated_copy(
        path.with_name(name), summary(), facts(path, **options), source_hash(path), lambda: iter([chunk()])
    )
    return openpyxl.load_workbook(written, rich_text=True)["Visits"]


def texts(sheet: Worksheet, row: int) -> list[object]:
    return [cell.value for cell in sheet[row]]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "visits.xlsx"


def test_results_stand_behind_the_columns_of_the_sheet(path: Path) -> None:
    make_workbook(path)
    sheet = annotate(path)
    # The user has a column Status already.
    added = ["Import Status", "ActivityCreated", "Error", "ProspectActivityId", "LeadId", "ImporterRowMark"]
    assert texts(sheet, 1) == [*HEADINGS, *added]
    assert texts(sheet, 2)[3:] == ["created", True, None, "id-1", None, None]
    assert texts(sheet, 3)[3:] == ["invalid", False, "=not a number", None, None, "the mark"]
    assert sheet["F3"].data_type == "s"
    assert sheet.column_dimensions["I"].hidden


def test_bad_cells_are_red_with_a_comment(path: Path) -> None:
    make_workbook(path, lambda sheet: setattr(sheet["B4"], "comment", Comment("Ask Ravi", "Asha")))
    sheet = annotate(path)
    assert sheet["B3"].fill.fgColor.rgb == sheet["B4"].fill.fgColor.rgb == "FFFBD5D0"
    assert sheet["B3"].comment.text.startswith('importer: "many" is not')
    assert sheet["B4"].comment.text == f"Ask Ravi\n\nimporter: mx_Custom_1 is not allowed {REMEDY}"
    assert texts(sheet, 4)[5] == f"mx_Custom_1 is not allowed {REMEDY}"
    assert sheet["B2"].comment is None


def test_what_is_in_the_workbook_stays(path: Path) -> None:
    def change(sheet: Worksheet) -> None:
        sheet.freeze_panes, sheet.auto_filter.ref = "B2", "A1:C4"
        sheet.row_dimensions[3].hidden = True
        sheet["A2"].number_format = "000"
        sheet["C2"] = CellRichText("se", TextBlock(InlineFont(b=True), "en"))
        sheet["C3"], sheet["C3"].data_type = "=SUM(1)", "s"
        sheet["C4"] = "=B2*2"
        sheet.column_dimensions.group("B", "XFD", hidden=False)
        sheet.column_dimensions["B"].width = 30
        sheet.parent.create_sheet("Prices")["A1"] = "=1+1"

    make_workbook(path, change)
    sheet = annotate(path)
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("B2", "A1:I4")
    assert sheet.row_dimensions[3].hidden
    assert sheet["A2"].number_format == "000"
    assert isinstance(sheet["C2"].value, CellRichText)
    assert (sheet["C3"].data_type, sheet["C4"].data_type) == ("s", "f")
    assert sheet.parent["Prices"]["A1"].value == "=1+1"
    widths = sorted((one.min, one.max) for one in sheet.column_dimensions.values())
    assert all(before[1] < after[0] for before, after in pairwise(widths))
    assert sheet.column_dimensions["B"].width == 30


def test_a_table_reaches_the_new_columns_so_that_rows_are_sorted_whole(path: Path) -> None:
    make_workbook(path, lambda sheet: sheet.add_table(Table(displayName="Visits", ref="A1:C4")))
    table = annotate(path).tables["Visits"]
    assert (table.ref, table.autoFilter.ref) == ("A1:I4", "A1:I4")
    assert table.column_names[3:5] == ["Import Status", "ActivityCreated"]


def test_a_copy_is_read_with_the_options_of_the_source_and_without_our_columns(path: Path) -> None:
    make_workbook(path)
    annotate(path)
    source = open_in_process(path.with_name("copy.xlsx"), SourceOptions(sheet="Visits", of_mapping=("sheet",)))
    (rows,) = source.chunks()
    assert [column.label for column in source.columns] == list(HEADINGS)
    assert source.marked
    assert rows.origin[1].to_pylist() == ["", "the mark", ""]


def test_a_copy_of_a_copy_has_the_columns_once(path: Path) -> None:
    make_workbook(path, lambda sheet: setattr(sheet["B3"], "comment", Comment("Ask Ravi", "Asha")))
    copy = path.with_name("copy.xlsx")
    first = texts(annotate(path), 1)
    sheet = annotate(copy, "second.xlsx")
    assert texts(sheet, 1) == first
    assert sheet["B3"].comment.text.count("importer: ") == 1


def test_sheets_that_are_read_as_one_table_are_told_apart(path: Path) -> None:
    make_workbook(path, lambda sheet: sheet.parent.copy_worksheet(sheet))
    rows = [chunk(), chunk(2_000_002)]
    source = facts(path, sheet="Visits, Visits Copy")
    copy = write_annotated_copy(path.with_name("c.xlsx"), summary(), source, source_hash(path), lambda: iter(rows))
    book = openpyxl.load_workbook(copy)
    assert [texts(sheet, 2)[3] for sheet in book] == ["created", "created"]


def test_rows_of_a_check_are_ready(path: Path) -> None:
    make_workbook(path)
    found = chunk()
    found.results.loc[0, ["Status", "ActivityCreated"]] = ["not_sent", "FALSE"]
    copy = write_annotated_copy(
        path.with_name("c.xlsx"), summary("planned"), facts(path), source_hash(path), lambda: iter([found])
    )
    assert texts(openpyxl.load_workbook(copy)["Visits"], 2)[3] == "ready"


def merged(sheet: Worksheet) -> None:
    sheet.merge_cells("A3:B3")


def test_cells_that_cannot_have_a_comment_get_none(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_workbook(path, merged)
    monkeypatch.setattr(annotated_copy, "_MOST_COMMENTS", 0)
    sheet = annotate(path)
    assert sheet["B4"].comment is None
    assert sheet["B4"].fill.fgColor.rgb == "FFFBD5D0"


def add_part(path: Path, name: str, content: str = "x") -> None:
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(name, content)


@pytest.mark.parametrize(
    ("part", "content", "lost"),
    [
        ("xl/drawings/drawing1.xml", "<xdr:wsDr><xdr:twoCellAnchor/></xdr:wsDr>", "pictures, charts or shapes"),
        ("xl/drawings/vmlDrawing9.vml", '<x:ClientData ObjectType="Button"/>', "buttons and other form controls"),
        ("xl/slicers/slicer1.xml", "", "slicers"),
        ("xl/pivotTables/pivotTable1.xml", "", "pivot tables"),
        ("xl/charts/chart1.xml", "", "charts"),
        ("docMetadata/LabelInfo.xml", "", "a sensitivity label"),
        ("xl/other.xml", "", "the part xl/other.xml"),
    ],
)
def test_a_copy_that_would_lose_something_is_refused(path: Path, part: str, content: str, lost: str) -> None:
    make_workbook(path)
    add_part(path, part, content)
    with pytest.raises(AnnotationRefused, match=f"would lose {lost}") as caught:
        annotate(path)
    assert "into a new workbook" in caught.value.remedy
    assert not path.with_name("copy.xlsx").exists()


def test_drawings_without_anything_in_them_and_boxes_of_comments_are_not_lost(path: Path) -> None:
    make_workbook(path)
    add_part(path, "xl/drawings/drawing1.xml", "<xdr:wsDr/>")
    add_part(path, "xl/drawings/vmlDrawing1.vml", '<x:ClientData ObjectType="Note"/>')
    with zipfile.ZipFile(path) as archive:
        assert not list(find_lost_parts(archive))


def test_warnings_of_the_library_are_losses() -> None:
    assert describe_warning("Sparkline Group extension is not supported and will be removed") == "sparklines"
    assert describe_warning("Cannot parse something") == "something else (Cannot parse something)"
    assert not describe_warning("Workbook contains no default style, apply openpyxl's default")


def test_macros_are_kept_in_a_workbook_that_can_hold_them(path: Path) -> None:
    make_workbook(path)
    add_part(path, "xl/vbaProject.bin", "macros")
    copy = write_annotated_copy(
        path.with_name("c.xlsx"), summary(), facts(path), source_hash(path), lambda: iter([chunk()])
    )
    assert copy.name == "c.xlsm"
    with zipfile.ZipFile(copy) as archive:
        assert archive.read("xl/vbaProject.bin") == b"macros"


def test_other_files_are_refused_with_the_reason(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_workbook(path)

    def refusal(source: SourceFacts, sha: str = source_hash(path)) -> str:
        with pytest.raises(AnnotationRefused) as caught:
            write_annotated_copy(path.with_name("c.xlsx"), summary(), source, sha, lambda: iter([chunk()]))
        assert caught.value.remedy
        return caught.value.message

    assert "only .xlsx and .xlsm" in refusal(SourceFacts(str(path), "csv", "", 1, (), (), ()))
    assert "no headings" in refusal(facts(path, header_row=0))
    assert "became several" in refusal(facts(path, detections=(Detection("exploded columns", "a", "given"),)))
    assert "changed since" in refusal(facts(path), "another digest")
    monkeypatch.setattr(annotated_copy, "SHEET_COLUMNS", 5)
    assert "no room" in refusal(facts(path))
    monkeypatch.setattr(annotated_copy, "MOST_BYTES", 10)
    assert "too large" in refusal(facts(path))


def test_sheets_of_rows_to_correct_and_unreadable_workbooks_are_refused(path: Path) -> None:
    make_workbook(path, lambda sheet: setattr(sheet["D1"], "value", "ImporterMark"))
    with pytest.raises(AnnotationRefused, match="rows to correct"):
        annotate(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("xl/workbook.xml", "x")
    with pytest.raises(AnnotationRefused, match="cannot read"):
        annotate(path)
