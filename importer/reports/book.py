"""The workbook that sheets are added to: text stays text, formats are made once, nothing says who wrote it."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import xlsxwriter.workbook
from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from importer.reports.cell_text import RISKY_STARTS, sheet_text
from importer.reports.words import parsed_moment

_FONT = {"font_name": "Calibri", "font_size": 11, "valign": "top"}
_COPIED_AT_ONCE = 1 << 20
_PACKING = 2
_OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
}


class _QuickZip(ZipFile):
    """Packs at a third of the usual computing; what is packed is a fifth larger."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **{"compresslevel": _PACKING, **named})


# XlsxWriter has no option for it, and nothing else in this program uses XlsxWriter.
xlsxwriter.workbook.ZipFile = _QuickZip


class PlainSheet(Worksheet):  # type: ignore[misc]  # XlsxWriter ships no types
    """A sheet in which a text that looks like XlsxWriter's own rich-text markup is written as the text it is.

    XlsxWriter takes an in-line string from ``<r>`` to ``</r>`` for markup of its own making and writes it
    unescaped, so a cell of the source could put XML into the file.
    """

    previous_row: int

    def _xml_rich_inline_string(self, string: str, attributes: Sequence[tuple[str, Any]] = ()) -> None:
        self._xml_inline_string(string, True, attributes)

    def _write_optimized_sheet_data(self) -> None:
        """As XlsxWriter does, but the rows, most of the file, are copied as bytes instead of being read as text."""
        if self.dim_rowmin is None:
            super()._write_optimized_sheet_data()
            return
        self._xml_start_tag("sheetData")
        self.fh.flush()
        self.row_data_fh.flush()
        rows = self.row_data_fh.buffer
        rows.seek(0)
        shutil.copyfileobj(rows, self.fh.buffer, _COPIED_AT_ONCE)
        self.row_data_fh.close()
        Path(self.row_data_filename).unlink()
        self._xml_end_tag("sheetData")

    def write_rows(self, first: int, count: int, columns: int, xml: memoryview) -> None:
        """Write ``count`` rows that are XML already, from row ``first`` (counted from 0) on, in ``columns`` columns.

        All of them must lie below the rows written so far: a sheet in constant memory goes only downwards.
        """
        if self.previous_row < first:
            # Whatever was written cell by cell before goes to the file first.
            self._write_single_row(first)
        self._check_dimensions(first, 0)
        self._check_dimensions(first + count - 1, columns - 1)
        self.row_data_fh.flush()
        self.row_data_fh.buffer.write(xml)
        self.previous_row = first + count


class Book:
    """A workbook being written to ``draft``; its temporary files lie beside it. ``made_at`` is an ISO time in UTC."""

    def __init__(self, draft: Path, made_at: str) -> None:
        self.workbook = Workbook(str(draft), {**_OPTIONS, "tmpdir": str(draft.parent)})
        made = parsed_moment(made_at) or datetime(2000, 1, 1, tzinfo=UTC)
        self.workbook.set_properties({"created": made})
        self._formats: dict[tuple[tuple[str, Any], ...], Format] = {}

    def add_sheet(self, name: str) -> PlainSheet:
        """A new sheet after the others."""
        sheet = self.workbook.add_worksheet(name, PlainSheet)
        assert isinstance(sheet, PlainSheet)
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
