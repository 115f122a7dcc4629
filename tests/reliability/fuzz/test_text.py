"""Any bytes as a text file: rows in order, or an error with a remedy; never a hang, never a part in silence."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importer.core.errors import ImporterError
from importer.sources.interface import SourceOptions
from tests.reliability.fuzz.reading_checks import bounded, examine, examples, make_options, read_all
from tests.reliability.fuzz.text_pieces import PIECES

TEXTS = st.binary(max_size=60) | st.lists(st.sampled_from(PIECES), max_size=40).map(b"".join)
FILES = st.builds(bytes.__add__, st.sampled_from([b"", b"Name,Note\n", b"Name;Note;Plan\r\n", b"Name\n\n"]), TEXTS)
ENCODED = st.builds(
    lambda content, encoding: content.decode("utf-8", "replace").encode(encoding, "surrogatepass"),
    FILES,
    st.sampled_from(["utf-16", "utf-16-le", "utf-32", "utf-8-sig"]),
)
OPTIONS = st.builds(
    make_options,
    header_row=st.sampled_from([None, None, None, 1, 2, 5, 10**7]),
    encoding=st.sampled_from(
        [None, None, None, "utf-8", "cp1252", "utf-16", "cp932", "utf-7", "rot13", "no\0", "idna"]
    ),
    delimiter=st.sampled_from([None, None, None, ",", ";", "tab", '"', "\n", "é", "€", "ab", ""]),
    pad_short_rows=st.booleans(),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz")


def check_reading(path: Path, options: SourceOptions, size: int) -> None:
    with bounded():
        found = examine(path, options, size)
    assert "bug" not in found, found["bug"]


@examples(400)
@given(content=FILES | ENCODED, options=OPTIONS, size=st.integers(1, 5))
def test_any_bytes(folder: Path, content: bytes, options: SourceOptions, size: int) -> None:
    """As they are, with any options."""
    path = folder / "data.csv"
    path.write_bytes(content)
    check_reading(path, options, size)


@examples(80)
@given(
    content=FILES,
    cut=st.integers(0, 60),
    spoil=st.lists(st.tuples(st.integers(0, 80), st.integers(0, 255)), max_size=2),
)
def test_any_compressed_bytes(folder: Path, content: bytes, cut: int, spoil: list[tuple[int, int]]) -> None:
    """Whole, cut off, or with other bytes in between."""
    packed = bytearray(gzip.compress(content))
    for place, value in spoil:
        packed[place % len(packed)] = value
    path = folder / "data.csv.gz"
    path.write_bytes(bytes(packed[: len(packed) - cut if cut < 30 else None]))
    check_reading(path, SourceOptions(), 3)


LINES = st.lists(st.text("ab1 ,\u00a0é\u2028\x0b\x1c\x85", max_size=8), max_size=12)


@examples(150)
@given(
    lines=LINES, ends=st.lists(st.sampled_from(["\n", "\r\n", "\r"]), min_size=1, max_size=3), size=st.integers(1, 4)
)
def test_no_line_is_lost(folder: Path, lines: list[str], ends: list[str], size: int) -> None:
    """Without quotes a row is a line: each one with text comes out, under its own number."""
    text = "Name,Note" + "".join(ends[number % len(ends)] + line for number, line in enumerate(lines))
    path = folder / "lines.csv"
    path.write_bytes(text.encode())
    try:
        read = read_all(path, make_options(delimiter=",", header_row=1, pad_short_rows=True), size)
    except ImporterError as error:
        pytest.fail(str(error))
    whole = [(number, line) for number, line in enumerate(re.split("\r\n|\r|\n", text), 1)][1:]
    expected = [(number, line) for number, line in whole if line.replace(",", "").strip()]
    assert [row for row, _, _ in read] == [line for _, line, _ in read] == [number for number, _ in expected]
    assert [cells[:2] for _, _, cells in read] == [tuple([*line.split(","), ""][:2]) for _, line in expected]
