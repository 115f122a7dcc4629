"""Errors and formulas in cells of workbooks: problems of their rows, never empty cells."""

from __future__ import annotations

from pathlib import Path

import pytest

from importer.sources.interface import SourceOptions
from importer.sources.opening import open_in_process
from tests.support.raw_workbooks import cells, raw
from tests.support.source_files import as_raw_xlsx, as_xlsx, problems_of, rows_of

NONE = SourceOptions()


@pytest.mark.parametrize("word", ["#N/A", "#REF!", "#DIV/0!", "#VALUE!", "#NAME?", "#NULL!", "#NUM!"])
def test_an_excel_error_is_a_problem(tmp_path: Path, word: str) -> None:
    """It is never an empty cell: the text is there, and the row has a problem with place and value."""
    row = f'<row r="5"><c r="A5" t="str"><v>Ann</v></c><c r="B5" t="e"><f>X(1)</f><v>{word}</v></c></row>'
    path = raw(tmp_path, row)
    assert rows_of(open_in_process(path, NONE)) == [(5, 5, ["Ann", word])]
    assert problems_of(open_in_process(path, NONE)) == [
        f'row 5, column B "Sum": The cell holds the Excel error {word}. '
        "Correct the formula in Excel, or type the value."
    ]


@pytest.mark.parametrize("word", ["#SPILL!", "#CALC!", "#BLOCKED!", "#SOMETHING NEW"])
def test_errors_of_newer_programs_are_problems_too(tmp_path: Path, word: str) -> None:
    """Whatever text stands in a cell of the type error, the row is reported and the others are read."""
    rows = f'<row r="5"><c r="A5" t="str"><v>Ann</v></c><c r="B5" t="e"><v>{word}</v></c></row>'
    path = raw(tmp_path, rows + '<row r="6"><c r="A6" t="str"><v>Bob</v></c></row>')
    assert cells(path) == [["Ann", word], ["Bob", ""]]
    assert [problem.split(".")[0] for problem in problems_of(open_in_process(path, NONE))] == [
        f'row 5, column B "Sum": The cell holds the Excel error {word}'
    ]


def test_text_that_reads_like_an_error_is_text(tmp_path: Path) -> None:
    """Somebody may type #N/A."""
    path = as_xlsx(tmp_path / "a.xlsx", {"S": [["Name", "Sum"], ["Ann", "#N/A"]]})
    assert cells(path) == [["Ann", "#N/A"]]
    assert problems_of(open_in_process(path, NONE)) == []


def test_a_row_of_nothing_but_errors_is_a_row(tmp_path: Path) -> None:
    """A row that would be blank without its error, or whose only cell was never calculated, is kept and reported."""
    rows = '<row r="2"><c r="A2" t="e"><v>#N/A</v></c></row><row r="3"><c r="A3"><f>B1</f></c></row>'
    rows += '<row r="4"><c r="B4"><v>1</v></c></row>'
    source = open_in_process(raw(tmp_path, rows), NONE)
    assert rows_of(source) == [(2, 2, ["#N/A", ""]), (3, 3, ["", ""]), (4, 4, ["", "1"])]
    assert [problem.code for chunk in source.chunks() for problem in chunk.problems] == [
        "error-cell",
        "formula-without-result",
    ]


@pytest.mark.parametrize("cell", ["<f>1+1</f>", "<f>1+1</f><v/>", "<f>1+1</f><v></v>", '<f t="shared" si="0"/>'])
def test_a_formula_that_was_never_calculated_is_a_problem(tmp_path: Path, cell: str) -> None:
    """Programs write formulas without results; that is no empty cell."""
    path = raw(tmp_path, f'<row r="2"><c r="A2" t="str"><v>Ann</v></c><c r="B2">{cell}</c></row>')
    assert problems_of(open_in_process(path, NONE)) == [
        'row 2, column B "Sum": The cell holds a formula without a result. '
        "Open the workbook in Excel, save it, and run again."
    ]


def test_a_formula_with_a_result_is_its_result(tmp_path: Path) -> None:
    """Also when the result is empty text, as of =IF(A2="","",1)."""
    rows = '<row r="2"><c r="A2" t="str"><f>X</f><v>Ann</v></c><c r="B2"><f>1+1</f><v>2</v></c></row>'
    rows += '<row r="3"><c r="A3" t="str"><f>Y</f><v>Bob</v></c><c r="B3" t="str"><f>Z</f><v></v></c></row>'
    path = raw(tmp_path, rows)
    assert cells(path) == [["Ann", "2"], ["Bob", ""]]
    assert problems_of(open_in_process(path, NONE)) == []


@pytest.mark.slow
def test_errors_far_down_have_their_row(tmp_path: Path) -> None:
    """Positions stay right over many pieces of XML and over chunks."""
    rows = [
        f'<row r="{n}" spans="1:2" x="{"padding " * 20}"><c r="A{n}" t="str"><v>Ann {n}</v></c>'
        + (f'<c r="B{n}" t="e"><v>#N/A</v></c></row>' if n % 5000 == 0 else f'<c r="B{n}"><v>{n}</v></c></row>')
        for n in range(2, 20_001)
    ]
    source = open_in_process(raw(tmp_path, "".join(rows)), NONE)
    found = [(problem.row, problem.letter) for chunk in source.chunks(700) for problem in chunk.problems]
    assert found == [(5000, "B"), (10_000, "B"), (15_000, "B"), (20_000, "B")]
    by_row = {row: values for row, _, values in rows_of(source, 999)}
    assert by_row[15_000] == ["Ann 15000", "#N/A"]
    assert by_row[14_999] == ["Ann 14999", "14999"]


def test_xml_in_other_spellings(tmp_path: Path) -> None:
    """Prefixes, single quotes and rows and cells without places are legal, and errors in them are found."""
    rows = "<row><c t='str'><v>Ann</v></c><c t='e'><v>#N/A</v></c></row><row><c t='e'><v>#REF!</v></c></row>"
    header = "<row><c t='str'><v>Name</v></c><c t='str'><v>Sum</v></c></row>"
    source = open_in_process(as_raw_xlsx(tmp_path / "b.xlsx", header + rows), NONE)
    assert rows_of(source) == [(2, 2, ["Ann", "#N/A"]), (3, 3, ["#REF!", ""])]
