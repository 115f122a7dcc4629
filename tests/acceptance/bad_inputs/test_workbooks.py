"""Workbooks: their sheets, their cells, and what stands around the cells."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from tests.acceptance.bad_inputs.bad_files import MAIN, Desk, formats, mapping, relations, row, sheets, text_cell, xlsx
from tests.acceptance.bad_inputs.bad_words import PHONE

TABLE = [["Name", "Phone"], ["Asha", "9845098450"]]
HEADINGS = row(1, "Name", "Phone")
ASHA = row(2, "Asha", "9845098450")
SAVE_AGAIN = "Open it in Excel, save it under a new name, and use that file."


@pytest.fixture
def book(tmp_path: Path) -> Path:
    return tmp_path / "data.xlsx"


def changed(path: Path, change: object) -> Path:
    """The table as a workbook, after `change` has been at it."""
    book = openpyxl.load_workbook(sheets(path, People=TABLE))
    change(book)
    book.save(path)
    return path


def test_b084_several_sheets(desk: Desk, book: Path) -> None:
    sheets(book, May=TABLE, June=TABLE)
    assert (
        desk.refused(book)
        == 'data.xlsx has several sheets with data: "May", "June". Say which one, for example `source: {sheet: "May"}`.'
    )
    assert (
        desk.refused(book, mapping(more="source: {sheet: Jun}\n"))
        == 'data.xlsx has no sheet "Jun". Did you mean "June"? It has: "May", "June".'
    )
    assert desk.check(book, mapping(more="source: {sheet: June}\n")).found("sheet") == "June (given)"


def test_b085_hidden_sheets_and_rows(desk: Desk, book: Path) -> None:
    for state in ("hidden", "veryHidden"):
        both = openpyxl.load_workbook(sheets(book, People=TABLE, Secret=TABLE))
        both["Secret"].sheet_state = state
        both.save(book)
        assert desk.check(book).found("sheet") == "People (the only visible sheet)"
        named = desk.check(book, mapping(more="source: {sheet: Secret}\n"))
        assert named.notes == ['The sheet "Secret" is hidden in the workbook.']
    rows = '<row r="3" hidden="1">' + text_cell("A3", "Meera") + text_cell("B3", "9845098451") + "</row>"
    checked = desk.check(xlsx(book, HEADINGS + ASHA + rows))
    assert list(checked.sent) == [2, 3]
    assert checked.notes == ["1 hidden row is read like all others."]


def test_b086_merged_cells(desk: Desk, book: Path) -> None:
    rows = HEADINGS + row(2, "Asha", "1") + row(3, text_cell("B3", "2"))
    checked = desk.check(
        xlsx(book, rows, behind='<mergeCells count="1"><mergeCell ref="A2:A3"/></mergeCells>'),
        mapping("FirstName: {column: Name, required: true}"),
    )
    assert checked.notes == [
        "Merged cells (A2:A3) have their value in the first cell only; the others are read as empty.",
        '1 column is neither used nor ignored: "Phone".',
    ]
    assert checked.problems == [
        'row 3, column A "Name": The cell is empty, but lead.FirstName is required. Fill in the cell.'
    ]
    rows = row(1, "Name", text_cell("C1", "City")) + row(2, "Asha", "R", "Pune")
    headings = desk.check(
        xlsx(book, rows, behind='<mergeCells><mergeCell ref="A1:B1"/></mergeCells>'), mapping("FirstName: Name")
    )
    assert headings.notes == [
        'Column B has no heading; it is called "(column B)".',
        "Merged cells (A1:B1) have their value in the first cell only; the others are read as empty.",
        '2 columns are neither used nor ignored: "(column B)", "City".',
    ]


def test_b087_formulas_with_results(desk: Desk, book: Path) -> None:
    cells = '<c r="A2" t="str"><f>B2&amp;"x"</f><v>Asha</v></c><c r="B2"><f>1+1</f><v>2</v></c>'
    assert desk.check(xlsx(book, HEADINGS + row(2, cells))).sent == {2: {"lead.FirstName": "Asha", "lead.Phone": "2"}}


def test_b088_formulas_never_calculated(desk: Desk, book: Path) -> None:
    path = sheets(book, People=[*TABLE, ["Meera", "=1+1"]])
    checked = desk.check(path)
    assert list(checked.sent) == [2]
    assert checked.problems == [
        'row 3, column B "Phone": The cell holds a formula without a result. Open the workbook in Excel, save it, and run again.'
    ]


def test_b089_excel_errors(desk: Desk, book: Path) -> None:
    words = ["#N/A", "#REF!", "#DIV/0!", "#VALUE!", "#NAME?", "#NULL!", "#NUM!", "#SPILL!"]
    rows = "".join(row(at, "Asha", f'<c r="B{at}" t="e"><v>{word}</v></c>') for at, word in enumerate(words, 2))
    assert desk.check(xlsx(book, HEADINGS + rows)).problems == [
        f'row {at}, column B "Phone": The cell holds the Excel error {word}. Correct the formula in Excel, or type the value.'
        for at, word in enumerate(words, 2)
    ]
    # In a column that is not sent it does no harm.
    assert desk.check(book, mapping("FirstName: Name")).counts == (8, 0)


def test_b090_text_that_reads_like_an_error(desk: Desk, book: Path) -> None:
    assert desk.check(xlsx(book, HEADINGS + row(2, "#N/A", "1"))).column("FirstName") == ["#N/A"]


def test_b091_numbers_as_text_and_the_other_way(desk: Desk, book: Path) -> None:
    rows = HEADINGS + row(2, "A", "9845098450") + row(3, "B", '<c r="B3"><v>9845098450</v></c>')
    for rule, expected in ((PHONE, "+91-9845098450"), ("type: integer", "9845098450"), ("type: text", "9845098450")):
        rules = mapping("FirstName: Name", f"mx_Value: {{column: Phone, {rule}}}")
        assert desk.check(xlsx(book, rows), rules).column("mx_Value") == [expected, expected]


def test_b092_numbers_shown_rounded(desk: Desk, book: Path) -> None:
    rows = (
        HEADINGS
        + row(2, "A", '<c r="B2"><v>0.30000000000000004</v></c>')
        + row(3, "B", '<c r="B3" s="1"><v>12.5</v></c>')
    )
    assert desk.check(xlsx(book, rows, styles=formats("0"))).column("Phone") == ["0.3", "12.5"]


def test_b093_numbers_that_formats_dress_up(desk: Desk, book: Path) -> None:
    shown = ["0%", "[$₹-4009] #,##0.00", "# ?/?", "0000"]
    values = ["0.12", "1200", "0.5", "12"]
    rows = "".join(
        row(at + 1, "A", f'<c r="B{at + 1}" s="{at}"><v>{value}</v></c>') for at, value in enumerate(values, 1)
    )
    assert desk.check(xlsx(book, HEADINGS + rows, styles=formats(*shown))).column("Phone") == values


def test_b094_all_sorts_of_text(desk: Desk, book: Path) -> None:
    strings = (
        "<si><r><t>Ri</t></r><r><rPr><b/></rPr><t>ch</t></r></si>"
        '<si><t>東京</t><rPh sb="0" eb="2"><t>トウキョウ</t></rPh></si><si><t>a_x000D_b</t></si>'
        '<si><t>_x005F_x000D_</t></si><si><t xml:space="preserve"> spaced </t></si>'
    )
    rows = "".join(row(at + 2, f'<c r="A{at + 2}" t="s"><v>{at}</v></c>') for at in range(5))
    rows += row(7, '<c r="A7" t="b"><v>1</v></c>') + row(8, "in line")
    checked = desk.check(xlsx(book, HEADINGS + rows, strings=strings), mapping("FirstName: Name"))
    assert checked.column("FirstName") == ["Rich", "東京", "a\rb", "_x000D_", "spaced", "TRUE", "in line"]


def test_b095_iso_dates(desk: Desk, book: Path) -> None:
    rows = HEADINGS + "".join(
        row(at, "A", f'<c r="B{at}" t="d"><v>{value}</v></c>')
        for at, value in enumerate(["2026-02-28", "2026-02-28T14:05:00", "nonsense"], 2)
    )
    checked = desk.check(
        xlsx(book, rows), mapping("FirstName: Name", "mx_Day: {column: Phone, type: datetime, timezone: UTC}")
    )
    assert checked.column("mx_Day") == ["2026-02-28 00:00:00", "2026-02-28 14:05:00"]
    assert checked.problems == [
        'row 4, column B "Phone": "nonsense" is not a date and time of the form YYYY-MM-DD hh:mm:ss. Expected something like 2026-12-31 18:30:00.'
    ]


def test_b096_a_table_in_the_middle_of_the_sheet(desk: Desk, book: Path) -> None:
    rows = (
        row(7, text_cell("D7", "Name"), text_cell("E7", "Phone"))
        + row(8, text_cell("D8", "Asha"), text_cell("E8", "1"))
        + row(9, text_cell("D9", "B"))
    )
    checked = desk.check(xlsx(book, rows), mapping("FirstName: Name", "Phone: Phone"))
    assert list(checked.sent) == [8]
    assert checked.problems == ['row 9: The row has none of "Phone". Fill in at least one of these columns.']


def test_b097_formats_to_the_end_of_the_sheet(desk: Desk, book: Path) -> None:
    rows = "".join(
        f'<row r="{at}"><c r="A{at}" s="1"/><c r="B{at}" s="1"/></row>' for at in (*range(3, 3000), 1_048_576)
    )
    assert desk.check(xlsx(book, HEADINGS + ASHA + rows, styles=formats("0"))).counts == (1, 0)


def test_b098_a_wrong_dimension(desk: Desk, book: Path) -> None:
    for area in ('<dimension ref="A1"/>', '<dimension ref="A1:XFD1048576"/>', '<dimension ref="x"/>', ""):
        assert desk.check(xlsx(book, HEADINGS + ASHA, before=area)).counts == (1, 0)


def test_b099_both_corners_are_filled(desk: Desk, book: Path) -> None:
    checked = desk.check(
        xlsx(book, HEADINGS + ASHA + row(1_048_576, text_cell("XFD1048576", "x"))),
        mapping("FirstName: {column: Name, required: true}"),
    )
    assert checked.notes == [
        'Column XFD has no heading; it is called "(column XFD)".',
        '2 columns are neither used nor ignored: "Phone", "(column XFD)".',
    ]
    assert checked.problems == [
        'row 1048576, column A "Name": The cell is empty, but lead.FirstName is required. Fill in the cell.'
    ]
    many = "".join(row(at, "N", "1") for at in range(2, 1003))
    for stray in (text_cell("XFD1048576", "x"), '<c r="XFD1048576" t="s"><v>0</v></c>'):
        checked = desk.check(xlsx(book, HEADINGS + many + row(1_048_576, stray), strings="<si><t>x</t></si>"))
        assert checked.problems == [
            'row 1048576: "x" stands in column XFD, which has no heading. Remove it, or give its column a heading; in text files, text that has the delimiter in it must be in quotes.'
        ]


def test_b100_rows_and_cells_out_of_order(desk: Desk, book: Path) -> None:
    for rows, what in (
        (row(5, "x") + row(4, "y"), "row 4 stands behind row 5 in the file"),
        (row(5, "x") + row(5, "y"), "row 5 is there twice"),
        (row(2, text_cell("B2", "x"), text_cell("A2", "y")), "the cell A2 in row 2 is not in the order of its row"),
        (row(2, text_cell("A2", "x"), text_cell("A2", "y")), "the cell A2 in row 2 is not in the order of its row"),
        (row(2, text_cell("XFE2", "x")), "there is a cell in column XFE, but a sheet ends at column XFD"),
    ):
        assert desk.refused(xlsx(book, HEADINGS + rows)) == f'data.xlsx, sheet "Raw": {what}. {SAVE_AGAIN}'
    assert (
        desk.refused(xlsx(book, HEADINGS + row(99_999_999, "x")))
        == 'data.xlsx, sheet "Raw": there is a row 99,999,999, but a sheet ends at row 1,048,576. Split the table into several sheets, or save it as CSV UTF-8 and import that.'
    )


def test_b101_more_rows_than_a_sheet_has(desk: Desk, book: Path) -> None:
    assert (
        desk.refused(xlsx(book, HEADINGS + row(1_048_576, "last", "1") + row(1_048_577, "beyond", "1")))
        == 'data.xlsx, sheet "Raw": there is a row 1,048,577, but a sheet ends at row 1,048,576. Split the table into several sheets, or save it as CSV UTF-8 and import that.'
    )
    unnumbered = row(1_048_575, "x", "1") + "<row><c><v>1</v></c></row>" * 3
    assert (
        desk.refused(xlsx(book, HEADINGS + unnumbered))
        == 'data.xlsx, sheet "Raw": there is a row 1,048,577, but a sheet ends at row 1,048,576. Split the table into several sheets, or save it as CSV UTF-8 and import that.'
    )


def test_b102_no_sheet_with_cells(desk: Desk, book: Path) -> None:
    charts = relations(("rId1", "chartsheet", "chartsheets/sheet1.xml"))
    assert (
        desk.refused(
            xlsx(book, "", extra={"xl/_rels/workbook.xml.rels": charts, "xl/chartsheets/sheet1.xml": "<chartsheet/>"})
        )
        == "data.xlsx has no visible sheet with cells. Check that it is the right workbook."
    )
    assert (
        desk.refused(xlsx(book, "", extra={"xl/workbook.xml": f'<workbook xmlns="{MAIN}"><sheets/></workbook>'}))
        == f"data.xlsx is a workbook that lists no sheets. {SAVE_AGAIN}"
    )
    assert (
        desk.refused(sheets(book, Empty=[]))
        == 'data.xlsx, sheet "Empty" holds no text. Check that it is the right file and sheet.'
    )


def test_b103_what_stands_beside_the_cells(desk: Desk, book: Path) -> None:
    def dress(made: openpyxl.Workbook) -> None:
        sheet = made.active
        sheet["A2"].comment = openpyxl.comments.Comment("secret remark", "somebody")
        sheet.add_table(openpyxl.worksheet.table.Table(displayName="T", ref="A1:B2"))
        check = openpyxl.worksheet.datavalidation.DataValidation(type="list", formula1='"a,b"')
        check.add("A2")
        sheet.add_data_validation(check)
        chart = openpyxl.chart.BarChart()
        chart.add_data(openpyxl.chart.Reference(sheet, min_col=2, min_row=1, max_row=2))
        sheet.add_chart(chart, "D5")

    checked = desk.check(changed(book, dress))
    assert checked.sent == {2: {"lead.FirstName": "Asha", "lead.Phone": "9845098450"}}
    assert checked.notes == []


def test_b104_links_and_macros(desk: Desk, tmp_path: Path) -> None:
    cells = '<c r="A2" t="str"><f>WEBSERVICE("http://127.0.0.1:9/x")</f><v>kept</v></c><c r="B2" t="str"><f>[1]S!A1</f><v>1</v></c>'
    extra = {
        "xl/vbaProject.bin": b"Sub AutoOpen()",
        "xl/externalLinks/externalLink1.xml": f'<externalLink xmlns="{MAIN}"/>',
    }
    checked = desk.check(xlsx(tmp_path / "data.xlsm", HEADINGS + row(2, cells), extra=extra))
    assert checked.sent == {2: {"lead.FirstName": "kept", "lead.Phone": "1"}}
    assert checked.notes == []
