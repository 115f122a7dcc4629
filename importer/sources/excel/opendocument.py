"""Read OpenDocument spreadsheets (.ods): one pass over the XML of the content, with all sheets.

The value of a cell is in its attributes; only texts are in its paragraphs. Comments, pictures and shapes, which a file
has inside the cell they are anchored to, are no part of it.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from xml.parsers import expat

from importer.core.errors import SourceError
from importer.core.memory import gc_paused
from importer.sources.detection import password_protected
from importer.sources.excel.cell_text import (
    MAX_DIGITS,
    CellFlaw,
    UnreadableCellError,
    format_iso_date,
    format_iso_duration,
)
from importer.sources.excel.loaded_sheet import LoadedSheet, LoadedWorkbook, SheetBuilder
from importer.sources.excel.number_formats import NumberFormat, NumberKind
from importer.sources.excel.opendocument_styles import STYLE, DataStyles
from importer.sources.excel.zip_safety import (
    SAVE_AGAIN,
    XML_ERRORS,
    check_archive,
    damaged_workbook,
    no_sheets,
    open_archive,
    read_part,
    unexpected_xml,
    verify_parts,
)
from importer.sources.interface import SheetInfo

MAX_REPEATED_CELLS = 2_000_000
"""How many cells may be copies: a file says of equal cells and rows how often they are repeated."""

_CONTENT, _STYLES, _MANIFEST = "content.xml", "styles.xml", "META-INF/manifest.xml"
_MAX_COLUMNS = 16_384
_TRUTHS = frozenset(("OF:=TRUE()", "OF:=FALSE()"))
_OASIS = "urn:oasis:names:tc:opendocument:xmlns:"
_TABLE, _OFFICE, _TEXT = (f"{_OASIS}{name}:1.0 " for name in ("table", "office", "text"))
_STYLE_ELEMENT, _TABLE_PROPERTIES = f"{STYLE}style", f"{STYLE}table-properties"
_EXTENDED_TYPE = "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0 value-type"
_SHEET, _ROW, _FORMULA = f"{_TABLE}table", f"{_TABLE}table-row", f"{_TABLE}formula"
_CELLS = frozenset((f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"))
_COLUMNS_REPEATED, _ROWS_REPEATED = f"{_TABLE}number-columns-repeated", f"{_TABLE}number-rows-repeated"
_COLUMN, _CELL_STYLE = f"{_TABLE}table-column", f"{_TABLE}style-name"
_DEFAULT_STYLE = f"{_TABLE}default-cell-style-name"
_ROWS_SPANNED, _COLUMNS_SPANNED = f"{_TABLE}number-rows-spanned", f"{_TABLE}number-columns-spanned"
_VISIBILITY, _DISPLAY, _NAME = f"{_TABLE}visibility", f"{_TABLE}display", f"{_TABLE}name"
_VALUE, _VALUE_TYPE, _STRING, _BOOLEAN, _DATE, _TIME = (
    f"{_OFFICE}{name}" for name in ("value", "value-type", "string-value", "boolean-value", "date-value", "time-value")
)
_NUMBERS = frozenset(("float", "percentage", "currency"))
_PARAGRAPHS = frozenset((f"{_TEXT}p", f"{_TEXT}h"))
# Elements whose texts are not those of the cell around them. All drawings are, too.
_FOREIGN = frozenset((f"{_OFFICE}annotation", f"{_TEXT}ruby-text", f"{_TEXT}note", _SHEET))
_DRAWINGS = (f"{_OASIS}drawing:1.0 ", f"{_OASIS}dr3d:1.0 ")

_BLANKS = re.compile(r"[ \t\r\n]+")
_IRREGULAR_BLANKS = re.compile(r"[\t\r\n]|  |^ | $")
# Stand for the blanks that elements inside a paragraph mean; XML has no such characters.
_SPACE, _TAB, _LINE_BREAK = "\0\1\2"
_INLINE_BLANKS = str.maketrans({_SPACE: " ", _TAB: "\t", _LINE_BREAK: "\n"})
_MAX_SPACES = 1000
_ERROR_WORD = re.compile(r"#[A-Z][A-Z0-9/_]{1,20}[!?]?|Err:\d{1,4}")


def open_opendocument(path: Path) -> LoadedWorkbook:
    """Open and read the OpenDocument spreadsheet ``path``. Raises :class:`SourceError` when it is damaged or unsafe."""
    with open_archive(path) as archive:
        check_archive(archive, path)
        verify_parts(archive, path, (_CONTENT, _STYLES))
        if _MANIFEST in archive.namelist() and b"encryption-data" in b"".join(read_part(archive, _MANIFEST, path)):
            raise password_protected(path)
        content = _ContentHandler(path)
        with gc_paused():
            content.parse(archive)
    if not content.sheets:
        raise no_sheets(path)
    infos = tuple(SheetInfo(name, name not in content.hidden, readable=True) for name in content.sheets)
    return LoadedWorkbook(path, infos, content.sheets.__getitem__)


class _ContentHandler:
    """The handlers of expat's events for the content of a file, which collect its ``sheets`` by name.

    ``hidden`` are the names of the sheets that are not displayed.
    """

    def __init__(self, path: Path) -> None:
        self.sheets: dict[str, LoadedSheet] = {}
        self.hidden: set[str] = set()
        self._path = path
        self._styles = DataStyles()
        self._from_1904 = False
        self._column_styles: list[str] = []
        self._hidden_styles: set[str] = set()
        self._style = ""
        self._sheet = ""
        self._builder: SheetBuilder | None = None
        self._row = 0
        self._row_attributes: dict[str, str] = {}
        self._column = 0
        self._copies = 0
        self._cell: dict[str, str] | None = None
        self._paragraphs: list[str] = []
        # The pieces of the current paragraph; ``None`` outside of one.
        self._pieces: list[str] | None = None
        # How deep in an element that does not belong to the cell.
        self._foreign = 0

    def parse(self, archive: zipfile.ZipFile) -> None:
        """Read the styles and the content. Raises :class:`SourceError`."""
        if _STYLES in archive.namelist():
            styles = expat.ParserCreate(namespace_separator=" ")
            styles.StartElementHandler = self._styles.start
            self._parse_part(archive, _STYLES, styles)
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        self._parse_part(archive, _CONTENT, parser)

    def _parse_part(self, archive: zipfile.ZipFile, name: str, parser: expat.XMLParserType) -> None:
        def refuse_doctype(*_: object) -> None:
            raise unexpected_xml(self._path, name)

        parser.StartDoctypeDeclHandler = refuse_doctype
        try:
            for block in read_part(archive, name, self._path):
                parser.Parse(block, False)
            parser.Parse(b"", True)
        except XML_ERRORS:
            raise damaged_workbook(self._path) from None

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        if self._foreign:
            self._foreign += 1
        elif self._cell is not None:
            if tag in _PARAGRAPHS:
                self._pieces = []
            elif tag in _FOREIGN or tag.startswith(_DRAWINGS):
                self._foreign = 1
            elif self._pieces is not None:
                self._start_inline(tag, attributes)
        elif tag in _CELLS:
            self._cell, self._paragraphs = attributes, []
        elif tag == _ROW:
            self._row_attributes, self._column = attributes, 0
        elif tag == _SHEET:
            self._start_sheet(attributes)
        elif tag == _COLUMN:
            self._add_column_styles(attributes)
        elif self._builder is None:
            self._start_style(tag, attributes)

    def _start_style(self, tag: str, attributes: dict[str, str]) -> None:
        self._styles.start(tag, attributes)
        if tag == _STYLE_ELEMENT:
            self._style = attributes.get(f"{STYLE}name", "")
        elif tag == _TABLE_PROPERTIES and attributes.get(_DISPLAY) == "false":
            self._hidden_styles.add(self._style)
        elif tag == f"{_TABLE}null-date":
            self._from_1904 = attributes.get(f"{_TABLE}date-value", "").startswith("1904")

    def _add_column_styles(self, attributes: dict[str, str]) -> None:
        """Take note of the style of the cells in some columns that have none of their own."""
        repeated = min(_parse_count(attributes.get(_COLUMNS_REPEATED)), _MAX_COLUMNS - len(self._column_styles))
        self._column_styles += [attributes.get(_DEFAULT_STYLE, "")] * repeated

    def _find_format(self, column: int, attributes: dict[str, str]) -> NumberFormat:
        """Return the number format of a cell: its own, that of its row, or that of its column."""
        style = attributes.get(_CELL_STYLE) or self._row_attributes.get(_DEFAULT_STYLE)
        if style is None and column < len(self._column_styles):
            style = self._column_styles[column]
        return self._styles.format_of(style or "")

    def _start_inline(self, tag: str, attributes: dict[str, str]) -> None:
        """Add what an element inside a paragraph means as text."""
        assert self._pieces is not None
        if tag == f"{_TEXT}s":
            self._pieces += ("", _SPACE * min(_parse_count(attributes.get(f"{_TEXT}c")), _MAX_SPACES))
        elif tag == f"{_TEXT}tab":
            self._pieces += ("", _TAB)
        elif tag == f"{_TEXT}line-break":
            self._pieces += ("", _LINE_BREAK)

    def _start_sheet(self, attributes: dict[str, str]) -> None:
        self._sheet = attributes.get(_NAME, "")
        if attributes.get(f"{_TABLE}style-name") in self._hidden_styles:
            self.hidden.add(self._sheet)
        self._builder, self._row = SheetBuilder(from_1904=self._from_1904), 0
        self._column_styles = []

    def _characters(self, text: str) -> None:
        if self._pieces is not None and not self._foreign:
            self._pieces.append(text)

    def _end(self, tag: str) -> None:
        if self._foreign:
            self._foreign -= 1
        elif self._pieces is not None and tag in _PARAGRAPHS:
            self._paragraphs.append(_join_pieces(self._pieces))
            self._pieces = None
        elif tag in _CELLS:
            self._end_cell()
        elif self._builder is None or self._cell is not None:
            return
        elif tag == _ROW:
            self._end_row(self._builder)
        elif tag == _SHEET:
            self.sheets[self._sheet] = self._builder.build()
            self._builder = None

    def _end_row(self, builder: SheetBuilder) -> None:
        repeated = _parse_count(self._row_attributes.get(_ROWS_REPEATED))
        hidden = self._row_attributes.get(_VISIBILITY) in ("collapse", "filter")
        # Before the copies are made.
        self._copies += (repeated - 1) * builder.row_width
        self._check_copies()
        builder.end_row(self._row + 1, hidden=hidden, repeated=repeated)
        self._row += repeated

    def _end_cell(self) -> None:
        attributes, self._cell = self._cell, None
        builder, begin = self._builder, self._column
        if attributes is None or builder is None:
            return
        repeated = _parse_count(attributes[_COLUMNS_REPEATED]) if _COLUMNS_REPEATED in attributes else 1
        self._column += repeated
        if _COLUMNS_SPANNED in attributes or _ROWS_SPANNED in attributes:
            self._add_merged(builder, begin, attributes)
        if _VALUE_TYPE in attributes or _FORMULA in attributes or self._paragraphs:
            if repeated > 1:
                self._copies += repeated - 1
                self._check_copies()
            if self._column > _MAX_COLUMNS:
                raise SourceError(
                    f'{self._path}, sheet "{self._sheet}": there is text behind column XFD, the last one of Excel.',
                    "Leave some columns out, or save the sheet as CSV UTF-8 and import that.",
                )
            for column in range(begin, begin + repeated):
                self._add_cell(builder, column, attributes)

    def _add_merged(self, builder: SheetBuilder, column: int, attributes: dict[str, str]) -> None:
        rows, columns = (_parse_count(attributes.get(name)) for name in (_ROWS_SPANNED, _COLUMNS_SPANNED))
        if rows > 1 or columns > 1:
            builder.add_merged(self._row, self._row + rows - 1, column, column + columns - 1)

    def _check_copies(self) -> None:
        if self._copies > MAX_REPEATED_CELLS:
            raise SourceError(
                f'{self._path}, sheet "{self._sheet}": cells are repeated more than {MAX_REPEATED_CELLS:,} times.',
                "Delete the rows and columns behind the table, then save the file. " + SAVE_AGAIN,
            )

    def _add_cell(self, builder: SheetBuilder, column: int, attributes: dict[str, str]) -> None:
        """Add the value of a cell; a value that contradicts its type is read as the text that is displayed."""
        paragraphs, kind = self._paragraphs, attributes.get(_VALUE_TYPE, "")
        text = paragraphs[0] if len(paragraphs) == 1 else "\n".join(paragraphs)
        if attributes.get(_EXTENDED_TYPE) == "error" or (_FORMULA in attributes and _ERROR_WORD.fullmatch(text)):
            builder.add_flaw(column, CellFlaw("error-cell", text or "#VALUE!"))
        elif attributes.get(_FORMULA, "").upper() in _TRUTHS:
            # LibreOffice stores these as the numbers 1 and 0.
            builder.add_boolean(column, "TRUE" in attributes[_FORMULA].upper())
        elif kind in _NUMBERS and _add_number(
            builder, column, attributes.get(_VALUE, ""), self._find_format(column, attributes)
        ):
            return
        elif kind == "boolean" and _BOOLEAN in attributes:
            builder.add_boolean(column, attributes[_BOOLEAN].strip() == "true")
        elif kind == "date" and _DATE in attributes:
            _add_time(builder, column, attributes[_DATE], format_iso_date)
        elif kind == "time" and _TIME in attributes:
            as_time = self._find_format(column, attributes).kind is not NumberKind.DURATION
            _add_time(builder, column, attributes[_TIME], partial(format_iso_duration, as_time=as_time))
        elif not kind and _FORMULA in attributes and not paragraphs:
            builder.add_flaw(column, CellFlaw("formula-without-result", ""))
        else:
            builder.add_text(column, attributes.get(_STRING, text))


def _add_number(builder: SheetBuilder, column: int, content: str, number_format: NumberFormat) -> bool:
    """Add a number; return false, without adding anything, if it is none."""
    is_plain = number_format.kind is NumberKind.NUMBER
    if is_plain and content.isdecimal() and len(content) <= MAX_DIGITS and content[0] != "0" and content.isascii():
        builder.add_text(column, content)
        return True
    try:
        number = float(content)
    except ValueError:
        return False
    builder.add_number(column, number, number_format)
    return True


def _add_time(builder: SheetBuilder, column: int, content: str, read: Callable[[str], str]) -> None:
    try:
        builder.add_text(column, read(content.strip()))
    except UnreadableCellError as error:
        builder.add_flaw(column, error.flaw)


def _join_pieces(pieces: list[str]) -> str:
    """Join the pieces of a paragraph. Blanks in the XML count as one, and as none at its beginning, unlike those that
    elements stand for."""
    text = pieces[0] if len(pieces) == 1 else "".join(pieces)
    if _IRREGULAR_BLANKS.search(text):
        # LibreOffice writes a single blank at the end as it is.
        blanks_at_end = text[len(text.rstrip(" \t\r\n")) :]
        end = " " if blanks_at_end and not blanks_at_end.strip(" ") else ""
        text = _BLANKS.sub(" ", text).strip(" ") + end
    return text.translate(_INLINE_BLANKS) if len(pieces) > 1 else text


def _parse_count(text: str | None) -> int:
    """Return how often a cell or row is repeated: once unless the file says otherwise, at most a million times."""
    digits = (text or "").strip()
    return min(max(int(digits), 1), 1 << 20) if digits.isascii() and digits.isdigit() and len(digits) < 10 else 1
