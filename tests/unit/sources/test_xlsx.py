"""Reading .xlsx as a stream: the fast way and the exact way agree, and agree with what programs wrote."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from importer.core.errors import SourceError
from importer.sources.chunks import Flaw, RawBatch
from importer.sources.excel.cell_text import CellFlaw
from importer.sources.interface import SourceOptions
from importer.sources.opening import open_in_process
from importer.sources.xlsx.columns import columns_from_rows, columns_from_window
from importer.sources.xlsx.rows import SheetRow, _parse_plain, _parse_xml, read_rows, split_windows
from importer.sources.xlsx.values import CellDecoder
from importer.sources.xlsx.workbook import HiddenRowCounter
from tests.support.cell_decoders import escape_xml, make_decoder
from tests.support.sampled import examples
from tests.support.source_files import as_raw_xlsx, problems_of, rows_of

NONE = SourceOptions()
LEGAL = st.text(
    st.one_of(
        st.characters(min_codepoint=32, max_codepoint=0xD7FF),
        st.characters(min_codepoint=0x10000, exclude_categories=["Cs"]),
        st.sampled_from("\t\n\r&<>\"'"),
    ),
    max_size=12,
)
NAUGHTY = ("_x000D_", "_x005F_x000D_", "_xD83D_", "&amp;", "<v>1</v>", "]]>", " a ", "\r\n", "a\rb", "#N/A", "=1", "")


def resolve(rows: list[SheetRow], known: CellDecoder) -> list[tuple[int, dict[int, str], dict[int, CellFlaw]]]:
    """Rows with the texts of their filled cells, and flaws."""
    return [
        (row.number, {column: text for column, cell in row.cells.items() if (text := known.resolve(cell))}, row.flaws)
        for row in rows
    ]


def spread(found: RawBatch) -> tuple[list[int], list[tuple[str, ...]], list[Flaw]]:
    """Rows, cells up to the last one with text, and flaws."""
    lists = [found.column(position).to_pylist() for position in range(len(found.columns))]
    while lists and not any(lists[-1]):
        lists.pop()
    return found.rows.tolist(), list(zip(*lists, strict=True)), list(found.issues)


CELLS = st.one_of(
    st.tuples(st.just("s"), st.sampled_from(["0", "1", "2", "3", "", "x", "99999999999"])),
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
                "1e999",
                "-1e308",
                "9876543210",
                "2958465.99999999",
                "2958466",
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
        return f'<c r="{place}"{look}{named}><is><t xml:space="preserve">{escape_xml(content)}</t></is></c>'
    return f'<c r="{place}"{look}{named}><v>{escape_xml(content)}</v></c>'


@pytest.mark.slow
@given(
    st.lists(
        st.tuples(st.integers(1, 3), st.lists(st.tuples(st.integers(1, 2), CELLS, st.integers(0, 4)), max_size=5)),
        min_size=1,
        max_size=4,
    )
)
@settings(max_examples=examples(100), deadline=None)
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
    known = make_decoder("first", "  ", "_x000D_", styles=("General", "dd/mm/yyyy", "[h]:mm", "[<100]0;dd/mm/yyyy"))
    fast = _parse_plain(xml.encode(), known)
    exact = resolve(_parse_xml(xml.encode(), known, 0), known)
    assert fast is None or resolve(fast, known) == exact
    fastest = columns_from_window(xml.encode(), known)
    assert fastest is None or spread(fastest.batch) == spread(
        columns_from_rows(_parse_xml(xml.encode(), known, 0), known)
    )
    assert (fastest is None) == (fast is None) or "&#13;" in xml or 't="s"' in xml
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
    known = make_decoder()
    assert _parse_plain(xml, known) is None
    assert columns_from_window(xml, known) is None
    assert [(row.number, row.cells) for row in read_rows(iter([b"<sheetData>" + xml]), known, "a", Path("a"))] == [
        (2, {0: "7"})
    ]


def test_rows_in_any_pieces() -> None:
    """Where a block of the archive ends changes nothing."""
    rows = "".join(f'<row r="{row}"><c r="A{row}"><v>{row}</v></c></row>' for row in range(1, 30))
    xml = f"<worksheet><sheetData>{rows}</sheetData><mergeCells>{'x' * 300}</row></mergeCells></worksheet>".encode()
    for size in (1, 7, 40, 1000, len(xml)):
        blocks = (xml[start : start + size] for start in range(0, len(xml), size))
        read = list(read_rows(blocks, make_decoder(), "a", Path("a")))
        assert [(row.number, row.cells) for row in read] == [(row, {0: str(row)}) for row in range(1, 30)]


def test_hidden_rows_are_counted_in_any_pieces() -> None:
    """Rows without cells do not count, and a tag that is cut is not overlooked."""
    xml = b'<row r="1" hidden="1"><c/></row><x:row hidden=\'true\' r="2" ></x:row><row hidden="1" r="3"/><row hidden="0"></row>'
    for size in (1, 7, 40, len(xml)):
        hidden = HiddenRowCounter()
        for start in range(0, len(xml), size):
            hidden.feed(xml[start : start + size])
        assert hidden.count == 2


def test_a_row_without_an_end_is_damage(monkeypatch: pytest.MonkeyPatch) -> None:
    """It must not fill the memory."""
    monkeypatch.setattr("importer.sources.xlsx.rows._MAX_ROW_BYTES", 100)
    with pytest.raises(SourceError):
        list(split_windows(iter([b"<sheetData><row>" + b"x" * 99, b"x" * 99]), Path("a")))


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
    ],
)
def test_cells_that_no_program_writes(tmp_path: Path, rows: str) -> None:
    """Cells out of order, twice or of another row are named; text that is no XML is damage."""
    path = as_raw_xlsx(tmp_path / "a.xlsx", '<row r="1"><c r="A1" t="str"><v>Name</v></c></row>' + rows)
    what = "is not in the order of its row" if "str" not in rows else "damaged or incomplete"
    with pytest.raises(SourceError, match=what):
        list(open_in_process(path, NONE).chunks())


@pytest.mark.parametrize("quote", ['"', "'"])
@pytest.mark.parametrize("index", ["9", "one", "-1", "9999999999"])
def test_a_shared_text_that_is_not_there_is_a_problem_of_its_cell(tmp_path: Path, quote: str, index: str) -> None:
    """In each spelling of the XML; the other rows are read."""
    rows = (
        '<row r="1"><c r="A1" t="str"><v>Name</v></c><c r="B1" t="str"><v>City</v></c></row>'
        f'<row r="7"><c r={quote}B7{quote} t="s"><v>{index}</v></c></row><row r="8"><c r="A8"><v>1</v></c></row>'
    )
    source = open_in_process(as_raw_xlsx(tmp_path / "a.xlsx", rows), NONE)
    assert rows_of(source) == [(7, 7, ["", ""]), (8, 8, ["1", ""])]
    assert [problem.code for chunk in source.chunks() for problem in chunk.problems] == ["missing-text"]


@pytest.mark.parametrize("content", ["/>", "></c>", "><v/></c>", "><v></v></c>"])
def test_a_cell_for_a_shared_text_without_its_number_is_empty(tmp_path: Path, content: str) -> None:
    """Some programs write empty cells so."""
    rows = (
        '<row r="1"><c r="A1" t="str"><v>Name</v></c><c r="B1" t="str"><v>City</v></c></row>'
        f'<row r="2"><c r="A2"><v>1</v></c><c r="B2" t="s"{content}</row>'
    )
    assert rows_of(open_in_process(as_raw_xlsx(tmp_path / "a.xlsx", rows), NONE)) == [(2, 2, ["1", ""])]


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
    source = open_in_process(path, NONE)
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
    assert [row for row, _, _ in rows_of(open_in_process(tmp_path / "a.xlsx", NONE))] == [3]
