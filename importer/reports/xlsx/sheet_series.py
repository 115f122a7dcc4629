"""A table of rows that goes on in a next sheet when one is full, and the headings of its columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING

from importer.core.text import column_letter
from importer.reports.interface import ReportColumn
from importer.reports.xlsx_writer import (
    GENERAL,
    ColumnFormat,
    ColumnType,
    Note,
    Sheet,
    Style,
    TextColumn,
    Workbook,
    sheet_text,
)

if TYPE_CHECKING:
    import pyarrow as pa

SHEET_ROWS = 1_048_576
SHEET_COLUMNS = 16_384
_BLOCK_ROWS = 10_000
_MOST_XML = 1_800 << 20
"""Parts of an archive beyond 2 GiB are written in a way of which some programs complain."""

OWN_HEADING = Style(bold=True, color="#FFFFFF", fill="#33506B", borders=("bottom",))
SOURCE_HEADING = Style(bold=True, color="#1F2D3A", fill="#D5DEE7", borders=("bottom",))
PLAIN = Style()
NUMBER = Style(number_format=GENERAL)

SAMPLE = 200
"""So many first cells of a column decide how wide it is."""
_NARROWEST, _WIDEST = 8, 40
_A4 = 9
_NOTE_WIDTH, _NOTE_HEIGHT = 282, 96


@dataclass(frozen=True, slots=True)
class Heading:
    """One column of a table: its heading, its width in characters, the styles of heading and cells, the cells' type.

    ``choices`` are offered as a drop-down list in its cells.
    """

    text: str
    width: float
    heading_style: Style
    style: Style = PLAIN
    type: ColumnType = ColumnType.TEXT
    hidden: bool = False
    choices: Sequence[str] = ()


def source_headings(columns: Sequence[ReportColumn], texts: Sequence[Sequence[str]]) -> list[Heading]:
    """Return headings for the source's columns, as wide as the first 200 cells of each in ``texts`` need."""
    return [
        Heading(column.label, width_of([column.label, *islice(cells, SAMPLE)]), SOURCE_HEADING)
        for column, cells in zip(columns, texts, strict=True)
    ]


def width_of(texts: Iterable[str]) -> float:
    """Return a column width in characters for these texts, with room for the filter button of the heading."""
    longest = max((len(text) for text in texts), default=0)
    return float(min(max(longest + 3, _NARROWEST), _WIDEST))


class SheetSeries:
    """Sheets "name", "name 2", "name 3", … with the same headings, rows written from top to bottom.

    The sheets for ``rows`` rows are made at once, so that their tabs stand together; a sheet has ``sheet_rows`` lines,
    headings included, and is also full with ``most_xml`` bytes.
    """

    def __init__(self, book: Workbook, name: str, rows: int, sheet_rows: int, most_xml: int = _MOST_XML) -> None:
        self._book = book
        self._name = name
        self._sheet_rows = sheet_rows
        self._most_xml = most_xml
        self._headings: Sequence[Heading] = ()
        self._plain: list[int] = []
        self._quoted: list[int] = []
        self._sheets: list[Sheet] = []
        self._used = 0
        for _ in range(max(1, -(-rows // (sheet_rows - 1)))):
            self._add_sheet()

    def begin(self, headings: Sequence[Heading]) -> None:
        """Set the columns and write their headings, before the first row."""
        self._headings = headings
        self._plain = [self._book.style_number(heading.style) for heading in headings]
        self._quoted = [self._book.style_number(replace(heading.style, quoted=True)) for heading in headings]
        for sheet in self._sheets:
            self._write_headings(sheet)

    def style(self, column: int, *, quoted: bool = False) -> int:
        """Return the number of the style of a column's cells; ``quoted`` is for texts that look like formulas."""
        return self._quoted[column] if quoted else self._plain[column]

    def write_block(
        self,
        numbers: Sequence[int],
        texts: Sequence[pa.Array],
        styles: Mapping[int, pa.Array],
        kept: Mapping[int, pa.Array] | None = None,
        comments: Mapping[int, Sequence[tuple[int, str]]] | None = None,
        heights: Sequence[float] | None = None,
    ) -> None:
        """Write rows at once: ``numbers`` in column A, ``texts`` in the columns from B on.

        ``styles`` has, for columns counted from 0 whose cells differ in look, the number of each cell's style, and
        ``kept`` whether each cell of such a column is there even if its text is empty. ``comments`` are columns and
        texts by the place (from 0) of the row; ``heights`` are those of the rows, in points.
        """
        kept, comments = kept or {}, comments or {}
        done = 0
        while done < len(numbers):
            sheet = self._sheet_with_room()
            count = min(len(numbers) - done, _BLOCK_ROWS, self._sheet_rows - sheet.rows)
            columns = [
                TextColumn(
                    column,
                    texts=array.slice(done, count),
                    style=self._plain[column],
                    quoted=self._quoted[column],
                    styles=styles[column].slice(done, count) if column in styles else None,
                    kept=kept[column].slice(done, count) if column in kept else None,
                    type=self._headings[column].type,
                )
                for column, array in enumerate(texts, 1)
            ]
            sheet.notes += [
                Note(sheet.rows + place - done, column, comment, _NOTE_WIDTH, _NOTE_HEIGHT)
                for place in sorted(comments.keys() & range(done, done + count))
                for column, comment in comments[place]
            ]
            tall = heights[done : done + count] if heights is not None else None
            sheet.append_rows(numbers[done : done + count], self._plain[0], columns, tall)
            done += count

    def _sheet_with_room(self) -> Sheet:
        """Return the sheet for the next row of the table."""
        sheet = self._sheets[max(0, self._used - 1)]
        if not self._used or sheet.rows >= self._sheet_rows or sheet.bytes_of_rows >= self._most_xml:
            if self._used == len(self._sheets):
                self._write_headings(self._add_sheet())
            sheet = self._sheets[self._used]
            self._used += 1
        return sheet

    def _add_sheet(self) -> Sheet:
        number = len(self._sheets) + 1
        sheet = self._book.add_sheet(self._name if number == 1 else f"{self._name} {number}")
        sheet.frozen_rows = sheet.frozen_columns = 1
        sheet.filtered = True
        # Long digits are text on purpose; without this Excel puts a green corner on every one of them.
        sheet.digits_are_text = True
        sheet.paper = _A4
        sheet.footer = "&L&A&RPage &P of &N"
        self._sheets.append(sheet)
        return sheet

    def _write_headings(self, sheet: Sheet) -> None:
        sheet.columns = [
            ColumnFormat(one.width, self._plain[column], one.hidden) for column, one in enumerate(self._headings)
        ]
        for column, heading in enumerate(self._headings):
            if heading.choices:
                letter = column_letter(column)
                sheet.choices[f"{letter}2:{letter}{self._sheet_rows}"] = heading.choices
        sheet.append_row([(sheet_text(heading.text), heading.heading_style) for heading in self._headings])
