"""Damaged workbooks, and such as are made to do harm: refused in words, or read as they are."""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path

import pytest
import xlrd

from importer.core.errors import SourceError
from importer.sources.interface import SourceOptions
from importer.sources.opening import open_in_process
from tests.support.raw_workbooks import cells, raw
from tests.support.source_files import FILES, TABLE, as_xlsx, problems_of, rows_of

NONE = SourceOptions()


def refused(path: Path) -> str:
    with pytest.raises(SourceError) as caught:
        list(open_in_process(path, NONE).chunks())
    assert caught.value.remedy
    return caught.value.message.replace(str(path), path.name)


def test_a_truncated_workbook(tmp_path: Path) -> None:
    """Whatever is cut off, the answer is an error with a remedy and never part of the data."""
    whole = as_xlsx(tmp_path / "whole.xlsx").read_bytes()
    path = tmp_path / "a.xlsx"
    for length in range(4, len(whole), 97):
        path.write_bytes(whole[:length])
        assert "damaged or incomplete" in refused(path)


@pytest.mark.slow
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


@pytest.mark.slow
def test_a_zip_bomb(tmp_path: Path) -> None:
    """A part that unpacks to a thousand times its size is refused before it is unpacked."""
    path = raw(tmp_path, "", extra={"xl/sharedStrings.xml": " " * (60 << 20)})
    assert refused(path) == "a.xlsx unpacks to far more data than its size allows for a spreadsheet."


def test_too_much_data_in_total(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The parts together are limited as well."""
    monkeypatch.setattr("importer.sources.excel.zip_safety.MAX_UNPACKED", 100)
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
    assert refused(raw(tmp_path, "", extra={name: "x"})) == f"a.xlsx holds a part whose name points outside ({name})."


@pytest.mark.parametrize("where", ["sheet", "strings"])
def test_document_type_declarations(tmp_path: Path, where: str) -> None:
    """Entities are how XML bombs and file thefts begin; no spreadsheet program writes a declaration."""
    evil = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]>'
    extra = {"xl/sharedStrings.xml": evil + "<sst/>"} if where == "strings" else {}
    path = raw(tmp_path, "", prolog=evil if where == "sheet" else "", extra=extra)
    assert refused(path).startswith("a.xlsx holds XML that no spreadsheet program writes")


@pytest.mark.slow
def test_a_stray_cell_in_the_last_corner(tmp_path: Path) -> None:
    """Among the first rows it is a column without a heading, which a note tells; it costs no memory."""
    path = raw(tmp_path, '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')
    source = open_in_process(path, NONE)
    assert rows_of(source) == [(1048576, 1048576, ["", "", "1"])]
    assert source.notes == ('Column XFD has no heading; it is called "(column XFD)".',)


@pytest.mark.slow
def test_a_stray_cell_far_below(tmp_path: Path) -> None:
    """Behind the first thousand rows it would not be noticed, so its row is a problem."""
    rows = "".join(f'<row r="{row}"><c r="A{row}"><v>1</v></c></row>' for row in range(2, 1003))
    path = raw(tmp_path, rows + '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')
    assert problems_of(open_in_process(path, NONE)) == [
        'row 1048576: "1" stands in column XFD, which has no heading. Remove it, or give its column a heading; '
        "in text files, text that has the delimiter in it must be in quotes."
    ]


def test_formatted_cells_without_content_do_not_count(tmp_path: Path) -> None:
    """Excel likes to format to the end of the sheet; that is no data."""
    path = raw(tmp_path, '<row r="2"><c r="A2"><v>1</v></c></row><row r="1048576"><c r="XFD1048576" s="1"/></row>')
    assert cells(path) == [["1", ""]]


@pytest.mark.parametrize(
    ("rows", "what"),
    [
        (
            '<row r="5"><c r="A5"><v>1</v></c></row><row r="4"><c r="A4"><v>1</v></c></row>',
            ', sheet "Raw": row 4 stands behind row 5 in the file.',
        ),
        (
            '<row r="5"><c r="A5"><v>1</v></c></row><row r="5"><c r="A5"><v>2</v></c></row>',
            ', sheet "Raw": row 5 is there twice.',
        ),
        (
            '<row r="2"><c r="XFE2"><v>1</v></c></row>',
            ', sheet "Raw": there is a cell in column XFE, but a sheet ends at column XFD.',
        ),
        (
            '<row r="2"><c r="A2" t="e"><v>#N/A</v></c></wrong></row>',
            " is damaged or incomplete and cannot be read as a workbook.",
        ),
    ],
)
def test_sheets_that_no_program_writes(tmp_path: Path, rows: str, what: str) -> None:
    """Rows out of order or twice, and columns beyond the end, are named; broken XML is damage."""
    assert refused(raw(tmp_path, rows)) == f"a.xlsx{what}"


def test_a_workbook_without_its_sheet(tmp_path: Path) -> None:
    """A listed sheet whose part is missing is damage."""
    whole = raw(tmp_path, "")
    path = tmp_path / "b.xlsx"
    with zipfile.ZipFile(whole) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            if "sheet1" not in name:
                new.writestr(name, old.read(name))
    assert "damaged or incomplete" in refused(path)


@pytest.mark.parametrize(
    ("failure", "message"),
    [
        (xlrd.XLRDError("Workbook is encrypted"), "protected with a password"),
        (xlrd.XLRDError("Expected BOF record"), "damaged or incomplete"),
        (struct.error("unpack requires a buffer of 4 bytes"), "damaged or incomplete"),
        (KeyError(7), "put together in a way that no common program writes .xls files"),
    ],
)
def test_failures_of_the_reading_library_become_errors_with_a_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failure: Exception, message: str
) -> None:
    """Whatever it raises; damage is said only where a record is cut or is not there."""

    def fail(*_: object, **__: object) -> None:
        raise failure

    path = tmp_path / "a.xls"
    path.write_bytes((FILES / "tiny.xls").read_bytes())
    monkeypatch.setattr("xlrd.open_workbook", fail)
    assert message in refused(path)


def test_stopping_the_program_while_it_reads_stops_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C inside the reading library is Ctrl-C, not a damaged workbook."""

    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("xlrd.open_workbook", interrupt)
    with pytest.raises(KeyboardInterrupt):
        open_in_process(FILES / "tiny.xls", NONE)


def test_a_damaged_xls(tmp_path: Path) -> None:
    """The old format is guarded by the same words."""
    path = tmp_path / "a.xls"
    whole = (FILES / "tiny.xls").read_bytes()
    path.write_bytes(whole[:512] + b"\xff" * 2048 + whole[2560:])
    assert "put together in a way that no common program writes" in refused(path)
    path.write_bytes(whole[: len(whole) // 2])
    assert "damaged or incomplete" in refused(path)


def test_a_type_in_capitals(tmp_path: Path) -> None:
    """OpenDocument's first part under another spelling of its name is no reason to break down."""
    path = tmp_path / "capitals.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("MIMETYPE", "application/vnd.oasis.opendocument.text")
    with pytest.raises(SourceError, match="a document or presentation"):
        open_in_process(path, NONE)
