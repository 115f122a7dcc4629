"""Spreadsheets of every format that hold the same table."""

from __future__ import annotations

import csv
import gzip
import io
import struct
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import xlsxwriter

from importer.sources.interface import Chunk, Source

FILES = Path(__file__).parent / "files"

TABLE = (
    ("Name", "Phone", "Code", "Note"),
    ("Asha", "+919845098450", "0012", "first\nsecond"),
    ("Бек 😀", "9876543210", "NA", "  spaced  "),
    (),
    ("Éric", "", "1e5", "=1+1"),
    ("Zoë", "12345678901234567890", "TRUE", 'a;b,c|d"e'),
)
"""What every fixture holds; its fourth row is blank."""

CONTENT_TYPES = '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"


def as_csv(path: Path, delimiter: str = ",") -> Path:
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, delimiter=delimiter).writerows(TABLE)
    return path


def as_gzip(path: Path) -> Path:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(TABLE)
    path.write_bytes(gzip.compress(text.getvalue().encode()))
    return path


def as_xlsx(path: Path, sheets: dict[str, Sequence[Sequence[str]]] | None = None) -> Path:
    book = xlsxwriter.Workbook(str(path))
    for name, rows in (sheets or {"People": TABLE}).items():
        sheet = book.add_worksheet(name)
        for row, cells in enumerate(rows):
            for column, cell in enumerate(cells):
                if cell:
                    sheet.write_string(row, column, cell)
    book.close()
    return path


def as_xlsb(path: Path, rows: Sequence[Sequence[Any]] = TABLE, codes: Sequence[str] = ()) -> Path:
    """The smallest .xlsb there is: [MS-XLSB] records of one sheet with text, numbers and truth values.

    A cell may also be the type of its record, the number of its style among the format ``codes``, and its content.
    """
    sheet = _record(0x81) + _record(0x94, struct.pack("<IIII", 0, len(rows) - 1, 0, 3)) + _record(0x91)
    for row, cells in enumerate(rows):
        sheet += _record(0, struct.pack("<IIHBBBI", row, 0, 300, 0, 0, 0, 0))
        for column, cell in enumerate(cells):
            place = struct.pack("<II", column, 0)
            if isinstance(cell, tuple):
                kind, style, content = cell
                sheet += _record(kind, struct.pack("<II", column, style) + content)
            elif isinstance(cell, bool):
                sheet += _record(4, place + bytes([cell]))
            elif isinstance(cell, float):
                sheet += _record(5, place + struct.pack("<d", cell))
            elif cell:
                sheet += _record(6, place + _wide(cell))
    sheet += _record(0x92) + _record(0x82)
    tab = struct.pack("<II", 0, 1) + _wide("rId1") + _wide("People")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("[Content_Types].xml", CONTENT_TYPES)
        book = _record(0x83) + _record(0x8F) + _record(0x9C, tab) + _record(0x90) + _record(0x84)
        archive.writestr("xl/workbook.bin", book)
        archive.writestr("xl/_rels/workbook.bin.rels", RELATIONS_WITH_STYLES.replace(".xml", ".bin"))
        archive.writestr("xl/styles.bin", _binary_styles(codes))
        archive.writestr("xl/worksheets/sheet1.bin", sheet)
    return path


def _record(number: int, body: bytes = b"") -> bytes:
    head = bytes([number]) if number < 128 else bytes([number & 0x7F | 0x80, number >> 7])
    size = len(body)
    while size > 0x7F:
        head += bytes([size & 0x7F | 0x80])
        size >>= 7
    return head + bytes([size]) + body


def _binary_styles(codes: Sequence[str]) -> bytes:
    formats = b"".join(_record(44, struct.pack("<H", 164 + at) + _wide(code)) for at, code in enumerate(codes))
    styles = b"".join(_record(47, struct.pack("<HH", 0, 164 + at) + bytes(12)) for at in range(len(codes)))
    return _record(615) + formats + _record(616) + _record(617) + styles + _record(618)


def _wide(text: str) -> bytes:
    encoded = text.encode("utf-16-le")
    return struct.pack("<I", len(encoded) // 2) + encoded


def _relations(target: str) -> str:
    return (
        f'<Relationships xmlns="{RELATIONS}"><Relationship Id="rId1" Type="{RELATION}/worksheet" Target="{target}"/>'
        "</Relationships>"
    )


RELATIONS_WITH_STYLES = _relations("worksheets/sheet1.xml").replace(
    "</Relationships>", f'<Relationship Id="s" Type="{RELATION}/styles" Target="styles.xml"/></Relationships>'
)


def as_raw_xlsx(path: Path, sheet: str, *, extra: dict[str, str] | None = None, prolog: str = "") -> Path:
    """An .xlsx whose sheet holds the XML ``sheet`` (the rows) as it is."""
    data = f'{prolog}<worksheet xmlns="{MAIN}"><sheetData>{sheet}</sheetData></worksheet>'
    book = (
        f'<workbook xmlns="{MAIN}" xmlns:r="{RELATION}"><sheets><sheet name="Raw" sheetId="1" r:id="rId1"/></sheets>'
        "</workbook>"
    )
    relation = f'<Relationship Id="r" Type="{RELATION}/officeDocument" Target="xl/workbook.xml"/>'
    root = f'<Relationships xmlns="{RELATIONS}">{relation}</Relationships>'
    parts = {
        "[Content_Types].xml": CONTENT_TYPES,
        "_rels/.rels": root,
        "xl/workbook.xml": book,
        "xl/_rels/workbook.xml.rels": _relations("worksheets/sheet1.xml"),
        "xl/worksheets/sheet1.xml": data,
        **(extra or {}),
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return path


def as_ods(path: Path, rows: Sequence[Sequence[str]]) -> Path:
    """An .ods of one sheet; every cell is a ready ``table:table-cell`` element."""
    names = " ".join(
        f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{short}:1.0"' for short in ("office", "table", "text")
    )
    names += ' xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0"'
    table = "".join(f"<table:table-row>{''.join(cells)}</table:table-row>" for cells in rows)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
        archive.writestr(
            "content.xml",
            f'<?xml version="1.0"?><office:document-content {names}><office:body><office:spreadsheet>'
            f'<table:table table:name="Raw">{table}</table:table>'
            "</office:spreadsheet></office:body></office:document-content>",
        )
    return path


def rows_of(source: Source, size: int = 50_000) -> list[tuple[int, int, list[str]]]:
    """Row number, line and cells of every data row."""
    return [row for chunk in source.chunks(size) for row in rows_in(chunk)]


def rows_in(chunk: Chunk) -> list[tuple[int, int, list[str]]]:
    """Row number, line and cells of each of the chunk's rows."""
    cells = chunk.cells.itertuples(index=False)
    return [(int(row), int(line), list(texts)) for row, line, texts in zip(chunk.rows, chunk.lines, cells, strict=True)]


def problems_of(source: Source) -> list[str]:
    """Every problem of the rows, as the user reads it."""
    return [str(problem) for chunk in source.chunks() for problem in chunk.problems]


def detected(source: Source, what: str) -> tuple[str, str]:
    """Value and evidence of one detection."""
    return next((found.value, found.how) for found in source.detections if found.what == what)
