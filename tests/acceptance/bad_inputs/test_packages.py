"""Workbooks as files: formats, names, damage, and harm that is meant."""

from __future__ import annotations

import io
import random
import stat
import zipfile
from pathlib import Path

import openpyxl
import pytest

from importer.core.errors import SourceError
from importer.sources.interface import SourceOptions
from importer.sources.opening import open_in_process
from tests.acceptance.bad_inputs.bad_files import MAIN, Desk, formats, mapping, relations, row, sheets, xlsx

TABLE = [["Name", "Phone"], ["Asha", "9845098450"]]
HEADINGS = row(1, "Name", "Phone")
ASHA = row(2, "Asha", "9845098450")
SAVE_AGAIN = "Open it in Excel, save it under a new name, and use that file."
DAMAGED = f"data.xlsx is damaged or incomplete and cannot be read as a workbook. {SAVE_AGAIN}"
CUT = (
    "data.xlsx is a workbook or archive that is damaged or incomplete. "
    "Copy or download it again, or open it in Excel and save it under a new name."
)
FILES = Path(__file__).parents[2] / "support" / "files"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504


@pytest.fixture
def book(tmp_path: Path) -> Path:
    return tmp_path / "data.xlsx"


IN_EXCEL = (
    "Open it in Excel (answer Yes if Excel asks whether to open it all the same), choose File, Save As, "
    "Excel Workbook (.xlsx), and import that file."
)


def test_b105_a_password(desk: Desk) -> None:
    content = OLE + "EncryptedPackage".encode("utf-16-le") + b"\0" * 512
    assert (
        desk.refused(content, name="data.xlsx")
        == "data.xlsx is protected with a password. Open it in Excel, remove the password (File, Info, Protect Workbook) and save it."
    )


def test_b106_protection_without_a_password(desk: Desk, book: Path) -> None:
    made = openpyxl.load_workbook(sheets(book, People=TABLE))
    made.active.protection.sheet = True
    made.security = openpyxl.workbook.protection.WorkbookProtection(lockStructure=True)
    made.save(book)
    assert desk.check(book).counts == (1, 0)


def test_b107_other_formats_of_workbooks(desk: Desk, tmp_path: Path) -> None:
    for name in ("tiny.xls", "tiny.ods"):
        checked = desk.check(FILES / name, mapping("FirstName: Name", more="source: {sheet: People}\n"))
        assert checked.problems == []
    xml = '<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?><Workbook/>'
    assert (
        desk.refused(xml, name="data.xml")
        == f"data.xml is an XML spreadsheet of Excel 2003, which cannot be read here. {IN_EXCEL}"
    )
    assert (
        desk.refused(xml, name="data.xls")
        == f"data.xls is an XML spreadsheet of Excel 2003, which cannot be read here. {IN_EXCEL}"
    )


def test_b108_names_that_lie(desk: Desk, tmp_path: Path) -> None:
    assert desk.check(sheets(tmp_path / "data.xls", People=TABLE)).notes == [
        "The name says .xls, but the file is an Excel workbook (.xlsx); it was read as that."
    ]
    assert desk.check(sheets(tmp_path / "book.csv", People=TABLE)).notes == [
        "The name says .csv, but the file is an Excel workbook (.xlsx); it was read as that."
    ]
    assert desk.check("Name,Phone\nAsha,1\n", name="data.xlsx").notes == [
        "The name says .xlsx, but the file is a text file; it was read as that."
    ]
    (tmp_path / "tiny.xlsx").write_bytes((FILES / "tiny.xls").read_bytes())
    assert (
        desk.check(tmp_path / "tiny.xlsx", mapping("FirstName: Name", more="source: {sheet: People}\n")).notes[0]
        == "The name says .xlsx, but the file is an old Excel workbook (.xls); it was read as that."
    )


def test_b109_cut_workbooks(desk: Desk, book: Path) -> None:
    whole = xlsx(book, HEADINGS + ASHA).read_bytes()
    for length in range(4, len(whole)):
        book.write_bytes(whole[:length])
        with pytest.raises(SourceError) as caught:
            list(open_in_process(book, SourceOptions()).chunks())
        assert f"{caught.value.message} {caught.value.remedy}".replace(f"{desk.folder}/", "") in (CUT, DAMAGED)
    book.write_bytes(whole[:-30])
    assert (
        desk.refused(book)
        == "data.xlsx is a workbook or archive that is damaged or incomplete. Copy or download it again, or open it in Excel and save it under a new name."
    )


def test_b110_flipped_bits(desk: Desk, book: Path) -> None:
    rows = HEADINGS + "".join(row(at, f"N{at}", str(at)) for at in range(2, 8))
    whole = xlsx(book, rows).read_bytes()
    expected = [
        list(line) for line in open_in_process(book, SourceOptions()).chunks().__next__().cells.itertuples(index=False)
    ]
    chance = random.Random(110)
    refused = 0
    for _ in range(1000):
        spoilt = bytearray(whole)
        spoilt[chance.randrange(len(whole))] ^= 1 << chance.randrange(8)
        book.write_bytes(spoilt)
        try:
            found = [
                list(line)
                for chunk in open_in_process(book, SourceOptions()).chunks()
                for line in chunk.cells.itertuples(index=False)
            ]
        except SourceError:
            refused += 1
        else:
            assert found == expected
    assert refused > 500


def test_b111_a_part_twice(desk: Desk, book: Path) -> None:
    assert (
        desk.refused(xlsx(book, HEADINGS + ASHA, extra={"XL/Worksheets/sheet1.xml": "<worksheet/>"}))
        == "data.xlsx holds the part XL/Worksheets/sheet1.xml twice. Open it in Excel, save it under a new name, and use that file."
    )
    with (
        zipfile.ZipFile(xlsx(book, HEADINGS + ASHA), "a") as archive,
        pytest.warns(UserWarning, match="Duplicate name"),
    ):
        archive.writestr("xl/workbook.xml", "<workbook/>")
    assert (
        desk.refused(book)
        == "data.xlsx holds the part xl/workbook.xml twice. Open it in Excel, save it under a new name, and use that file."
    )


def test_b112_parts_that_point_outside(desk: Desk, book: Path, tmp_path: Path) -> None:
    for name in ("../evil.xml", "/etc/evil.xml", "xl\\..\\..\\evil.xml"):
        found = desk.refused(xlsx(book, HEADINGS + ASHA, extra={name: "x"}))
        assert found == f"data.xlsx holds a part whose name points outside ({name}). {SAVE_AGAIN}"
    link = zipfile.ZipInfo("xl/link.xml")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(xlsx(book, HEADINGS + ASHA), "a") as archive:
        archive.writestr(link, "/etc/passwd")
    # Parts are read inside the archive and never written, so a link is a text like any other.
    assert desk.check(book).counts == (1, 0)
    assert not list(tmp_path.rglob("evil*"))


def test_b113_bombs(desk: Desk, book: Path) -> None:
    assert (
        desk.refused(xlsx(book, HEADINGS + ASHA, extra={"xl/bomb.xml": b"\0" * (60 << 20)}))
        == "data.xlsx unpacks to far more data than its size allows for a spreadsheet. If it is really yours, save the sheet as CSV UTF-8 and import that."
    )
    # The table of contents says less than there is.
    content = xlsx(book, HEADINGS + ASHA, extra={"xl/bomb.xml": b"x" * (1 << 20)}).read_bytes()
    book.write_bytes(content.replace((1 << 20).to_bytes(4, "little"), (100).to_bytes(4, "little")))
    assert (
        desk.refused(book)
        == "data.xlsx is damaged or incomplete and cannot be read as a workbook. Open it in Excel, save it under a new name, and use that file."
    )
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x", b"\0" * (1 << 20))
    # An archive inside of the workbook is never unpacked.
    assert desk.check(xlsx(book, HEADINGS + ASHA, extra={"xl/inner.zip": inner.getvalue()})).counts == (1, 0)


def test_b114_entities(desk: Desk, book: Path, tmp_path: Path) -> None:
    outside = tmp_path / "secret.txt"
    outside.write_text("secret", "utf-8")
    for declaration in (
        '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>',
        f'<!DOCTYPE x [<!ENTITY a SYSTEM "file://{outside}">]>',
        '<!DOCTYPE x [<!ENTITY % a SYSTEM "http://127.0.0.1:9/x"> %a;]>',
    ):
        assert (
            desk.refused(xlsx(book, HEADINGS + ASHA, prolog=declaration))
            == "data.xlsx holds XML that no spreadsheet program writes (xl/worksheets/sheet1.xml). Open it in Excel, save it under a new name, and use that file."
        )
    text = f'<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE x [<!ENTITY a "b">]><sst xmlns="{MAIN}"/>'
    assert (
        desk.refused(xlsx(book, HEADINGS + ASHA, extra={"xl/sharedStrings.xml": text.encode("utf-16")}))
        == "data.xlsx holds XML that no spreadsheet program writes (xl/sharedStrings.xml). Open it in Excel, save it under a new name, and use that file."
    )
    assert (
        desk.refused(xlsx(book, HEADINGS + ASHA, prolog='<?xml version="1.0" encoding="UTF-7"?>'))
        == "data.xlsx holds XML that no spreadsheet program writes (xl/worksheets/sheet1.xml). Open it in Excel, save it under a new name, and use that file."
    )


def test_b115_elements_inside_elements(desk: Desk, book: Path) -> None:
    deep = "<x>" * 200_000 + "</x>" * 200_000
    # They hold no value, and nothing counts how deep they are.
    assert desk.check(xlsx(book, HEADINGS + f'<row r="2"><c r="A2">{deep}</c></row>')).counts == (0, 0)
    assert desk.check(
        xlsx(book, HEADINGS + ASHA, extra={"xl/styles.xml": f"<styleSheet>{deep}</styleSheet>"})
    ).counts == (1, 0)


def test_b116_missing_and_odd_parts(desk: Desk, book: Path) -> None:
    assert desk.check(xlsx(book, HEADINGS + row(2, "Asha", '<c r="B2" s="7"><v>1</v></c>'))).column("Phone") == ["1"]
    missing = desk.check(xlsx(book, HEADINGS + row(2, '<c r="A2" t="s"><v>0</v></c>') + row(3, "Asha", "9845098450")))
    assert missing.counts == (1, 1)
    assert missing.problems[0].startswith(
        'row 2, column A "Name": The cell refers to a text that the workbook does not hold.'
    )
    assert (
        desk.refused(xlsx(book, HEADINGS, extra={"xl/_rels/workbook.xml.rels": relations()}))
        == "data.xlsx has no visible sheet with cells. Check that it is the right workbook."
    )
    absolute = relations(("rId1", "worksheet", "/xl/worksheets/sheet1.xml"))
    assert desk.check(xlsx(book, HEADINGS + ASHA, extra={"xl/_rels/workbook.xml.rels": absolute})).counts == (1, 0)
    content = xlsx(book, HEADINGS + ASHA).read_bytes()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(book, "w") as new:
        for name in old.namelist():
            if name != "[Content_Types].xml":
                new.writestr(
                    name.replace("/", "\\"),
                    old.read(name).replace(MAIN.encode(), b"http://purl.oclc.org/ooxml/spreadsheetml/main"),
                )
    assert desk.check(book).counts == (1, 0)


def test_b117_a_shared_text_that_is_not_there(desk: Desk, book: Path) -> None:
    rows = HEADINGS + ASHA + row(7, "Asha", '<c r="B7" t="s"><v>9</v></c>')
    checked = desk.check(xlsx(book, rows, strings="<si><t>x</t></si>"))
    assert checked.counts == (1, 1)
    assert checked.problems == [
        'row 7, column B "Phone": The cell refers to a text that the workbook does not hold. '
        "Look at the cell in Excel, type its text, and save the workbook."
    ]


def test_b118_dates_from_1904(desk: Desk, book: Path) -> None:
    rows = HEADINGS + row(2, "A", '<c r="B2" s="1"><v>44619</v></c>') + row(3, "B", '<c r="B3" s="1"><v>0</v></c>')
    rules = mapping("FirstName: Name", "mx_Day: {column: Phone, type: date}")
    checked = desk.check(xlsx(book, rows, styles=formats("d/m/yy"), book='<workbookPr date1904="true"/>'), rules)
    assert checked.column("mx_Day") == ["2026-02-28"]
    assert checked.problems == [
        'row 3, column B "Phone": "00:00:00" is not a date of the form YYYY-MM-DD. Expected something like 2026-12-31.'
    ]


def test_b119_what_programs_leave_in_folders(desk: Desk) -> None:
    assert (
        desk.refused(b"\x05Meera" + b" " * 100, name="~$data.xlsx")
        == "~$data.xlsx is the mark that Excel leaves while a workbook is open, not the workbook. Save and close the workbook in Excel, then name data.xlsx."
    )
    assert (
        desk.refused(b"\x00\x05\x16\x07\x00\x02\x00\x00Mac OS X        " + b"\0" * 40, name="._data.xlsx")
        == "._data.xlsx is a note that a Mac leaves beside files. Name the spreadsheet itself."
    )
    assert (
        desk.refused(b"\x00\x00\x00\x01Bud1\x00\x00\x10\x00" + b"\0" * 40, name=".DS_Store")
        == ".DS_Store is a note that a Mac leaves beside files. Name the spreadsheet itself."
    )


def test_b120_our_own_results(desk: Desk, book: Path) -> None:
    results = [["RowNumber", "ActivityCreated"], [2, "TRUE"]]
    assert (
        desk.refused(sheets(book, Summary=[["x"]], Results=results))
        == 'data.xlsx is a results workbook of this program; importing its results would send finished rows again. Correct the rows in its sheet "To fix", if it has one, and import that: `source: {sheet: To fix}`.'
    )
    fix = [["RowNumber", "Reason", "Name", "Phone"], [3, "bad", "Meera", "1"]]
    checked = desk.check(sheets(book, Summary=[["x"]], Results=results, **{"To fix": fix}))
    assert checked.sent == {2: {"lead.FirstName": "Meera", "lead.Phone": "1"}}
    assert checked.notes == ["This is a results workbook of this program; its sheet To fix was read."]
