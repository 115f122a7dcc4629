"""A sheet of a workbook: its rows, appended from top to bottom, and how it is shown and printed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from importer.core.text import column_letter
from importer.reports.xlsx_writer.cells import RISKY_STARTS, TextColumn, rows_xml, text_xml
from importer.reports.xlsx_writer.zip_writer import DeflatedStream

GENERAL, THOUSANDS, TEXT = 0, 3, 49
"""Number formats that every program knows (ECMA-376 part 1, 18.8.30): General, "#,##0" and "@"."""
_DEFAULT_PIXELS, _ROW_PIXELS = 64, 20


@dataclass(frozen=True, slots=True)
class Style:
    """How a cell looks. Colours are "#RRGGBB", or "" for Excel's own.

    ``borders`` names the sides with a thin line: left, right, top, bottom. With the number format :data:`TEXT` whatever
    a person types stays text. ``quoted`` is Excel's own mark for text, as if it had been typed behind an apostrophe.
    """

    bold: bool = False
    italic: bool = False
    size: int = 11
    color: str = ""
    fill: str = ""
    borders: tuple[str, ...] = ()
    border_color: str = ""
    number_format: int = TEXT
    horizontal: str = ""
    vertical: str = "top"
    indent: int = 0
    wrap: bool = False
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class ColumnFormat:
    """The width of a column, in digits of the standard font, the number of the style of its empty cells, and whether
    it is hidden."""

    width: float
    style: int = 0
    hidden: bool = False

    @property
    def pixels(self) -> int:
        """The width on a screen: 7 pixels for a digit, and 5 of padding."""
        return int(self.width * 7 + 0.5) + 5


@dataclass(frozen=True, slots=True)
class Note:
    """A note (a comment) at a cell, counted from 0; ``width`` and ``height`` are those of its box, in pixels."""

    row: int
    column: int
    text: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class BarChart:
    """Horizontal bars for numbers in column B, labelled by column A, from line ``first_row`` (counted from 1) on.

    ``colors`` has one colour for each bar. The upper left corner lies at ``row`` and ``column``, counted from 0;
    ``width`` and ``height`` are pixels.
    """

    title: str
    series: str
    description: str
    first_row: int
    colors: Sequence[str]
    row: int
    column: int
    width: int
    height: int


@dataclass(eq=False)
class Sheet:
    """A sheet of a workbook, made by :meth:`Workbook.add_sheet`.

    Rows only go downwards. The other attributes may be set until the workbook is closed: ``merged`` has references
    such as "A1:C1", ``choices`` drop-down lists by reference. ``filtered`` puts filter buttons on the first line, which
    is then repeated on every printed page. ``digits_are_text`` stops warnings about numbers stored as text.
    ``pages_high`` is 0 for as many printed pages as needed; ``footer`` is in Excel's codes.
    """

    name: str
    stream: DeflatedStream
    style_number: Callable[[Style], int]
    rows: int = 0
    width: int = 1
    columns: list[ColumnFormat] = field(default_factory=list)
    frozen_rows: int = 0
    frozen_columns: int = 0
    filtered: bool = False
    digits_are_text: bool = False
    gridlines: bool = True
    paper: int = 0
    pages_high: int = 0
    footer: str = ""
    merged: list[str] = field(default_factory=list)
    choices: dict[str, Sequence[str]] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    chart: BarChart | None = None

    @property
    def bytes_of_rows(self) -> int:
        """The size of the rows so far, as XML."""
        return self.stream.size

    @property
    def quoted_name(self) -> str:
        """The name as formulas write it."""
        return "'" + self.name.replace("'", "''") + "'"

    @property
    def last_letter(self) -> str:
        """The letter of the last column that has a cell."""
        return column_letter(self.width - 1)

    def append_row(self, cells: Sequence[tuple[str | int, Style]] = (), height: float | None = None) -> None:
        """Write a row of texts and numbers from column A on; an empty text leaves a cell that only has its style.

        A text is marked as text where Excel would otherwise take it for a formula. ``height`` is in points.
        """
        self.rows += 1
        self.width = max(self.width, len(cells))
        if not cells and height is None:
            return
        made = []
        for column, (value, style) in enumerate(cells):
            risky = isinstance(value, str) and value[:1] in RISKY_STARTS
            number = self.style_number(replace(style, quoted=True) if risky else style)
            begin = f'<c r="{column_letter(column)}{self.rows}" s="{number}"'
            if isinstance(value, int):
                made.append(f"{begin}><v>{value}</v></c>")
            else:
                made.append(f'{begin} t="inlineStr">{text_xml(value)}</c>' if value else f"{begin}/>")
        tall = "" if height is None else f' ht="{height:g}" customHeight="1"'
        self.stream.add(f'<row r="{self.rows}"{tall}>{"".join(made)}</row>'.encode())

    def append_rows(
        self,
        numbers: Sequence[int],
        number_style: int,
        columns: Sequence[TextColumn],
        heights: Sequence[float] | None = None,
    ) -> None:
        """Write many rows at once: ``numbers`` in column A, then the text ``columns``; see :func:`rows_xml`."""
        self.stream.add(rows_xml(self.rows + 1, numbers, number_style, columns, heights))
        self.rows += len(numbers)
        self.width = max(self.width, len(columns) + 1)

    def note_box(self, note: Note) -> dict[str, object]:
        """Return where the box of a note lies: ``left`` and ``top`` in pixels, and the ``anchor`` in cells.

        The anchor has column, pixels, row, pixels of the upper left corner and then of the lower right one. The box
        stands right of the cell and begins in the row above. All rows count as having the standard height.
        """
        pixels = [column.pixels for column in self.columns]
        pixels += [_DEFAULT_PIXELS] * (note.column + 1 - len(pixels))
        right, right_offset = note.column + 1, 15 + note.width
        while right_offset >= (wide := pixels[right] if right < len(pixels) else _DEFAULT_PIXELS):
            right, right_offset = right + 1, right_offset - wide
        row, offset = (note.row - 1, 10) if note.row else (0, 2)
        down, down_offset = divmod(offset + note.height, _ROW_PIXELS)
        anchor = (note.column + 1, 15, row, offset, right, right_offset, row + down, down_offset)
        return {"left": sum(pixels[: note.column + 1]) + 15, "top": row * _ROW_PIXELS + offset, "anchor": anchor}
