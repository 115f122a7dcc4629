"""Several sheets of a workbook read as one table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import openpyxl
import pytest

from importer.core.errors import SourceError
from importer.planning import PlanRequest, prepare_import
from importer.sources.interface import Source, SourceOptions
from importer.sources.opening import open_in_process

Rows = Sequence[Sequence[str]]
SHEETS = {
    "Jan": [["Email", "Fee"], ["a@x.io", "1"], ["Total", "1"]],
    "Notes": [["Ask Priya"]],
    "Feb": [["Fees of February"], ["Email", "Fee"], ["b@x.io", "2"]],
}


def write(path: Path, sheets: Mapping[str, Rows]) -> Path:
    """A workbook with these sheets."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    book.save(path)
    return path


def rows_of(source: Source) -> list[list[object]]:
    """Row numbers and cells."""
    return [
        [row, *cells]
        for chunk in source.chunks()
        for row, *cells in zip(chunk.rows.tolist(), *(column.to_pylist() for column in chunk.columns), strict=True)
    ]


def test_the_rows_of_each_sheet_have_a_range_of_numbers(tmp_path: Path) -> None:
    """In the order that is given, with the name of the sheet in a last column."""
    path = write(tmp_path / "f.xlsx", SHEETS)
    source = open_in_process(path, SourceOptions(sheets=["Jan", "feb", "Jan"]))
    assert [(column.letter, column.label) for column in source.columns] == [
        ("A", "Email"),
        ("B", "Fee"),
        ("C", "(sheet)"),
    ]
    assert rows_of(source) == [[2, "a@x.io", "1", "Jan"], [3, "Total", "1", "Jan"], [2_000_003, "b@x.io", "2", "Feb"]]
    assert [problem.row for chunk in source.chunks() for problem in chunk.problems] == []
    assert source.sheet == "Jan, Feb"
    assert 'The rows of the sheet "Feb" are numbered from 2,000,000 on: its row 15 is row 2,000,015.' in source.notes


def test_problems_have_the_numbers_of_their_rows(tmp_path: Path) -> None:
    """As the rows of their sheet have."""
    rows = [["Email", "City", "Fee"], ["a@x.io", "Pune", "1"], ["Total", "", "1"]]
    source = open_in_process(write(tmp_path / "f.xlsx", {"A": rows, "B": rows}), SourceOptions(sheets=["all"]))
    found = [(problem.row, problem.code) for chunk in source.chunks() for problem in chunk.problems]
    assert found == [(3, "footer-row"), (2_000_003, "footer-row")]


def test_all_sheets_are_those_that_people_see_with_data(tmp_path: Path) -> None:
    """One alone is read as ever."""
    path = write(tmp_path / "f.xlsx", {"Jan": SHEETS["Jan"], "Empty": []})
    source = open_in_process(path, SourceOptions(sheets=["all"]))
    assert (source.sheet, [column.label for column in source.columns]) == ("Jan", ["Email", "Fee", "(sheet)"])
    with pytest.raises(SourceError, match="holds no text in any visible sheet"):
        open_in_process(write(tmp_path / "g.xlsx", {"A": [], "B": []}), SourceOptions(sheets=["all"]))


@pytest.mark.parametrize(
    ("headings", "words"),
    [
        (["Email", "Amount"], 'in column B, the sheet "Mar" has "Amount", and the sheet "Jan" has "Fee".'),
        (["Email"], 'in column B, the sheet "Mar" has nothing, and the sheet "Jan" has "Fee".'),
        (["Email", "Fee", "City"], 'in column C, the sheet "Mar" has "City", and the sheet "Jan" has nothing.'),
    ],
)
def test_other_headings_are_refused(headings: list[str], words: str, tmp_path: Path) -> None:
    """Else cells would go to wrong fields, or get lost."""
    path = write(
        tmp_path / "f.xlsx", {"Jan": SHEETS["Jan"], "Mar": [headings, ["c@x.io", "3", "Goa"][: len(headings)]]}
    )
    with pytest.raises(SourceError) as caught:
        open_in_process(path, SourceOptions(sheets=["Jan", "Mar"]))
    assert caught.value.message.endswith(words)


def test_a_text_file_has_no_sheets(tmp_path: Path) -> None:
    """Nor has it several."""
    (tmp_path / "f.csv").write_text("Email\na@x.io\n", "utf-8")
    with pytest.raises(SourceError, match="has no sheets"):
        open_in_process(tmp_path / "f.csv", SourceOptions(sheets=["Jan"]))


def test_a_mapping_reads_sheets_and_their_names(tmp_path: Path) -> None:
    """The column of names is not missed when it is not used; one sheet can be chosen for a run."""
    path = write(tmp_path / "f.xlsx", SHEETS)
    mapping = tmp_path / "m.yaml"
    text = "target: bulk-upsert-leads\nsearch_by: EmailAddress\nsource: {sheets: [Jan, Feb]}\nlead:\n  EmailAddress: Email\n"
    mapping.write_text(f"{text}  mx_Month: (sheet)\n  mx_Fee: Fee\n", "utf-8")
    prepared = prepare_import(PlanRequest(path, mapping))
    (chunk,) = prepared.source.chunks()
    checked = prepared.validator.check(chunk.rows, chunk.cells, chunk.problems)
    assert checked.records["lead.mx_Month"].tolist() == ["Jan", "Jan", "Feb"]
    mapping.write_text(f"{text}  mx_Fee: Fee\n", "utf-8")
    assert prepare_import(PlanRequest(path, mapping)).headings.unused == ()
    one = prepare_import(PlanRequest(path, mapping, options=SourceOptions(sheet="Feb"))).source
    assert (one.sheet, one.columns[-1].label) == ("Feb", "(sheet)")
