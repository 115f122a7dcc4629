"""Binary workbooks (.xlsb), record by record."""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path

import pytest

from importer.core.errors import SourceError
from importer.sources.excel.xlsb import decode_rk
from importer.sources.interface import SourceOptions
from importer.sources.opening import open_in_process
from tests.support.raw_workbooks import cells
from tests.support.source_files import as_xlsb, rows_of

NONE = SourceOptions()
RK, ERROR, BOOLEAN, REAL, TEXT, SHARED, FORMULA_TEXT, FORMULA_REAL, FORMULA_ERROR, RICH = 2, 3, 4, 5, 6, 7, 8, 9, 11, 62
CODES = ("General", "yyyy-mm-dd", "[h]:mm")


def wide(text: str) -> bytes:
    encoded = text.encode("utf-16-le", "surrogatepass")
    return struct.pack("<I", len(encoded) // 2) + encoded


def real(number: float) -> bytes:
    return struct.pack("<d", number)


def whole(number: int) -> bytes:
    return struct.pack("<i", number << 2 | 2)


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ((RK, 1, whole(46081)), "2026-02-28"),
        ((REAL, 1, real(46081.0)), "2026-02-28"),
        ((FORMULA_REAL, 1, real(46081.5)), "2026-02-28 12:00:00"),
        ((RK, 0, whole(-5)), "-5"),
        ((RK, 2, struct.pack("<i", 125 << 2 | 3)), "30:00:00"),
        ((RK, 9, whole(7)), "7"),
        ((BOOLEAN, 0, b"\1"), "TRUE"),
        ((TEXT, 0, wide("Zoë 😀")), "Zoë 😀"),
        ((TEXT, 0, wide("half \ud83d")), "half \ufffd"),
        ((FORMULA_TEXT, 0, wide("a") + bytes(8)), "a"),
        ((RICH, 0, b"\0" + wide("rich")), "rich"),
        ((FORMULA_TEXT, 0, wide("")), ""),
    ],
)
def test_the_text_of_a_cell(tmp_path: Path, cell: tuple[int, int, bytes], text: str) -> None:
    """By the type of its record and its number format."""
    assert cells(as_xlsb(tmp_path / "a.xlsb", [("Kind", "Value"), ("x", cell)], CODES)) == [["x", text]]


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ((ERROR, 0, b"\x2a"), "error-cell"),
        ((FORMULA_ERROR, 0, b"\x07"), "error-cell"),
        ((ERROR, 0, b"\x99"), "error-cell"),
        ((SHARED, 0, struct.pack("<I", 5)), "missing-text"),
        ((REAL, 1, real(-1.0)), "impossible-date"),
        ((REAL, 0, real(4111111111111110.0)), "rounded-number"),
    ],
)
def test_a_cell_without_a_value_is_a_problem_of_its_row(
    tmp_path: Path, cell: tuple[int, int, bytes], code: str
) -> None:
    """The other rows are read."""
    source = open_in_process(as_xlsb(tmp_path / "a.xlsb", [("Kind", "Value"), ("x", cell), ("y", "z")], CODES), NONE)
    assert rows_of(source)[1] == (3, 3, ["y", "z"])
    assert [(problem.row, problem.code) for chunk in source.chunks() for problem in chunk.problems] == [(2, code)]


@pytest.mark.parametrize(
    ("packed", "number"), [(whole(1), 1.0), (whole(-1), -1.0), (struct.pack("<i", 4600 | 3), 11.5)]
)
def test_numbers_in_32_bits(packed: bytes, number: float) -> None:
    """Whole numbers, and hundredths of them."""
    assert decode_rk(struct.unpack("<I", packed)[0]) == number
    assert decode_rk(struct.unpack("<Q", real(0.5))[0] >> 32) == 0.5


@pytest.mark.parametrize("cut", range(1, 200, 7))
def test_a_sheet_that_ends_inside_a_record_is_damaged(tmp_path: Path, cut: int) -> None:
    """Part of a table is never read as if it were all."""
    whole_file = as_xlsb(tmp_path / "whole.xlsb", [("Kind", "Value"), ("x", "y"), ("z", (REAL, 1, real(1.5)))], CODES)
    path = tmp_path / "a.xlsb"
    with zipfile.ZipFile(whole_file) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, content[:-cut] if "sheet1" in name else content)
    with pytest.raises(SourceError):
        open_in_process(path, NONE)
