"""The quick ways through a workbook give what the exact ones give, or leave it to them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from importer.core.errors import SourceError
from importer.sources.arrow_columns import ColumnBatch, regroup
from importer.sources.chunks import Flaw, RawBatch, chunk_from_columns
from importer.sources.headings import SampleRow, build_layout
from importer.sources.xlsx import shared_strings
from importer.sources.xlsx.shared_strings import (
    SharedStrings,
    _IrregularPartError,
    _parse_xml,
    _split_plain,
    read_shared_strings,
)
from importer.sources.xlsx.tag_scanner import scan_cells
from tests.support.sampled import examples

HERE = Path("a.xlsx")
ITEMS = st.sampled_from(
    [
        "<si><t>a</t></si>",
        "<si><t></t></si>",
        '<si><t xml:space="preserve"> b </t></si>',
        "<si><t>&amp;&lt;&#233;</t></si>",
        "<si><t>_x000D__x005F_x0041_</t></si>",
        "<si><t>x>y\r\nz</t></si>",
        "<si><t>é😀\u00a0</t></si>",
        "<si><t/></si>",
        "<si/>",
        "<si><r><t>c</t></r><r><rPr><b/></rPr><t>d</t></r></si>",
        "<si><t>e</t><rPh sb='0' eb='1'><t>no</t></rPh></si>",
        "<si>\n<t>f</t>\n</si>",
        "<si><t><![CDATA[</t></si>]]></t></si>",
        "<!-- <si><t>no</t></si> --><si><t>g</t></si>",
    ]
)


def blocks(text: bytes, size: int) -> Iterator[bytes]:
    return (text[begin : begin + size] for begin in range(0, len(text), size))


@pytest.mark.slow
@settings(max_examples=examples(200), deadline=None)
@given(items=st.lists(ITEMS, max_size=8), size=st.integers(1, 90))
def test_shared_texts_are_cut_as_a_parser_reads_them(items: list[str], size: int) -> None:
    """In blocks of any size, and also where the plain spelling ends in the middle of the part."""
    part = f'<?xml version="1.0"?>\n<sst xmlns="x" count="1">{"".join(items)}</sst>\n'.encode()
    exact = [text for texts in _parse_xml(blocks(part, 50), HERE) for text in texts]
    assert [text for texts in read_shared_strings(lambda: blocks(part, size), HERE) for text in texts] == exact


@pytest.mark.parametrize("items", ["<si/>", "<si><t/></si>", "<si><t>a</t></si><si/>"])
def test_the_parser_keeps_no_text_back(items: str) -> None:
    """Since version 2.6, expat waits for more before it looks at a short block, even for the end of the part."""
    part = f'<?xml version="1.0"?>\n<sst xmlns="x" count="1">{items}</sst>'.encode()
    found = [[text for texts in _parse_xml(blocks(part, size), HERE) for text in texts] for size in range(1, 60)]
    assert found == [[b"a", b""] if "a" in items else [b""]] * 59


def test_usual_texts_are_cut() -> None:
    """Without the parser, however many there are."""
    texts = [f"text {number} &amp; more" for number in range(1000)]
    part = f"<sst>{''.join(f'<si><t>{text}</t></si>' for text in texts)}</sst>".encode()
    found = [text for some in _split_plain(blocks(part, 777)) for text in some]
    assert found == [text.replace("&amp;", "&").encode() for text in texts]


@pytest.mark.parametrize(
    "part",
    [
        b"",
        b"<sst/>",
        b"<sst><si><t>a</t></si>",
        b"<sst><si><t>a</t></si></sst>junk",
        b"<x:sst><x:si><x:t>a</x:t></x:si></x:sst>",
        b"<sst><si><t>a\x01</t></si></sst>",
        b"<sst><si><t>a]]></t></si></sst>",
        b"<sst><si><t>\xff</t></si></sst>",
        b"<sst><si><t>a & b</t></si></sst>",
        b"<sst><si><t>&#0;</t></si></sst>",
        b"<sst><si><t>&unknown;</t></si></sst>",
    ],
)
def test_odd_parts_are_left_to_the_parser(part: bytes) -> None:
    """What it takes is read, and what it refuses is damage."""
    with pytest.raises(_IrregularPartError):
        list(_split_plain(iter([part])))


@pytest.mark.slow
@given(
    st.lists(st.text(st.sampled_from(" \t\n\u00a0\u1680\u2003\u3000\x1c\x85éa😀"), max_size=3), max_size=12),
    st.integers(1, 40),
)
def test_blank_texts_are_known(texts: list[str], size: int) -> None:
    """As Python knows blanks, whatever stands before and behind them."""
    part = f"<sst>{''.join(f'<si><t>{text}</t></si>' for text in texts)}</sst>".replace("\x1c", " ").encode()
    with zipfile.ZipFile(io.BytesIO(), "w") as archive, pytest.MonkeyPatch.context() as patch:
        patch.setattr(shared_strings, "read_part", lambda *_: blocks(part, size))
        known = SharedStrings(archive, "s.xml", HERE)
    assert len(known) == len(texts)
    assert known.blank == {place for place, text in enumerate(texts) if not text.strip()}
    assert [known[place] for place in range(len(texts))] == [text.replace("\x1c", " ") for text in texts]


def test_a_damaged_part_is_told() -> None:
    """With a message and a remedy."""
    with pytest.raises(SourceError, match="damaged"):
        list(read_shared_strings(lambda: iter([b"<sst><si><t>a</t></si><si><t>b</sst>"]), HERE))


@pytest.mark.parametrize(
    "piece",
    [
        b"",
        b"<row>",
        b'<row r="1"><c r="A1"><v>1</v></c>',
        b'<row r="01"><c r="A1"><v>1</v></c></row>',
        b'<row r="1"><c r="A2"><v>1</v></c></row>',
        b'<row r="1"><c r="1"><v>1</v></c></row>',
        b'<row r="1"><c r="ABCD1"><v>1</v></c></row>',
        b'<row r="1"><c r="XFE1"><v>1</v></c></row>',
        b'<row r="1"><c r="B1"><v>1</v></c><c r="A1"><v>1</v></c></row>',
        b'<row r="1"><c r="A1"><v>1</v></c><c r="A1"><v>1</v></c></row>',
        b'<row r="2"><c r="A2"/></row><row r="1"><c r="A1"/></row>',
        b'<row r="1"><c r="A1" t="x"><v>1</v></c></row>',
        b'<row r="1"><c r="A1" cm="1"><v>1</v></c></row>',
        b'<row r="1"><c r="A1" s="x"><v>1</v></c></row>',
        b'<row r="1"><c r="A1"><v>1</v><v>2</v></c></row>',
        b'<row r="1"><c r="A1" t="n"><is><t>1</t></is></c></row>',
        b'<row r="1"><c r="A1"><f t="shared"/>x<v>1</v></c></row>',
        b'<row r="1">x<c r="A1"><v>1</v></c></row>',
        b'<row r="1"><c r="A1"><w>1</w></c></row>',
        b'<row r="1"><c r="A1"><v>\x02</v></c></row>',
        b'<row r="1"><c r="A1"><v>\xff</v></c></row>',
        b'<row r="1"><c r="A1"><v>a>b</v></c></row>',
    ],
)
def test_what_is_not_plainly_spelled(piece: bytes) -> None:
    """No answer is better than a wrong one."""
    assert scan_cells(piece) is None


def test_plain_cells_are_found() -> None:
    """With row, column, style, kind and content."""
    piece = (
        b'<row r="7" spans="1:3" ht="15"><c r="A7" s="12" t="s"><v>3</v></c><c r="AB7"><f>A1</f><v>1.5</v></c></row>'
        b'<row r="9"/><row r="10"><c r="XFD10" t="inlineStr"><is><t xml:space="preserve"> x </t></is></c></row>'
    )
    found = scan_cells(piece)
    assert found is not None
    assert found.numbers.tolist() == [7, 9, 10]
    assert list(zip(found.row.tolist(), found.column.tolist(), found.style.tolist(), strict=True)) == [
        (0, 0, 12),
        (0, 27, 0),
        (2, 16_383, 0),
    ]
    contents = [piece[begin:end] for begin, end in zip(found.begin.tolist(), found.end.tolist(), strict=True)]
    assert contents == [b"3", b"1.5", b" x "]
    assert found.formula.tolist() == [False, True, False]


def piece_of(rows: range, width: int, flaws: Sequence[Flaw] = ()) -> RawBatch:
    numbers = np.array(rows, np.int64)
    texts = [pa.array([f"{row}.{place}" for row in rows], pa.large_string()) for place in range(width)]
    return ColumnBatch(numbers, numbers, texts, flaws)


@pytest.mark.parametrize("size", [1, 2, 3, 5, 100])
def test_pieces_are_regrouped(size: int) -> None:
    """Rows in order, flaws with their rows, and narrow pieces filled up."""
    flaws = [Flaw("error-cell", 6, 0, "#N/A")]
    pieces = [piece_of(range(2, 5), 2), piece_of(range(5, 5), 0), piece_of(range(5, 10), 3, flaws)]
    found = list(regroup(pieces, size))
    assert [len(some.rows) for some in found[:-1]] == [size] * (len(found) - 1)
    assert [row for some in found for row in some.rows.tolist()] == list(range(2, 10))
    assert [flaw for some in found for flaw in some.issues] == flaws
    cells = [column.to_pylist() for some in found for column in some.columns[:1]]
    assert [text for some in cells for text in some] == [f"{row}.0" for row in range(2, 10)]


def test_what_would_get_lost_is_a_problem() -> None:
    """Text behind the last heading, or below a heading that is missing; blanks are nothing."""
    layout, _ = build_layout([SampleRow(1, ("A", "", "C")), SampleRow(2, ("1", "", "3"))], 0, 3)
    numbers = np.array([2, 3, 4], np.int64)
    columns = [
        pa.array(texts, pa.large_string()) for texts in (["1"] * 3, ["", " ", "x"], ["3"] * 3, ["", "y", "\u00a0"])
    ]
    chunk = chunk_from_columns(ColumnBatch(numbers, numbers, columns), layout)
    assert [(problem.code, problem.row) for problem in chunk.problems] == [("row-too-long", 3), ("row-too-long", 4)]
    assert list(chunk.cells) == ["A", "C"]
