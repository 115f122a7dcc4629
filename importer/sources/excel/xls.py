"""Read .xls workbooks (Excel 2 to 2003) with xlrd."""

from __future__ import annotations

import os
import struct
from pathlib import Path
from typing import Any

import xlrd
from xlrd.compdoc import CompDocError

from importer.core.errors import SourceError
from importer.core.memory import gc_paused
from importer.sources.detection import password_protected
from importer.sources.excel.cell_text import CellFlaw
from importer.sources.excel.loaded_sheet import LoadedSheet, LoadedWorkbook, SheetBuilder
from importer.sources.excel.number_formats import BUILT_IN_FORMATS, GENERAL, NumberFormat, parse_number_format
from importer.sources.excel.zip_safety import damaged_workbook
from importer.sources.interface import SheetInfo

# Before BIFF 5 a file defines all of its formats, and their numbers have no meaning of their own.
_FIRST_WITH_BUILT_IN_FORMATS = 50


def open_xls_workbook(path: Path) -> LoadedWorkbook:
    """Open and read the .xls workbook ``path``. Raises :class:`SourceError` when that is not possible."""
    book = _open_book(path)
    formats = _read_formats(book)
    sheets: dict[str, Any] = {sheet.name: sheet for sheet in book.sheets()}
    infos = tuple(SheetInfo(name, sheet.visibility == 0, readable=True) for name, sheet in sheets.items())
    return LoadedWorkbook(path, infos, lambda name: _load(sheets[name], formats, from_1904=book.datemode == 1))


def _open_book(path: Path) -> Any:
    try:
        # The library prints its doubts about a file; the sheets are loaded here, so that damage is found now.
        with open(os.devnull, "w", encoding="utf-8") as log, gc_paused():
            return xlrd.open_workbook(str(path), logfile=log, formatting_info=True, ragged_rows=True)
    except (CompDocError, struct.error, EOFError):
        raise damaged_workbook(path) from None
    except xlrd.XLRDError as error:
        if "encrypted" in str(error):
            raise password_protected(path) from None
        raise damaged_workbook(path) from None
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001  the library checks little, so a strange file may end in any exception
        raise SourceError(
            f"{path} is put together in a way that no common program writes .xls files ({type(error).__name__}).",
            "Open it in Excel and save it as an Excel workbook (.xlsx); then import that file.",
        ) from None


def _read_formats(book: Any) -> list[NumberFormat]:
    """Return the number format of each cell style, by its number."""
    parsed: dict[int, NumberFormat] = {}
    has_built_in = book.biff_version >= _FIRST_WITH_BUILT_IN_FORMATS
    for key, found in book.format_map.items():
        built_in = BUILT_IN_FORMATS.get(key) if has_built_in else None
        parsed[key] = built_in or parse_number_format(found.format_str or "")
    return [parsed.get(style.format_key, GENERAL) for style in book.xf_list]


def _load(sheet: Any, formats: list[NumberFormat], *, from_1904: bool) -> LoadedSheet:
    builder = SheetBuilder(from_1904=from_1904)
    for row in range(sheet.nrows):
        for column, (kind, value) in enumerate(zip(sheet.row_types(row), sheet.row_values(row), strict=True)):
            if kind == xlrd.XL_CELL_TEXT:
                # Half a surrogate pair, which Excel can store, becomes the replacement character.
                builder.add_text(column, value.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))
            elif kind in (xlrd.XL_CELL_NUMBER, xlrd.XL_CELL_DATE):
                style = sheet.cell_xf_index(row, column)
                builder.add_number(column, value, formats[style] if style < len(formats) else GENERAL)
            elif kind == xlrd.XL_CELL_BOOLEAN:
                builder.add_boolean(column, bool(value))
            elif kind == xlrd.XL_CELL_ERROR:
                builder.add_flaw(column, CellFlaw("error-cell", xlrd.error_text_from_code.get(value, "#VALUE!")))
        info = sheet.rowinfo_map.get(row)
        builder.end_row(row + 1, hidden=bool(info and info.hidden))
    for top, bottom, left, right in sheet.merged_cells:
        builder.add_merged(top, bottom - 1, left, right - 1)
    return builder.build()
