"""Workbooks that other programs open, although they are put together in an unusual way."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from importer.core.errors import SourceError
from importer.sources.interface import SourceOptions
from importer.sources.opening import open_in_process
from tests.support.raw_workbooks import HEADER, cells, raw
from tests.support.source_files import FILES, rows_of

NONE = SourceOptions()
ANN = '<row r="2"><c r="A2" t="str"><v>Ann</v></c></row>'


def changed(path: Path, names: dict[str, str], texts: dict[str, str]) -> Path:
    """Another workbook, in which parts have other names, and some pieces of text are replaced."""
    made = path.with_name("changed.xlsx")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(made, "w") as new:
        for name in old.namelist():
            content = old.read(name).decode()
            for before, after in texts.items():
                content = content.replace(before, after)
            new.writestr(names.get(name, name), content)
    return made


def test_the_main_part_may_be_anywhere(tmp_path: Path) -> None:
    """The relationships of the archive name it."""
    names = {
        "xl/workbook.xml": "book/main.xml",
        "xl/_rels/workbook.xml.rels": "book/_rels/main.xml.rels",
        "xl/worksheets/sheet1.xml": "book/worksheets/sheet1.xml",
    }
    assert cells(changed(raw(tmp_path, ANN), names, {"xl/workbook.xml": "book/main.xml"})) == [["Ann", ""]]


@pytest.mark.parametrize("state", ["show", "visible", ""])
def test_a_sheet_with_an_unknown_state_is_visible(tmp_path: Path, state: str) -> None:
    """As in Excel."""
    path = changed(raw(tmp_path, ANN), {}, {'sheetId="1"': f'sheetId="1" state="{state}"'})
    assert open_in_process(path, NONE).sheet == "Raw"
    assert cells(path) == [["Ann", ""]]


@pytest.mark.parametrize("data", ["<sheetData/>", "<sheetData></sheetData>", "<x:sheetData />"])
def test_an_empty_sheet_with_a_button_holds_no_rows(tmp_path: Path, data: str) -> None:
    """The place of the button has elements called row, too."""
    path = raw(tmp_path, "")
    button = '<controls><from><xdr:row xmlns:xdr="x">1</xdr:row></from><to><xdr:row xmlns:xdr="x">3</xdr:row></to></controls>'
    whole = f"<sheetData>{HEADER}</sheetData>"
    with pytest.raises(SourceError, match="holds no text"):
        open_in_process(changed(path, {}, {whole: data.replace("<x:", '<x:sheetPr xmlns:x="y"/><x:') + button}), NONE)


def test_a_button_behind_the_rows(tmp_path: Path) -> None:
    """Rows end with the element that holds them."""
    path = changed(raw(tmp_path, ANN), {}, {"</sheetData>": '</sheetData><xdr:row xmlns:xdr="x">1</xdr:row>'})
    assert cells(path) == [["Ann", ""]]


@pytest.mark.parametrize("name", ["WORKBOOK", "workbook"])
def test_names_of_streams_in_other_capitals(tmp_path: Path, name: str) -> None:
    """Programs differ in them."""
    content = (FILES / "values.xls").read_bytes()
    path = tmp_path / "a.xls"
    path.write_bytes(content.replace("Workbook".encode("utf-16-le"), name.encode("utf-16-le")))
    assert rows_of(open_in_process(path, NONE))[0][2][0] == "text"


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ('MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary="b"\r\n\r\n--b\r\n', "a web page (HTML)"),
        (
            '<meta http-equiv="Content-Type" content="text/html; charset=utf-8"><table><tr><th>Name</th>',
            "a web page (HTML)",
        ),
        ("<!-- made by a report -->\n<TABLE><tr><td>Name</td></tr></TABLE>", "a web page (HTML)"),
        ("<style>td {color: red}</style><table>", "a web page (HTML)"),
        (
            '<?xml version="1.0"?>\n<?mso-application progid="Excel.Sheet"?>\n<Workbook/>',
            "an XML spreadsheet of Excel 2003",
        ),
        ("ID;PWXL;N;E\r\nP;PGeneral\r\nC;Y1;X1;K1\r\n", "a SYLK file (.slk)"),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_other_files_called_xls(tmp_path: Path, content: str, what: str, encoding: str) -> None:
    """The message says what they are, and what to do in Excel, which opens them."""
    path = tmp_path / "a.xls"
    path.write_bytes(content.encode(encoding))
    with pytest.raises(SourceError) as caught:
        open_in_process(path, NONE)
    assert f"a.xls is {what}" in caught.value.message
    assert "choose File, Save As, Excel Workbook (.xlsx)" in caught.value.remedy


def test_headings_that_begin_like_a_sylk_file(tmp_path: Path) -> None:
    """Only a second line of that form makes one."""
    path = tmp_path / "a.csv"
    path.write_text("ID;Phone\n1;9845098450\n", "utf-8")
    assert cells(path) == [["1", "9845098450"]]
