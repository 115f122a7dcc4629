"""Reading .xlsx as a stream: the fast way and the exact way agree, and agree with what programs wrote."""

from __future__ import annotations

import datetime as dt
import io
import tempfile
import zipfile
from pathlib import Path
from xml.sax.saxutils import escape

import openpyxl
import pytest
import python_calamine
import xlsxwriter
from hypothesis import example, given, settings
from hypothesis import strategies as st
from source_files import as_raw_xlsx, problems_of, rows_of

from importer.errors import SourceError
from importer.sources.blocks import Flaw
from importer.sources.columns import Columns
from importer.sources.interface import SourceOptions
from importer.sources.opening import open_here
from importer.sources.xlsx_columns import columns_of_rows, plain_columns
from importer.sources.xlsx_hidden import HiddenRows
from importer.sources.xlsx_rows import SheetRow, _parsed_rows, _plain_rows, read_rows, windows
from importer.sources.xlsx_strings import SharedStrings, plain, unescaped
from importer.sources.xlsx_styles import Shown, shown_by
from importer.sources.xlsx_values import Values

NONE = SourceOptions()
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)
LEGAL = st.text(
    st.one_of(
        st.characters(min_codepoint=32, max_codepoint=0xD7FF),
        st.characters(min_codepoint=0x10000, exclude_categories=["Cs"]),
        st.sampled_from("\t\n\r&<>\"'"),
    ),
    max_size=12,
)
NAUGHTY = ("_x000D_", "_x005F_x000D_", "_xD83D_", "&amp;", "<v>1</v>", "]]>", " a ", "\r\n", "a\rb", "#N/A", "=1", "")


def values(*texts: str, styles: tuple[Shown, ...] = (), from_1904: bool = False) -> Values:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.zip"
        items = "".join(f'<si><t xml:space="preserve">{_xml(text)}</t></si>' for text in texts)
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("s.xml", f"<sst>{items}</sst>")
        with zipfile.ZipFile(path) as archive:
            return Values(SharedStrings(archive, "s.xml", path), styles, from_1904=from_1904)


def _xml(text: str) -> str:
    return escape(text, {"\r": "&#13;"})


def resolved(rows: list[SheetRow], known: Values) -> list[tuple[int, list[str], dict[int, str]]]:
    return [(row.number, [known.resolved(cell) for cell in row.cells], row.bad) for row in rows]


def spread(found: Columns) -> tuple[list[int], list[tuple[str, ...]], list[Flaw]]:
    """Rows, cells up to the last one with text, and flaws."""
    lists = [column.to_pylist() for column in found.columns]
    while lists and not any(lists[-1]):
        lists.pop()
    return found.rows.tolist(), list(zip(*lists, strict=True)), list(found.flaws)


# --- the ways to read a window

CELLS = st.one_of(
    st.tuples(st.just("s"), st.integers(0, 2).map(str)),
    st.tuples(
        st.sampled_from(["", "n"]),
        st.sampled_from(
            [
                "1",
                "0",
                "-0",
                "-3",
                "1E3",
                "0.30000000000000004",
                "45000.5",
                "x",
                "12.50",
                "0.000001",
                "-0.5",
                "007",
                "999999999999999",
                "4111111111111111",
                "-1234567890123456",
                " 5 ",
                "123456789.123456",
            ]
        ),
    ),
    st.tuples(st.just("str"), st.one_of(LEGAL, st.sampled_from(NAUGHTY))),
    st.tuples(st.just("inlineStr"), st.one_of(LEGAL, st.sampled_from(NAUGHTY))),
    st.tuples(st.just("b"), st.sampled_from(["0", "1"])),
    st.tuples(st.just("e"), st.sampled_from(["#N/A", "#SPILL!", ""])),
    st.tuples(st.just("d"), st.sampled_from(["2026-02-28", "2026-02-28T10:00:00", "nonsense"])),
    st.tuples(st.sampled_from(["empty", "closed", "formula", "formula-v", "formula-b", "formula-str"]), st.just("")),
)


def cell_xml(place: str, kind: str, content: str, style: int) -> str:
    look = f' s="{style}"' if style else ""
    if kind == "empty":
        return f'<c r="{place}"{look}/>'
    if kind == "closed":
        return f'<c r="{place}"{look}></c>'
    if kind.startswith("formula"):
        of = {"formula-b": ' t="b"', "formula-str": ' t="str"'}.get(kind, "")
        return f'<c r="{place}"{look}{of}><f>A1&amp;1</f>{"<v></v>" if kind != "formula" else ""}</c>'
    named = f' t="{kind}"' if kind else ""
    if kind == "inlineStr":
        return f'<c r="{place}"{look}{named}><is><t xml:space="preserve">{_xml(content)}</t></is></c>'
    return f'<c r="{place}"{look}{named}><v>{_xml(content)}</v></c>'


@given(
    st.lists(
        st.tuples(st.integers(1, 3), st.lists(st.tuples(st.integers(1, 2), CELLS, st.integers(0, 3)), max_size=5)),
        min_size=1,
        max_size=4,
    )
)
@settings(max_examples=100, deadline=None)
def test_the_fast_and_the_exact_way_agree(
    rows: list[tuple[int, list[tuple[int, tuple[str, str], int]]]],
) -> None:
    """Whatever stands in the cells, both ways give the same rows, texts and flaws."""
    xml, number = "", 0
    for step, cells in rows:
        number += step
        column = 0
        xml += f'<row r="{number}" spans="1:9">'
        for gap, (kind, content), style in cells:
            column += gap
            xml += cell_xml(f"{'ABCDEFGHIJ'[column - 1]}{number}", kind, content, style)
        xml += "</row>"
    known = values("first", "  ", "_x000D_", styles=(Shown.NUMBER, Shown.MOMENT, Shown.DURATION))
    fast = _plain_rows(xml.encode(), known)
    exact = resolved(_parsed_rows(xml.encode(), known, 0), known)
    assert fast is None or resolved(fast, known) == exact
    fastest = plain_columns(xml.encode(), known)
    assert fastest is None or spread(fastest.columns) == spread(
        columns_of_rows(_parsed_rows(xml.encode(), known, 0), known)
    )
    assert (fastest is None) == (fast is None) or "&#13;" in xml
    # Only odd spellings are left to the exact way.
    assert fast is not None or "></c>" in xml or "]]&gt;" in xml or "&#13;" in xml or "<f>" in xml


@pytest.mark.parametrize(
    "xml",
    [
        b'<x:row r="2"><x:c r="A2"><x:v>7</x:v></x:c></x:row>',
        b"<row r='2'><c r='A2'><v>7</v></c></row>",
        b'<row spans="1:1" r="2"><c s="0" r="A2"><v>7</v></c></row>',
        b'<row r="2"><!-- <c r="A1"><v>1</v></c> --><c r="A2"><v>7</v></c></row>',
        b'<row r="2"><c r="A2"><v><![CDATA[7]]></v></c></row>',
        b'<row r="2">\n  <c r="A2">\n    <v>7</v>\n  </c>\n</row>',
        b'<row r="2"><c r="A2" t=\'str\'><v>7</v></c></row>',
        b'<row r="2"><c r="A2" t="inlineStr"><is><r><t>7</t></r><rPh sb="0" eb="1"><t>no</t></rPh></is></c></row>',
        b'<row r="2"><c><v>7</v></c></row>',
    ],
)
def test_odd_spellings_are_read_by_the_exact_way(xml: bytes) -> None:
    """Prefixes, single quotes, other orders, comments, CDATA, white space, rich text, and no references."""
    known = values()
    assert _plain_rows(xml, known) is None
    assert plain_columns(xml, known) is None
    assert [(row.number, row.cells) for row in read_rows(iter([xml]), known, "a", Path("a"))] == [(2, ["7"])]


def test_rows_in_any_pieces() -> None:
    """Where a block of the archive ends changes nothing."""
    rows = "".join(f'<row r="{row}"><c r="A{row}"><v>{row}</v></c></row>' for row in range(1, 30))
    xml = f"<worksheet><sheetData>{rows}</sheetData><mergeCells>{'x' * 300}</row></mergeCells></worksheet>".encode()
    for size in (1, 7, 40, 1000, len(xml)):
        blocks = (xml[start : start + size] for start in range(0, len(xml), size))
        read = list(read_rows(blocks, values(), "a", Path("a")))
        assert [(row.number, row.cells) for row in read] == [(row, [str(row)]) for row in range(1, 30)]


def test_hidden_rows_are_counted_in_any_pieces() -> None:
    """Rows without cells do not count, and a tag that is cut is not overlooked."""
    xml = b'<row r="1" hidden="1"><c/></row><x:row hidden=\'true\' r="2" ></x:row><row hidden="1" r="3"/><row hidden="0"></row>'
    for size in (1, 7, 40, len(xml)):
        hidden = HiddenRows()
        for start in range(0, len(xml), size):
            hidden.take(xml[start : start + size])
        assert hidden.count == 2


def test_a_row_without_an_end_is_damage(monkeypatch: pytest.MonkeyPatch) -> None:
    """It must not fill the memory."""
    monkeypatch.setattr("importer.sources.xlsx_rows._LONGEST_ROW", 100)
    with pytest.raises(SourceError):
        list(windows(iter([b"<row>" + b"x" * 99, b"x" * 99]), Path("a")))


@pytest.mark.parametrize(
    "rows",
    [
        '<row r="2"><c r="B2"><v>1</v></c><c r="A2"><v>1</v></c></row>',
        '<row r="2"><c r="A2"><v>1</v></c><c r="A2"><v>2</v></c></row>',
        '<row r="2"><c r="A3"><v>1</v></c></row>',
        '<row r="2"><c r="A2" t="str"><v>&nbsp;</v></c></row>',
        '<row r="2"><c r="A2" t="str"><v>a & b</v></c></row>',
        '<row r="2"><c r="A2" t="str"><v>&#0;</v></c></row>',
        '<row r="2"><c r="A2" t="str"><v>\x01</v></c></row>',
        '<row r="2"><c r="A2" t="s"><v>one</v></c></row>',
    ],
)
def test_cells_that_no_program_writes(tmp_path: Path, rows: str) -> None:
    """Cells out of order, twice or of another row, and text that is no XML, are damage."""
    path = as_raw_xlsx(tmp_path / "a.xlsx", '<row r="1"><c r="A1" t="str"><v>Name</v></c></row>' + rows)
    with pytest.raises(SourceError, match="damaged or incomplete"):
        list(open_here(path, NONE).chunks())


@pytest.mark.parametrize("quote", ['"', "'"])
def test_a_shared_text_that_is_not_there(tmp_path: Path, quote: str) -> None:
    """The person learns which cell it is."""
    rows = (
        f'<row r="1"><c r="A1" t="str"><v>Name</v></c></row><row r="7"><c r={quote}B7{quote} t="s"><v>9</v></c></row>'
    )
    with pytest.raises(SourceError) as caught:
        list(open_here(as_raw_xlsx(tmp_path / "a.xlsx", rows), NONE).chunks())
    assert "the cell B7 refers to a text that the workbook does not hold" in caught.value.message


# --- against other programs


@given(st.lists(st.lists(TEXT, min_size=2, max_size=2), min_size=1, max_size=6), st.booleans())
@example([["_x000D_", "a\rb"], [" x", "y "]], False)
@example([["_x000D_", "a\rb"], [" x", "y "]], True)
@settings(max_examples=50, deadline=None)
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
        found = {row: cells for row, _, cells in rows_of(open_here(path, NONE))}
    expected = {number: row for number, row in enumerate(rows, 2) if any(text.strip() for text in row)}
    assert {row: [_lines(text) for text in cells] for row, cells in found.items()} == {
        row: [_lines(text) for text in cells] for row, cells in expected.items()
    }


def _lines(text: str) -> str:
    # XlsxWriter leaves characters out that XML has no way to write.
    return text.replace("\ufffe", "").replace("\uffff", "")


@given(st.lists(st.floats(-1e6, 2e6, allow_nan=False), min_size=1, max_size=8), st.booleans())
@settings(max_examples=40, deadline=None)
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
        found = [cells for _, _, cells in rows_of(open_here(path, NONE))]
        from importer.sources.cells import text_of

        other = python_calamine.load_workbook(path).get_sheet_by_index(0).to_python()[1:]
    assert [line[0] for line in found] == [text_of(line[0]) for line in other]
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
        ("2958466", False, "2958466"),
        ("-1", False, "-1"),
        ("text", False, "text"),
    ],
)
def test_serial_numbers_of_days(serial: str, from_1904: bool, text: str) -> None:
    """Both epochs, Excel's day that never was, and numbers that are no day."""
    known = values(styles=(Shown.MOMENT,), from_1904=from_1904)
    assert known.number(serial, "0") == known.number(serial, "0") == text


def test_durations_and_unknown_styles() -> None:
    """Hours beyond a day are kept; a style that is not there shows a plain number."""
    known = values(styles=(Shown.DURATION,))
    assert known.number("1.25", "0") == "30:00:00"
    assert known.number("1.25", "9") == "1.25"
    assert known.number("1.25", "") == "30:00:00"
    assert known.cell("d", "2026-02-28T10:00:00Z", "") == "2026-02-28T10:00:00Z"


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("General", Shown.NUMBER),
        ("0.00", Shown.NUMBER),
        ('"days" 0', Shown.NUMBER),
        ("[Red]0", Shown.NUMBER),
        ("0.00E+00", Shown.NUMBER),
        ("#,##0 \\d", Shown.NUMBER),
        ("@", Shown.NUMBER),
        ("dd/mm/yyyy", Shown.MOMENT),
        ("[$-409]d-mmm-yy;@", Shown.MOMENT),
        ("h:mm AM/PM", Shown.MOMENT),
        ("[h]:mm:ss", Shown.DURATION),
        ("[mm]:ss", Shown.DURATION),
        ("0;dd", Shown.NUMBER),
    ],
)
def test_what_a_format_shows(code: str, shown: Shown) -> None:
    """Texts, colours, conditions and locales in a code do not count."""
    assert shown_by(code) is shown


# --- the package


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
    assert unescaped("_xD83D_") == "_xD83D_"


def test_broken_texts_are_damage(tmp_path: Path) -> None:
    """XML that ends in the middle."""
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("s.xml", "<sst><si>")
    with zipfile.ZipFile(path) as archive, pytest.raises(SourceError):
        SharedStrings(archive, "s.xml", path)


def test_character_data_as_a_parser_reads_it() -> None:
    """References and line ends, and errors for what no parser takes."""
    assert plain(b"a&amp;b&#65;&#x1F600;\r\nc\rd") == "a&bA😀\nc\nd"
    for wrong in (b"a & b", b"&nbsp;", b"&#0;", b"&#xD800;", b"\xff"):
        with pytest.raises((ValueError, KeyError)):
            plain(wrong)


def test_a_workbook_in_another_spelling(tmp_path: Path) -> None:
    """Other names of parts, backslashes, absolute targets and the strict namespace are read."""
    strict = "http://purl.oclc.org/ooxml"
    parts = {
        "[Content_Types].xml": "<Types/>",
        "_rels/.rels": f'<Relationships><Relationship Id="a" Type="{strict}/officeDocument/relationships/officeDocument" '
        'Target="/XL/Workbook.xml"/></Relationships>',
        "xl/workbook.XML": f'<x:workbook xmlns:x="{strict}/spreadsheetml/main" xmlns:r="{strict}/officeDocument/'
        'relationships"><x:sheets><x:sheet name="One" sheetId="1" r:id="s1"/></x:sheets></x:workbook>',
        "xl\\_rels\\workbook.xml.rels": f'<Relationships><Relationship Id="s1" Type="{strict}/officeDocument/relationships/'
        'worksheet" Target="Tabs\\One.xml"/></Relationships>',
        "xl/Tabs/One.xml": "<x:worksheet><x:sheetData><x:row r='1'><x:c r='B1' t='inlineStr'><x:is><x:t>Name</x:t></x:is>"
        "</x:c></x:row><x:row><x:c t='b' r='B2'><x:v>1</x:v></x:c></x:row></x:sheetData></x:worksheet>",
    }
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    source = open_here(path, NONE)
    assert (source.sheet, rows_of(source), problems_of(source)) == ("One", [(2, 2, ["TRUE"])], [])
    assert source.columns[0].letter == "B"


@pytest.mark.parametrize("blank", [" ", "\u00a0", "\u2003 \u3000", "\u202f", "\u001c"])
@pytest.mark.parametrize("constant_memory", [True, False], ids=["in-line", "shared"])
def test_a_row_of_blanks_is_empty(tmp_path: Path, blank: str, constant_memory: bool) -> None:
    """Whichever blanks they are, and wherever the workbook keeps its texts."""
    book = xlsxwriter.Workbook(str(tmp_path / "a.xlsx"), {"constant_memory": constant_memory})
    sheet = book.add_worksheet("S")
    for number, text in enumerate(["Head", blank, "x"]):
        sheet.write_string(number, 0, text)
    book.close()
    assert [row for row, _, _ in rows_of(open_here(tmp_path / "a.xlsx", NONE))] == [3]
