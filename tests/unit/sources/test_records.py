"""Records are read quickly or exactly, with the same result."""

from __future__ import annotations

import csv
import io
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from importer.sources.csv import records as reading
from importer.sources.csv.encoding import Transcoder
from importer.sources.csv.records import BrokenRecordError, RecordReader
from tests.support.sampled import examples

Row = tuple[int, int, list[str]]


def read(text: str, size: int, width: int, *, quickly: bool, delimiter: str = ",") -> tuple[list[Row], object, int]:
    """Rows with numbers, lines and cells, what stopped the reading, and how many rows came quickly."""
    records = RecordReader(io.BytesIO(text.encode()), delimiter)
    found: list[Row] = []
    quick = 0
    try:
        while True:
            columns = records.read_columns(size, width) if quickly else None
            if columns is not None:
                cells = [column.to_pylist() for column in columns.columns]
                rows, lines = columns.rows.tolist(), columns.lines.tolist()
                found += zip(rows, lines, map(list, zip(*cells, strict=True)), strict=True)
                quick += len(rows)
                continue
            block = records.read_block(size)
            if not block.rows:
                return found, None, quick
            found += zip(block.rows, block.lines, block.records, strict=True)
    except BrokenRecordError as error:
        return found, (error.line, error.row, error.reason), quick


CELLS = st.text(st.sampled_from('ab,;"\n \u00a0\u00e9\U0001f600\x1c'), max_size=6)
WRITTEN = st.lists(st.lists(CELLS, min_size=3, max_size=3), max_size=12)


@pytest.mark.slow
@settings(max_examples=examples(300), deadline=None)
@given(
    text=st.text(st.sampled_from('a,;"\n\r \u00e9\ufeff'), max_size=80), size=st.integers(1, 5), width=st.integers(2, 4)
)
@example(text='a,5" pipe,"b\nc"\nd,e,f\n', size=2, width=3)
@example(text='a,b\n"c"x,d\n', size=1, width=2)
@example(text='a,"b"""\n"""",d\n\n e,f\n ,\u00a0\n', size=3, width=2)
@example(text="a,b\rc,d\ne,f\r\n", size=2, width=2)
@example(text='"a\r\nb",c\r\nd,e\r\n', size=9, width=2)
@example(text="a,b\n\ufeff,\n\ufeffc,d\n", size=1, width=2)
def test_quick_and_exact_reading_are_the_same(text: str, size: int, width: int) -> None:
    """Any text: the same rows, numbers, lines and cells, and the same error."""
    quick, trouble, _ = read(text, size, width, quickly=True)
    exact, expected, _ = read(text, size, width, quickly=False)
    assert trouble == expected
    if trouble is None:
        assert quick == exact
    else:
        # What came before the error differs in how many rows of its block had been read.
        common = min(len(quick), len(exact))
        assert quick[:common] == exact[:common]


@pytest.mark.slow
@settings(max_examples=examples(200), deadline=None)
@given(table=WRITTEN, size=st.integers(1, 5), ends=st.sampled_from(["\n", "\r\n"]), every=st.booleans())
def test_what_a_program_writes_is_read_quickly(table: list[list[str]], size: int, ends: str, every: bool) -> None:
    """And comes back cell by cell, line ends inside of cells included."""
    stream = io.StringIO(newline="")
    csv.writer(stream, lineterminator=ends, quoting=csv.QUOTE_ALL if every else csv.QUOTE_MINIMAL).writerows(table)
    found, trouble, quick = read(stream.getvalue(), size, 3, quickly=True)
    assert trouble is None
    assert [cells for _, _, cells in found] == [row for row in table if "".join(row).strip()]
    assert all(later > earlier for earlier, later in pairwise(row for row, _, _ in found))
    assert quick == len(found)


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("a,b\nc,d\n", 2),
        ("a,b\n\nc,d\n", 0),
        ("a,b\nc\n", 0),
        ("a,b\nc,d,e\n", 0),
        ("a,b\nc,d", 1),
        ("a,b\rc,d\r", 0),
        ('a,b\nx"y,z\n', 1),
        ('a,b\n"x"y,z\n', 0),
        ('a,b\n"x,z\n', 1),
    ],
)
def test_what_is_read_quickly(text: str, rows: int) -> None:
    """Only what is certain to be plain; a last line without an end is left to the exact reader."""
    assert read(text, 10, 2, quickly=True)[2] == rows


def test_quick_again_after_an_odd_stretch() -> None:
    """One odd row costs only its own stretch."""
    text = "a,b\n" * 10 + 'x"y,z\n' + "c,d\n" * 9
    rows, trouble, quick = read(text, 5, 2, quickly=True)
    assert (len(rows), trouble, quick) == (20, None, 15)


def test_one_column_and_rare_delimiters_are_read_exactly() -> None:
    """A blank line of a single column is no record of Arrow's, and its delimiters are ASCII."""
    assert read("a\nb\n", 10, 1, quickly=True)[2] == 0
    found, _, quick = read("a\u00a6b\n", 10, 2, quickly=True, delimiter="\u00a6")
    assert (found, quick) == ([(1, 1, ["a", "b"])], 0)


def test_broken_bytes_are_left_to_the_exact_reader() -> None:
    """It tells that the file has changed since it was proved."""
    records = RecordReader(io.BytesIO(b"a,b\n\xff,d\n"), ",")
    assert records.read_columns(10, 2) is None
    with pytest.raises(UnicodeDecodeError):
        records.read_block(10)


def test_a_stretch_without_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Quotes that stay open are searched for only so far, and long cells are not for the quick way."""
    monkeypatch.setattr(reading, "_MAX_STRETCH", 200)
    records = RecordReader(io.BytesIO(b'"' + b"a,b\n" * 1000), ",")
    assert records.read_columns(10, 2) is None
    monkeypatch.setattr(reading, "MAX_CELL_CHARACTERS", 5)
    assert RecordReader(io.BytesIO(b"abcdef,b\n"), ",").read_columns(10, 2) is None
    assert RecordReader(io.BytesIO(b"ab,b\n"), ",").read_columns(10, 2) is not None


@settings(max_examples=examples(50), deadline=None)
@given(text=st.text(max_size=200), size=st.integers(1, 50), encoding=st.sampled_from(["utf-16", "cp1252", "utf-32"]))
def test_other_encodings_arrive_as_utf8(text: str, size: int, encoding: str) -> None:
    """However they are cut."""
    raw = text.encode(encoding, "ignore")
    stream = Transcoder(io.BytesIO(raw), encoding)
    assert b"".join(iter(lambda: stream.read(size), b"")).decode() == raw.decode(encoding)
