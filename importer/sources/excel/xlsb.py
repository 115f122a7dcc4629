"""Read .xlsb workbooks: the binary records of [MS-XLSB] inside an Office archive."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from importer.sources.excel.cell_text import CellFlaw
from importer.sources.excel.loaded_sheet import LoadedSheet, LoadedWorkbook, SheetBuilder
from importer.sources.excel.number_formats import BUILT_IN_FORMATS, GENERAL, NumberFormat, parse_number_format
from importer.sources.excel.relationships import Relationships, find_main_part, list_parts
from importer.sources.excel.zip_safety import (
    check_archive,
    damaged_workbook,
    no_sheets,
    open_archive,
    read_part,
    rows_out_of_order,
    verify_parts,
)
from importer.sources.interface import SheetInfo

ERROR_WORDS = {
    0x00: "#NULL!",
    0x07: "#DIV/0!",
    0x0F: "#VALUE!",
    0x17: "#REF!",
    0x1D: "#NAME?",
    0x24: "#NUM!",
    0x2A: "#N/A",
    0x2B: "#GETTING_DATA",
}
"""The errors of Excel by their codes in binary workbooks."""

# The types of records that are read.
_ROW, _RK, _ERROR, _BOOLEAN, _REAL, _TEXT, _SHARED = 0, 2, 3, 4, 5, 6, 7
_FORMULA_TEXT, _FORMULA_REAL, _FORMULA_BOOLEAN, _FORMULA_ERROR, _RICH_TEXT = 8, 9, 10, 11, 62
_SHARED_ITEM, _FORMAT, _STYLE, _BEGIN_STYLES, _END_STYLES, _MERGED = 19, 44, 47, 617, 618, 176
_WORKBOOK_PROPERTIES, _SHEET, _END_ROWS = 153, 156, 146
# Records 12 to 18 are cells without their column, which is the next one; the others are records 1 to 7.
_SHORT_CELLS = range(12, 19)
_CELLS = frozenset((*range(1, 12), *_SHORT_CELLS, _RICH_TEXT))

_LONG = struct.Struct("<I")
_REAL_NUMBER = struct.Struct("<d")
_RANGE = struct.Struct("<4I")


def open_xlsb_workbook(path: Path) -> LoadedWorkbook:
    """Open the .xlsb workbook ``path``. Raises :class:`SourceError` when it is damaged or unsafe."""
    with open_archive(path) as archive, _translated_errors(path):
        check_archive(archive, path)
        parts = list_parts(archive)
        main = find_main_part(archive, path, parts)
        relationships = Relationships(archive, path, parts, main)
        sheets: dict[str, str] = {}
        infos: list[SheetInfo] = []
        from_1904 = False
        for kind, body in _read_records(archive, main, path):
            if kind == _WORKBOOK_PROPERTIES:
                from_1904 = bool(body[0] & 1)
            elif kind == _SHEET:
                relation, position = _read_text(body, 8)
                name, _ = _read_text(body, position)
                part_type, sheets[name] = relationships.by_id.get(relation, ("", ""))
                infos.append(SheetInfo(name, _LONG.unpack_from(body)[0] == 0, part_type == "worksheet"))
        if not infos:
            raise no_sheets(path)
        verify_parts(archive, path, (main, *sheets.values()))
        strings = list(_read_shared_strings(archive, relationships.first_of("sharedstrings"), path))
        styles = _read_styles(archive, relationships.first_of("styles"), path)
    book = _XlsbBook(path, sheets, strings, styles, from_1904)
    return LoadedWorkbook(path, tuple(infos), book.load)


@dataclass(frozen=True, slots=True)
class _XlsbBook:
    """The parts of an .xlsb workbook that its sheets need; ``sheets`` has their parts by name."""

    path: Path
    sheets: Mapping[str, str]
    strings: list[str]
    styles: list[NumberFormat]
    from_1904: bool

    def load(self, name: str) -> LoadedSheet:
        if not self.sheets[name]:
            raise damaged_workbook(self.path)
        with open_archive(self.path) as archive, _translated_errors(self.path):
            return self._load_records(name, _read_records(archive, self.sheets[name], self.path))

    def _load_records(self, name: str, records: Iterator[tuple[int, memoryview]]) -> LoadedSheet:
        builder = SheetBuilder(from_1904=self.from_1904)
        row, column, is_hidden, is_complete = -1, -1, False, False
        for kind, body in records:
            if kind in _CELLS:
                if kind in _SHORT_CELLS:
                    column += 1
                    # Make it look like a cell with a column.
                    self._add_cell(builder, kind - 11, column, memoryview(bytes(4) + bytes(body)))
                else:
                    (column,) = _LONG.unpack_from(body)
                    self._add_cell(builder, kind, column, body)
            elif kind == _ROW:
                builder.end_row(row + 1, hidden=is_hidden)
                before, (row,), column = row, _LONG.unpack_from(body), -1
                if row <= before:
                    raise rows_out_of_order(self.path, name, row + 1, before + 1)
                is_hidden = len(body) > 11 and bool(body[11] & 0x10)
            elif kind == _END_ROWS:
                is_complete = True
            elif kind == _MERGED:
                builder.add_merged(*_RANGE.unpack_from(body))
        if not is_complete:
            raise damaged_workbook(self.path)
        builder.end_row(row + 1, hidden=is_hidden)
        return builder.build()

    def _add_cell(self, builder: SheetBuilder, kind: int, column: int, body: memoryview) -> None:
        if kind in (_RK, _REAL, _FORMULA_REAL):
            style = _LONG.unpack_from(body, 4)[0] & 0xFFFFFF
            number = decode_rk(_LONG.unpack_from(body, 8)[0]) if kind == _RK else _REAL_NUMBER.unpack_from(body, 8)[0]
            builder.add_number(column, number, self.styles[style] if style < len(self.styles) else GENERAL)
        elif kind == _SHARED:
            (index,) = _LONG.unpack_from(body, 8)
            if index < len(self.strings):
                builder.add_text(column, self.strings[index])
            else:
                builder.add_flaw(column, CellFlaw("missing-text", ""))
        elif kind in (_TEXT, _FORMULA_TEXT):
            builder.add_text(column, _read_text(body, 8)[0])
        elif kind == _RICH_TEXT:
            builder.add_text(column, _read_text(body, 9)[0])
        elif kind in (_BOOLEAN, _FORMULA_BOOLEAN):
            builder.add_boolean(column, bool(body[8]))
        elif kind in (_ERROR, _FORMULA_ERROR):
            builder.add_flaw(column, CellFlaw("error-cell", ERROR_WORDS.get(body[8], "#VALUE!")))


def decode_rk(packed: int) -> float:
    """Decode a number in 32 bits: a whole number or the upper half of a double, perhaps to be divided by 100."""
    if packed & 2:
        number = float((packed >> 2) - (1 << 30 if packed & 1 << 31 else 0))
    else:
        (number,) = _REAL_NUMBER.unpack(bytes(4) + _LONG.pack(packed & 0xFFFFFFFC))
    return number / 100 if packed & 1 else number


@contextmanager
def _translated_errors(path: Path) -> Iterator[None]:
    """Raise the error for a damaged workbook when a record is shorter than its content."""
    try:
        yield
    except (struct.error, IndexError):
        raise damaged_workbook(path) from None


def _read_records(archive: zipfile.ZipFile, part: str, path: Path) -> Iterator[tuple[int, memoryview]]:
    """Yield the records of a part, each with its type."""
    content = memoryview(b"".join(read_part(archive, part, path)))
    position, end = 0, len(content)
    while position < end:
        # The type has one or two bytes, the size up to four of seven bits each.
        kind = content[position]
        position += 1
        if kind & 0x80:
            kind = kind & 0x7F | content[position] << 7
            position += 1
        size = shift = 0
        while True:
            byte = content[position]
            position += 1
            size |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80 or shift >= 28:
                break
        if position + size > end:
            raise damaged_workbook(path)
        yield kind, content[position : position + size]
        position += size


def _read_text(body: memoryview, position: int) -> tuple[str, int]:
    """Read a text with its length in front; return it and the position behind it."""
    (length,) = _LONG.unpack_from(body, position)
    begin, end = position + 4, position + 4 + 2 * length
    if end > len(body):
        raise IndexError("a text that is longer than its record")
    # Half a surrogate pair, which Excel can store, becomes the replacement character.
    return str(body[begin:end], "utf-16-le", "replace"), end


def _read_shared_strings(archive: zipfile.ZipFile, part: str, path: Path) -> Iterator[str]:
    if part:
        for kind, body in _read_records(archive, part, path):
            if kind == _SHARED_ITEM:
                yield _read_text(body, 1)[0]


def _read_styles(archive: zipfile.ZipFile, part: str, path: Path) -> list[NumberFormat]:
    """Return the number format of each cell style, by its number."""
    known = dict(BUILT_IN_FORMATS)
    styles: list[NumberFormat] = []
    is_cell_style = False
    for kind, body in _read_records(archive, part, path) if part else ():
        if kind == _FORMAT:
            known[int.from_bytes(body[:2], "little")] = parse_number_format(_read_text(body, 2)[0])
        elif kind in (_BEGIN_STYLES, _END_STYLES):
            is_cell_style = kind == _BEGIN_STYLES
        elif kind == _STYLE and is_cell_style:
            styles.append(known.get(int.from_bytes(body[2:4], "little"), GENERAL))
    return styles
