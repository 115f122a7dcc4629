"""Split the XML of an .xlsx sheet into windows, and parse these row by row.

Programs write nearly all sheets in the same plain spelling, which a regular expression parses quickly. Windows in any
other spelling go through expat. tests/unit/sources/test_xlsx.py compares the two.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

from importer.core.errors import SourceError
from importer.sources.excel.cell_text import MAX_DIGITS, CellFlaw, UnreadableCellError, exceeds_precision
from importer.sources.excel.zip_safety import SAVE_AGAIN, damaged_workbook
from importer.sources.headings import column_index
from importer.sources.xlsx.shared_strings import ILLEGAL_BYTES, decode_character_data, unescape
from importer.sources.xlsx.values import CellDecoder, CellValue

MAX_ROWS = 1_048_576
MAX_COLUMNS = 16_384
_MAX_ROW_BYTES = 64 << 20
_MAX_TAG_BYTES = 4096

_ROW_BEGIN = re.compile(rb"<(?:\w+:)?row[\s/>]")
_ROW_END = re.compile(rb"</(?:\w+:)?row\s*>")
_DATA_BEGIN = re.compile(rb"<(?:\w+:)?sheetData(?:\s[^<>]*?)?(/?)>")
_DATA_END = re.compile(rb"</(?:\w+:)?sheetData\s*>")
_PLAIN_ROW_END = b"</row>"
# The beginning of a row, or a whole cell: reference, style, type, formula, and value or inline string.
_PLAIN = re.compile(
    rb'(<row r="(\d{1,9})"[^>]*>|'
    rb'<c r="([A-Z]{1,4})(\d{1,9})"(?: s="(\d{1,9})")?(?: t="(\w+)")?(?:/>|>'
    rb"(?:(<f)(?:\s[^>]*)?(?:/>|>[^<]*</f>))?"
    rb'(?:<v>([^<]*)</v>|<is><t(?: xml:space="preserve")?>([^<]*)</t></is>)</c>))'
)


class UnusualSheetError(ValueError):
    """A sheet is put together in a way that Excel does not write; the text says how."""


@dataclass(slots=True)
class SheetRow:
    """A row as the spreadsheet numbers it: its cells by column (from 0), in ascending order, and the flaws of some."""

    number: int
    cells: dict[int, CellValue] = field(default_factory=dict)
    flaws: dict[int, CellFlaw] = field(default_factory=dict)

    @property
    def is_blank(self) -> bool:
        """Whether the row has neither text nor a flaw."""
        return not self.flaws and not any(type(cell) is int or str(cell).strip() for cell in self.cells.values())


def read_rows(blocks: Iterator[bytes], decoder: CellDecoder, place: str, path: Path) -> Iterator[SheetRow]:
    """Yield the rows that hold any text, in order. ``place`` names the file and sheet in messages.

    Raises :class:`SourceError` when the sheet is damaged, or its rows or cells are not in order.
    """
    before = 0
    for window in split_windows(blocks, path):
        rows = parse_window(window, decoder, before, place, path)
        before = rows[-1].number if rows else before
        yield from (row for row in rows if not row.is_blank)


def split_windows(blocks: Iterator[bytes], path: Path) -> Iterator[bytes]:
    """Split the XML of a sheet into windows of whole rows, about a megabyte each."""
    rest = b""
    blocks = _skip_to_rows(blocks)
    for block in blocks:
        # Search the new block, and the end of the old one, where a tag may have been split.
        searched = max(0, len(rest) - 32)
        rest += block
        # The end of the rows. A single byte is found many times faster than several, and most blocks do not have it.
        has_end = rest.find(b"h", searched) >= 0 and rest.find(b"sheetData", searched) >= 0
        over = _DATA_END.search(rest, searched) if has_end else None
        stop = over.start() if over else len(rest)
        # The end of the last whole row: usually spelled plainly, else with a namespace prefix or a blank.
        end = rest.rfind(_PLAIN_ROW_END, searched, stop) + len(_PLAIN_ROW_END)
        if end < len(_PLAIN_ROW_END):
            end = max((found.end() for found in _ROW_END.finditer(rest, searched, stop)), default=0)
        if end:
            begin = _ROW_BEGIN.search(rest)
            yield rest[begin.start() if begin else 0 : end]
            rest = rest[end:]
        elif len(rest) > _MAX_ROW_BYTES:
            raise SourceError(
                f"{path} has a row that takes more than {_MAX_ROW_BYTES >> 20} MB.",
                "Shorten the texts in it, or save the sheet as CSV UTF-8 and import that.",
            )
        if over:
            # Conditional formats, links and the like follow; they may be long and are not needed.
            for _ in blocks:
                pass
            return


def _skip_to_rows(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """Yield the XML of a sheet from its first row on; nothing of a sheet without rows.

    In front of the rows are column widths and the like. Behind them may be buttons, whose places have rows, too.
    """
    head = b""
    for block in blocks:
        head += block
        if begin := _DATA_BEGIN.search(head):
            if begin[1]:
                break
            yield head[begin.end() :]
            yield from blocks
            return
        head = head[-_MAX_TAG_BYTES:]
    for _ in blocks:
        pass


def parse_window(window: bytes, decoder: CellDecoder, before: int, place: str, path: Path) -> list[SheetRow]:
    """Parse all rows of a window, behind row ``before``. Raises :class:`SourceError` as :func:`read_rows` does."""
    try:
        rows = _parse_plain(window, decoder)
        rows = _parse_xml(window, decoder, before) if rows is None else rows
    except UnusualSheetError as error:
        raise SourceError(f"{place}: {error}.", SAVE_AGAIN) from None
    except (expat.ExpatError, ValueError, KeyError):
        raise damaged_workbook(path) from None
    for row in rows:
        if row.number > MAX_ROWS:
            raise SourceError(
                f"{place}: there is a row {row.number:,}, but a sheet ends at row {MAX_ROWS:,}.",
                "Split the table into several sheets, or save it as CSV UTF-8 and import that.",
            )
        if row.number <= before:
            where = "is there twice" if row.number == before else f"stands behind row {before:,} in the file"
            raise SourceError(f"{place}: row {row.number:,} {where}.", SAVE_AGAIN)
        before = row.number
    return rows


def number_exceeds_precision(content: str | bytes) -> bool:
    """Tell whether the content of a cell is a number that Excel has rounded."""
    try:
        return exceeds_precision(float(content))
    except ValueError:
        return False


def _parse_plain(window: bytes, decoder: CellDecoder) -> list[SheetRow] | None:
    """Parse the rows of a window in plain spelling.

    Returns ``None`` unless every byte of the window belongs to a match, so that nothing is overlooked.
    """
    if len(window.translate(None, ILLEGAL_BYTES)) != len(window) or b"]]>" in window:
        return None
    # Bytes that are accounted for: the ends of rows, then every match.
    matched = window.count(_PLAIN_ROW_END) * len(_PLAIN_ROW_END)
    rows: list[SheetRow] = []
    columns: dict[bytes, int] = {}
    row, number, cells, before = SheetRow(0), b"", dict[int, CellValue](), -1
    # Each match is the beginning of a row, which alone has ``row_number``, or a cell of the row before.
    for whole, row_number, letters, own_number, style, cell_type, formula, content, inline in _PLAIN.findall(window):
        matched += len(whole)
        if row_number:
            number = row_number
            row = SheetRow(int(row_number))
            cells, before = row.cells, -1
            rows.append(row)
            continue
        column = columns.get(letters, -1)
        if column < 0:
            column = columns[letters] = _parse_column(letters.decode())
        if own_number != number or column <= before:
            # The cell names another row, or a column further left: expat decides whether this is damage.
            return None
        before = column
        if cell_type == b"s":
            try:
                cells[column] = decoder.shared_string(content)
            except UnreadableCellError as error:
                _add_flaw(row, column, error.flaw)
        elif cell_type in (b"", b"n") and content:
            _add_number(row, column, content.decode(), style.decode(), decoder)
        elif cell_type in (b"inlineStr", b"str"):
            raw = content or inline
            is_literal = b"&" not in raw and b"_x" not in raw and b"\r" not in raw
            cells[column] = raw.decode() if is_literal else unescape(decode_character_data(raw))
        else:
            text = decode_character_data(content)
            _add_rare_cell(row, column, cell_type.decode(), text, style.decode(), decoder, formula=bool(formula))
    return rows if matched == len(window) else None


def _add_rare_cell(
    row: SheetRow, column: int, cell_type: str, content: str, style: str, decoder: CellDecoder, *, formula: bool
) -> None:
    """Add a cell of a rare kind: an Excel error, a formula without result, an empty cell, a boolean or an ISO date."""
    if cell_type == "e":
        _add_flaw(row, column, CellFlaw("error-cell", content.strip() or "#VALUE!"))
    elif formula and not content:
        _add_flaw(row, column, CellFlaw("formula-without-result", ""))
    else:
        try:
            row.cells[column] = decoder.decode(cell_type, content, style) if content else ""
        except UnreadableCellError as error:
            _add_flaw(row, column, error.flaw)


def _add_number(row: SheetRow, column: int, content: str, style: str, decoder: CellDecoder) -> None:
    try:
        text = decoder.format_number(content.strip(), style)
    except UnreadableCellError as error:
        _add_flaw(row, column, error.flaw)
        return
    row.cells[column] = text
    if len(content) > MAX_DIGITS and number_exceeds_precision(content):
        row.flaws[column] = CellFlaw("rounded-number", text)


def _add_flaw(row: SheetRow, column: int, flaw: CellFlaw) -> None:
    """Add a cell that has no value but a flaw."""
    row.flaws[column] = flaw
    row.cells[column] = flaw.text


def _parse_column(letters: str) -> int:
    column = column_index(letters)
    if column >= MAX_COLUMNS:
        raise UnusualSheetError(f"there is a cell in column {letters}, but a sheet ends at column XFD")
    return column


def _parse_xml(window: bytes, decoder: CellDecoder, before: int) -> list[SheetRow]:
    """Parse the rows of a window in any spelling. A row or cell without a reference follows the previous one."""
    handler = _RowHandler(decoder, before)
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = handler.start
    parser.CharacterDataHandler = handler.characters
    parser.EndElementHandler = handler.end
    parser.Parse(b"<rows>" + window + b"</rows>", True)
    return handler.rows


class _RowHandler:
    """The handlers of expat's events, which collect ``rows``."""

    def __init__(self, decoder: CellDecoder, before: int) -> None:
        self.rows: list[SheetRow] = []
        self._decoder = decoder
        self._row = SheetRow(before)
        self._column = -1
        self._type = self._style = ""
        self._has_formula = False
        self._content: list[str] = []
        self._inside = ""
        self._phonetic = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        if name == "row":
            self._row = SheetRow(int(attributes["r"]) if "r" in attributes else self._row.number + 1)
            self._column = -1
            self.rows.append(self._row)
        elif name == "c":
            self._begin_cell(attributes)
        elif name == "f":
            self._has_formula = True
        elif name in ("v", "t"):
            self._inside = "" if self._phonetic else name
        elif name == "rPh":
            self._phonetic += 1

    def characters(self, text: str) -> None:
        if self._inside:
            self._content.append(text)

    def end(self, tag: str) -> None:
        name = tag.rpartition(":")[2]
        if name in ("v", "t"):
            self._inside = ""
        elif name == "rPh":
            self._phonetic -= 1
        elif name == "c":
            self._end_cell("".join(self._content))

    def _begin_cell(self, attributes: dict[str, str]) -> None:
        reference, before = attributes.get("r", ""), self._column
        letters = reference.rstrip("0123456789")
        self._column = _parse_column(letters) if letters else before + 1
        if not before < self._column < MAX_COLUMNS or reference[len(letters) :] not in ("", str(self._row.number)):
            place = f" {reference}" if reference else ""
            raise UnusualSheetError(f"the cell{place} in row {self._row.number:,} is not in the order of its row")
        self._type, self._style = attributes.get("t", ""), attributes.get("s", "")
        self._has_formula, self._content = False, []

    def _end_cell(self, content: str) -> None:
        cell_type = self._type
        if cell_type in ("", "n", "b", "d") and not content.strip():
            # A formula that was never calculated, or an empty cell.
            content = ""
        if cell_type in ("", "n") and content:
            _add_number(self._row, self._column, content, self._style, self._decoder)
        else:
            has_formula = self._has_formula and cell_type in ("", "n", "b", "d")
            _add_rare_cell(self._row, self._column, cell_type, content, self._style, self._decoder, formula=has_formula)
