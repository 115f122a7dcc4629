"""Rows that are deflated while they are written stand in the archive as if it had deflated them itself."""

from __future__ import annotations

import os
import zipfile
import zlib
from datetime import UTC, datetime
from pathlib import Path

import openpyxl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from importer.core.background import BackgroundWorker
from importer.reports.xlsx.sheet_series import NUMBER, OWN_HEADING, Heading, SheetSeries
from importer.reports.xlsx_writer import zip_writer
from importer.reports.xlsx_writer.workbook import Workbook
from importer.reports.xlsx_writer.zip_writer import DeflatedStream, combined_crc

CREATED = datetime(2026, 1, 1, tzinfo=UTC)
HEADINGS = [Heading("N", 9, OWN_HEADING, NUMBER), Heading("Text", 9, OWN_HEADING)]


def write(path: Path, rows: int, most_xml: int = 1 << 30) -> None:
    """A workbook with so many rows of text in blocks of ten."""
    with Workbook(path, CREATED) as book:
        series = SheetSeries(book, "Rows", rows, 1_000, most_xml)
        series.begin(HEADINGS)
        for begin in range(0, rows, 10):
            numbers = list(range(begin, min(begin + 10, rows)))
            series.write_block(numbers, [pa.array([f"text {one}" for one in numbers], pa.large_string())], {})
        book.close()


def assert_all_there(path: Path, rows: int) -> list[str]:
    """Every program reads the rows in order; the names of the sheets."""
    expected = [[number, f"text {number}"] for number in range(rows)]
    book = openpyxl.load_workbook(path)
    found = [list(line) for sheet in book for line in sheet.iter_rows(min_row=2, values_only=True)]
    assert found == expected
    calamine = CalamineWorkbook.from_path(str(path))
    native = [line for name in calamine.sheet_names for line in calamine.get_sheet_by_name(name).to_python()[1:]]
    assert native == expected
    assert zipfile.ZipFile(path).testzip() is None
    assert [sheet.auto_filter.ref for sheet in book] == [f"A1:B{max(1, sheet.max_row)}" for sheet in book]
    return book.sheetnames


@pytest.mark.slow
@given(st.binary(max_size=300), st.binary(max_size=300))
def test_the_crc_of_two_parts_is_that_of_both_together(first: bytes, second: bytes) -> None:
    """Also of parts without a byte."""
    assert combined_crc(zlib.crc32(first), zlib.crc32(second), len(second)) == zlib.crc32(first + second)


def test_the_crc_of_a_long_part() -> None:
    """With every bit of its length."""
    second = bytes(range(256)) * 4099
    assert combined_crc(zlib.crc32(b"head"), zlib.crc32(second), len(second)) == zlib.crc32(b"head" + second)


@pytest.mark.parametrize("rows", [0, 1, 10, 95])
def test_deflated_rows_are_in_the_workbook(tmp_path: Path, rows: int) -> None:
    """And nothing else is left in the folder."""
    write(tmp_path / "book.xlsx", rows)
    assert assert_all_there(tmp_path / "book.xlsx", rows) == ["Rows"]
    assert os.listdir(tmp_path) == ["book.xlsx"]


def test_a_sheet_ends_before_it_is_too_large_for_an_archive(tmp_path: Path) -> None:
    """Some programs complain about parts of more than 2 GiB; the rows go on in a next sheet."""
    write(tmp_path / "book.xlsx", 95, most_xml=2_000)
    names = assert_all_there(tmp_path / "book.xlsx", 95)
    assert names == ["Rows", *(f"Rows {number}" for number in range(2, len(names) + 1))]
    assert len(names) > 2


def test_a_part_beyond_two_gibibytes_is_written_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A single block of rows may be that large; the limit is a small one here."""
    monkeypatch.setattr(zip_writer, "ZIP64_LIMIT", 4_000)
    write(tmp_path / "book.xlsx", 95)
    assert assert_all_there(tmp_path / "book.xlsx", 95) == ["Rows"]
    assert max(part.file_size for part in zipfile.ZipFile(tmp_path / "book.xlsx").infolist()) > 4_000


def open_files() -> set[str]:
    return {os.readlink(f"/proc/self/fd/{each}") for each in os.listdir("/proc/self/fd") if each.isdigit()
            and os.path.lexists(f"/proc/self/fd/{each}")}  # fmt: skip


def begin_and_fail(path: Path) -> None:
    with Workbook(path, CREATED) as book:
        series = SheetSeries(book, "Rows", 30, 1_000)
        series.begin(HEADINGS)
        series.write_block([1, 2], [pa.array(["a", "b"], pa.large_string())], {})
        raise KeyError


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="only Linux lists open files there")
def test_no_file_stays_open_when_a_workbook_fails(tmp_path: Path) -> None:
    """Neither that of the deflated rows nor, once it is gone, anything that lies in the folder."""
    with pytest.raises(KeyError):
        begin_and_fail(tmp_path / "book.xlsx")
    assert not [name for name in open_files() if name.startswith(str(tmp_path)) and name.endswith("(deleted)")]


class FullDisk:
    """A file that takes nothing."""

    def write(self, _: bytes) -> None:
        raise OSError("the disk is full")


def test_what_the_disk_refuses_is_raised(tmp_path: Path) -> None:
    """By the next piece, or at the end; no error is lost in the thread."""
    with BackgroundWorker() as beside:
        stream = DeflatedStream(tmp_path, beside)
        stream.__dict__["_file"] = FullDisk()
        stream.add(os.urandom(100_000))
        with pytest.raises(OSError, match="full"):
            stream.add(b"<row/>")
        stream.add(b"<row/>")
        with pytest.raises(OSError, match="full"):
            stream.finish()
