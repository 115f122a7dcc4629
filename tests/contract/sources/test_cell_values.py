"""Every value of a cell gives the same text, or the same problem, in each format.

The files were written by LibreOffice from one workbook; it writes no .xlsb.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from importer.core.issues import CATALOGUE
from importer.sources.interface import SourceOptions
from importer.sources.opening import open_in_process
from tests.support.sampled import examples
from tests.support.source_files import FILES, RELATIONS_WITH_STYLES, as_ods, as_raw_xlsx, as_xlsb, rows_of

NONE = SourceOptions()
FORMATS = ("xlsx", "xls", "ods")
EXPECTED = [
    ("text", "Zoë Müller 😀", ""),
    ("spaces", "  two  spaces ", ""),
    ("lines", "first\nsecond", ""),
    ("zero", "0", ""),
    ("negative", "-12.5", ""),
    ("huge", "150000000000000000000", ""),
    ("tiny", "0.0000001", ""),
    ("phone", "9876543210", ""),
    ("third", "0.333333333333333", ""),
    ("rounded", "4111111111111110", "rounded-number"),
    ("percent", "0.125", ""),
    ("money", "1200", ""),
    ("zeros", "12", ""),
    ("scientific", "12345", ""),
    ("true", "TRUE", ""),
    ("false", "FALSE", ""),
    ("date", "2026-02-28", ""),
    ("old date", "1968-11-03", ""),
    ("moment", "2026-02-28 14:05:07", ""),
    ("midnight", "2026-02-28", ""),
    ("fraction of a second", "2026-02-28 14:05:08", ""),
    ("locale date", "2026-02-28", ""),
    ("German date", "2026-02-28", ""),
    ("time", "14:05:00", ""),
    ("duration", "30:00:00", ""),
    ("short duration", "4:48:00", ""),
    ("negative duration", "-1:30:00", ""),
    ("condition, date", "2026-02-28", ""),
    ("condition, number", "99", ""),
    ("formula", "2", ""),
    ("text formula", "ab", ""),
    ("empty formula", "", ""),
    ("date formula", "2026-02-28", ""),
    ("error", "#DIV/0!", "error-cell"),
    ("missing", "#N/A", "error-cell"),
    ("wrong name", "#NAME?", "error-cell"),
    ("no date", "-5", "impossible-date"),
    ("blanks", "   ", ""),
    ("merged", "one", ""),
    ("merged", "", ""),
    ("hidden", "x", ""),
    ("last", "x", ""),
]
# The days of LibreOffice go on below zero.
EXPECTED_OF_ODS = [("no date", "1899-12-25", "") if kind == "no date" else (kind, *rest) for kind, *rest in EXPECTED]


@pytest.mark.parametrize("form", FORMATS)
def test_values_have_the_same_text_in_each_format(form: str) -> None:
    """Texts, numbers, dates, durations, formulas and errors, by their number formats."""
    source = open_in_process(FILES / f"values.{form}", NONE)
    codes = {problem.row: problem.code for chunk in source.chunks() for problem in chunk.problems}
    found = [(cells[0], cells[1], codes.get(row, "")) for row, _, cells in rows_of(source)]
    assert found == (EXPECTED_OF_ODS if form == "ods" else EXPECTED)


@pytest.mark.parametrize("form", FORMATS)
def test_hidden_sheets_hidden_rows_and_merged_cells_are_known_in_each_format(form: str) -> None:
    """The only visible sheet is read, and notes tell what the cells' texts do not show."""
    source = open_in_process(FILES / f"values.{form}", NONE)
    assert source.sheet == "Values"
    assert source.notes[1:] == (
        "Merged cells (B40:B41) have their value in the first cell only; the others are read as empty.",
        "1 hidden row is read like all others.",
    )


@pytest.mark.parametrize("form", FORMATS)
def test_dates_count_from_1904_where_the_workbook_says_so(form: str) -> None:
    """As workbooks of old Macs do."""
    found = rows_of(open_in_process(FILES / f"epoch.{form}", NONE))
    assert [cells for _, _, cells in found] == [["date", "2026-02-28"], ["moment", "2026-02-28 14:05:07"]]


EDGES = (
    st.sampled_from(
        [
            *(0.0, -0.0, 0.5, 1.0, 59.0, 60.0, 61.0, -1e-9, -1.0, 46081.00000000001, 2958465.99999997, 2958466.0),
            *(9876543210.0, 1e15, 1e20, 1e21, -1e300, 5e-324, float("inf"), float("-inf"), float("nan")),
        ]
    )
    | st.floats()
)
CODES = ("General", "dd/mm/yyyy", "[h]:mm", '[=0]"";[<100]0;dd/mm/yyyy')
LAST = "last"


def check_rows(path: Path, columns: int) -> None:
    """The row with the edge values, if it is not blank, has texts and known problems; and the next row is read."""
    source = open_in_process(path, NONE)
    found = rows_of(source)
    assert found[-1][2] == [LAST, *[""] * columns]
    assert all(problem.code in CATALOGUE for chunk in source.chunks() for problem in chunk.problems)


@given(st.lists(EDGES, min_size=3, max_size=3))
@settings(max_examples=examples(30), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_number_ends_the_reading_of_an_xls(tmp_path: Path, numbers: Sequence[float]) -> None:
    """Plain, as a date and as a duration."""
    content = (FILES / "number.xls").read_bytes()
    for number in numbers:
        content = content.replace(struct.pack("<d", 123456.789), struct.pack("<d", number), 1)
    path = tmp_path / "a.xls"
    path.write_bytes(content)
    check_rows(path, 3)


@given(st.lists(EDGES, min_size=4, max_size=4))
@settings(max_examples=examples(30), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_number_ends_the_reading_of_an_xlsb(tmp_path: Path, numbers: Sequence[float]) -> None:
    """In each number format."""
    cells = [(5, style, struct.pack("<d", number)) for style, number in enumerate(numbers)]
    path = as_xlsb(tmp_path / "a.xlsb", [("Kind", *"ABCD"), ("x", *cells), (LAST,)], CODES)
    check_rows(path, 4)


@given(st.lists(EDGES.map(repr) | st.text("0123456789.-eE+ xZ:T", max_size=30), min_size=6, max_size=6))
@settings(max_examples=examples(30), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_value_ends_the_reading_of_an_xlsx(tmp_path: Path, contents: Sequence[str]) -> None:
    """As a number in each number format, as a shared text, as a date, as a truth value, or as an error."""
    styles = "".join(f'<numFmt numFmtId="{164 + at}" formatCode="{code}"/>' for at, code in enumerate(CODES[1:3]))
    extra = {
        "xl/_rels/workbook.xml.rels": RELATIONS_WITH_STYLES,
        "xl/styles.xml": f'<styleSheet><numFmts>{styles}</numFmts><cellXfs><xf numFmtId="0"/><xf numFmtId="164"/>'
        '<xf numFmtId="165"/></cellXfs></styleSheet>',
    }
    types = ('s="0"', 's="1"', 's="2"', 't="s"', 't="d"', 't="b"')
    cells = "".join(
        f'<c r="{letter}2" {kind}><v>{content}</v></c>'
        for letter, kind, content in zip("BCDEFG", types, contents, strict=True)
    )
    head = "".join(f'<c r="{letter}1" t="str"><v>{letter}</v></c>' for letter in "ABCDEFG")
    rows = f'<row r="1">{head}</row><row r="2">{cells}</row><row r="3"><c r="A3" t="str"><v>{LAST}</v></c></row>'
    check_rows(as_raw_xlsx(tmp_path / "a.xlsx", rows, extra=extra), 6)


@given(st.lists(EDGES.map(repr) | st.text("0123456789.-PTDHMSZ:", max_size=30), min_size=4, max_size=4))
@settings(max_examples=examples(30), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_value_ends_the_reading_of_an_ods(tmp_path: Path, contents: Sequence[str]) -> None:
    """As a number, a date, a time or a truth value."""

    def text(word: str) -> str:
        return f'<table:table-cell office:value-type="string"><text:p>{word}</text:p></table:table-cell>'

    kinds = (("float", "value"), ("date", "date-value"), ("time", "time-value"), ("boolean", "boolean-value"))
    cells = [
        f'<table:table-cell office:value-type="{kind}" office:{name}="{content}"/>'
        for (kind, name), content in zip(kinds, contents, strict=True)
    ]
    path = as_ods(tmp_path / "a.ods", [[text(word) for word in ("Kind", *"ABCD")], [text("x"), *cells], [text(LAST)]])
    check_rows(path, 4)
