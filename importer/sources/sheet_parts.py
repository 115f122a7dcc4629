"""What the XML of an .xlsx sheet says beyond the values: Excel errors, formulas without a result, and its extent.

The reading library gives an empty cell for both; an empty cell would be sent as if the person had left it empty.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.parsers import expat

from importer.errors import SourceError
from importer.sources.archives import damaged, unpacked
from importer.sources.headings import column_index, column_letter

MOST_CELLS = 50_000_000
KNOWN_ERRORS = frozenset(
    {"#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!", "#DATA!", "#GETTING_DATA"}
)
"""The Excel errors that the reading library knows; a sheet with any other cannot be loaded."""

_MOST_ROWS = 1_048_576
_MOST_COLUMNS = 16_384
_LONGEST_ROW = 64 << 20

_ROW_BEGIN = re.compile(rb"<(?:\w+:)?row[\s/>]")
_ROW_NUMBER = re.compile(rb"<(?:\w+:)?row\s(?:[^>]*?\s)?r=[\"'](\d{1,12})[\"']")
_ROW_END = re.compile(rb"</(?:\w+:)?row\s*>")
# Cells without content (only formatting) end in "/>" and do not count.
_PLAIN_CELL = re.compile(rb'<c r="([A-Z]+)\d+"[^>/]*>')
_ANY_CELL = re.compile(rb"<(?:\w+:)?c\s[^>]*?\br=[\"']([A-Z]+)\d+[\"'][^>/]*>")
_ERROR = re.compile(rb"\st=[\"']e[\"']")
_NO_RESULT = re.compile(
    rb"(?:</(?:\w+:)?f\s*>|<(?:\w+:)?f\b[^>]*/>)\s*"
    rb"(?:</(?:\w+:)?c\s*>|<(?:\w+:)?v\s*/>|<(?:\w+:)?v\s*>\s*</)"
)


@dataclass(slots=True)
class BadCells:
    """Cells that a person has to correct, in the order of the sheet; nine bytes each."""

    places: array[int] = field(default_factory=lambda: array("q"))
    texts: array[int] = field(default_factory=lambda: array("B"))
    words: list[str] = field(default_factory=list)

    def add(self, row: int, column: int, text: str) -> None:
        """Note a cell; ``row`` and ``column`` count from 0. ``text`` is empty for a formula without a result."""
        if text not in self.words:
            if len(self.words) > 200:
                text = self.words[-1]
            else:
                self.words.append(text)
        self.places.append(row * _MOST_COLUMNS + column)
        self.texts.append(self.words.index(text))

    def __iter__(self) -> Iterator[tuple[int, int, str]]:
        for place, text in zip(self.places, self.texts, strict=True):
            yield *divmod(place, _MOST_COLUMNS), self.words[text]


def sheet_members(archive: zipfile.ZipFile, path: Path) -> dict[str, str]:
    """Sheet name → the part of the archive that holds it."""
    targets: dict[str, str] = {}
    names: dict[str, str] = {}

    def relation(tag: str, attributes: dict[str, str]) -> None:
        if tag == "Relationship":
            target = attributes.get("Target", "")
            member = target.lstrip("/") if target.startswith("/") else posixpath.normpath(f"xl/{target}")
            targets[attributes.get("Id", "")] = member

    def sheet(tag: str, attributes: dict[str, str]) -> None:
        if tag == "sheet":
            relation_id = next((value for key, value in attributes.items() if key.endswith(":id")), "")
            names[attributes.get("name", "")] = targets.get(relation_id, "")

    _parse(unpacked(archive, "xl/_rels/workbook.xml.rels", path), relation, path)
    _parse(unpacked(archive, "xl/workbook.xml", path), sheet, path)
    return names


def _parse(blocks: Iterator[bytes], start: Any, path: Path) -> None:
    parser = expat.ParserCreate()
    parser.StartElementHandler = lambda tag, attributes: start(tag.rpartition(":")[2], attributes)
    try:
        for block in blocks:
            parser.Parse(block)
        parser.Parse(b"", True)
    except expat.ExpatError:
        raise damaged(path) from None


def scan_sheet(archive: zipfile.ZipFile, member: str, path: Path) -> BadCells:
    """The bad cells of one sheet. Reads its XML once, in pieces.

    Raises :class:`SourceError` when its rows are out of order, or when the sheet reaches so far that holding it would
    fill the memory.
    """
    bad = BadCells()
    last_row, letters = 0, set[bytes]()
    for window in _windows(unpacked(archive, member, path), path):
        before = last_row
        last_row = _last_row(window, before, path)
        cells = _PLAIN_CELL.findall(window)
        if not cells or len(cells) != window.count(b"<c r="):
            cells = _ANY_CELL.findall(window)
        letters.update(cells)
        _refuse_extent(last_row, letters, path)
        if _looks_bad(window):
            _examine(window, before, bad, path)
    return bad


def _looks_bad(window: bytes) -> bool:
    """Whether some cell may be bad. Plain searches come first: they are fast, and most sheets hold no formula."""
    if (b't="e"' in window or b"t='e'" in window) and _ERROR.search(window):
        return True
    return (b"<f" in window or b":f" in window) and _NO_RESULT.search(window) is not None


def _windows(blocks: Iterator[bytes], path: Path) -> Iterator[bytes]:
    """Whole rows, about a megabyte at a time."""
    rest = b""
    for block in blocks:
        searched = max(0, len(rest) - 32)
        rest += block
        end = max((found.end() for found in _ROW_END.finditer(rest, searched)), default=0)
        if end:
            begin = _ROW_BEGIN.search(rest)
            yield rest[begin.start() if begin else 0 : end]
            rest = rest[end:]
        elif len(rest) > _LONGEST_ROW:
            raise damaged(path)


def _last_row(window: bytes, before: int, path: Path) -> int:
    """The number of the last row of ``window``, which follows row ``before``. Rows may leave their number out."""
    numbers = [int(number) for number in _ROW_NUMBER.findall(window)]
    if not numbers:
        return before + len(_ROW_BEGIN.findall(window))
    if numbers[0] <= before or any(left >= right for left, right in pairwise(numbers)):
        raise damaged(path)
    return numbers[-1]


def _refuse_extent(last_row: int, letters: set[bytes], path: Path) -> None:
    columns = max((column_index(letter.decode()) + 1 for letter in letters if len(letter) < 8), default=0)
    if last_row > _MOST_ROWS or columns > _MOST_COLUMNS or any(len(letter) > 3 for letter in letters):
        raise damaged(path)
    if last_row * columns > MOST_CELLS:
        raise SourceError(
            f"{path}: the sheet reaches to column {column_letter(columns - 1)} and row {last_row}, "
            f"which makes more than {MOST_CELLS:,} cells.",
            "Delete stray cells far right or far below the table, or save the sheet as CSV UTF-8 and import that.",
        )


def _examine(window: bytes, row_before: int, bad: BadCells, path: Path) -> None:
    """Look at every cell of some rows, and note those that hold an error or a formula without a result."""
    cell = _Cell(bad, row_before)
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = cell.start
    parser.CharacterDataHandler = cell.characters
    parser.EndElementHandler = cell.end
    try:
        parser.Parse(b"<rows>" + window + b"</rows>", True)
    except (expat.ExpatError, ValueError):
        raise damaged(path) from None


class _Cell:
    """The cell that the parser is in."""

    def __init__(self, bad: BadCells, row_before: int) -> None:
        self._bad = bad
        self._row = row_before - 1
        self._column = -1
        self._type = ""
        self._formula = False
        self._value: list[str] | None = None
        self._text = ""

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        if name == "row":
            self._row = int(attributes["r"]) - 1 if "r" in attributes else self._row + 1
            self._column = -1
        elif name == "c":
            letters = attributes.get("r", "").rstrip("0123456789")
            self._column = column_index(letters) if letters else self._column + 1
            self._type, self._formula, self._text = attributes.get("t", ""), False, ""
        elif name == "f":
            self._formula = True
        elif name == "v":
            self._value = []

    def characters(self, text: str) -> None:
        if self._value is not None:
            self._value.append(text)

    def end(self, tag: str) -> None:
        name = tag.rpartition(":")[2]
        if name == "v" and self._value is not None:
            self._text, self._value = "".join(self._value).strip(), None
        elif name == "c" and self._type == "e":
            self._bad.add(self._row, self._column, self._text or "#VALUE!")
        elif name == "c" and self._formula and not self._text and self._type not in ("str", "inlineStr"):
            self._bad.add(self._row, self._column, "")
