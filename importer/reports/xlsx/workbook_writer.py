"""The workbook that sheets are added to: text stays text, formats are made once, nothing says who wrote it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import xlsxwriter.workbook
from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from importer.core.background import BackgroundWorker
from importer.reports.words import parsed_moment
from importer.reports.xlsx.cell_text import RISKY_STARTS, sheet_text
from importer.reports.xlsx.zip_stream import Draft, PackedRows, PackedZip, Waiting

_FONT = {"font_name": "Calibri", "font_size": 11, "valign": "top"}
_OPTIONS = {
    "constant_memory": True,
    # Only parts beyond 2 GiB make use of it.
    "use_zip64": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
}


# XlsxWriter has no option for it, and nothing else in this program uses XlsxWriter.
xlsxwriter.workbook.ZipFile = PackedZip


class PlainSheet(Worksheet):  # type: ignore[misc]  # XlsxWriter ships no types
    """A sheet in which a text that looks like XlsxWriter's own rich-text markup is written as the text it is.

    XlsxWriter takes an in-line string from ``<r>`` to ``</r>`` for markup of its own making and writes it
    unescaped, so a cell of the source could put XML into the file.
    """

    previous_row: int

    def _xml_rich_inline_string(self, string: str, attributes: Sequence[tuple[str, Any]] = ()) -> None:
        self._xml_inline_string(string, True, attributes)

    def pack_into(self, packed: PackedRows, waiting: Waiting) -> None:
        """From now on give the rows that are XML to ``packed``, and when all are there, to the archive."""
        self._packed, self._waiting = packed, waiting

    def bytes_of_rows(self) -> int:
        """How much XML its rows are, but for those that were only written cell by cell."""
        return self._packed.size

    def _write_optimized_sheet_data(self) -> None:
        """As XlsxWriter does, but where the rows are packed, only their place is kept."""
        if not self.bytes_of_rows():
            super()._write_optimized_sheet_data()
            return
        self._pack_cells()
        self.row_data_fh.close()
        Path(self.row_data_filename).unlink()
        self._xml_start_tag("sheetData")
        self.fh.flush()
        self._waiting[self.fh.name] = (self.fh.buffer.tell(), self._packed)
        self._xml_end_tag("sheetData")

    def _pack_cells(self) -> None:
        """Pack what was written cell by cell."""
        self.row_data_fh.seek(0)
        if xml := self.row_data_fh.read().encode():
            self._packed.add(xml)
            self.row_data_fh.seek(0)
            self.row_data_fh.truncate()

    def write_rows(self, first: int, count: int, columns: int, xml: memoryview) -> None:
        """Write ``count`` rows that are XML already, from row ``first`` (counted from 0) on, in ``columns`` columns.

        All of them must lie below the rows written so far: a sheet in constant memory goes only downwards.
        """
        if self.previous_row < first:
            self._write_single_row(first)
        self._check_dimensions(first, 0)
        self._check_dimensions(first + count - 1, columns - 1)
        # Whatever was written cell by cell before goes first.
        self._pack_cells()
        self._packed.add(xml)
        self.previous_row = first + count


class Book:
    """A workbook being written to ``draft``; its temporary files lie beside it. ``made_at`` is an ISO time in UTC.

    It is a context, in which rows are packed beside the caller.
    """

    def __init__(self, draft: Path, made_at: str) -> None:
        self._packing = BackgroundWorker()
        self._waiting: Waiting = {}
        self._packed: list[PackedRows] = []
        self._folder = draft.parent
        self.workbook = Workbook(Draft(draft, self._waiting), {**_OPTIONS, "tmpdir": str(draft.parent)})
        made = parsed_moment(made_at) or datetime(2000, 1, 1, tzinfo=UTC)
        self.workbook.set_properties({"created": made})
        self._formats: dict[tuple[tuple[str, Any], ...], Format] = {}

    def __enter__(self) -> Book:
        self._packing.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        try:
            self._packing.__exit__(*error)
        finally:
            for packed in self._packed:
                packed.close()

    def add_sheet(self, name: str) -> PlainSheet:
        """A new sheet after the others."""
        sheet = self.workbook.add_worksheet(name, PlainSheet)
        assert isinstance(sheet, PlainSheet)
        self._packed.append(PackedRows(self._folder, self._packing))
        sheet.pack_into(self._packed[-1], self._waiting)
        return sheet

    def format(self, look: Mapping[str, Any] | None = None, *, text: bool = True, quoted: bool = False) -> Format:
        """The format with these XlsxWriter properties. ``text`` keeps what a person types there as text, too.

        ``quoted`` adds Excel's own mark for "this is text", as if it had been typed with an apostrophe in front.
        """
        properties: dict[str, Any] = {**_FONT, **({"num_format": "@"} if text else {}), **(look or {})}
        if quoted:
            properties["quote_prefix"] = True
        key = tuple(sorted(properties.items()))
        if key not in self._formats:
            self._formats[key] = self.workbook.add_format(properties)
        return self._formats[key]

    def put(self, sheet: Worksheet, row: int, column: int, text: str, look: Mapping[str, Any] | None = None) -> None:
        """Write any text into a cell as text, marked where Excel would otherwise take it for a formula."""
        text = sheet_text(text)
        quoted = text[:1] in RISKY_STARTS
        sheet.write_string(row, column, text, self.format(look, quoted=quoted))

    def close(self) -> None:
        """Put the file together. Raises :class:`OSError`, or XlsxWriter's ``FileCreateError`` around one."""
        self.workbook.close()


def style_number(look: Format) -> int:
    """The number by which the cells of a sheet name a format."""
    return int(look._get_xf_index())
