"""A table that goes on to a next sheet when one is full."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from importer.reports.xlsx.row_xml import TextColumn, rows_xml
from importer.reports.xlsx.workbook_writer import Book, PlainSheet, style_number

if TYPE_CHECKING:
    import pyarrow as pa

SHEET_ROWS = 1_048_576
SHEET_COLUMNS = 16_384
_BLOCK_ROWS = 10_000
_MOST_XML = 1_800 << 20
"""Parts of an archive beyond 2 GiB are written in a way of which some programs complain."""

OWN_HEADING = {"bold": True, "font_color": "#FFFFFF", "bg_color": "#33506B", "bottom": 1}
SOURCE_HEADING = {"bold": True, "font_color": "#1F2D3A", "bg_color": "#D5DEE7", "bottom": 1}


@dataclass(frozen=True, slots=True)
class Heading:
    """One column of a table: its heading, its width in characters, and how the heading and the cells look."""

    text: str
    width: float
    heading_look: Mapping[str, Any]
    look: Mapping[str, Any] | None = None
    number: bool = False


class SheetSeries:
    """Sheets "name", "name 2", "name 3", … with the same headings, rows written from top to bottom.

    The sheets for ``rows`` rows are made at once, so that their tabs stand together; a sheet has ``sheet_rows`` lines,
    headings included, and is also full with ``most_xml`` bytes.
    """

    def __init__(self, book: Book, name: str, rows: int, sheet_rows: int, most_xml: int = _MOST_XML) -> None:
        self._book = book
        self._name = name
        self._sheet_rows = sheet_rows
        self._headings: Sequence[Heading] = ()
        self._quoted: list[Any] = []
        self._plain: list[int] = []
        self._most_xml = most_xml
        self._used = 0
        self._sheets: list[PlainSheet] = []
        self._next: list[int] = []
        for _ in range(max(1, -(-rows // (sheet_rows - 1)))):
            self._add()

    def begin(self, headings: Sequence[Heading]) -> None:
        """Say what the columns are, before the first row."""
        self._headings = headings
        self._quoted = [self._book.format(heading.look, quoted=True) for heading in headings]
        self._plain = [style_number(self._book.format(one.look, text=not one.number)) for one in headings]
        for sheet in self._sheets:
            self._head(sheet)

    def next_row(self) -> tuple[PlainSheet, int]:
        """The sheet and the line (from 0) for the next row of the table."""
        if not self._used or self._is_full():
            if self._used == len(self._sheets):
                self._add()
                self._head(self._sheets[-1])
            self._used += 1
        line = self._next[self._used - 1]
        self._next[self._used - 1] += 1
        return self._sheets[self._used - 1], line

    def _is_full(self) -> bool:
        last = self._used - 1
        return self._next[last] >= self._sheet_rows or self._sheets[last].bytes_of_rows() >= self._most_xml

    def style(self, column: int, *, quoted: bool = False) -> int:
        """The number of the format of a column's cells; ``quoted`` is for texts that look like formulas."""
        return style_number(self._quoted[column]) if quoted else self._plain[column]

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

        ``styles`` has, for columns counted from 0 whose cells differ in look, the number of each cell's format, and
        ``kept`` whether each cell of such a column is there even if its text is empty. ``comments`` are columns and
        texts by the place (from 0) of the row; ``heights`` are those of the rows, in points.
        """
        from xlsxwriter.utility import xl_col_to_name

        kept = kept or {}
        done = 0
        while done < len(numbers):
            sheet, row = self.next_row()
            count = min(len(numbers) - done, _BLOCK_ROWS, self._sheet_rows - row)
            self._next[self._used - 1] = row + count
            columns = [
                TextColumn(
                    letter=xl_col_to_name(column),
                    texts=array.slice(done, count),
                    style=self._plain[column],
                    quoted=self.style(column, quoted=True),
                    styles=styles[column].slice(done, count) if column in styles else None,
                    kept=kept[column].slice(done, count) if column in kept else None,
                )
                for column, array in enumerate(texts, 1)
            ]
            tall = heights[done : done + count] if heights is not None else None
            xml = rows_xml(row + 1, numbers[done : done + count], self._plain[0], columns, tall)
            # A sheet in constant memory takes comments only for rows that are still to come.
            for place in sorted((comments or {}).keys() & range(done, done + count)):
                for column, comment in (comments or {})[place]:
                    sheet.write_comment(row + place - done, column, comment, {"x_scale": 2.2, "y_scale": 1.3})
            sheet.write_rows(row, count, len(columns) + 1, xml)
            done += count

    def finish(self) -> None:
        """Add the filters, after the last row."""
        for sheet, line in zip(self._sheets, self._next, strict=True):
            sheet.autofilter(0, 0, line - 1, len(self._headings) - 1)

    def _add(self) -> None:
        number = len(self._sheets) + 1
        self._sheets.append(self._book.add_sheet(self._name if number == 1 else f"{self._name} {number}"))
        self._next.append(1)

    def _head(self, sheet: PlainSheet) -> None:
        sheet.freeze_panes(1, 1)
        # Long digits are text on purpose; without this Excel puts a green corner on every one of them.
        sheet.ignore_errors({"number_stored_as_text": f"A1:XFD{SHEET_ROWS}"})
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0)
        sheet.set_footer("&L&A&RPage &P of &N")
        for column, heading in enumerate(self._headings):
            cells = self._book.format(heading.look, text=not heading.number)
            sheet.set_column(column, column, heading.width, cells)
        for column, heading in enumerate(self._headings):
            self._book.put(sheet, 0, column, heading.text, heading.heading_look)
