"""The rows of an .xlsx sheet, read from its XML piece by piece: memory does not grow with the sheet.

Programs write nearly all sheets in the same plain spelling, which a regular expression takes apart quickly. Whatever
is spelled in another way goes through a real XML parser, piece by piece; a test holds the two together.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

from importer.core.errors import SourceError
from importer.sources.excel.zip_safety import damaged
from importer.sources.headings import column_index, column_letter
from importer.sources.xlsx.shared_strings import ILLEGAL, plain, unescaped
from importer.sources.xlsx.values import Cell, StrayReference, Values

MOST_ROWS = 1_048_576
MOST_COLUMNS = 16_384
MOST_DIGITS = 15
_LONGEST_ROW = 64 << 20

_ROW_BEGIN = re.compile(rb"<(?:\w+:)?row[\s/>]")
_ROW_END = re.compile(rb"</(?:\w+:)?row\s*>")
_DATA_END = re.compile(rb"</(?:\w+:)?sheetData\s*>")
_PLAIN = re.compile(
    rb'(<row r="(\d{1,9})"[^>]*>|'
    rb'<c r="([A-Z]{1,4})(\d{1,9})"(?: s="(\d{1,9})")?(?: t="(\w+)")?(?:/>|>'
    rb"(?:(<f)(?:\s[^>]*)?(?:/>|>[^<]*</f>))?"
    rb'(?:<v>([^<]*)</v>|<is><t(?: xml:space="preserve")?>([^<]*)</t></is>)</c>))'
)
_ROW_CLOSED = b"</row>"


@dataclass(slots=True)
class SheetRow:
    """A row as the spreadsheet numbers it: its cells from column A to the last one, and those to be corrected.

    ``bad`` has, by column (from 0), the Excel error of a cell, an empty text for a formula never calculated, or a
    number of more digits than Excel keeps.
    """

    number: int
    cells: list[Cell] = field(default_factory=list)
    bad: dict[int, str] = field(default_factory=dict)

    @property
    def is_blank(self) -> bool:
        """Whether there is no text in it and nothing to correct."""
        return not self.bad and not any(type(cell) is int or str(cell).strip() for cell in self.cells)


def read_rows(blocks: Iterator[bytes], values: Values, place: str, path: Path) -> Iterator[SheetRow]:
    """The rows that hold any text, in order. ``place`` names the file and sheet for people.

    Raises :class:`SourceError` when the sheet is damaged, or its rows or cells are not in order.
    """
    before = 0
    for window in windows(blocks, path):
        rows = window_rows(window, values, before, place, path)
        before = rows[-1].number if rows else before
        yield from (row for row in rows if not row.is_blank)


def window_rows(window: bytes, values: Values, before: int, place: str, path: Path) -> list[SheetRow]:
    """All rows of a window, behind row ``before``. Raises :class:`SourceError` as :func:`read_rows` does."""
    try:
        rows = _plain_rows(window, values)
        rows = _parsed_rows(window, values, before) if rows is None else rows
    except StrayText as stray:
        raise _stray(stray, place) from None
    except (expat.ExpatError, ValueError, KeyError):
        raise damaged(path) from None
    for row in rows:
        if row.number > MOST_ROWS:
            raise SourceError(
                f"{place}: there is a row {row.number:,}, but a sheet ends at row {MOST_ROWS:,}.",
                "Split the table into several sheets, or save it as CSV UTF-8 and import that.",
            )
        if row.number <= before:
            raise damaged(path)
        before = row.number
    return rows


def beyond_excel(content: str | bytes) -> bool:
    """Whether a number has so many digits before its point that Excel has rounded it."""
    try:
        return abs(float(content)) >= 10.0**MOST_DIGITS
    except ValueError:
        return False


class StrayText(Exception):
    """A cell refers to a shared text that is not there."""

    def __init__(self, row: int, column: int) -> None:
        super().__init__(row, column)
        self.row = row
        self.column = column


def _stray(stray: StrayText, place: str) -> SourceError:
    cell = f"{column_letter(stray.column)}{stray.row}"
    return SourceError(
        f"{place}: the cell {cell} refers to a text that the workbook does not hold.",
        "Open it in Excel, save it under a new name, and use that file.",
    )


def windows(blocks: Iterator[bytes], path: Path) -> Iterator[bytes]:
    """Whole rows of the sheet's XML, about a megabyte at a time."""
    rest = b""
    for block in blocks:
        searched = max(0, len(rest) - 32)
        rest += block
        # One byte is found many times faster than several, and mostly it is not there.
        ends = rest.find(b"h", searched) >= 0 and rest.find(b"sheetData", searched) >= 0
        over = _DATA_END.search(rest, searched) if ends else None
        stop = over.start() if over else len(rest)
        end = rest.rfind(_ROW_CLOSED, searched, stop) + len(_ROW_CLOSED)
        if end < len(_ROW_CLOSED):
            end = max((found.end() for found in _ROW_END.finditer(rest, searched, stop)), default=0)
        if end:
            begin = _ROW_BEGIN.search(rest)
            yield rest[begin.start() if begin else 0 : end]
            rest = rest[end:]
        elif len(rest) > _LONGEST_ROW:
            raise damaged(path)
        if over:
            # Conditional formats, links and the like follow; they may be long and are nothing to us.
            for _ in blocks:
                pass
            return


def _plain_rows(window: bytes, values: Values) -> list[SheetRow] | None:
    """The rows of a window in plain spelling.

    ``None`` unless every byte of it belongs to a row or cell that was understood, so that nothing is overlooked.
    """
    if len(window.translate(None, ILLEGAL)) != len(window) or b"]]>" in window:
        return None
    understood = window.count(_ROW_CLOSED) * len(_ROW_CLOSED)
    rows: list[SheetRow] = []
    columns: dict[bytes, int] = {}
    row, number, cells = SheetRow(0), b"", list[Cell]()
    for whole, new, letters, own, style, kind, formula, content, inline in _PLAIN.findall(window):
        understood += len(whole)
        if new:
            number = new
            row = SheetRow(int(new))
            cells = row.cells
            rows.append(row)
            continue
        column = columns.get(letters, -1)
        if column < 0:
            column = columns[letters] = _column(letters.decode())
        gap = column - len(cells)
        if own != number or gap < 0:
            # The parser knows for certain whether this is damage.
            return None
        if gap:
            cells += [""] * gap
        if kind == b"s":
            try:
                cells.append(values.shared(content))
            except StrayReference:
                raise StrayText(row.number, column) from None
        elif kind in (b"", b"n") and content:
            cells.append(values.number(content.decode().strip(), style.decode()))
            if len(content) > MOST_DIGITS and beyond_excel(content):
                row.bad[column] = values.resolved(cells[-1])
        elif kind in (b"inlineStr", b"str"):
            raw = content or inline
            easy = b"&" not in raw and b"_x" not in raw and b"\r" not in raw
            cells.append(raw.decode() if easy else unescaped(plain(raw)))
        else:
            cells.append(_rare(row, column, kind, content, style, values, formula=bool(formula)))
    return rows if understood == len(window) else None


def _rare(
    row: SheetRow, column: int, kind: bytes, content: bytes, style: bytes, values: Values, *, formula: bool
) -> Cell:
    """An error, a formula without a result, an empty cell, a truth value or an ISO date."""
    if kind == b"e" or (formula and not content):
        row.bad[column] = plain(content).strip() or ("#VALUE!" if kind == b"e" else "")
        return row.bad[column]
    return values.cell(kind.decode(), plain(content), style.decode()) if content else ""


def _column(letters: str) -> int:
    column = column_index(letters)
    if column >= MOST_COLUMNS:
        raise ValueError("a column that no sheet has")
    return column


def _parsed_rows(window: bytes, values: Values, before: int) -> list[SheetRow]:
    """The rows of a window in any spelling. Rows and cells without a number follow the one before."""
    reader = _Reader(values, before)
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.CharacterDataHandler = reader.characters
    parser.EndElementHandler = reader.end
    parser.Parse(b"<rows>" + window + b"</rows>", True)
    return reader.rows


class _Reader:
    """Takes the events of an XML parser and gathers rows."""

    def __init__(self, values: Values, before: int) -> None:
        self.rows: list[SheetRow] = []
        self._values = values
        self._row = SheetRow(before)
        self._kind = self._style = ""
        self._formula = False
        self._content: list[str] = []
        self._inside = ""
        self._phonetic = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        if name == "row":
            self._row = SheetRow(int(attributes["r"]) if "r" in attributes else self._row.number + 1)
            self.rows.append(self._row)
        elif name == "c":
            self._begin(attributes)
        elif name == "f":
            self._formula = True
        elif name in ("v", "t"):
            self._inside = "" if self._phonetic else name
        elif name == "rPh":
            self._phonetic += 1

    def _begin(self, attributes: dict[str, str]) -> None:
        reference, cells = attributes.get("r", ""), self._row.cells
        letters = reference.rstrip("0123456789")
        gap = (_column(letters) if letters else len(cells)) - len(cells)
        if gap < 0 or len(cells) >= MOST_COLUMNS or reference[len(letters) :] not in ("", str(self._row.number)):
            raise ValueError("cells out of order")
        cells += [""] * gap
        self._kind, self._style = attributes.get("t", ""), attributes.get("s", "")
        self._formula, self._content = False, []

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
            self._finish("".join(self._content))

    def _finish(self, content: str) -> None:
        row, kind = self._row, self._kind
        column = len(row.cells)
        if kind == "e":
            row.bad[column] = content.strip() or "#VALUE!"
        elif self._formula and not content.strip() and kind in ("", "n", "b", "d"):
            row.bad[column] = ""
        try:
            row.cells.append(row.bad[column] if column in row.bad else self._cell(content))
            if kind in ("", "n") and len(content) > MOST_DIGITS and beyond_excel(content):
                row.bad.setdefault(column, self._values.resolved(row.cells[-1]))
        except StrayReference:
            raise StrayText(row.number, column) from None

    def _cell(self, content: str) -> Cell:
        if self._kind in ("", "n", "b", "d") and not content.strip():
            return ""
        return self._values.cell(self._kind, content, self._style)
