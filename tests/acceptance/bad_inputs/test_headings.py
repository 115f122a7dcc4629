"""Headings, rows that are no data, sizes, and files that are no text."""

from __future__ import annotations

import gzip
import zipfile
from pathlib import Path

from tests.acceptance.bad_inputs.bad_files import Desk, csv_of, mapping, row, xlsx

TWO = "Name,Phone\nAsha,9845098450\nMeera,9845098451\n"
NAMES = mapping("FirstName: Name")
WITH_NOTE = mapping("FirstName: Name", "Notes: Note")
IN_EXCEL = (
    "Open it in Excel (answer Yes if Excel asks whether to open it all the same), choose File, Save As, "
    "Excel Workbook (.xlsx), and import that file."
)


def test_b027_two_equal_headings(desk: Desk) -> None:
    content = "Name,Note,Note\nAsha,a,b\n"
    assert (
        desk.refused(content, WITH_NOTE)
        == 'map.yaml has 1 problem:\n  line 4 (lead.Notes): "Note" could mean 2 columns of the file: "Note" (column B), "Note (2)" (column C). Write the one you mean exactly so, and put the others under `ignore:`. Correct the mapping and run again; nothing was sent.'
    )
    chosen = desk.check(content, mapping("FirstName: Name", "Notes: Note (2)", more="ignore: [Note]\n"))
    assert chosen.column("Notes") == ["b"]
    assert chosen.notes == ['Columns B and C have the same heading "Note"; C is called "Note (2)".']


def test_b028_headings_that_only_look_different(desk: Desk) -> None:
    for twin in (" Note ", "NOTE", "No\u200bte", "Note\u00a0"):
        told = desk.refused(f"Name,Note,{twin}\nAsha,a,b\n", mapping("FirstName: Name", "Notes: note"))
        told = told.replace('"Note (2)"', "TWIN").replace('"NOTE"', "TWIN")
        assert (
            told
            == 'map.yaml has 1 problem:\n  line 4 (lead.Notes): "note" could mean 2 columns of the file: "Note" (column B), TWIN (column C). Write the one you mean exactly so, and put the others under `ignore:`. Correct the mapping and run again; nothing was sent.'
        )


def test_b029_odd_characters_in_headings(desk: Desk) -> None:
    for odd in (
        " First  Name ",
        "First\u00a0Name",
        '"First\nName"',
        "First\tName",
        "Fi\u200brst Name",
        "Ｆｉｒｓｔ Name",
    ):
        checked = desk.check(f"{odd},Phone\nAsha,9845098450\n", mapping("FirstName: First Name", "Phone: Phone"))
        assert checked.column("FirstName") == ["Asha"]
    assert checked.notes == ['"First Name" of the mapping was matched to the column "Ｆｉｒｓｔ Name" of the file.']


def test_b030_headings_in_another_case(desk: Desk) -> None:
    checked = desk.check("NAME,Phone\nAsha,9845098450\n")
    assert checked.column("FirstName") == ["Asha"]
    assert checked.notes == ['"Name" of the mapping was matched to the column "NAME" of the file.']


def test_b031_a_column_of_the_mapping_is_missing(desk: Desk) -> None:
    assert (
        desk.refused("Name,Phone number\nAsha,9845098450\n")
        == 'map.yaml has 1 problem:\n  line 4 (lead.Phone): data.csv has no column "Phone". It has: "Name", "Phone number". Correct the mapping and run again; nothing was sent.'
    )


def test_b032_columns_that_the_mapping_does_not_know(desk: Desk) -> None:
    checked = desk.check(
        "Name,Phone,Colour,Size\nAsha,9845098450,red,1\n",
        mapping("FirstName: Name", "Phone: Phone", more="ignore: [Size]\n"),
    )
    assert checked.sent == {2: {"lead.FirstName": "Asha", "lead.Phone": "9845098450"}}
    assert checked.notes == ['1 column is neither used nor ignored: "Colour".']


def test_b033_a_column_without_heading(desk: Desk) -> None:
    checked = desk.check("Name,,Phone\nAsha,x,9845098450\n")
    assert checked.sent == {2: {"lead.FirstName": "Asha", "lead.Phone": "9845098450"}}
    assert checked.notes == [
        'Column B has no heading; it is called "(column B)".',
        '1 column is neither used nor ignored: "(column B)".',
    ]


def test_b034_no_headings(desk: Desk) -> None:
    assert (
        desk.refused("Asha,9845098450\nMeera,9845098451\n")
        == 'data.csv: row 1 looks like data, not like headings: "9845098450" is a phone number. Insert a row with headings above it; or, if these are the headings, set `source: {header_row: 1}`; or, if there are none, `source: {header_row: none}`.'
    )
    assert (
        desk.refused("Asha,Pune\nMeera,Delhi\n")
        == 'map.yaml has 3 problems:\n  line 3 (lead.FirstName): data.csv has no column "Name". It has: "Asha", "Pune".\n  line 4 (lead.Phone): data.csv has no column "Phone". Did you mean "Pune"? It has: "Asha", "Pune".\n  the mapping (source.header_row): None of the headings stands in row 1, which was taken for the row of the headings. If they stand in another row, name it, for example `source: {header_row: 4}`. Correct the mapping and run again; nothing was sent.'
    )


def test_b035_title_lines(desk: Desk) -> None:
    content = "Leads of May,\n,\nName,Phone\nAsha,9845098450\n"
    checked = desk.check(content)
    assert list(checked.sent) == [4]
    assert checked.found("header row") == "3 (row 1 holds a single cell, a title)"
    assert (
        desk.refused("Leads,May\n\nWho,What\nAsha,9845098450\n")
        == 'map.yaml has 3 problems:\n  line 3 (lead.FirstName): data.csv has no column "Name". It has: "Leads", "May".\n  line 4 (lead.Phone): data.csv has no column "Phone". It has: "Leads", "May".\n  the mapping (source.header_row): None of the headings stands in row 1, which was taken for the row of the headings. If they stand in another row, name it, for example `source: {header_row: 4}`. Correct the mapping and run again; nothing was sent.'
    )
    assert desk.check("Leads,May\n\nName,Phone\nAsha,1\n").found("header row") == "3 (row 1 stands above the table)"
    assert list(desk.check("Leads,May\n\nName,Phone\nAsha,1\n", mapping(more="source: {header_row: 3}\n")).sent) == [4]


def test_b036_headings_again_in_the_middle(desk: Desk) -> None:
    checked = desk.check(TWO + "Name,Phone\nRavi,9845098452\n")
    assert list(checked.sent) == [2, 3, 5]
    assert checked.problems == [
        "row 4: The row holds the headings again. Remove the row, or set `source: {non_data_rows: leave_out}`."
    ]


def test_b037_a_row_of_totals(desk: Desk) -> None:
    rules = mapping("FirstName: Name", "Phone: {column: Phone, type: phone, country: IN}", "mx_Fee: Fee")
    checked = desk.check("Name,Phone,Fee\nAsha,9845098450,100\nTotal,,100\nTotal,1,100\n", rules)
    assert checked.problems == [
        'row 3: The row looks like a total or a remark below the table: "Total". '
        "Delete the row, or set `source: {non_data_rows: leave_out}`; if it is data, fill in its other cells.",
        'row 4, column B "Phone": "1" is not a phone number in India. Expected something like +91 81234 56789.',
    ]
    assert checked.sent == {2: {"lead.FirstName": "Asha", "lead.Phone": "+91-9845098450", "lead.mx_Fee": "100"}}


def test_b038_lines_with_a_hash(desk: Desk) -> None:
    checked = desk.check("Name,Phone\n# made by a program\n#Asha,9845098450\n")
    assert checked.problems == [
        "row 2: The row ends after 1 of 2 cells. Add the missing delimiter or cell, or set `source: {ragged: pad}` to treat missing last cells as empty."
    ]
    assert checked.sent == {3: {"lead.FirstName": "#Asha", "lead.Phone": "9845098450"}}


def test_b039_a_very_long_cell(desk: Desk) -> None:
    checked = desk.check(csv_of([["Name", "Note"], ["Asha", "x" * 200_000]]), WITH_NOTE)
    assert [len(text or "") for text in checked.column("Notes")] == [200_000]
    too_long = desk.check(
        csv_of([["Name", "Note"], ["Asha", "x" * 200_000]]),
        mapping("FirstName: Name", "Notes: {column: Note, max_length: 4000}"),
    )
    assert too_long.problems == [
        'row 2, column B "Note": The text has 200000 characters; lead.Notes holds 4000. Shorten the text.'
    ]
    assert (
        desk.refused(csv_of([["Name", "Note"], ["Asha", "x" * 10_000_001]]), WITH_NOTE)
        == "data.csv, line 2 (row 2): a cell is longer than 10,000,000 characters. A quote that opens in this row is probably never closed; close or remove it."
    )


def test_b040_a_thousand_columns_and_too_many(desk: Desk) -> None:
    wide = desk.check(csv_of([["Name", *(f"C{number}" for number in range(999))], ["Asha", *["x"] * 999]]), NAMES)
    assert wide.column("FirstName") == ["Asha"]
    assert (
        desk.refused(csv_of([[f"C{number}" for number in range(16_385)]]), NAMES)
        == "data.csv has 16385 columns; a spreadsheet holds 16384. Leave some out."
    )


def test_b041_very_many_rows(desk: Desk) -> None:
    rows = "".join(f"N{number},x\n" for number in range(60_000))
    assert desk.check("Name,Note\n" + rows + "Last,\n", NAMES).counts == (60_001, 0)


def test_b042_other_files_called_csv(desk: Desk, tmp_path: Path) -> None:
    assert desk.check(xlsx(tmp_path / "book.csv", row(1, "Name", "Phone") + row(2, "Asha", "1"))).notes == [
        "The name says .csv, but the file is an Excel workbook (.xlsx); it was read as that."
    ]
    assert (
        desk.refused(b"\x89PNG\r\n\x1a\n" + b"\0" * 50)
        == "data.csv is a picture, not a spreadsheet. Open it in the program that made it and save it as .xlsx or as CSV UTF-8."
    )
    assert (
        desk.refused(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
        == "data.csv is a PDF document, not a spreadsheet. Open it in the program that made it and save it as .xlsx or as CSV UTF-8."
    )


def test_b043_a_web_page(desk: Desk) -> None:
    page = "<html><body><table><tr><td>Name</td></tr></table></body></html>"
    assert desk.refused(page) == f"data.csv is a web page (HTML), whatever its name says. {IN_EXCEL}"
    assert (
        desk.refused(f"\ufeff\n<!DOCTYPE html>{page}", name="data.xls")
        == f"data.xls is a web page (HTML), whatever its name says. {IN_EXCEL}"
    )


def test_b044_compressed_files(desk: Desk, tmp_path: Path) -> None:
    checked = desk.check(gzip.compress(TWO.encode()), name="data.csv.gz")
    assert checked.counts == (2, 0)
    assert (
        desk.refused(gzip.compress(TWO.encode())[:-12], name="data.csv.gz")
        == "data.csv.gz is a damaged or incomplete .gz file. Copy or download it again."
    )
    with zipfile.ZipFile(tmp_path / "data.zip", "w") as archive:
        archive.writestr("data.csv", TWO)
    assert (
        desk.refused(tmp_path / "data.zip")
        == "data.zip is a ZIP archive. Unpack it and name the spreadsheet inside it."
    )
    assert (
        desk.refused(gzip.compress((tmp_path / "data.zip").read_bytes()), name="data.gz")
        == "data.gz is a compressed workbook or archive. Unpack it first; only text files are read from .gz."
    )


def test_b045_formulas_in_text(desk: Desk) -> None:
    texts = ["=1+1", "=cmd|' /C calc'!A0", "+1", "-1+1", "@SUM(A1)", "\t=1"]
    checked = desk.check(csv_of([["Name", "Note"], *(["Asha", text] for text in texts)]), WITH_NOTE)
    assert checked.column("Notes") == [text.strip() for text in texts]
