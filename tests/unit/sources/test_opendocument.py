"""OpenDocument files: their cells, and files whose XML is not whole."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from importer.core.errors import SourceError
from importer.sources.interface import SourceOptions
from importer.sources.opening import open_in_process
from tests.support.raw_workbooks import cells
from tests.support.source_files import as_ods, rows_of

CELLS = [
    f'<table:table-cell office:value-type="string"><text:p>{text}</text:p></table:table-cell>'
    for text in ("Name", "Note", "Asha", "one")
]


def with_part(tmp_path: Path, name: str, content: str | None) -> Path:
    """An .ods in which a part has another content, or is missing."""
    sound, made = as_ods(tmp_path / "sound.ods", [CELLS[:2], CELLS[2:]]), tmp_path / "made.ods"
    with zipfile.ZipFile(sound) as old, zipfile.ZipFile(made, "w") as new:
        for entry in old.namelist():
            text = content if entry == name else old.read(entry).decode()
            if text is not None:
                new.writestr(entry, text)
    return made


def content_of(tmp_path: Path) -> str:
    with zipfile.ZipFile(as_ods(tmp_path / "whole.ods", [CELLS[:2], CELLS[2:]])) as archive:
        return archive.read("content.xml").decode()


def refused(path: Path) -> str:
    with pytest.raises(SourceError) as caught:
        open_in_process(path, SourceOptions())
    return caught.value.message


@pytest.mark.parametrize(
    "end", ["<table:table-row>", "</table:table-row>", "</text:p>", "</table:table>", "</office:spreadsheet>"]
)
def test_a_content_that_ends_early(tmp_path: Path, end: str) -> None:
    """Also where its last tag is whole, and inside the sheet, which reading then never leaves."""
    content = content_of(tmp_path)
    cut = content[: content.index(end)]
    assert "is damaged or incomplete" in refused(with_part(tmp_path, "content.xml", cut))


def test_a_tag_too_many(tmp_path: Path) -> None:
    """The end of something that never began."""
    content = content_of(tmp_path).replace("</table:table>", "</text:p></table:table>")
    assert "is damaged or incomplete" in refused(with_part(tmp_path, "content.xml", content))


def test_a_document_type_behind_a_long_comment(tmp_path: Path) -> None:
    """However far behind the beginning it is declared."""
    content = f"<!--{' ' * 100_000}--><!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"
    found = refused(with_part(tmp_path, "content.xml", content))
    assert "holds XML that no spreadsheet program writes (content.xml)" in found


def test_a_missing_content_is_damage(tmp_path: Path) -> None:
    """Nothing is read of the rest."""
    assert "is damaged or incomplete" in refused(with_part(tmp_path, "content.xml", None))


@pytest.mark.parametrize("name", ["mimetype", "META-INF/manifest.xml"])
def test_a_file_without_mimetype_or_manifest_is_read(tmp_path: Path, name: str) -> None:
    """Some programs leave these parts out, and the content tells what the file is."""
    assert cells(with_part(tmp_path, name, None)) == [["Asha", "one"]]


def test_an_encrypted_file_is_named(tmp_path: Path) -> None:
    """Its content is no XML, but the file is not damaged."""
    manifest = "<manifest:manifest><manifest:encryption-data/></manifest:manifest>"
    assert "is protected with a password" in refused(with_part(tmp_path, "META-INF/manifest.xml", manifest))


def cell(attributes: str, content: str = "") -> str:
    return f"<table:table-cell {attributes}>{content}</table:table-cell>"


def of_type(kind: str, value: str) -> str:
    name = "value" if kind in ("float", "percentage", "currency") else f"{kind}-value"
    return cell(f'office:value-type="{kind}" office:{name}="{value}"', "<text:p>shown</text:p>")


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (of_type("float", "-12.50"), "-12.5"),
        (of_type("float", "1.5E+20"), "150000000000000000000"),
        (of_type("percentage", "0.125"), "0.125"),
        (of_type("currency", "1200"), "1200"),
        (of_type("float", "no number"), "shown"),
        (of_type("boolean", "true"), "TRUE"),
        (of_type("date", "2026-02-28"), "2026-02-28"),
        (of_type("date", "2026-02-28T00:00:00"), "2026-02-28"),
        (of_type("date", "2026-02-28T14:05:07.600000000"), "2026-02-28 14:05:08"),
        (of_type("date", "1066-10-14"), "1066-10-14"),
        (of_type("time", "PT14H05M00S"), "14:05:00"),
        (of_type("time", "PT30H05M00S"), "30:05:00"),
        (of_type("time", "P1DT6H5M"), "30:05:00"),
        (of_type("time", "-PT1H30M0S"), "-1:30:00"),
        (cell('office:value-type="string" office:string-value="value"', "<text:p>shown</text:p>"), "value"),
        (cell('office:value-type="string"', "<text:p>a</text:p><text:p>b<text:line-break/>c</text:p>"), "a\nb\nc"),
        (cell('office:value-type="string"', '<text:p>\n  a <text:s text:c="2"/>b\n c\n</text:p>'), "a   b c"),
        (cell('office:value-type="string"', "<text:p><text:s/>a<text:tab/><text:a>b</text:a></text:p>"), " a\tb"),
        (
            cell(
                'office:value-type="string"',
                "<office:annotation><text:p>no</text:p></office:annotation><text:p>a</text:p>",
            ),
            "a",
        ),
        (cell('office:value-type="string"', "<text:p>a<draw:frame><text:p>no</text:p></draw:frame>b</text:p>"), "ab"),
        (cell('office:value-type="string"', "<draw:custom-shape><text:p>no</text:p></draw:custom-shape>"), ""),
    ],
)
def test_the_text_of_a_cell(tmp_path: Path, given: str, text: str) -> None:
    """The value counts, not how it is displayed; comments and shapes are no part of the cell."""
    found = cells(as_ods(tmp_path / "a.ods", [CELLS[:2], [CELLS[2], given]]))
    assert found == [["Asha", text]]


@pytest.mark.parametrize(
    ("given", "code", "text"),
    [
        (of_type("date", "9999-12-31T23:59:59.997"), "impossible-date", "9999-12-31T23:59:59.997"),
        (of_type("time", "PT999999999999H"), "", "PT999999999999H"),
        (of_type("time", "P999999999DT24H"), "impossible-date", "P999999999DT24H"),
        (of_type("float", "1e999"), "error-cell", "#NUM!"),
        (of_type("float", "1234567890123456"), "rounded-number", "1234567890123456"),
        (
            cell('table:formula="of:=1/0" office:value-type="float" office:value="0"', "<text:p>#DIV/0!</text:p>"),
            "error-cell",
            "#DIV/0!",
        ),
        (cell('table:formula="of:=A1"'), "formula-without-result", ""),
    ],
)
def test_what_a_cell_holds_is_a_problem_of_that_cell(tmp_path: Path, given: str, code: str, text: str) -> None:
    """The other rows are read."""
    source = open_in_process(as_ods(tmp_path / "a.ods", [CELLS[:2], [CELLS[2], given], CELLS[2:]]), SourceOptions())
    assert rows_of(source) == [(2, 2, ["Asha", text]), (3, 3, ["Asha", "one"])]
    assert [(problem.row, problem.code) for chunk in source.chunks() for problem in chunk.problems] == (
        [(2, code)] if code else []
    )


def test_repeated_cells_and_rows(tmp_path: Path) -> None:
    """A file says of equal cells how often they follow each other."""
    twice = cell('table:number-columns-repeated="2" office:value-type="string"', "<text:p>x</text:p>")
    path = as_ods(tmp_path / "a.ods", [CELLS[:2], [twice]])
    spoiled = tmp_path / "b.ods"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(spoiled, "w") as new:
        for entry in old.namelist():
            content = old.read(entry).decode()
            first, _, rest = content.rpartition("<table:table-row>")
            new.writestr(entry, f'{first}<table:table-row table:number-rows-repeated="3">{rest}' if first else content)
    assert [row for row, _, _ in rows_of(open_in_process(spoiled, SourceOptions()))] == [2, 3, 4]


def test_cells_repeated_without_end_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A few bytes can mean more cells than any memory holds, or more columns than a sheet has."""
    monkeypatch.setattr("importer.sources.excel.opendocument.MAX_REPEATED_CELLS", 50_000)
    many = cell('table:number-columns-repeated="9999" office:value-type="string"', "<text:p>x</text:p>")
    with pytest.raises(SourceError, match="cells are repeated more than 50,000 times"):
        open_in_process(as_ods(tmp_path / "a.ods", [CELLS[:2], *[[many]] * 9]), SourceOptions())
    with pytest.raises(SourceError, match="there is text behind column XFD"):
        open_in_process(as_ods(tmp_path / "a.ods", [CELLS[:2], [many] * 2]), SourceOptions())


def test_formatted_cells_down_to_the_last_corner_cost_nothing(tmp_path: Path) -> None:
    """They hold no text."""
    blank = cell('table:style-name="ce1" table:number-columns-repeated="16384"')
    source = open_in_process(as_ods(tmp_path / "a.ods", [CELLS[:2], CELLS[2:], [blank] * 64]), SourceOptions())
    assert rows_of(source) == [(2, 2, ["Asha", "one"])]
