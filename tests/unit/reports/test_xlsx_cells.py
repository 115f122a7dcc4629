"""Rows written as blocks have the cells that XlsxWriter writes one by one."""

from __future__ import annotations

import io
import tempfile
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

import pyarrow as pa
import pytest
import xlsxwriter
from hypothesis import example, given, settings
from hypothesis import strategies as st

from importer.core.text import column_letter
from importer.reports.xlsx.sheet_series import NUMBER, OWN_HEADING, Heading, SheetSeries
from importer.reports.xlsx_writer import RISKY_STARTS, Style, TextColumn, Workbook, sheet_text
from tests.support.sampled import examples

NAUGHTY = ["=1+1", "+1", "-5", "@x", "\t=1", "\r\n", "a\rb", "_x000D_", "x_x0041_y", " lead", "trail ", "<b>&amp;</b>",
           "\u00a0nbsp", "a\nb", "\n", "]]>", "'", '"', "𝒳", "\x7f\x85", "<r>x</r>"]  # fmt: skip
CREATED = datetime(2026, 1, 1, tzinfo=UTC)
HEADINGS = [Heading("N", 9, OWN_HEADING, NUMBER), Heading("A", 9, OWN_HEADING), Heading("B", 9, OWN_HEADING)]
TEXT = st.one_of(st.text(max_size=12), st.sampled_from(NAUGHTY)).map(sheet_text)


def cells(content: bytes) -> list[list[tuple[str, ...]]]:
    """For each sheet the cells as they stand in its XML: place, style, type, text and whether blanks are kept."""
    found = []
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for name in sorted(one for one in archive.namelist() if one.startswith("xl/worksheets/sheet")):
            sheet = []
            for cell in ElementTree.fromstring(archive.read(name)).iter():
                if cell.tag.endswith("}c"):
                    text = "".join(cell.itertext())
                    sheet.append((cell.get("r", ""), cell.get("s", ""), cell.get("t", ""), text))
            found.append(sheet)
    return found


def quoted_styles(content: bytes) -> set[str]:
    """The numbers of the styles that mark a cell as text."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        styles = ElementTree.fromstring(archive.read("xl/styles.xml"))
    (formats,) = (each for each in styles if each.tag.endswith("cellXfs"))
    return {str(number) for number, each in enumerate(formats) if each.get("quotePrefix") == "1"}


def rows_of(content: bytes) -> list[list[tuple[str, bool, str, str]]]:
    """For each sheet the cells below the headings: place, whether it is marked as text, type, text."""
    quoted = quoted_styles(content)
    return [
        [(place, style in quoted, kind, text) for place, style, kind, text in sheet if place[1:] != "1"]
        for sheet in cells(content)
    ]


def written(lines: list[tuple[str, str]], sheet_rows: int) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        with Workbook(Path(folder) / "book.xlsx", CREATED) as book:
            series = SheetSeries(book, "Rows", len(lines), sheet_rows)
            series.begin(HEADINGS)
            texts = [pa.array([line[column] for line in lines], pa.large_string()) for column in (0, 1)]
            series.write_block(range(2, len(lines) + 2), texts, {})
            book.close()
        return (Path(folder) / "book.xlsx").read_bytes()


def written_by_xlsxwriter(lines: list[tuple[str, str]], sheet_rows: int) -> bytes:
    content = io.BytesIO()
    # Only then it writes texts in line; the other options keep it from making anything else of a text.
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(content, options) as book:
        quoted = book.add_format({"quote_prefix": True})
        left = list(enumerate(lines, 2))
        while True:
            sheet = book.add_worksheet()
            for row, (number, line) in enumerate(left[: sheet_rows - 1], 1):
                sheet.write_number(row, 0, number)
                for column, text in enumerate(line, 1):
                    if text:
                        sheet.write_string(row, column, text, quoted if text[:1] in RISKY_STARTS else None)
            left = left[sheet_rows - 1 :]
            if not left:
                break
    return content.getvalue()


def not_markup(text: str) -> str:
    """XlsxWriter takes such a text for markup of its own; a reader of the file would not see the text."""
    return "" if text.startswith("<r>") and text.endswith("</r>") else text


@pytest.mark.slow
@given(st.lists(st.tuples(TEXT, TEXT), max_size=12), st.sampled_from([5, 1000]))
@example([(text, text) for text in NAUGHTY], 1000)
@example([("", ""), ("x", "")], 1000)
@settings(max_examples=examples(60), deadline=None)
def test_a_block_is_the_same_as_its_cells(lines: list[tuple[str, str]], sheet_rows: int) -> None:
    """Same places, same marks, same texts, on as many sheets."""
    lines = [(not_markup(first), not_markup(second)) for first, second in lines]
    assert rows_of(written(lines, sheet_rows)) == rows_of(written_by_xlsxwriter(lines, sheet_rows))


def test_markup_of_xlsxwriter_stays_text(tmp_path: Path) -> None:
    """A cell of the source cannot put XML into the file."""
    sheets = rows_of(written([("<r>x</r>", "<r><t>y</t></r>")], 10))
    assert [text for _, _, _, text in sheets[0]] == ["2", "<r>x</r>", "<r><t>y</t></r>"]


@pytest.mark.slow
@given(st.lists(TEXT, min_size=1, max_size=8))
@settings(max_examples=examples(60), deadline=None)
def test_a_single_row_is_the_same_as_a_block(texts: list[str]) -> None:
    """Same cells, styles and marks, whichever way they are written."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "book.xlsx"
        with Workbook(path, CREATED) as book:
            one, other = book.add_sheet("One"), book.add_sheet("Other")
            plain, quoted = Style(), Style(quoted=True)
            numbers = book.style_number(plain), book.style_number(quoted)
            one.append_row([(7, plain), *((text, plain) for text in texts)])
            columns = [
                TextColumn(index, pa.array([text], pa.large_string()), *numbers, kept=pa.array([True]))
                for index, text in enumerate(texts, 1)
            ]
            other.append_rows([7], numbers[0], columns)
            book.close()
        first, second = cells(path.read_bytes())
    assert first == second


def test_letters_of_columns() -> None:
    """As Excel counts them."""
    assert [column_letter(index) for index in (0, 25, 26, 701, 702, 16_383)] == ["A", "Z", "AA", "ZZ", "AAA", "XFD"]


@pytest.mark.parametrize("sheet_rows", [4, 10, 1000])
def test_blocks_follow_each_other(tmp_path: Path, sheet_rows: int) -> None:
    """Whatever their sizes; each row stands once, in order, below the headings."""
    with Workbook(tmp_path / "book.xlsx", CREATED) as book:
        series = SheetSeries(book, "Rows", 12, sheet_rows)
        series.begin(HEADINGS)
        number = 0
        for size in (3, 1, 0, 4, 1, 3):
            numbers = list(range(number, number + size))
            number += size
            block = pa.array([f"text {one}" for one in numbers], pa.large_string())
            series.write_block(numbers, [block, block], {})
        book.close()
    sheets = cells((tmp_path / "book.xlsx").read_bytes())
    numbers = [int(text) for sheet in sheets for place, _, kind, text in sheet if place[0] == "A" and not kind]
    assert numbers == list(range(12))
    assert all(sheet[0][0] == "A1" for sheet in sheets)
