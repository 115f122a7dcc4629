"""Cells of workbooks: values as text, Excel errors, formulas, damage and bombs."""

from __future__ import annotations

import datetime as dt
import zipfile
from pathlib import Path

import openpyxl
import pytest
import python_calamine
from source_files import FILES, TABLE, as_ods, as_raw_xlsx, as_xlsb, as_xlsx, problems_of, rows_of

from importer.errors import SourceError
from importer.sources.cells import text_of
from importer.sources.interface import SourceOptions
from importer.sources.opening import open_here

NONE = SourceOptions()
HEADER = '<row r="1"><c r="A1" t="str"><v>Name</v></c><c r="B1" t="str"><v>Sum</v></c></row>'


def raw(tmp_path: Path, rows: str, **more: object) -> Path:
    return as_raw_xlsx(tmp_path / "a.xlsx", HEADER + rows, **more)  # type: ignore[arg-type]  # passed on as they come


def refused(path: Path) -> str:
    with pytest.raises(SourceError) as caught:
        list(open_here(path, NONE).chunks())
    assert caught.value.remedy
    return caught.value.message.replace(str(path), path.name)


def cells(path: Path, sheet: str | None = None) -> list[list[str]]:
    return [found for _, _, found in rows_of(open_here(path, SourceOptions(sheet=sheet)))]


# --- values


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("  0012 ", "  0012 "),
        (True, "TRUE"),
        (False, "FALSE"),
        (12, "12"),
        (12.0, "12"),
        (-3.0, "-3"),
        (0.0, "0"),
        (9876543210.0, "9876543210"),
        (123456789012345.0, "123456789012345"),
        (9007199254740991.0, "9007199254740991"),
        (1.234567890123457e17, "123456789012345700"),
        (1e20, "100000000000000000000"),
        (1e21, "1e+21"),
        (0.1 + 0.2, "0.3"),
        (12.5, "12.5"),
        (1 / 3, "0.333333333333333"),
        (12.000000000000002, "12"),
        (1e-7, "0.0000001"),
        (1e-30, "1e-30"),
        (dt.date(2026, 2, 28), "2026-02-28"),
        (dt.datetime(2026, 2, 28, 14, 5, 0), "2026-02-28 14:05:00"),
        (dt.datetime(2026, 2, 28, 14, 5, 59, 999_997), "2026-02-28 14:06:00"),
        (dt.datetime(2026, 12, 31, 23, 59, 59, 600_000), "2027-01-01 00:00:00"),
        (dt.time(14, 5), "14:05:00"),
        (dt.time(14, 5, 9, 600_000), "14:05:10"),
        (dt.timedelta(hours=30, minutes=5), "30:05:00"),
        (dt.timedelta(minutes=-90), "-1:30:00"),
        ("", ""),
    ],
)
def test_every_value_has_one_text(value: object, text: str) -> None:
    """The rules of the reference page, value by value."""
    assert text_of(value) == text


@pytest.mark.parametrize("name", ["tiny.xls", "tiny.ods"])
def test_values_of_other_workbooks(name: str) -> None:
    """Numbers, dates, times and durations follow the same rules in every format."""
    assert cells(FILES / name, "Values") == [
        ["whole", "12"],
        ["phone", "9876543210"],
        ["fraction", "0.3"],
        ["small", "0.0000001"],
        ["date", "2026-02-28"],
        ["moment", "2026-02-28 14:05:07"],
        ["time", "14:05:00"],
        ["duration", "30:05:00"],
    ]


def test_values_of_an_xlsx(tmp_path: Path) -> None:
    """The same for .xlsx, truth values included."""
    path = tmp_path / "a.xlsx"
    book = openpyxl.Workbook()
    values = [12, 9876543210, 0.1 + 0.2, True, dt.date(2026, 2, 28), dt.datetime(2026, 2, 28, 14, 5, 7), dt.time(14, 5)]
    for row in [["Kind", "Value"], *[["x", value] for value in [*values, dt.timedelta(hours=30, minutes=5)]]]:
        book.active.append(row)
    book.save(path)
    expected = ["12", "9876543210", "0.3", "TRUE", "2026-02-28", "2026-02-28 14:05:07", "14:05:00", "30:05:00"]
    assert [value for _, value in cells(path)] == expected


def test_values_of_an_xlsb(tmp_path: Path) -> None:
    """The same for .xlsb."""
    path = as_xlsb(tmp_path / "a.xlsb", [("Kind", "Value"), ("x", 12.0), ("y", True), ("z", 0.5)])
    assert cells(path) == [["x", "12"], ["y", "TRUE"], ["z", "0.5"]]


def test_truth_values_of_an_ods(tmp_path: Path) -> None:
    """OpenDocument's truth values become TRUE and FALSE too."""

    def text(word: str) -> str:
        return f'<table:table-cell office:value-type="string"><text:p>{word}</text:p></table:table-cell>'

    def truth(word: str) -> str:
        return f'<table:table-cell office:value-type="boolean" office:boolean-value="{word}"/>'

    path = as_ods(
        tmp_path / "a.ods", [[text("Kind"), text("Value")], [text("x"), truth("true")], [text("y"), truth("false")]]
    )
    assert cells(path) == [["x", "TRUE"], ["y", "FALSE"]]


def test_a_workbook_of_the_year_1904(tmp_path: Path) -> None:
    """Dates of workbooks that count from 1904 are right."""
    path = tmp_path / "a.xlsx"
    book = openpyxl.Workbook()
    book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    book.active.append(["Kind", "Value"])
    book.active.append(["x", dt.date(2026, 2, 28)])
    book.save(path)
    assert cells(path) == [["x", "2026-02-28"]]


def test_merged_cells_are_noted(tmp_path: Path) -> None:
    """Only the first cell of a merged area has a value, which surprises people."""
    path = as_xlsx(tmp_path / "a.xlsx", {"S": [["Name", "City"], ["Ann", "Pune"], ["Bob", ""]]})
    book = openpyxl.load_workbook(path)
    book.active.merge_cells("B2:B3")
    book.save(path)
    note = "Merged cells (B2:B3) have their value in the first cell only; the others are read as empty."
    assert open_here(path, NONE).notes == (note,)


def test_formats_that_hide_errors_say_so() -> None:
    """In .xls, .xlsb and .ods an Excel error looks like an empty cell, and the person is warned."""
    (note,) = open_here(FILES / "tiny.xls", SourceOptions(sheet="People")).notes
    assert note.startswith("Excel errors such as #N/A cannot be told from empty cells in .xls files")


# --- errors and formulas


@pytest.mark.parametrize("word", ["#N/A", "#REF!", "#DIV/0!", "#VALUE!", "#NAME?", "#NULL!", "#NUM!"])
def test_an_excel_error_is_a_problem(tmp_path: Path, word: str) -> None:
    """It is never an empty cell: the text is there, and the row has a problem with place and value."""
    row = f'<row r="5"><c r="A5" t="str"><v>Ann</v></c><c r="B5" t="e"><f>X(1)</f><v>{word}</v></c></row>'
    path = raw(tmp_path, row)
    assert rows_of(open_here(path, NONE)) == [(5, 5, ["Ann", word])]
    assert problems_of(open_here(path, NONE)) == [
        f'row 5, column B "Sum": The cell holds the Excel error {word}. '
        "Correct the formula in Excel, or type the value."
    ]


@pytest.mark.parametrize("word", ["#SPILL!", "#CALC!", "#BLOCKED!", "#SOMETHING NEW"])
def test_errors_of_newer_programs_are_problems_too(tmp_path: Path, word: str) -> None:
    """Whatever word stands in a cell of the type error, the row is told and the others are read."""
    rows = f'<row r="5"><c r="A5" t="str"><v>Ann</v></c><c r="B5" t="e"><v>{word}</v></c></row>'
    path = raw(tmp_path, rows + '<row r="6"><c r="A6" t="str"><v>Bob</v></c></row>')
    assert cells(path) == [["Ann", word], ["Bob", ""]]
    assert [problem.split(".")[0] for problem in problems_of(open_here(path, NONE))] == [
        f'row 5, column B "Sum": The cell holds the Excel error {word}'
    ]


def test_text_that_reads_like_an_error_is_text(tmp_path: Path) -> None:
    """Somebody may type #N/A."""
    path = as_xlsx(tmp_path / "a.xlsx", {"S": [["Name", "Sum"], ["Ann", "#N/A"]]})
    assert cells(path) == [["Ann", "#N/A"]]
    assert problems_of(open_here(path, NONE)) == []


def test_a_row_of_nothing_but_errors_is_a_row(tmp_path: Path) -> None:
    """A row that would be blank without its error, or whose only cell was never calculated, is kept and told."""
    rows = '<row r="2"><c r="A2" t="e"><v>#N/A</v></c></row><row r="3"><c r="A3"><f>B1</f></c></row>'
    rows += '<row r="4"><c r="B4"><v>1</v></c></row>'
    source = open_here(raw(tmp_path, rows), NONE)
    assert rows_of(source) == [(2, 2, ["#N/A", ""]), (3, 3, ["", ""]), (4, 4, ["", "1"])]
    assert [problem.code for chunk in source.chunks() for problem in chunk.problems] == [
        "error-cell",
        "formula-without-result",
    ]


@pytest.mark.parametrize("cell", ["<f>1+1</f>", "<f>1+1</f><v/>", "<f>1+1</f><v></v>", '<f t="shared" si="0"/>'])
def test_a_formula_that_was_never_calculated_is_a_problem(tmp_path: Path, cell: str) -> None:
    """Programs write formulas without results; that is no empty cell."""
    path = raw(tmp_path, f'<row r="2"><c r="A2" t="str"><v>Ann</v></c><c r="B2">{cell}</c></row>')
    assert problems_of(open_here(path, NONE)) == [
        'row 2, column B "Sum": The cell holds a formula without a result. '
        "Open the workbook in Excel, save it, and run again."
    ]


def test_a_formula_with_a_result_is_its_result(tmp_path: Path) -> None:
    """Also when the result is empty text, as of =IF(A2="","",1)."""
    rows = '<row r="2"><c r="A2" t="str"><f>X</f><v>Ann</v></c><c r="B2"><f>1+1</f><v>2</v></c></row>'
    rows += '<row r="3"><c r="A3" t="str"><f>Y</f><v>Bob</v></c><c r="B3" t="str"><f>Z</f><v></v></c></row>'
    path = raw(tmp_path, rows)
    assert cells(path) == [["Ann", "2"], ["Bob", ""]]
    assert problems_of(open_here(path, NONE)) == []


def test_errors_far_down_have_their_row(tmp_path: Path) -> None:
    """Positions stay right over many pieces of XML and over chunks."""
    rows = [
        f'<row r="{n}" spans="1:2" x="{"padding " * 20}"><c r="A{n}" t="str"><v>Ann {n}</v></c>'
        + (f'<c r="B{n}" t="e"><v>#N/A</v></c></row>' if n % 5000 == 0 else f'<c r="B{n}"><v>{n}</v></c></row>')
        for n in range(2, 20_001)
    ]
    source = open_here(raw(tmp_path, "".join(rows)), NONE)
    found = [(problem.row, problem.letter) for chunk in source.chunks(700) for problem in chunk.problems]
    assert found == [(5000, "B"), (10_000, "B"), (15_000, "B"), (20_000, "B")]
    by_row = {row: values for row, _, values in rows_of(source, 999)}
    assert by_row[15_000] == ["Ann 15000", "#N/A"]
    assert by_row[14_999] == ["Ann 14999", "14999"]


def test_xml_in_other_spellings(tmp_path: Path) -> None:
    """Prefixes, single quotes and rows and cells without places are legal, and errors in them are found."""
    rows = "<row><c t='str'><v>Ann</v></c><c t='e'><v>#N/A</v></c></row><row><c t='e'><v>#REF!</v></c></row>"
    header = "<row><c t='str'><v>Name</v></c><c t='str'><v>Sum</v></c></row>"
    source = open_here(as_raw_xlsx(tmp_path / "b.xlsx", header + rows), NONE)
    assert rows_of(source) == [(2, 2, ["Ann", "#N/A"]), (3, 3, ["#REF!", ""])]


# --- damage and malice


def test_a_truncated_workbook(tmp_path: Path) -> None:
    """Whatever is cut off, the answer is an error for people and never part of the data."""
    whole = as_xlsx(tmp_path / "whole.xlsx").read_bytes()
    path = tmp_path / "a.xlsx"
    for length in range(4, len(whole), 97):
        path.write_bytes(whole[:length])
        assert "damaged or incomplete" in refused(path)


def test_flipped_bits(tmp_path: Path) -> None:
    """A damaged byte is refused or harmless: the data is never different."""
    whole = as_xlsx(tmp_path / "whole.xlsx").read_bytes()
    path = tmp_path / "a.xlsx"
    expected = [list(row) for row in TABLE[1:] if row]
    outcomes = set()
    for place in range(0, len(whole), 41):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x10]) + whole[place + 1 :])
        try:
            assert cells(path) == expected
            outcomes.add("same")
        except SourceError:
            outcomes.add("refused")
    assert outcomes == {"same", "refused"}


def test_a_zip_bomb(tmp_path: Path) -> None:
    """A part that unpacks to a thousand times its size is refused before it is unpacked."""
    path = raw(tmp_path, "", extra={"xl/sharedStrings.xml": " " * (60 << 20)})
    assert refused(path) == "a.xlsx unpacks to far more data than its size allows for a spreadsheet."


def test_too_much_data_in_total(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The parts together are limited as well."""
    monkeypatch.setattr("importer.sources.archives.MOST_UNPACKED", 100)
    assert refused(raw(tmp_path, "")) == "a.xlsx unpacks to far more data than its size allows for a spreadsheet."


def test_too_many_parts(tmp_path: Path) -> None:
    """A workbook has dozens of parts, not thousands."""
    path = raw(tmp_path, "", extra={f"x/{number}": "" for number in range(1000)})
    assert refused(path) == "a.xlsx has 1005 parts; a workbook has at most 1000."


def test_a_part_that_is_there_twice(tmp_path: Path) -> None:
    """Programs disagree on which of the two counts, so neither does."""
    path = raw(tmp_path, "", extra={"XL/worksheets/Sheet1.xml": "<worksheet/>"})
    assert refused(path) == "a.xlsx holds the part XL/worksheets/Sheet1.xml twice."


@pytest.mark.parametrize("name", ["../evil.xml", "/etc/evil.xml", "xl\\..\\..\\evil.xml"])
def test_parts_that_point_outside(tmp_path: Path, name: str) -> None:
    """Such names have no place in a workbook."""
    assert "damaged or incomplete" in refused(raw(tmp_path, "", extra={name: "x"}))


@pytest.mark.parametrize("where", ["sheet", "strings"])
def test_document_type_declarations(tmp_path: Path, where: str) -> None:
    """Entities are how XML bombs and file thefts begin; no spreadsheet program writes a declaration."""
    evil = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]>'
    extra = {"xl/sharedStrings.xml": evil + "<sst/>"} if where == "strings" else {}
    path = raw(tmp_path, "", prolog=evil if where == "sheet" else "", extra=extra)
    assert refused(path).startswith("a.xlsx holds XML that no spreadsheet program writes")


def test_a_stray_cell_in_the_last_corner(tmp_path: Path) -> None:
    """Among the first rows it is a column without a heading, which a note tells; it costs no memory."""
    path = raw(tmp_path, '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')
    source = open_here(path, NONE)
    assert rows_of(source) == [(1048576, 1048576, ["", "", "1"])]
    assert source.notes == ('Column XFD has no heading; it is called "(column XFD)".',)


def test_a_stray_cell_far_below(tmp_path: Path) -> None:
    """Behind the first thousand rows nobody would see it, so its row is a problem."""
    rows = "".join(f'<row r="{row}"><c r="A{row}"><v>1</v></c></row>' for row in range(2, 1003))
    path = raw(tmp_path, rows + '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')
    assert problems_of(open_here(path, NONE)) == [
        'row 1048576: "1" stands in column XFD, which has no heading. Remove it, or give its column a heading; '
        "in text files, text that has the delimiter in it must be in quotes."
    ]


def test_formatted_cells_without_content_do_not_count(tmp_path: Path) -> None:
    """Excel likes to format to the end of the sheet; that is no data."""
    path = raw(tmp_path, '<row r="2"><c r="A2"><v>1</v></c></row><row r="1048576"><c r="XFD1048576" s="1"/></row>')
    assert cells(path) == [["1", ""]]


@pytest.mark.parametrize(
    "rows",
    [
        '<row r="5"><c r="A5"><v>1</v></c></row><row r="4"><c r="A4"><v>1</v></c></row>',
        '<row r="5"><c r="A5"><v>1</v></c></row><row r="5"><c r="A5"><v>2</v></c></row>',
        '<row r="2"><c r="XFE2"><v>1</v></c></row>',
        '<row r="2"><c r="A2" t="e"><v>#N/A</v></c></wrong></row>',
    ],
)
def test_sheets_that_no_program_writes(tmp_path: Path, rows: str) -> None:
    """Rows out of order or twice, columns beyond the end, and broken XML are refused."""
    assert refused(raw(tmp_path, rows)) == "a.xlsx is damaged or incomplete and cannot be read as a workbook."


def test_a_workbook_without_its_sheet(tmp_path: Path) -> None:
    """A listed sheet whose part is missing is damage."""
    whole = raw(tmp_path, "")
    path = tmp_path / "b.xlsx"
    with zipfile.ZipFile(whole) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            if "sheet1" not in name:
                new.writestr(name, old.read(name))
    assert "damaged or incomplete" in refused(path)


class PanicException(BaseException):
    """Not an Exception, like the real one."""


@pytest.mark.parametrize(
    ("failure", "message"),
    [
        (PanicException("index out of bounds"), "damaged or incomplete"),
        (python_calamine.PasswordError("locked"), "protected with a password"),
        (python_calamine.ZipError("bad"), "damaged or incomplete"),
        (OSError(5, "Input/output error"), "damaged or incomplete"),
    ],
)
def test_failures_of_the_reading_library_stop_at_the_door(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failure: BaseException, message: str
) -> None:
    """Its errors and even its panics become errors for people."""

    def fail(_: object) -> None:
        raise failure

    path = tmp_path / "a.xls"
    path.write_bytes((FILES / "tiny.xls").read_bytes())
    monkeypatch.setattr("python_calamine.load_workbook", fail)
    assert message in refused(path)


def test_stopping_the_program_while_it_reads_stops_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C inside the reading library is Ctrl-C, not a damaged workbook."""

    def interrupt(_: object) -> None:
        raise KeyboardInterrupt

    path = FILES / "tiny.xls"
    monkeypatch.setattr("python_calamine.load_workbook", interrupt)
    with pytest.raises(KeyboardInterrupt):
        open_here(path, NONE)


def test_a_damaged_xls(tmp_path: Path) -> None:
    """The old format is guarded by the same words."""
    path = tmp_path / "a.xls"
    whole = (FILES / "tiny.xls").read_bytes()
    path.write_bytes(whole[:512] + b"\xff" * 2048 + whole[2560:])
    assert "damaged or incomplete" in refused(path)


def test_a_type_in_capitals(tmp_path: Path) -> None:
    """OpenDocument's first part under another spelling of its name is no reason to break down."""
    path = tmp_path / "capitals.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("MIMETYPE", "application/vnd.oasis.opendocument.text")
    with pytest.raises(SourceError, match="a document or presentation"):
        open_here(path, NONE)
