"""Text files: what stands in their bytes, between their delimiters, and in their headings."""

from __future__ import annotations

import codecs
import gzip
import zipfile
from pathlib import Path

from bad_files import Desk, csv_of, mapping

TWO = "Name,Phone\nAsha,9845098450\nMeera,9845098451\n"
NAMES = mapping("FirstName: Name")
WITH_NOTE = mapping("FirstName: Name", "Notes: Note")


def test_b001_no_bytes(desk: Desk) -> None:
    assert desk.refused(b"") == "data.csv is empty. Export the data again; the file should hold at least the headings."


def test_b002_only_blanks(desk: Desk) -> None:
    for content in (" ", "\n\n", " \t\r\n  \r\n", "\ufeff\n"):
        assert (
            desk.refused(content)
            == "data.csv is empty. Export the data again; the file should hold at least the headings."
        )
    assert desk.refused(",,\n,,\n") == "data.csv holds no text. Check that it is the right file and sheet."


def test_b003_headings_only(desk: Desk) -> None:
    checked = desk.check("Name,Phone\n")
    assert (checked.counts, checked.problems) == ((0, 0), [])
    assert checked.told.startswith("The file has headings but no rows.\n\n        0  rows read\n")
    assert checked.told.endswith("Next: Nothing to do.\n")


def test_b004_utf_8(desk: Desk) -> None:
    checked = desk.check("Name,Note\nZoë 😀,नमस्ते\n", WITH_NOTE)
    assert checked.sent == {2: {"lead.FirstName": "Zoë 😀", "lead.Notes": "नमस्ते"}}
    assert checked.found("encoding") == "utf-8 (every byte of the file is valid UTF-8)"


def test_b005_utf_8_with_a_mark(desk: Desk) -> None:
    for headings in ("Name,Phone", '"Name","Phone"'):
        checked = desk.check(b"\xef\xbb\xbf" + f"{headings}\nAsha,9845098450\n".encode())
        assert checked.sent == {2: {"lead.FirstName": "Asha", "lead.Phone": "9845098450"}}
        assert checked.notes == []
        assert checked.found("encoding") == "utf-8-sig (byte order mark)"


def test_b006_utf_16_with_a_mark(desk: Desk) -> None:
    text = TWO.replace(",", "\t").replace("\n", "\r\n")
    for mark, encoding in ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")):
        checked = desk.check(mark + text.encode(encoding))
        assert checked.column("FirstName") == ["Asha", "Meera"]
        assert (checked.found("encoding"), checked.found("delimiter")) == (
            "utf-16 (byte order mark)",
            "tab (the same number of cells in 3 of 3 rows)",
        )


def test_b007_utf_16_without_a_mark(desk: Desk) -> None:
    assert (
        desk.refused(TWO.encode("utf-16-le"))
        == "data.csv looks like UTF-16 without a byte order mark. Save it as CSV UTF-8, or set `source: {encoding: utf-16-le}`."
    )
    assert (
        desk.refused(TWO.encode("utf-16-be"))
        == "data.csv looks like UTF-16 without a byte order mark. Save it as CSV UTF-8, or set `source: {encoding: utf-16-be}`."
    )
    named = mapping("FirstName: Name", more="source: {encoding: utf-16-be}\n")
    assert desk.check(TWO.encode("utf-16-be"), named).column("FirstName") == ["Asha", "Meera"]


def test_b008_encodings_of_other_machines(desk: Desk) -> None:
    assert desk.refused(TWO.encode("utf-32")) == "data.csv is encoded in UTF-32. Save it as CSV UTF-8."
    assert (
        desk.refused(TWO.encode("utf-32-le"))
        == "data.csv looks like UTF-16 without a byte order mark. Save it as CSV UTF-8, or set `source: {encoding: utf-16-le}`."
    )
    assert (
        desk.refused(TWO.encode("cp037"))
        == "data.csv, line 1: the byte 0x94 is not valid UTF-8. Save the file as CSV UTF-8, or say how it is encoded, for example `source: {encoding: cp1252}`."
    )
    # UTF-7 is made of ASCII only, so nothing but its look gives it away.
    assert desk.check("Name,Phone\nMüller,9845098450\n".encode("utf-7")).column("FirstName") == ["M+APw-ller"]


def test_b009_windows_text(desk: Desk) -> None:
    content = "Name,Note\nAsha,fine\nRenée,“5 €”\n".encode("cp1252")
    assert (
        desk.refused(content, WITH_NOTE)
        == "data.csv, line 3: the byte 0xE9 is not valid UTF-8. Save the file as CSV UTF-8, or say how it is encoded, for example `source: {encoding: cp1250}`."
    )
    named = mapping("FirstName: Name", "Notes: Note", more="source: {encoding: cp1252}\n")
    assert desk.check(content, named).sent[3] == {"lead.FirstName": "Renée", "lead.Notes": "“5 €”"}


def test_b010_encodings_that_only_the_mapping_knows(desk: Desk) -> None:
    for encoding, name in (("cp932", "山田"), ("gb18030", "王伟"), ("iso8859-2", "Łukasz"), ("cp1251", "Борис")):
        content = f"Name,Phone\n{name},9845098450\n".encode(encoding)
        assert " is not valid UTF-8. Save the file as CSV UTF-8, or say how it is encoded" in desk.refused(content)
        named = mapping("FirstName: Name", more=f"source: {{encoding: {encoding}}}\n")
        assert desk.check(content, named).column("FirstName") == [name]
    assert (
        desk.refused(TWO.encode() + b"\x81,1\n", mapping("FirstName: Name", more="source: {encoding: cp1252}\n"))
        == "data.csv, line 4: the byte 0x81 does not exist in cp1252. Set the encoding that the file was written in, or save it as CSV UTF-8."
    )


def test_b011_two_encodings_in_one_file(desk: Desk) -> None:
    content = "Name,Phone\nRené,9845098450\n".encode() + "Zoë,9845098451\n".encode("cp1252")
    assert (
        desk.refused(content)
        == "data.csv, line 3: the byte 0xEB is not valid UTF-8. Save the file as CSV UTF-8, or say how it is encoded, for example `source: {encoding: cp1250}`."
    )


def test_b012_text_encoded_twice(desk: Desk) -> None:
    twice = "Renée".encode().decode("cp1252")
    checked = desk.check(f"Name,Phone\n{twice},9845098450\n")
    assert checked.column("FirstName") == ["RenÃ©e"]
    assert checked.notes == []


def test_b013_broken_utf_8(desk: Desk) -> None:
    for bad in (b"\xc0\xaf", b"\xed\xa0\x80", b"\xf5\x80\x80\x80", b"\xc3"):
        told = desk.refused(b"Name,Phone\nAsha,9845098450\n" + bad + b",9845098451\n")
        assert told.startswith(
            f"data.csv, line 3: the byte 0x{bad[0]:02X} is not valid UTF-8. Save the file as CSV UTF-8"
        )


def test_b014_nul_characters(desk: Desk) -> None:
    assert (
        desk.refused("Name,Phone\nAs\0ha,9845098450\n")
        == "data.csv, line 2: there is a NUL character, which no text holds. The file is damaged or is not a text file; export it again as CSV UTF-8."
    )


def test_b015_delimiters(desk: Desk) -> None:
    for delimiter in ";\t|":
        checked = desk.check(TWO.replace(",", delimiter))
        assert checked.column("Phone") == ["9845098450", "9845098451"]
    assert checked.found("delimiter") == "| (the same number of cells in 3 of 3 rows)"
    assert (
        desk.refused("Name,x;Phone\nAsha,y;1\nMeera,z;2\n")
        == 'data.csv: cannot tell which character separates the cells: , (2 columns) or ; (2 columns). Say it, for example `source: {delimiter: ";"}`.'
    )
    named = mapping("FirstName: Name", "Phone: Phone", more='source: {delimiter: "^"}\n')
    assert desk.check(TWO.replace(",", "^"), named).column("FirstName") == ["Asha", "Meera"]


def test_b016_a_line_that_names_the_delimiter(desk: Desk) -> None:
    checked = desk.check("sep=;\nName;Phone\nAsha;9845098450\n")
    assert list(checked.sent) == [2]
    assert checked.found("delimiter") == '; (announced by the first line "sep=;")'


def test_b017_decimal_commas(desk: Desk) -> None:
    checked = desk.check(
        "Name;Score\nAsha;1,5\nMeera;2\n", mapping("FirstName: Name", "mx_Score: {column: Score, type: number}")
    )
    assert checked.found("delimiter") == "; (the same number of cells in 3 of 3 rows)"
    assert checked.problems == [
        'row 2, column B "Score": "1,5" is not a number. Expected something like 12.5, without units or thousands separators.'
    ]


def test_b018_line_ends(desk: Desk) -> None:
    for end in ("\r\n", "\n", "\r"):
        assert list(desk.check(TWO.replace("\n", end)).sent) == [2, 3]
    mixed = desk.check("Name,Phone\r\nAsha,9845098450\nMeera,9845098451\rRavi,9845098452")
    assert list(mixed.sent) == [2, 3, 4]


def test_b019_line_breaks_in_quotes(desk: Desk) -> None:
    checked = desk.check(
        'Name,Note\nAsha,"one\ntwo\r\nthree"\n,x\nMeera\n',
        mapping("FirstName: {column: Name, required: true}", "Notes: Note"),
    )
    assert checked.sent == {2: {"lead.FirstName": "Asha", "lead.Notes": "one\ntwo\r\nthree"}}
    assert checked.problems == [
        'row 3, column A "Name": The cell is empty, but lead.FirstName is required. Fill in the cell.',
        "row 4: The row has 1 cells, but there are 2 headings. Add the missing delimiter or cell, or set `source: {ragged: pad}` to treat missing last cells as empty.",
    ]
    assert (
        desk.refused('Name,Note\nAsha,"one\ntwo"\nMeera,"x"y\n', WITH_NOTE)
        == 'data.csv, line 4 (row 3): there is text after a closing quote. Write a quote inside a quoted cell twice (""), and look for a quote that is missing further up.'
    )


def test_b020_a_quote_that_is_never_closed(desk: Desk) -> None:
    assert (
        desk.refused('Name,Note\nAsha,fine\nMeera,"never\nRavi,x\nZoë,y\n', WITH_NOTE)
        == "data.csv, line 3 (row 3): a quote that opens here is never closed. Close the quote or remove it."
    )


def test_b021_text_behind_a_closing_quote(desk: Desk) -> None:
    assert (
        desk.refused('Name,Note\nAsha,"a"b\n', WITH_NOTE)
        == 'data.csv, line 2 (row 2): there is text after a closing quote. Write a quote inside a quoted cell twice (""), and look for a quote that is missing further up.'
    )


def test_b022_doubled_quotes_and_backslashes(desk: Desk) -> None:
    assert desk.check('Name,Note\nAsha,"say ""hi"""\n', WITH_NOTE).column("Notes") == ['say "hi"']
    assert (
        desk.refused('Name,Note\nAsha,"say \\"hi\\""\n', WITH_NOTE)
        == 'data.csv, line 2 (row 2): there is text after a closing quote. Write a quote inside a quoted cell twice (""), and look for a quote that is missing further up.'
    )


def test_b023_row_with_fewer_cells(desk: Desk) -> None:
    checked = desk.check("Name,Phone,City\nAsha,9845098450,Pune\nMeera,9845098451\n")
    assert list(checked.sent) == [2]
    assert checked.problems == [
        "row 3: The row has 2 cells, but there are 3 headings. Add the missing delimiter or cell, or set `source: {ragged: pad}` to treat missing last cells as empty."
    ]
    padded = mapping("FirstName: Name", "mx_City: City", more="source: {ragged: pad}\n")
    assert desk.check("Name,Phone,City\nMeera,9845098451\n", padded).sent == {2: {"lead.FirstName": "Meera"}}


def test_b024_row_with_more_cells(desk: Desk) -> None:
    checked = desk.check("Name,Phone\nAsha,9845098450,,\nMeera,98450,98451\nRavi,9845098452\n")
    assert list(checked.sent) == [2, 4]
    assert checked.problems == [
        "row 3: The row has 3 cells, but there are 2 headings. Put quotes around the text that contains the delimiter, or remove the extra cells."
    ]


def test_b025_every_row_has_one_cell_more(desk: Desk) -> None:
    checked = desk.check("Name,Phone\nAsha,9845098450,x\nMeera,9845098451,y\n")
    assert checked.sent == {}
    assert checked.problems == [
        "row 2: The row has 3 cells, but there are 2 headings. Put quotes around the text that contains the delimiter, or remove the extra cells.",
        "row 3: The row has 3 cells, but there are 2 headings. Put quotes around the text that contains the delimiter, or remove the extra cells.",
    ]


def test_b026_a_delimiter_at_the_end_of_every_line(desk: Desk) -> None:
    checked = desk.check("Name,Phone,\nAsha,9845098450,\nMeera,9845098451,\n")
    assert checked.column("Phone") == ["9845098450", "9845098451"]
    assert (checked.problems, checked.notes) == ([], [])


def test_b027_two_equal_headings(desk: Desk) -> None:
    content = "Name,Note,Note\nAsha,a,b\n"
    assert (
        desk.refused(content, WITH_NOTE)
        == 'map.yaml has 1 problem:\n  line 4 (lead.Notes): "Note" could mean 2 columns of the file: "Note", "Note (2)". Write the one you mean exactly so, and put the others under `ignore:`. Correct the mapping and run again; nothing was sent.'
    )
    chosen = desk.check(content, mapping("FirstName: Name", "Notes: Note (2)", more="ignore: [Note]\n"))
    assert chosen.column("Notes") == ["b"]
    assert chosen.notes == ['Columns B and C have the same heading "Note"; C is called "Note (2)".']


def test_b028_headings_that_only_look_different(desk: Desk) -> None:
    for twin in (" Note ", "NOTE", "No\u200bte", "Note\u00a0"):
        told = desk.refused(f"Name,Note,{twin}\nAsha,a,b\n", mapping("FirstName: Name", "Notes: note"))
        assert (
            told
            == 'map.yaml has 1 problem:\n  line 4 (lead.Notes): "note" could mean 2 columns of the file: "Note", "Note (2)". Write the one you mean exactly so, and put the others under `ignore:`. Correct the mapping and run again; nothing was sent.'
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
        == 'map.yaml has 1 problem:\n  line 4 (lead.Phone): The file has no column "Phone". It has: "Name", "Phone number". Correct the mapping and run again; nothing was sent.'
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
        == 'data.csv: row 1 looks like data, not like headings: "9845098450" is a phone number. Insert a row with headings above it; or, if these are the headings, set `source: {header_row: 1}`.'
    )
    assert (
        desk.refused("Asha,Pune\nMeera,Delhi\n")
        == 'map.yaml has 2 problems:\n  line 3 (lead.FirstName): The file has no column "Name". It has: "Asha", "Pune".\n  line 4 (lead.Phone): The file has no column "Phone". Did you mean "Pune"? It has: "Asha", "Pune". Correct the mapping and run again; nothing was sent.'
    )


def test_b035_title_lines(desk: Desk) -> None:
    content = "Leads of May,\n,\nName,Phone\nAsha,9845098450\n"
    checked = desk.check(content)
    assert list(checked.sent) == [4]
    assert checked.found("header row") == "3 (row 1 holds a single cell, a title)"
    assert (
        desk.refused("Leads,May\n\nName,Phone\nAsha,9845098450\n")
        == 'map.yaml has 2 problems:\n  line 3 (lead.FirstName): The file has no column "Name". It has: "Leads", "May".\n  line 4 (lead.Phone): The file has no column "Phone". It has: "Leads", "May". Correct the mapping and run again; nothing was sent.'
    )
    assert list(desk.check("Leads,May\n\nName,Phone\nAsha,1\n", mapping(more="source: {header_row: 3}\n")).sent) == [4]


def test_b037_a_row_of_totals(desk: Desk) -> None:
    rules = mapping("FirstName: Name", "Phone: {column: Phone, type: phone, country: IN}", "mx_Fee: Fee")
    checked = desk.check("Name,Phone,Fee\nAsha,9845098450,100\nTotal,,100\nTotal,1,100\n", rules)
    assert checked.problems == [
        'row 3: The row has none of "Phone". Fill in at least one of these columns.',
        'row 4, column B "Phone": "1" is not a phone number in India. Expected something like +91 81234 56789. If Excel shows it as 9.19E+11, format the column as text at its source.',
    ]
    assert checked.sent == {2: {"lead.FirstName": "Asha", "lead.Phone": "+91-9845098450", "lead.mx_Fee": "100"}}


def test_b038_lines_with_a_hash(desk: Desk) -> None:
    checked = desk.check("Name,Phone\n# made by a program\n#Asha,9845098450\n")
    assert checked.problems == [
        "row 2: The row has 1 cells, but there are 2 headings. Add the missing delimiter or cell, or set `source: {ragged: pad}` to treat missing last cells as empty."
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
        == "The file has 16385 columns; a spreadsheet holds 16384. Leave some out."
    )


def test_b041_very_many_rows(desk: Desk) -> None:
    rows = "".join(f"N{number},x\n" for number in range(60_000))
    assert desk.check("Name,Note\n" + rows + "Last,\n", NAMES).counts == (60_001, 0)


def test_b042_other_files_called_csv(desk: Desk, tmp_path: Path) -> None:
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
    assert (
        desk.refused(page)
        == "data.csv is a web page (HTML), whatever its name says. Open it in the program that made it and save it as .xlsx or as CSV UTF-8."
    )
    assert (
        desk.refused(f"\ufeff\n<!DOCTYPE html>{page}", name="data.xls")
        == "data.xls is a web page (HTML), whatever its name says. Open it in the program that made it and save it as .xlsx or as CSV UTF-8."
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
    assert checked.column("Notes") == texts
