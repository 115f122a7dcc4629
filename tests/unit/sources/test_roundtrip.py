"""What must hold for every table, not only for those that we thought of."""

from __future__ import annotations

import csv
import io
import string
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from importer.sources.interface import SourceOptions
from importer.sources.opening import open_in_process
from tests.support.sampled import examples
from tests.support.source_files import as_xlsx, rows_of

NAMES = [f"Heading {letter}" for letter in string.ascii_uppercase]
# Everything that UTF-8 can carry, except NUL, which no text file may hold.
CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
NASTY = st.sampled_from(
    ['"', '""', "a\nb", "a\r\nb", "a\rb", ",", ";", "\t", "|", "=1+1", "NA", "0012", " ", "\ufeff", "\u2028"]
)
TABLES = st.integers(2, 6).flatmap(
    lambda width: st.lists(st.lists(CELLS | NASTY, min_size=width, max_size=width), max_size=12)
)


def lines_in(text: str) -> int:
    return len(io.StringIO(text, newline=None).read().split("\n")) - 1


@pytest.mark.slow
@settings(max_examples=examples(100), deadline=None)
@given(TABLES, st.sampled_from(",;\t|"), st.sampled_from(["\n", "\r\n", "\r"]), st.integers(1, 5), st.booleans())
def test_any_table_comes_back(rows: list[list[str]], delimiter: str, end: str, size: int, mark: bool) -> None:
    """What csv.writer wrote comes back equal, with its row numbers and lines, for every delimiter and chunk size."""
    width = len(rows[0]) if rows else 3
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL)
    writer.writerow(NAMES[:width])
    expected = []
    for number, row in enumerate(rows, start=2):
        line = lines_in(text.getvalue()) + 1
        writer.writerow(row)
        if "".join(row).strip():
            expected.append((number, line, row))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.txt"
        path.write_bytes(text.getvalue().encode("utf-8-sig" if mark else "utf-8"))
        source = open_in_process(path, SourceOptions(delimiter=delimiter))
        assert rows_of(source, size) == expected
        assert [column.label for column in source.columns] == NAMES[:width]


@settings(max_examples=examples(60), deadline=None)
@given(
    st.lists(
        st.lists(st.sampled_from(["x", "a b", "", "q\nr", "0012", "é", 'say "hi"']), min_size=3, max_size=3), min_size=2
    ),
    st.sampled_from(",;\t|"),
)
def test_the_delimiter_of_a_regular_file_is_found(rows: list[list[str]], delimiter: str) -> None:
    """A file with the same number of cells in every row needs no option, whatever candidate separates its cells."""
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter).writerows([["A", "B", "C"], *rows])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.csv"
        path.write_text(text.getvalue(), "utf-8", newline="")
        source = open_in_process(path, SourceOptions())
        assert [column.heading for column in source.columns] == ["A", "B", "C"]
        assert [cells for _, _, cells in rows_of(source)] == [row for row in rows if "".join(row).strip()]


# XML carries no control characters, and Excel escapes them in ways of its own.
XML_CELLS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=10).filter(
    lambda text: "_x" not in text and "\ufffe" not in text and "\uffff" not in text
)


@pytest.mark.slow
@settings(max_examples=examples(40), deadline=None)
@given(st.lists(st.lists(XML_CELLS, min_size=3, max_size=3), max_size=10), st.integers(1, 4))
def test_any_text_comes_back_from_a_workbook(rows: list[list[str]], size: int) -> None:
    """Text cells of an .xlsx come back equal, with outer spaces and with their row numbers."""
    with tempfile.TemporaryDirectory() as folder:
        path = as_xlsx(Path(folder) / "table.xlsx", {"S": [["A", "B", "C"], *rows]})
        expected = [(number, number, row) for number, row in enumerate(rows, start=2) if "".join(row).strip()]
        assert rows_of(open_in_process(path, SourceOptions()), size) == expected
