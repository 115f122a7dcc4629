"""What every reader promises, whatever the format."""

from __future__ import annotations

import gc
from collections.abc import Callable
from pathlib import Path

import pytest

from importer.core.errors import SourceError
from importer.sources import file_signature, open_source, source_hash
from importer.sources.interface import Source, SourceOptions
from importer.sources.opening import open_in_process
from tests.support.source_files import FILES, TABLE, as_csv, as_gzip, as_xlsb, as_xlsx, rows_in, rows_of

EXPECTED = [(row, list(cells)) for row, cells in enumerate(TABLE, start=1) if row > 1 and cells]
FORMATS = ("csv", "tsv", "csv.gz", "xlsx", "xlsb", "xls", "ods", "isolated xlsx", "isolated ods")


@pytest.fixture(params=FORMATS)
def source(request: pytest.FixtureRequest, tmp_path: Path) -> Source:
    """The same table in each format."""
    makers: dict[str, Callable[[], Path]] = {
        "csv": lambda: as_csv(tmp_path / "people.csv"),
        "tsv": lambda: as_csv(tmp_path / "people.tsv", "\t"),
        "csv.gz": lambda: as_gzip(tmp_path / "people.csv.gz"),
        "xlsx": lambda: as_xlsx(tmp_path / "people.xlsx"),
        "xlsb": lambda: as_xlsb(tmp_path / "people.xlsb"),
        "xls": lambda: FILES / "tiny.xls",
        "ods": lambda: FILES / "tiny.ods",
    }
    form = request.param.removeprefix("isolated ")
    opened = open_source if request.param.startswith("isolated") else open_in_process
    return opened(makers[form](), SourceOptions(sheet="People" if form in ("xls", "ods") else None))


@pytest.mark.slow
def test_the_same_table_gives_the_same_rows(source: Source) -> None:
    """Leading zeros, NA, 1e5, long digits, formulas, spaces and emoji arrive as the text that they are."""
    assert [(row, cells) for row, _, cells in rows_of(source)] == EXPECTED


@pytest.mark.slow
@pytest.mark.parametrize("size", [1, 2, 3, 4, 5])
def test_the_size_of_chunks_changes_nothing_but_their_number(source: Source, size: int) -> None:
    """Rows and numbers are the same for every chunk size, and no chunk is larger than asked or empty."""
    chunks = list(source.chunks(size))
    sizes = [len(chunk.rows) for chunk in chunks]
    assert all(0 < found <= size for found in sizes)
    assert sum(sizes) == len(EXPECTED)
    assert [(row, cells) for chunk in chunks for row, _, cells in rows_in(chunk)] == EXPECTED


@pytest.mark.slow
def test_a_source_can_be_read_again(source: Source) -> None:
    """Every call of chunks starts at the first data row, also when an earlier reading was left half way."""
    next(source.chunks(1))
    assert rows_of(source) == rows_of(source)


@pytest.mark.slow
def test_cells_are_arrow_text_without_missing_values(source: Source) -> None:
    """Frames have pandas' str dtype on Arrow memory, a RangeIndex, and one column for every label."""
    (chunk,) = source.chunks()
    assert list(chunk.cells.columns) == [column.label for column in source.columns]
    assert all(str(dtype) == "str" and dtype.storage == "pyarrow" for dtype in chunk.cells.dtypes)
    assert not chunk.cells.isna().to_numpy().any()
    assert list(chunk.cells.index) == list(range(len(EXPECTED)))
    assert chunk.problems == ()


@pytest.mark.slow
def test_columns_say_where_they_are(source: Source) -> None:
    """Headings, labels, letters and indexes go from left to right."""
    assert [(column.index, column.letter, column.heading, column.label) for column in source.columns] == [
        (index, "ABCD"[index], heading, heading) for index, heading in enumerate(TABLE[0])
    ]
    assert source.header_row == 1


@pytest.mark.slow
def test_what_was_detected_is_told(source: Source) -> None:
    """Each source tells its format and header row, a text its encoding and delimiter too, a workbook its sheet."""
    told = {found.what: found.value for found in source.detections}
    others = {"encoding", "delimiter"} if source.format == "csv" else {"sheet"}
    assert set(told) == {"format", "header row"} | others
    assert told["format"] == source.format
    assert told.get("sheet", "") == source.sheet
    assert all(found.how for found in source.detections)


@pytest.mark.slow
def test_the_garbage_collector_is_left_as_it_was(source: Source) -> None:
    """Between chunks the collector runs, although it rests in the hot loop."""
    for _ in source.chunks(1):
        assert gc.isenabled()


def test_a_file_that_vanishes_is_an_error_for_people(tmp_path: Path) -> None:
    """A file that goes away between opening and reading again ends in a SourceError, not in a traceback."""
    for path in (as_csv(tmp_path / "people.csv"), as_xlsx(tmp_path / "people.xlsx")):
        source = open_in_process(path, SourceOptions())
        list(source.chunks())
        path.unlink()
        with pytest.raises(SourceError):
            list(source.chunks())


def test_the_hash_is_that_of_the_bytes(tmp_path: Path) -> None:
    """source_hash is the SHA-256 of the file as it is on disk."""
    path = tmp_path / "a.csv"
    path.write_bytes(b"abc")
    assert source_hash(path) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_the_signature_changes_with_every_write(tmp_path: Path) -> None:
    """file_signature differs as soon as the size or the time of the last change does."""
    path = tmp_path / "a.csv"
    path.write_bytes(b"abc")
    before = file_signature(path)
    assert file_signature(path) == before
    path.write_bytes(b"abcd")
    assert file_signature(path) != before
