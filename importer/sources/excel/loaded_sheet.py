"""Sheets that are held in memory as Arrow columns, for the readers of .xls, .xlsb and OpenDocument.

These readers parse a whole sheet when it is opened. So damage is found before any row is used, and formatted cells
without content, down to the last corner of the sheet, cost nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from importer.core.text import column_letter
from importer.sources.arrow_columns import TEXT, ColumnBatch, limit_chunk_rows, regroup
from importer.sources.chunks import Flaw, RawBatch, chunk_from_columns
from importer.sources.excel.cell_text import CellFlaw, UnreadableCellError, exceeds_precision, format_number
from importer.sources.excel.number_formats import GENERAL, NumberFormat
from importer.sources.headings import Layout, SampleRow, limit_sample
from importer.sources.interface import Chunk, SheetInfo

_BATCH_ROWS = 5000
_BATCH_CELLS = 2_000_000
# What a filled cell takes in the files of spreadsheet programs, at least.
_CELL_BYTES = 20


class SheetBuilder:
    """Collects the cells of a sheet row by row, from the top down. With ``from_1904`` dates count from 1904."""

    def __init__(self, *, from_1904: bool = False) -> None:
        self._from_1904 = from_1904
        self._batches: list[RawBatch] = []
        self._merged: list[tuple[str, int]] = []
        self._hidden_rows = 0
        self._cells = 0
        self._start_batch()
        self._start_row()

    def _start_batch(self) -> None:
        self._rows: list[int] = []
        self._columns: dict[int, tuple[list[int], list[str]]] = {}
        self._flaws: list[Flaw] = []

    def _start_row(self) -> None:
        self._row_texts: dict[int, str] = {}
        self._row_flaws: dict[int, CellFlaw] = {}

    def add_text(self, column: int, text: str) -> None:
        """Add a text to the current row; columns count from 0."""
        if text:
            self._row_texts[column] = text

    def add_boolean(self, column: int, value: bool) -> None:
        """Add TRUE or FALSE to the current row."""
        self._row_texts[column] = "TRUE" if value else "FALSE"

    def add_flaw(self, column: int, flaw: CellFlaw) -> None:
        """Add a cell to the current row that has no value but a flaw."""
        self._row_flaws[column] = flaw
        self.add_text(column, flaw.text)

    def add_number(self, column: int, number: float, number_format: NumberFormat = GENERAL) -> None:
        """Add a number to the current row, as text by its format."""
        try:
            text = format_number(number, number_format.kind_of(number), from_1904=self._from_1904)
        except UnreadableCellError as error:
            self.add_flaw(column, error.flaw)
            return
        self._row_texts[column] = text
        if exceeds_precision(number):
            self._row_flaws[column] = CellFlaw("rounded-number", text)

    @property
    def row_width(self) -> int:
        """The number of filled cells of the current row."""
        return len(self._row_texts)

    def end_row(self, number: int, *, hidden: bool = False, repeated: int = 1) -> None:
        """End the current row, which the spreadsheet numbers ``number``, and which follows the previous one.

        ``repeated`` is the number of equal rows from there on. Rows without text or flaw are dropped.
        """
        texts, flaws = self._row_texts, self._row_flaws
        if not flaws and not any(map(str.strip, texts.values())):
            if texts:
                self._start_row()
            return
        for copy in range(number, number + repeated):
            self._add_row(copy, texts, flaws)
        self._hidden_rows += repeated * hidden
        self._cells += repeated * len(texts)
        self._start_row()

    def _add_row(self, number: int, texts: Mapping[int, str], flaws: Mapping[int, CellFlaw]) -> None:
        at = len(self._rows)
        self._rows.append(number)
        columns = self._columns
        for column, text in texts.items():
            found = columns.get(column)
            if found is None:
                found = columns[column] = ([], [])
            found[0].append(at)
            found[1].append(text)
        for column, flaw in flaws.items():
            self._flaws.append(Flaw(flaw.code, number, column, flaw.text))
        if at + 1 >= _BATCH_ROWS or (at + 1) * len(columns) > _BATCH_CELLS:
            self._finish_batch()

    def _finish_batch(self) -> None:
        count = len(self._rows)
        columns: list[pa.Array] = [None] * (max(self._columns, default=-1) + 1)
        for column, (places, texts) in self._columns.items():
            dense = texts
            if len(texts) < count:
                dense = [""] * count
                for place, text in zip(places, texts, strict=True):
                    dense[place] = text
            columns[column] = pa.array(dense, TEXT)
        numbers = np.array(self._rows, np.int64)
        self._batches.append(ColumnBatch(numbers, numbers, columns, self._flaws))
        self._start_batch()

    def add_merged(self, top: int, bottom: int, left: int, right: int) -> None:
        """Add a range of merged cells by its first and last row and column, all counted from 0."""
        self._merged.append((f"{column_letter(left)}{top + 1}:{column_letter(right)}{bottom + 1}", bottom + 1))

    def build(self) -> LoadedSheet:
        """Return the sheet of all rows that were added."""
        if self._rows:
            self._finish_batch()
        return LoadedSheet(self._batches, self._merged, self._hidden_rows, self._cells * _CELL_BYTES)


@dataclass(frozen=True, slots=True)
class LoadedSheet:
    """A sheet whose rows are in memory: batches of columns, merged ranges each with its last row, hidden rows.

    ``size`` is about the number of bytes of its filled cells in a file.
    """

    batches: list[RawBatch]
    merged: list[tuple[str, int]]
    hidden_rows: int
    size: int

    @property
    def row_count(self) -> int:
        """The number of rows that hold any text."""
        return sum(len(batch.rows) for batch in self.batches)

    @property
    def last_row(self) -> int:
        """The number of the last row that holds any text; 0 if none does."""
        return int(self.batches[-1].rows[-1]) if self.batches else 0

    def read_sample(self, size: int) -> list[SampleRow]:
        """Read the first ``size`` rows that hold any value."""
        return limit_sample(self._read_rows(), size)

    def _read_rows(self) -> Iterator[SampleRow]:
        for batch in self.batches:
            filled = [(position, column) for position, column in enumerate(batch.columns) if column is not None]
            for at, row in enumerate(batch.rows.tolist()):
                cells = [""] * len(batch.columns)
                for position, column in filled:
                    cells[position] = column[at].as_py()
                yield SampleRow(row, tuple(cells))

    def read_chunks(self, layout: Layout, size: int) -> Iterator[Chunk]:
        """Yield the rows behind the headings that hold any value, at most ``size`` at a time."""
        behind = (
            batch.slice(int(np.searchsorted(batch.rows, layout.header_row, "right")), len(batch.rows))
            for batch in self.batches
        )
        for batch in regroup(behind, limit_chunk_rows(size, len(layout.columns))):
            yield chunk_from_columns(batch, layout)


class LoadedWorkbook:
    """An opened workbook whose sheets are loaded into memory by ``load``, each once, when they are asked for."""

    def __init__(self, path: Path, sheets: tuple[SheetInfo, ...], load: Callable[[str], LoadedSheet]) -> None:
        self.path = path
        self.sheets = sheets
        self._load = load
        self._loaded: dict[str, LoadedSheet] = {}

    def sheet(self, name: str) -> LoadedSheet:
        """Return the sheet ``name``, for reading. Raises :class:`SourceError` when it is damaged."""
        if name not in self._loaded:
            self._loaded[name] = self._load(name)
        return self._loaded[name]

    def has_row(self, name: str, row: int) -> bool:
        """Tell whether a sheet has a value in row ``row`` or below."""
        return self.sheet(name).last_row >= row

    def first_row(self, name: str) -> tuple[str, ...]:
        """Return the texts of row 1 of a sheet."""
        sample = self.sheet(name).read_sample(1)
        return sample[0].cells if sample and sample[0].row == 1 else ()

    def close(self) -> None:
        """Let go of the sheets that were loaded; those returned stay usable."""
        self._loaded.clear()
