"""Texts, numbers, days and durations of .xlsx workbooks, as other programs write and read them."""

from __future__ import annotations

import datetime as dt
import io
import tempfile
import zipfile
from pathlib import Path

import openpyxl
import pytest
import python_calamine
import xlsxwriter
from hypothesis import example, given, settings
from hypothesis import strategies as st

from importer.core.errors import SourceError
from importer.sources.excel.cell_text import UnreadableCellError
from importer.sources.excel.number_formats import NumberKind, parse_number_format
from importer.sources.interface import SourceOptions
from importer.sources.opening import open_in_process
from importer.sources.xlsx.shared_strings import SharedStrings, decode_character_data, unescape
from tests.support.cell_decoders import make_decoder
from tests.support.sampled import examples
from tests.support.source_files import rows_of

NONE = SourceOptions()
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)


@pytest.mark.slow
@given(st.lists(st.lists(TEXT, min_size=2, max_size=2), min_size=1, max_size=6), st.booleans())
@example([["_x000D_", "a\rb"], [" x", "y "]], False)
@example([["_x000D_", "a\rb"], [" x", "y "]], True)
@settings(max_examples=examples(50), deadline=None)
def test_texts_come_back_as_they_were_written(rows: list[list[str]], constant_memory: bool) -> None:
    """Shared or in-line, with any character: what XlsxWriter writes is what we read."""
    content = io.BytesIO()
    book = xlsxwriter.Workbook(content, {"constant_memory": constant_memory, "in_memory": not constant_memory})
    sheet = book.add_worksheet("S")
    sheet.write_row(0, 0, ["Head", "Other"])
    for number, row in enumerate(rows, 1):
        for column, text in enumerate(row):
            if text and not text.startswith("<r>"):
                sheet.write_string(number, column, text)
    book.close()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.xlsx"
        path.write_bytes(content.getvalue())
        found = {row: cells for row, _, cells in rows_of(open_in_process(path, NONE))}
    expected = {number: row for number, row in enumerate(rows, 2) if any(text.strip() for text in row)}
    assert {row: [_lines(text) for text in cells] for row, cells in found.items()} == {
        row: [_lines(text) for text in cells] for row, cells in expected.items()
    }


def _lines(text: str) -> str:
    # XlsxWriter leaves characters out that XML has no way to write.
    return text.replace("\ufffe", "").replace("\uffff", "")


@pytest.mark.slow
@given(st.lists(st.floats(-1e6, 2e6, allow_nan=False), min_size=1, max_size=8), st.booleans())
@settings(max_examples=examples(40), deadline=None)
def test_numbers_and_moments_agree_with_another_reader(numbers: list[float], from_1904: bool) -> None:
    """Plain numbers and dates have the text that the other reader's values have by the same rules."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.xlsx"
        book = openpyxl.Workbook()
        if from_1904:
            book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
        book.active.append(["Number", "Moment"])
        for number in numbers:
            book.active.append([number, abs(number) + 61])
            book.active.cell(book.active.max_row, 2).number_format = "dd/mm/yyyy hh:mm"
        book.save(path)
        found = [cells for _, _, cells in rows_of(open_in_process(path, NONE))]
        from importer.sources.excel.cell_text import format_cell

        other = python_calamine.load_workbook(path).get_sheet_by_index(0).to_python()[1:]
    assert [line[0] for line in found] == [format_cell(line[0]) for line in other]
    for ours, theirs in zip(found, other, strict=True):
        if not isinstance(theirs[1], (dt.datetime, dt.date)):
            continue
        moment = dt.datetime.fromisoformat(ours[1])
        expected = theirs[1] if isinstance(theirs[1], dt.datetime) else dt.datetime.combine(theirs[1], dt.time())
        assert abs(moment - expected) <= dt.timedelta(seconds=1)


@pytest.mark.parametrize(
    ("serial", "from_1904", "text"),
    [
        ("0.5", False, "12:00:00"),
        ("1", False, "1900-01-01"),
        ("59", False, "1900-02-28"),
        ("60", False, "1900-02-29"),
        ("61", False, "1900-03-01"),
        ("46081", False, "2026-02-28"),
        ("46081.5868055556", False, "2026-02-28 14:05:00"),
        ("44619", True, "2026-02-28"),
        ("2958465", False, "9999-12-31"),
        ("text", False, "text"),
    ],
)
def test_serial_numbers_of_days(serial: str, from_1904: bool, text: str) -> None:
    """Both epochs, Excel's day that never was, and numbers that are no day."""
    known = make_decoder(styles=("dd/mm/yyyy hh:mm",), from_1904=from_1904)
    assert known.format_number(serial, "0") == known.format_number(serial, "0") == text


@pytest.mark.parametrize("serial", ["2958466", "2958465.99999999", "-1", "9876543210"])
@pytest.mark.parametrize("code", ["dd/mm/yyyy", "[h]:mm"])
def test_numbers_that_are_no_date_in_the_format_of_one(serial: str, code: str) -> None:
    """Each is a flaw of its cell, which keeps the number; but durations may be below zero."""
    known = make_decoder(styles=(code,))
    if code == "[h]:mm" and serial in ("-1", "2958465.99999999"):
        assert known.format_number(serial, "0") in ("-24:00:00", "71003184:00:00")
        return
    with pytest.raises(UnreadableCellError) as caught:
        known.format_number(serial, "0")
    assert caught.value.flaw == ("impossible-date", serial)


@pytest.mark.parametrize(
    ("code", "serial", "text"),
    [
        ('[=0]"";dd/mm/yyyy', "46081", "2026-02-28"),
        ("[=0]?;[<4.16][hh]:mm:ss;[hh]:mm", "0.000578703703703704", "0:00:50"),
        ("[=0]?;[<4.16][hh]:mm:ss;[hh]:mm", "0", "0"),
        ("[<100]0;dd/mm/yyyy", "99", "99"),
        ("[<100]0;dd/mm/yyyy", "46081", "2026-02-28"),
        ("[>=50000]0;[>=40000]dd/mm/yyyy;0.00", "46081", "2026-02-28"),
        ("[>=50000]0;[>=40000]dd/mm/yyyy;0.00", "60000", "60000"),
        ("dd/mm/yyyy;0;0", "0", "0"),
        ("dd/mm/yyyy;0", "-5", "-5"),
        ("dd/mm/yyyy;;", "46081", "2026-02-28"),
        ("hh:mm;;", "0", "00:00:00"),
        ("0;dd;0;@", "46081", "46081"),
        ("[Red][<0]0;[$-409]d-mmm-yy;@", "46081", "2026-02-28"),
        ('"h;m" 0', "12", "12"),
    ],
)
def test_the_section_of_a_format_that_the_value_chooses(code: str, serial: str, text: str) -> None:
    """By conditions, else by sign; a section that displays nothing of the number does not count."""
    assert make_decoder(styles=(code,)).format_number(serial, "0") == text


def test_durations_and_unknown_styles() -> None:
    """Hours beyond a day are kept; a style that is not there shows a decode_character_data number."""
    known = make_decoder(styles=("[h]:mm",))
    assert known.format_number("1.25", "0") == "30:00:00"
    assert known.format_number("1.25", "9") == "1.25"
    assert known.format_number("1.25", "") == "30:00:00"
    assert known.decode("d", "2026-02-28T10:00:00Z", "") == "2026-02-28 10:00:00"


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("General", NumberKind.NUMBER),
        ("0.00", NumberKind.NUMBER),
        ('"days" 0', NumberKind.NUMBER),
        ("[Red]0", NumberKind.NUMBER),
        ("0.00E+00", NumberKind.NUMBER),
        ("#,##0 \\d", NumberKind.NUMBER),
        ("@", NumberKind.NUMBER),
        ("dd/mm/yyyy", NumberKind.DATETIME),
        ("[$-409]d-mmm-yy;@", NumberKind.DATETIME),
        ("h:mm AM/PM", NumberKind.DATETIME),
        ("[h]:mm:ss", NumberKind.DURATION),
        ("[mm]:ss", NumberKind.DURATION),
        ("0;dd", NumberKind.BY_VALUE),
    ],
)
def test_what_a_format_shows(code: str, shown: NumberKind) -> None:
    """Texts, colours, conditions and locales in a code do not count."""
    assert parse_number_format(code).kind is shown


def test_texts_of_a_workbook(tmp_path: Path) -> None:
    """Rich text is joined, phonetic hints are left out, escapes are decoded once, and odd numbers are refused."""
    path = tmp_path / "a.zip"
    items = (
        "<si><r><t>a</t></r><r><t> b</t></r></si><si><t>東京</t><rPh sb='0' eb='2'><t>トウキョウ</t></rPh></si>"
        "<si><t>_x005F_x000D_</t></si><si/>"
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("s.xml", f"<sst>{items}</sst>")
    with zipfile.ZipFile(path) as archive:
        strings = SharedStrings(archive, "s.xml", path)
        none = SharedStrings(archive, "", path)
    assert [strings[number] for number in range(len(strings))] == ["a b", "東京", "_x000D_", ""]
    assert strings.take([1, 1, 3]).to_pylist() == ["東京", "東京", ""]
    assert (len(none), strings.blank) == (0, {3})
    with pytest.raises(IndexError):
        strings[-1]
    assert unescape("_xD83D_") == "_xD83D_"


def test_broken_texts_are_damage(tmp_path: Path) -> None:
    """XML that ends in the middle."""
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("s.xml", "<sst><si>")
    with zipfile.ZipFile(path) as archive, pytest.raises(SourceError):
        SharedStrings(archive, "s.xml", path)


def test_character_data_as_a_parser_reads_it() -> None:
    """References and line ends, and errors for what no parser takes."""
    assert decode_character_data(b"a&amp;b&#65;&#x1F600;\r\nc\rd") == "a&bA😀\nc\nd"
    for wrong in (b"a & b", b"&nbsp;", b"&#0;", b"&#xD800;", b"\xff"):
        with pytest.raises((ValueError, KeyError)):
            decode_character_data(wrong)
