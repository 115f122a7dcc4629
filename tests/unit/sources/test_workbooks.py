"""Cells of workbooks: values as text."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import openpyxl
import pytest

from importer.sources.excel.cell_text import format_cell
from importer.sources.interface import SourceOptions
from importer.sources.opening import open_in_process
from tests.support.raw_workbooks import cells
from tests.support.source_files import FILES, as_ods, as_xlsb, as_xlsx

NONE = SourceOptions()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("  0012 ", "  0012 "),
        (True, "TRUE"),
        (False, "FALSE"),
        (12, "12"),
        (12.0, "12"),
        (-3.0, "-3"),
        (0.0, "0"),
        (9876543210.0, "9876543210"),
        (123456789012345.0, "123456789012345"),
        (9007199254740991.0, "9007199254740991"),
        (1.234567890123457e17, "123456789012345700"),
        (1e20, "100000000000000000000"),
        (1e21, "1e+21"),
        (0.1 + 0.2, "0.3"),
        (12.5, "12.5"),
        (1 / 3, "0.333333333333333"),
        (12.000000000000002, "12"),
        (1e-7, "0.0000001"),
        (1e-30, "1e-30"),
        (dt.date(2026, 2, 28), "2026-02-28"),
        (dt.datetime(2026, 2, 28, 14, 5, 0), "2026-02-28 14:05:00"),
        (dt.datetime(2026, 2, 28, 14, 5, 59, 999_997), "2026-02-28 14:06:00"),
        (dt.datetime(2026, 12, 31, 23, 59, 59, 600_000), "2027-01-01"),
        (dt.time(14, 5), "14:05:00"),
        (dt.time(14, 5, 9, 600_000), "14:05:10"),
        (dt.timedelta(hours=30, minutes=5), "30:05:00"),
        (dt.timedelta(minutes=-90), "-1:30:00"),
        ("", ""),
    ],
)
def test_every_value_has_one_text(value: object, text: str) -> None:
    """The rules of the reference page, value by value."""
    assert format_cell(value) == text


@pytest.mark.parametrize("name", ["tiny.xls", "tiny.ods"])
def test_values_of_other_workbooks(name: str) -> None:
    """Numbers, dates, times and durations follow the same rules in every format."""
    assert cells(FILES / name, "Values") == [
        ["whole", "12"],
        ["phone", "9876543210"],
        ["fraction", "0.3"],
        ["small", "0.0000001"],
        ["date", "2026-02-28"],
        ["moment", "2026-02-28 14:05:07"],
        ["time", "14:05:00"],
        ["duration", "30:05:00"],
    ]


def test_values_of_an_xlsx(tmp_path: Path) -> None:
    """The same for .xlsx, truth values included."""
    path = tmp_path / "a.xlsx"
    book = openpyxl.Workbook()
    values = [12, 9876543210, 0.1 + 0.2, True, dt.date(2026, 2, 28), dt.datetime(2026, 2, 28, 14, 5, 7), dt.time(14, 5)]
    for row in [["Kind", "Value"], *[["x", value] for value in [*values, dt.timedelta(hours=30, minutes=5)]]]:
        book.active.append(row)
    book.save(path)
    expected = ["12", "9876543210", "0.3", "TRUE", "2026-02-28", "2026-02-28 14:05:07", "14:05:00", "30:05:00"]
    assert [value for _, value in cells(path)] == expected


def test_values_of_an_xlsb(tmp_path: Path) -> None:
    """The same for .xlsb."""
    path = as_xlsb(tmp_path / "a.xlsb", [("Kind", "Value"), ("x", 12.0), ("y", True), ("z", 0.5)])
    assert cells(path) == [["x", "12"], ["y", "TRUE"], ["z", "0.5"]]


def test_truth_values_of_an_ods(tmp_path: Path) -> None:
    """OpenDocument's truth values become TRUE and FALSE too."""

    def text(word: str) -> str:
        return f'<table:table-cell office:value-type="string"><text:p>{word}</text:p></table:table-cell>'

    def truth(word: str) -> str:
        return f'<table:table-cell office:value-type="boolean" office:boolean-value="{word}"/>'

    path = as_ods(
        tmp_path / "a.ods", [[text("Kind"), text("Value")], [text("x"), truth("true")], [text("y"), truth("false")]]
    )
    assert cells(path) == [["x", "TRUE"], ["y", "FALSE"]]


def test_a_workbook_of_the_year_1904(tmp_path: Path) -> None:
    """Dates of workbooks that count from 1904 are right."""
    path = tmp_path / "a.xlsx"
    book = openpyxl.Workbook()
    book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    book.active.append(["Kind", "Value"])
    book.active.append(["x", dt.date(2026, 2, 28)])
    book.save(path)
    assert cells(path) == [["x", "2026-02-28"]]


def test_merged_cells_are_noted(tmp_path: Path) -> None:
    """Only the first cell of a merged area has a value, which surprises users."""
    path = as_xlsx(tmp_path / "a.xlsx", {"S": [["Name", "City"], ["Ann", "Pune"], ["Bob", ""]]})
    book = openpyxl.load_workbook(path)
    book.active.merge_cells("B2:B3")
    book.save(path)
    note = "Merged cells (B2:B3) have their value in the first cell only; the others are read as empty."
    assert open_in_process(path, NONE).notes == (note,)
