"""Read .xls, .xlsb and OpenDocument workbooks with python-calamine, and translate its errors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import python_calamine

from importer.core.memory import gc_paused
from importer.core.text import column_letter
from importer.sources.chunks import ColumnConverter, RowBlock, chunk_from_rows
from importer.sources.detection import DetectedFormat, password_protected
from importer.sources.excel.cell_text import format_cell, format_column, format_opendocument_column
from importer.sources.excel.zip_safety import check_archive, damaged_workbook, open_archive, verify_parts, verify_xml
from importer.sources.headings import Layout, SampleRow
from importer.sources.interface import Chunk, SheetInfo

# The parts of an OpenDocument file that are read.
_OPENDOCUMENT_PARTS = ("content.xml", "META-INF/manifest.xml")


def open_calamine_workbook(path: Path, detected: DetectedFormat) -> CalamineWorkbook:
    """Check the container of a workbook, then open it. Raises :class:`SourceError` when it is damaged or unsafe."""
    if detected.format != "xls":
        with open_archive(path) as archive:
            check_archive(archive, path)
            read_anyway = _OPENDOCUMENT_PARTS if detected.format == "ods" else ()
            verify_parts(archive, path, read_anyway)
            for name in read_anyway:
                verify_xml(archive, name, path)
    return CalamineWorkbook(path, detected)


class CalamineWorkbook:
    """An open workbook. Sheets are loaded into memory one at a time, when they are asked for."""

    def __init__(self, path: Path, detected: DetectedFormat) -> None:
        self._path = path
        self._detected = detected
        with _translated_errors(path):
            # Given a path, the library reads piece by piece but trusts the extension; so a file with a wrong one is
            # given as a stream, whose format it detects.
            self._stream = path.open("rb") if detected.warning else None
            self._workbook = python_calamine.load_workbook(self._stream or path)

    @property
    def sheets(self) -> tuple[SheetInfo, ...]:
        """All sheets in the order of their tabs."""
        worksheet, visible = python_calamine.SheetTypeEnum.WorkSheet, python_calamine.SheetVisibleEnum.Visible
        return tuple(
            SheetInfo(sheet.name, sheet.visible == visible, sheet.typ == worksheet)
            for sheet in self._workbook.sheets_metadata
        )

    def sheet(self, name: str) -> CalamineSheet:
        """Return the sheet ``name``, for reading. Raises :class:`SourceError` when it is damaged."""
        return CalamineSheet(self._path, self._detected, name, self.load(name))

    def load(self, name: str) -> Any:
        """Return calamine's sheet ``name`` with all its values in memory. Raises :class:`SourceError`."""
        with _translated_errors(self._path):
            return self._workbook.get_sheet_by_name(name)

    def has_row(self, name: str, row: int) -> bool:
        """Tell whether a sheet has a value in row ``row`` or below."""
        end: tuple[int, int] | None = self.load(name).end
        return end is not None and end[0] + 1 >= row

    def first_row(self, name: str) -> tuple[str, ...]:
        """Return the texts of row 1 of a sheet."""
        with _translated_errors(self._path):
            row = next(iter(self._workbook.get_sheet_by_name(name).iter_rows()), [])
        return tuple(str(cell) for cell in row)

    def close(self) -> None:
        """Close the file; sheets that were loaded stay usable."""
        self._workbook.close()
        if self._stream:
            self._stream.close()


@contextmanager
def _translated_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except python_calamine.PasswordError:
        raise password_protected(path) from None
    except (python_calamine.CalamineError, OSError, ValueError, OverflowError):
        raise damaged_workbook(path) from None
    except BaseException as error:
        # A panic of the Rust code is no Exception; everything else (Ctrl-C, our own errors) passes.
        if type(error).__name__ != "PanicException":
            raise
        raise damaged_workbook(path) from None


class CalamineSheet:
    """One sheet, whose values are in memory from the opening to the end of the first pass over the rows."""

    def __init__(self, path: Path, detected: DetectedFormat, name: str, loaded: Any) -> None:
        self._path = path
        self._detected = detected
        self._name = name
        self._loaded: Any = loaded
        self._convert: ColumnConverter = format_opendocument_column if detected.format == "ods" else format_column
        self.hidden_rows = 0
        self.offset: int = loaded.start[1] if loaded.start else 0
        self.merged = [
            (f"{column_letter(left)}{top + 1}:{column_letter(right)}{bottom + 1}", bottom + 1)
            for (top, left), (bottom, right) in loaded.merged_cell_ranges or ()
        ]

    def read_sample(self, size: int) -> list[SampleRow]:
        """Read the first ``size`` rows that hold any value."""
        block = next(_read_blocks(self._loaded, size, after=0), RowBlock())
        return [
            SampleRow(row, tuple(map(format_cell, record)))
            for row, record in zip(block.rows, block.records, strict=True)
        ]

    def read_chunks(self, layout: Layout, size: int) -> Iterator[Chunk]:
        """Yield the rows behind the headings that hold any value, at most ``size`` at a time."""
        # The first pass uses the values loaded at the opening; a later one loads them again.
        loaded, self._loaded = self._loaded, None
        if loaded is None:
            workbook = CalamineWorkbook(self._path, self._detected)
            try:
                loaded = workbook.load(self._name)
            finally:
                workbook.close()
        for block in _read_blocks(loaded, size, layout.header_row):
            yield chunk_from_rows(block, layout, self._convert)


def _read_blocks(loaded: Any, size: int, after: int) -> Iterator[RowBlock]:
    """Yield the rows of calamine's sheet behind row ``after`` that hold any text, ``size`` at a time."""
    if loaded.start is None:
        return
    rows = enumerate(loaded.iter_rows(), start=1)
    while True:
        block = RowBlock()
        with gc_paused():
            for row, record in rows:
                if row > after and not _is_blank(record):
                    block.rows.append(row)
                    block.records.append(record)
                    if len(block.rows) >= size:
                        break
        if not block.rows:
            return
        block.lines = block.rows
        yield block


def _is_blank(record: list[Any]) -> bool:
    """Tell whether a raw row holds no text. For most rows the number of empty cells, or the first cell, decides."""
    if record.count("") == len(record):
        return True
    first = record[0]
    return isinstance(first, str) and not first.strip() and not any(str(cell).strip() for cell in record)
