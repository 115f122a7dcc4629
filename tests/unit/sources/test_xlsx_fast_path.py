"""The quickest way to cells and the thorough one agree, and numbers are read eight bytes at a time."""

from __future__ import annotations

import io
import zipfile
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from importer.core.text import column_letter
from importer.sources.excel.cell_text import UnreadableCellError
from importer.sources.excel.number_formats import NumberFormat, NumberKind
from importer.sources.xlsx.fast_path import IrregularMarkupError
from importer.sources.xlsx.shared_strings import SharedStrings
from importer.sources.xlsx.swar import parse_digits, words_from
from importer.sources.xlsx.tag_scanner import CellType, ScannedCells, _scan_regular, _scan_tags
from importer.sources.xlsx.values import CellDecoder

ATTRIBUTES = ["", ' t="s"', ' s="3"', ' s="12" t="s"', ' t="n"', ' t="b"', ' t="str"', ' s="7" t="e"']
PIECE = (
    b'<row r="9" spans="1:3"><c r="A9" t="s"><v>3</v></c><c r="B9"><v>1.5</v></c></row>'
    b'<row r="10"></row><row r="12345"><c r="Z12345" s="4"/><c r="AB12345" s="12" t="s"><v>77</v></c></row>'
)


def padded(piece: bytes) -> np.ndarray:
    return np.frombuffer(piece + bytes(32), np.uint8)


def same(one: ScannedCells, other: ScannedCells) -> None:
    for field in fields(ScannedCells):
        assert getattr(one, field.name).tolist() == getattr(other, field.name).tolist(), field.name


@st.composite
def pieces(draw: st.DrawFn) -> bytes:
    """Some rows in the most regular spelling."""
    rows = []
    for number in sorted(draw(st.sets(st.integers(1, 1_048_576), min_size=1, max_size=4))):
        more = draw(st.sampled_from(["", " spans='1:9'", ' hidden="1"']))
        cells = [f'<row r="{number}"{more}>']
        for column in sorted(draw(st.sets(st.sampled_from([0, 1, 25, 26, 701, 702, 16_383]), max_size=4))):
            attributes = draw(st.sampled_from(ATTRIBUTES))
            content = draw(st.sampled_from(["/>", "><v></v></c>", "><v>1</v></c>", "><v>-12.5E-7</v></c>"]))
            cells.append(f'<c r="{column_letter(column)}{number}"{attributes}{content}')
        rows.append("".join(cells) + "</row>")
    return "".join(rows).encode()


@pytest.mark.slow
@given(pieces())
@example(PIECE)
def test_both_ways_find_the_same(piece: bytes) -> None:
    """All that is regular is read the quick way."""
    if b"<c" in piece:
        same(_scan_regular(padded(piece), len(piece)), _scan_tags(padded(piece), len(piece)))


@pytest.mark.slow
@given(st.data(), pieces())
def test_what_is_changed_anywhere_deceives_neither(data: st.DataObject, piece: bytes) -> None:
    """Bytes changed, lost or doubled: where the quick way has an answer it is that of the thorough one."""
    at = data.draw(st.integers(0, len(piece) - 1))
    length = data.draw(st.integers(0, 12))
    marks = [b"", b"<", b">", b'"', b"/", b"0", b"7", b"A", b" ", b"v>", b"</v></c>", b"</row>", piece[at : at + 30]]
    changed = piece[:at] + data.draw(st.sampled_from(marks)) + piece[at + length :]
    try:
        quick = _scan_regular(padded(changed), len(changed))
    except IrregularMarkupError:
        return
    same(quick, _scan_tags(padded(changed), len(changed)))


@pytest.mark.slow
def test_every_change_of_a_byte_is_seen() -> None:
    """One byte after the other, each changed, lost and doubled."""
    answers = 0
    for at in range(len(PIECE)):
        for instead in (b"", PIECE[at : at + 1] * 2, *(bytes([byte]) for byte in b'<>"/09Az v')):
            changed = PIECE[:at] + instead + PIECE[at + 1 :]
            try:
                quick = _scan_regular(padded(changed), len(changed))
            except IrregularMarkupError:
                continue
            same(quick, _scan_tags(padded(changed), len(changed)))
            answers += 1
    assert answers > 100


@pytest.mark.parametrize(
    "piece",
    [
        b'<row r="1"/>',
        b'<row r="1"/><c r="A1"><v>1</v></c></row>',
        b'<row r="1"><c r="A1"><f>B1</f><v>1</v></c></row>',
        b'<row r="1"><c r="A1" t="inlineStr"><is><t>1</t></is></c></row>',
        b'<row r="1"><c r="A1"/><v>1</v></c></row>',
        b'<row r="123456789"><c r="A123456789"/></row>',
    ],
)
def test_what_is_less_regular_gets_no_answer(piece: bytes) -> None:
    """Another way reads it, or finds the damage."""
    with pytest.raises(IrregularMarkupError):
        _scan_regular(padded(piece), len(piece))


def test_kinds_and_styles_are_read() -> None:
    """With and without a style."""
    cells = _scan_regular(padded(PIECE), len(PIECE))
    assert cells.type.tolist() == [CellType.SHARED, CellType.NUMBER, CellType.NUMBER, CellType.SHARED]
    assert cells.style.tolist() == [0, 0, 4, 12]
    assert cells.column.tolist() == [0, 1, 25, 27]


@pytest.mark.slow
@given(st.lists(st.text(st.sampled_from("0123456789/:;? \x00\xff"), min_size=1, max_size=8), min_size=1))
def test_digits_are_read_eight_at_a_time(texts: list[str]) -> None:
    """What is no digit gives -1, whatever stands behind."""
    raw = [text.encode("latin-1") for text in texts]
    text = np.frombuffer(b"".join(each.ljust(8, b"9") for each in raw) + bytes(8), np.uint8)
    found = parse_digits(words_from(text)[np.arange(len(raw)) * 8], np.array([len(each) for each in raw]))
    assert found.tolist() == [int(each) if each.isdigit() else -1 for each in raw]


def test_no_digits_are_no_number() -> None:
    """Nothing is not nought."""
    assert parse_digits(np.array([0x3030], np.uint64), np.array([0])).tolist() == [-1]


@pytest.mark.slow
@given(
    st.lists(
        st.floats(allow_nan=False, allow_infinity=False).map(repr)
        | st.from_regex(r"-?[0-9]{1,17}\.[0-9]{1,32}", fullmatch=True)
        | st.sampled_from(["-0.0", "0.00", " 1.5", "1.5.5", "1e5", "", "0.1234567890123456", "999999999999999.99"]),
        max_size=5,
    ),
    st.sampled_from(["", "0", "1", "2", "99"]),
)
def test_many_numbers_are_shown_like_each(contents: list[str], style: str) -> None:
    """Whatever their spelling and style."""
    styles = list(map(NumberFormat, (NumberKind.NUMBER, NumberKind.DATETIME, NumberKind.DURATION)))
    with zipfile.ZipFile(io.BytesIO(), "w") as archive:
        decoder = CellDecoder(SharedStrings(archive, "", Path("a.xlsx")), styles, from_1904=False)
    try:
        each = [decoder.format_number(content.strip(), style) for content in contents]
    except UnreadableCellError:
        with pytest.raises(UnreadableCellError):
            decoder.format_numbers(contents, style)
    else:
        assert decoder.format_numbers(contents, style) == each
