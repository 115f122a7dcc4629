"""Which sheet of a workbook is read, and how our own results are treated."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from importer.core.errors import SourceError
from importer.sources.interface import Source, SourceOptions
from importer.sources.opening import open_in_process
from tests.support.source_files import as_xlsx, detected, rows_of

LEADS = [["Name", "City"], ["Ann", "Pune"]]
CALLS = [["Call", "When"], ["c1", "now"]]
RESULTS = [["RowNumber", "ActivityCreated", "Status", "Name", "City"], ["2", "TRUE", "created", "Ann", "Pune"]]
TO_FIX = [["RowNumber", "Reason", "Name", "City"], ["7", "no city", "Bob", "Goa"]]


def opened(path: Path, sheet: str | None = None) -> Source:
    return open_in_process(path, SourceOptions(sheet=sheet))


def refused(path: Path, sheet: str | None = None) -> tuple[str, str]:
    with pytest.raises(SourceError) as caught:
        opened(path, sheet)
    return caught.value.message.replace(str(path), path.name), caught.value.remedy


@pytest.fixture
def two(tmp_path: Path) -> Path:
    return as_xlsx(tmp_path / "a.xlsx", {"Leads": LEADS, "Phone calls": CALLS, "Empty": []})


def with_hidden(path: Path, hidden: str, state: str = "hidden") -> Path:
    book = openpyxl.load_workbook(path)
    book[hidden].sheet_state = state
    book.save(path)
    return path


def test_the_only_sheet(tmp_path: Path) -> None:
    """One sheet needs no name."""
    source = opened(as_xlsx(tmp_path / "a.xlsx", {"Leads": LEADS}))
    assert (source.sheet, detected(source, "sheet")) == ("Leads", ("Leads", "the only sheet"))


def test_the_only_sheet_that_is_not_empty(tmp_path: Path) -> None:
    """The empty sheets that Excel adds do no harm."""
    source = opened(as_xlsx(tmp_path / "a.xlsx", {"Sheet1": [], "Leads": LEADS, "Sheet3": []}))
    assert detected(source, "sheet") == ("Leads", "the only sheet that is not empty")


@pytest.mark.parametrize("state", ["hidden", "veryHidden"])
def test_hidden_sheets_are_not_meant(tmp_path: Path, state: str) -> None:
    """A hidden sheet is only read when it is named, and that is noted."""
    path = with_hidden(as_xlsx(tmp_path / "a.xlsx", {"Leads": LEADS, "Old": CALLS}), "Old", state)
    assert detected(opened(path), "sheet") == ("Leads", "the only visible sheet")
    assert opened(path, "Old").notes == ('The sheet "Old" is hidden in the workbook.',)


def test_several_sheets_with_data(two: Path) -> None:
    """The user decides; the error lists the sheets."""
    assert refused(two) == (
        'a.xlsx has several sheets with data: "Leads", "Phone calls".',
        'Say which one, for example `source: {sheet: "Leads"}`.',
    )


@pytest.mark.parametrize(
    ("wanted", "sheet", "how"),
    [
        ("Phone calls", "Phone calls", "given"),
        ("phone CALLS ", "Phone calls", "given, spelled a little differently"),
        ("2", "Phone calls", "tab number 2, given"),
    ],
)
def test_a_named_sheet(two: Path, wanted: str, sheet: str, how: str) -> None:
    """A sheet is named as it is spelled, nearly so, or by the number of its tab."""
    source = opened(two, wanted)
    assert detected(source, "sheet") == (sheet, how)
    assert [cells for _, _, cells in rows_of(source)] == [["c1", "now"]]


def test_a_name_of_digits_is_a_name_first(tmp_path: Path) -> None:
    """A sheet called 2 is meant before the second tab."""
    path = as_xlsx(tmp_path / "a.xlsx", {"2": LEADS, "Other": CALLS})
    assert opened(path, "2").sheet == "2"


def test_tab_numbers_count_what_a_person_sees(two: Path) -> None:
    """Hidden sheets have no tab and so no number."""
    assert opened(with_hidden(two, "Leads"), "1").sheet == "Phone calls"


@pytest.mark.parametrize(
    ("wanted", "hint"), [("Fone calls", 'Did you mean "Phone calls"? '), ("xyz", ""), ("4", ""), ("0", "")]
)
def test_an_unknown_sheet(two: Path, wanted: str, hint: str) -> None:
    """The error lists the sheets and suggests the nearest."""
    message = f'a.xlsx has no sheet "{wanted}".'
    assert refused(two, wanted) == (message, f'{hint}It has: "Leads", "Phone calls", "Empty".')


def test_an_empty_sheet(two: Path) -> None:
    """A named sheet without text is reported to hold none."""
    assert refused(two, "Empty")[0] == 'a.xlsx, sheet "Empty" holds no text.'


def test_nothing_but_empty_sheets(tmp_path: Path) -> None:
    """So is a workbook."""
    path = as_xlsx(tmp_path / "a.xlsx", {"A": [], "B": []})
    assert refused(path)[0] == "a.xlsx holds no text in any visible sheet."
    assert refused(as_xlsx(tmp_path / "b.xlsx", {"A": []}))[0] == 'b.xlsx, sheet "A" holds no text.'


def test_a_chart_sheet(tmp_path: Path) -> None:
    """A chart has no cells and is never chosen."""
    path = tmp_path / "a.xlsx"
    book = openpyxl.Workbook()
    book.active.append(["Name", "City"])
    book.active.title = "Leads"
    book.create_chartsheet("Chart")
    book.save(path)
    assert opened(path).sheet == "Leads"
    assert refused(path, "Chart")[0] == 'a.xlsx: the sheet "Chart" holds a chart or macros, not cells.'


# --- our own results


def ours(path: Path, **sheets: list[list[str]]) -> Path:
    return as_xlsx(path, {"Summary": [["Run", "r1"]], "Results": RESULTS, **sheets})


def test_the_rows_to_fix_are_read_from_our_results(tmp_path: Path) -> None:
    """A results workbook means its sheet To fix, without the two columns that we put in front."""
    source = opened(ours(tmp_path / "a.xlsx", **{"To fix": TO_FIX}))
    found = ("To fix", "the rows to correct in a results workbook of this program")
    assert detected(source, "sheet") == found
    assert source.notes == ("This is a results workbook of this program; its sheet To fix was read.",)
    assert [(column.index, column.letter, column.label) for column in source.columns] == [
        (0, "C", "Name"),
        (1, "D", "City"),
    ]
    assert rows_of(source) == [(2, 2, ["Bob", "Goa"])]


def test_the_rows_to_fix_can_be_named(tmp_path: Path) -> None:
    """Naming the sheet reads the same."""
    source = opened(ours(tmp_path / "a.xlsx", **{"To fix": TO_FIX}), "To fix")
    assert rows_of(source) == [(2, 2, ["Bob", "Goa"])]


def test_further_sheets_to_fix_are_mentioned(tmp_path: Path) -> None:
    """Rows that continue on another sheet must be imported as well."""
    path = ours(tmp_path / "a.xlsx", **{"To fix": TO_FIX, "To fix 2": TO_FIX})
    assert opened(path).notes[-1] == 'Only this sheet was read; import "To fix 2" too.'
    assert len(opened(path, "To fix 2").columns) == 2


@pytest.mark.parametrize("wanted", ["Results", "results", "Summary", "2"])
def test_our_results_are_never_imported_again(tmp_path: Path, wanted: str) -> None:
    """Reading them as a source would send finished rows twice."""
    assert refused(ours(tmp_path / "a.xlsx", **{"To fix": TO_FIX}), wanted) == (
        "a.xlsx is a results workbook of this program; importing its results would send finished rows again.",
        'Correct the rows in its sheet "To fix", if it has one, and import that: `source: {sheet: To fix}`.',
    )


@pytest.mark.parametrize("sheets", [{}, {"To fix": TO_FIX[:1]}, {"To fix": []}])
def test_results_with_nothing_to_fix(tmp_path: Path, sheets: dict[str, list[list[str]]]) -> None:
    """When all rows are done there is nothing to read."""
    assert refused(ours(tmp_path / "a.xlsx", **sheets))[0].startswith("a.xlsx is a results workbook of this program")


def test_somebody_elses_results_are_ordinary_sheets(tmp_path: Path) -> None:
    """The names of the sheets alone prove nothing."""
    path = as_xlsx(tmp_path / "a.xlsx", {"Summary": [], "Results": LEADS, "To fix": []})
    assert opened(path).sheet == "Results"
    assert opened(path, "Results").sheet == "Results"


def test_the_columns_of_a_person_are_kept(tmp_path: Path) -> None:
    """Only our sheet To fix loses its first two columns; the same headings elsewhere are data."""
    path = as_xlsx(tmp_path / "a.xlsx", {"To fix": TO_FIX})
    assert [column.label for column in opened(path).columns] == ["RowNumber", "Reason", "Name", "City"]
