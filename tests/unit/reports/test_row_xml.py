"""Rows written as blocks are the same as rows written cell by cell."""

from __future__ import annotations

import io
import tempfile
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from importer.reports.xlsx.cell_text import RISKY_STARTS, sheet_text
from importer.reports.xlsx.sheet_overflow import OWN_HEADING, Heading, SheetSeries
from importer.reports.xlsx.workbook_writer import Book, PlainSheet, style_number
from tests.support.sampled import examples

NAUGHTY = ["=1+1", "+1", "-5", "@x", "\t=1", "\r\n", "a\rb", "_x000D_", "x_x0041_y", " lead", "trail ", "<b>&amp;</b>",
           "\u00a0nbsp", "a\nb", "\n", "]]>", "'", '"', "𝒳", "\x7f\x85", "<r>x</r>"]  # fmt: skip
HEADINGS = [Heading("N", 9, OWN_HEADING, number=True), Heading("A", 9, OWN_HEADING), Heading("B", 9, OWN_HEADING)]
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


def write_cells(book: Book, sheet: PlainSheet, row: int, line: tuple[str, str]) -> None:
    for column, text in enumerate(line, 1):
        if text[:1] in RISKY_STARTS and text:
            sheet.write_string(row, column, text, book.format(None, quoted=True))
        elif text:
            sheet.write_string(row, column, text)


def written(lines: list[tuple[str, str]], sheet_rows: int, *, at_once: bool) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        with Book(Path(folder) / "book.xlsx", "") as book:
            series = SheetSeries(book, "Rows", len(lines), sheet_rows)
            series.begin(HEADINGS)
            # Formats are numbered as they come to be used, so both ways have to use them in the same order.
            style_number(book.format(None, quoted=True))
            if at_once:
                texts = [pa.array([line[column] for line in lines], pa.large_string()) for column in (0, 1)]
                series.write_block(range(2, len(lines) + 2), texts, {})
            else:
                for number, line in enumerate(lines, 2):
                    sheet, row = series.next_row()
                    sheet.write_number(row, 0, number)
                    write_cells(book, sheet, row, line)
            series.finish()
            book.close()
        return (Path(folder) / "book.xlsx").read_bytes()


@given(st.lists(st.tuples(TEXT, TEXT), max_size=12), st.sampled_from([5, 1000]))
@example([(text, text) for text in NAUGHTY], 1000)
@example([("", ""), ("x", "")], 1000)
@settings(max_examples=examples(60), deadline=None)
def test_a_block_is_the_same_as_its_cells(lines: list[tuple[str, str]], sheet_rows: int) -> None:
    """Same places, same formats, same texts, on as many sheets."""
    assert cells(written(lines, sheet_rows, at_once=True)) == cells(written(lines, sheet_rows, at_once=False))


@pytest.mark.parametrize("sheet_rows", [4, 10, 1000])
def test_blocks_follow_each_other(tmp_path: Path, sheet_rows: int) -> None:
    """Blocks and single rows may take turns; each row stands once, in order, below the headings."""
    with Book(tmp_path / "book.xlsx", "") as book:
        series = SheetSeries(book, "Rows", 12, sheet_rows)
        series.begin(HEADINGS)
        number = 0
        for size in (3, 1, 0, 4, 1, 3):
            numbers = list(range(number, number + size))
            number += size
            if size == 1:
                sheet, row = series.next_row()
                sheet.write_number(row, 0, numbers[0])
                write_cells(book, sheet, row, ("one", ""))
            else:
                block = pa.array([f"text {one}" for one in numbers], pa.large_string())
                series.write_block(numbers, [block, block], {})
        series.finish()
        book.close()
    sheets = cells((tmp_path / "book.xlsx").read_bytes())
    numbers = [int(text) for sheet in sheets for place, _, kind, text in sheet if place[0] == "A" and not kind]
    assert numbers == list(range(12))
    assert all(sheet[0][0] == "A1" for sheet in sheets)
