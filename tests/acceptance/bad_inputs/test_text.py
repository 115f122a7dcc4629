"""Text files: what stands in their bytes, between their delimiters, and in their headings."""

from __future__ import annotations

import codecs

from tests.acceptance.bad_inputs.bad_files import Desk, mapping

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
        desk.refused(TWO.encode("utf-32-be"))
        == "data.csv looks like UTF-32 without a byte order mark. Save it as CSV UTF-8, or set `source: {encoding: utf-32-be}`."
    )
    assert (
        desk.refused(TWO.encode("utf-32-le"))
        == "data.csv looks like UTF-32 without a byte order mark. Save it as CSV UTF-8, or set `source: {encoding: utf-32-le}`."
    )
    assert (
        desk.refused(TWO.encode("cp037"))
        == 'data.csv, line 1, behind "Ձ": the byte 0x94 is not valid UTF-8, although other letters before it are. The file mixes encodings or is damaged; export it again as CSV UTF-8.'
    )
    # UTF-7 is made of ASCII only, so nothing but its look gives it away.
    assert desk.check("Name,Phone\nMüller,9845098450\n".encode("utf-7")).column("FirstName") == ["M+APw-ller"]


def test_b009_windows_text(desk: Desk) -> None:
    content = "Name,Note\nAsha,fine\nRenée,“5 €”\n".encode("cp1252")
    assert (
        desk.refused(content, WITH_NOTE)
        == 'data.csv, line 3, behind "Ren": the byte 0xE9 is not valid UTF-8. Save the file as CSV UTF-8, or say how it is encoded, for example `source: {encoding: cp1252}`.'
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
        == 'data.csv, line 3, behind "Zo": the byte 0xEB is not valid UTF-8, although other letters before it are. The file mixes encodings or is damaged; export it again as CSV UTF-8.'
    )


def test_b012_text_encoded_twice(desk: Desk) -> None:
    twice = "Renée".encode().decode("cp1252")
    checked = desk.check(f"Name,Phone\n{twice},9845098450\n")
    assert checked.column("FirstName") == ["RenÃ©e"]
    assert checked.notes == [
        '"RenÃ©e" looks like text that was encoded twice; it is sent as it stands. Export the data again, unless it was read with the wrong encoding (utf-8).'
    ]


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
        'row 2, column B "Score": "1,5" is not a number that the mapping can read. With `decimal: ","` it is 1.5. '
        "Expected something like 12.5, or name the form of the numbers in the mapping."
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
        "row 4: The row ends after 1 of 2 cells. Add the missing delimiter or cell, or set `source: {ragged: pad}` to treat missing last cells as empty.",
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
        "row 3: The row ends after 2 of 3 cells. Add the missing delimiter or cell, or set `source: {ragged: pad}` to treat missing last cells as empty."
    ]
    padded = mapping("FirstName: Name", "mx_City: City", more="source: {ragged: pad}\n")
    assert desk.check("Name,Phone,City\nMeera,9845098451\n", padded).sent == {2: {"lead.FirstName": "Meera"}}


def test_b024_row_with_more_cells(desk: Desk) -> None:
    checked = desk.check("Name,Phone\nAsha,9845098450,,\nMeera,98450,98451\nRavi,9845098452\n")
    assert list(checked.sent) == [2, 4]
    assert checked.problems == [
        'row 3: "98451" stands in column C, which has no heading. Remove it, or give its column a heading; in text files, text that has the delimiter in it must be in quotes.'
    ]


def test_b025_every_row_has_one_cell_more(desk: Desk) -> None:
    checked = desk.check("Name,Phone\nAsha,9845098450,x\nMeera,9845098451,y\n")
    assert checked.sent == {}
    assert checked.problems == [
        'row 2: "x" stands in column C, which has no heading. Remove it, or give its column a heading; in text files, text that has the delimiter in it must be in quotes.',
        'row 3: "y" stands in column C, which has no heading. Remove it, or give its column a heading; in text files, text that has the delimiter in it must be in quotes.',
    ]


def test_b026_a_delimiter_at_the_end_of_every_line(desk: Desk) -> None:
    checked = desk.check("Name,Phone,\nAsha,9845098450,\nMeera,9845098451,\n")
    assert checked.column("Phone") == ["9845098450", "9845098451"]
    assert (checked.problems, checked.notes) == ([], [])
