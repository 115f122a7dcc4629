"""A workbook as the reading library (python-calamine) gives it, with its errors in our words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import python_calamine

from importer.core.errors import SourceError
from importer.core.gc_pause import paused_collector
from importer.sources.blocks import Block, TextColumn, build_chunk
from importer.sources.detection import Kind, locked
from importer.sources.excel.cell_text import column_of, opendocument_column
from importer.sources.excel.zip_safety import damaged
from importer.sources.headings import Layout, column_letter
from importer.sources.interface import Chunk


@dataclass(frozen=True, slots=True)
class SheetName:
    """One sheet as its tab shows it. ``readable`` is false for chart and macro sheets."""

    name: str
    visible: bool
    readable: bool


class Book:
    """An open workbook. Sheets are loaded one at a time, when asked for."""

    def __init__(self, path: Path, kind: Kind) -> None:
        self._path = path
        self._kind = kind
        with _translated(path):
            # A path is read piece by piece, but the library believes its extension; a stream is judged by content.
            self._stream = path.open("rb") if kind.lie else None
            self._book = python_calamine.load_workbook(self._stream or path)

    @property
    def sheets(self) -> tuple[SheetName, ...]:
        """All sheets in the order of their tabs."""
        readable = (python_calamine.SheetTypeEnum.WorkSheet,)
        shown = python_calamine.SheetVisibleEnum.Visible
        return tuple(
            SheetName(sheet.name, sheet.visible == shown, sheet.typ in readable) for sheet in self._book.sheets_metadata
        )

    def tab(self, name: str) -> LoadedTab:
        """The sheet ``name``, for reading."""
        return LoadedTab(self._path, self._kind, name, self.load(name))

    def load(self, name: str) -> Any:
        """The sheet ``name`` with all its values in memory."""
        with _translated(self._path):
            return self._book.get_sheet_by_name(name)

    def reaches(self, name: str, row: int) -> bool:
        """Whether a sheet has a value in row ``row`` or below."""
        end: tuple[int, int] | None = self.load(name).end
        return end is not None and end[0] + 1 >= row

    def first_row(self, name: str) -> tuple[str, ...]:
        """The texts of row 1 of a sheet."""
        with _translated(self._path):
            row = next(iter(self._book.get_sheet_by_name(name).iter_rows()), [])
        return tuple(str(cell) for cell in row)

    def close(self) -> None:
        """Let go of the file; sheets that were loaded stay usable."""
        self._book.close()
        if self._stream:
            self._stream.close()

    def __enter__(self) -> Book:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except python_calamine.PasswordError:
        raise locked(path) from None
    except (python_calamine.CalamineError, OSError, ValueError, OverflowError):
        raise damaged(path) from None
    except BaseException as error:
        # A panic of the Rust code is no Exception; everything else (Ctrl-C, our own errors) passes.
        if type(error).__name__ != "PanicException":
            raise
        raise damaged(path) from None


class LoadedTab:
    """One sheet whose values are in memory, from the opening to the end of the first reading."""

    def __init__(self, path: Path, kind: Kind, name: str, sheet: Any) -> None:
        self._path = path
        self._kind = kind
        self._name = name
        self._loaded: Any = sheet
        self.hidden_rows = 0
        self.offset: int = sheet.start[1] if sheet.start else 0
        self.as_text: TextColumn = opendocument_column if kind.format == "ods" else column_of
        self.merged = [
            (f"{column_letter(left)}{top + 1}:{column_letter(right)}{bottom + 1}", bottom + 1)
            for (top, left), (bottom, right) in sheet.merged_cell_ranges or ()
        ]

    def first(self, size: int) -> Block:
        """The first ``size`` rows that hold any value."""
        return next(_blocks(self._loaded, size, after=0), Block())

    def chunks(self, layout: Layout, size: int) -> Iterator[Chunk]:
        """The rows behind the headings that hold any value, ``size`` at a time."""
        sheet, self._loaded = self._loaded, None
        if sheet is None:
            with Book(self._path, self._kind) as book:
                sheet = book.load(self._name)
        for block in _blocks(sheet, size, layout.header_row):
            yield build_chunk(block, layout, self.as_text)


def _blocks(sheet: Any, size: int, after: int) -> Iterator[Block]:
    if sheet.start is None:
        return
    rows = enumerate(sheet.iter_rows(), start=1)
    while True:
        block = Block()
        with paused_collector():
            for row, record in rows:
                if row > after and not blank(record):
                    block.rows.append(row)
                    block.records.append(record)
                    if len(block.rows) >= size:
                        break
        if not block.rows:
            return
        block.lines = block.rows
        yield block


def blank(record: list[Any]) -> bool:
    """Whether a raw row holds no text."""
    if record.count("") == len(record):
        return True
    first = record[0]
    return isinstance(first, str) and not first.strip() and not any(str(cell).strip() for cell in record)


def unreadable_sheet(path: Path, name: str) -> SourceError:
    """The error for a tab that holds no cells."""
    return SourceError(f'{path}: the sheet "{name}" holds a chart or macros, not cells.', "Name another sheet.")
