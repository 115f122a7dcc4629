"""Real workbooks, and ways to spoil them: in their bytes, among their parts, and in the XML of a part."""

from __future__ import annotations

import datetime
import io
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import xlsxwriter
from hypothesis import strategies as st

from tests.support.source_files import FILES, as_ods, as_xlsb, as_xlsx

ROOT = Path(__file__).parents[3]

Edit = Callable[[bytes], bytes]

BITS = [
    "", "<", ">", '"', "&", "&lol;", "&#0;", "&#xD800;", "-1", "0", "1e400", "99999999999", "NaN", "<c/>", "<row/>", "<v>",
    "</v>", "</row>", "</c>", "</sheetData>", ' r="XFD1048576"', ' r="A0"', ' r="ZZZZ9"', ' r="B2"', ' r="1"', ' r="9"', ' t="s"',
    ' t="e"', ' t="b"', ' t="d"', ' t="inlineStr"', ' s="999"', "<v>99999</v>", "<v>#N/A</v>", "<is><t>x</t></is>", "<f>1+1</f>",
    "<!DOCTYPE a [<!ENTITY lol 'x'>]>", "<![CDATA[x]]>", "<!-- -->", "<?x y?>", "xml:space='preserve'", "é\u2028", "\x00", "_x000D_",
    "xmlns='urn:x'", "table:number-columns-repeated='999999'", "table:number-rows-repeated='999999'", "office:value='1e999'",
]  # fmt: skip


SHEETS = {4: "People", 5: "People", 6: "Visits"}
"""Some of the workbooks have several sheets; this one is to be read."""


class Originals(list[bytes]):
    """Workbooks that do not show all of their bytes when a test fails."""

    def __repr__(self) -> str:
        return f"{len(self)} workbooks"


def originals(folder: Path) -> Originals:
    """Workbooks of every format, small and sound."""
    cells = [
        f'<table:table-cell office:value-type="string"><text:p>{text}</text:p></table:table-cell>'
        for text in ("Name", "Note", "Asha", "one")
    ]
    made = [
        as_xlsx(folder / "plain.xlsx"),
        _rich(folder / "rich.xlsx"),
        as_xlsb(folder / "small.xlsb", [("Name", "Note"), ("Asha", 1.5), ("Bo", True), ("Cy", "x")]),
        as_ods(folder / "small.ods", [cells[:2], cells[2:], cells[2:]]),
        FILES / "tiny.xls",
        FILES / "tiny.ods",
        ROOT / "sample_data" / "store-visits.xlsx",
    ]
    return Originals(path.read_bytes() for path in made)


def _rich(path: Path) -> Path:
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("Data")
        sheet.write_row(0, 0, ["Name", "Day", "Number", "Flag", "Sum", "Long"])
        day = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        for row in range(1, 9):
            sheet.write_string(row, 0, f"name {row}")
            sheet.write_datetime(row, 1, datetime.datetime(2026, 1, row, 9, 30), day)
            sheet.write_number(row, 2, row / 7)
            sheet.write_boolean(row, 3, row % 2 == 0)
            sheet.write_formula(row, 4, f"=C{row + 1}*2", None, row)
            sheet.write_rich_string(row, 5, "a ", book.add_format({"bold": True}), "bold", " word")
        sheet.merge_range(10, 0, 10, 2, "merged")
        book.add_worksheet("Empty").hide()
    return path


def _flipped(place: int, mask: int) -> Edit:
    def edit(content: bytes) -> bytes:
        at = place % max(1, len(content))
        return content[:at] + bytes([content[at] ^ mask]) + content[at + 1 :] if content else content

    return edit


def _cut(place: int) -> Edit:
    return lambda content: content[: place % max(1, len(content))]


def _doubled(place: int, length: int) -> Edit:
    def edit(content: bytes) -> bytes:
        at = place % max(1, len(content))
        return content[: at + length] + content[at:]

    return edit


def _other_part(which: int, deed: str, filling: bytes) -> Edit:
    """Remove a part, empty it, fill it, rename it, write it twice, or give it the content of the next one."""

    def change(parts: list[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
        at = which % len(parts)
        name, _ = parts[at]
        other = {
            "remove": [],
            "fill": [(name, filling)],
            "rename": [(name.upper() if filling else f"../{name}", parts[at][1])],
            "twice": [parts[at], (name, filling)],
            "swap": [(name, parts[(at + 1) % len(parts)][1])],
        }[deed]
        return [*parts[:at], *other, *parts[at + 1 :]]

    return lambda content: _repacked(content, change)


def _other_xml(which: int, place: int, length: int, bit: str) -> Edit:
    """Put something in the place of a piece of an XML part."""

    def change(parts: list[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
        xml = [at for at, (name, _) in enumerate(parts) if name.endswith((".xml", ".rels", ".bin"))]
        if not xml:
            return parts
        at = xml[which % len(xml)]
        name, content = parts[at]
        begin = place % max(1, len(content))
        # Between two tags, or just behind the name of one, most edits still are XML.
        begin = content.find(b" " if bit.startswith(" ") else b"<", begin) if place % 3 else begin
        begin = max(0, begin)
        return [*parts[:at], (name, content[:begin] + bit.encode() + content[begin + length :]), *parts[at + 1 :]]

    return lambda content: _repacked(content, change)


def _repacked(content: bytes, change: Callable[[list[tuple[str, bytes]]], list[tuple[str, bytes]]]) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = [(entry.filename, archive.read(entry)) for entry in archive.infolist()]
    except Exception:  # no archive, or none any more
        return content
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, data in change(parts) if parts else []:
            archive.writestr(name, data)
    return stream.getvalue()


_PLACES = st.integers(0, 10**6)
EDITS = st.one_of(
    st.builds(_other_xml, st.integers(0, 12), _PLACES, st.sampled_from([0, 0, 0, 1, 5, 30]), st.sampled_from(BITS)),
    st.builds(_other_xml, st.integers(0, 12), _PLACES, st.just(0), st.sampled_from(BITS)),
    st.builds(
        _other_part,
        st.integers(0, 12),
        st.sampled_from(["remove", "fill", "rename", "twice", "swap"]),
        st.sampled_from([b"", b"<x/>", b"\xff\xfe", b"<?xml version='1.0' encoding='utf-16'?><a/>", b"PK\x03\x04"]),
    ),
    st.builds(_flipped, _PLACES, st.integers(1, 255)),
    st.builds(_cut, _PLACES),
    st.builds(_doubled, _PLACES, st.integers(1, 200)),
)
