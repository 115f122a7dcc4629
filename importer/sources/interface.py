"""The interface of all readers: an opened spreadsheet that yields chunks of text cells with their row numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from importer.core.issues import Problem

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import pyarrow as pa

CHUNK_ROWS = 30_000
ALL_SHEETS = "all"
"""Stands for all visible sheets with data."""
NO_HEADINGS = 0
"""Stands for the row of the headings of a file without any."""


@dataclass(frozen=True, slots=True)
class SourceOptions:
    """The user's settings for reading a file; ``None`` means: detect it.

    ``sheet`` is a name, or a number counted from 1 written as text; ``sheets`` are several that are read as one table,
    or :data:`ALL_SHEETS`. ``header_row`` is numbered as the spreadsheet
    shows it; :data:`NO_HEADINGS` names the columns by their letters. ``pad_short_rows`` turns missing last cells of a
    text file into empty ones instead of a problem. ``of_mapping`` names the settings that come from a mapping: they
    describe the file that people export, not the results workbook that this program made of it.
    """

    sheet: str | None = None
    header_row: int | None = None
    encoding: str | None = None
    delimiter: str | None = None
    pad_short_rows: bool = False
    of_mapping: tuple[str, ...] = ()
    sheets: Sequence[str] | None = None

    def for_results_workbook(self) -> SourceOptions:
        """Return the settings that apply to a results workbook of this program: those that no mapping gave."""
        unset: dict[str, Any] = dict.fromkeys(self.of_mapping)
        return replace(self, of_mapping=(), **unset)


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the source. ``index`` counts from 0 and is its position in a chunk's cells; ``letter`` is Excel's.

    ``heading`` is the text as it stands in the file; ``label`` is the same made unique and never empty, and names the
    column in chunks and reports.
    """

    index: int
    letter: str
    heading: str
    label: str


@dataclass(frozen=True, slots=True)
class Detection:
    """One detected property of the file: ``what`` (encoding, delimiter, sheet, ...), its ``value``, and ``how``.

    ``how`` is a few words of evidence for the user, such as "byte order mark", "given by the mapping" or
    "the same number of cells in 200 of 200 rows".
    """

    what: str
    value: str
    how: str


@dataclass(frozen=True, slots=True)
class SheetInfo:
    """One sheet of a workbook as its tab shows it. ``readable`` is false for chart and macro sheets."""

    name: str
    visible: bool
    readable: bool


@dataclass(frozen=True)
class Chunk:
    """Some consecutive rows. ``rows[i]`` is the spreadsheet row number and ``lines[i]`` the line in a text file
    (equal to ``rows`` for workbooks) of the i-th cells.

    ``columns`` are Arrow arrays of text without nulls (empty cell = ""), one per :class:`Column`, and ``labels`` their
    names. Cells of workbooks that are dates arrive in ISO form whatever their number format: ``2026-02-28``,
    ``2026-02-28 14:05:00``, ``14:05:00``; durations as ``30:05:00`` (:mod:`importer.sources.excel.cell_text`).

    Rows with ``problems`` (too few or too many cells, error cells, totals) are included, padded or cut to the columns.
    ``origin`` are two more such arrays in a sheet of rows to correct that this program wrote: the number of each row in
    the file that it comes from, and its mark. They are empty for any other table.
    """

    rows: np.ndarray
    lines: np.ndarray
    labels: Sequence[str]
    columns: Sequence[pa.Array]
    problems: tuple[Problem, ...] = ()
    origin: Sequence[pa.Array] = ()

    @cached_property
    def cells(self) -> pd.DataFrame:
        """The columns as a frame of the pandas dtype ``str`` with a ``RangeIndex``; nothing is copied.

        pandas is imported on first use only, because it costs a third of a second and 50 MB.
        """
        import numpy as np
        import pandas as pd
        import pyarrow as pa

        # The stubs of pandas lack the argument dtype, without which the array would not be of the dtype "str".
        make_array: Any = pd.arrays.ArrowStringArray
        dtype = pd.StringDtype("pyarrow", na_value=np.nan)
        frame = {
            label: make_array(pa.chunked_array([column]), dtype=dtype)
            for label, column in zip(self.labels, self.columns, strict=True)
        }
        return pd.DataFrame(frame, index=pd.RangeIndex(len(self.rows)), copy=False)

    def keep(self, mask: np.ndarray) -> Chunk:
        """Return the rows that the mask marks."""
        import pyarrow as pa

        rows, kept = self.rows[mask], pa.array(mask)
        numbers = set(rows.tolist())
        problems = tuple(problem for problem in self.problems if problem.row in numbers)
        columns, origin = ([column.filter(kept) for column in several] for several in (self.columns, self.origin))
        return Chunk(rows, self.lines[mask], self.labels, columns, problems, origin)

    def first(self, count: int) -> Chunk:
        """Return the first ``count`` rows; nothing is copied."""
        rows = self.rows[:count]
        kept = set(rows.tolist())
        problems = tuple(problem for problem in self.problems if problem.row in kept)
        columns, origin = ([column[:count] for column in several] for several in (self.columns, self.origin))
        return Chunk(rows, self.lines[:count], self.labels, columns, problems, origin)


@dataclass(frozen=True, slots=True)
class Source:
    """An opened spreadsheet: its headings are known, no data row has been read.

    ``path`` is the file as it was given; ``format`` is ``csv``, ``xlsx``, ``xls``, ``xlsb`` or ``ods``; ``sheet`` is
    empty for text files; ``header_row`` is numbered as the spreadsheet shows it; ``columns`` go from left to right;
    ``detections`` are in the order to show them; ``notes`` are sentences for the user about harmless oddities (columns
    without a heading, hidden rows, ...). ``read`` yields the chunks for a number of rows, from the first data row on.
    ``sheets`` are the names of the sheets of a workbook that hold cells.
    ``marked``: it is a sheet of rows to correct that this program wrote, and its chunks have an ``origin``.
    """

    path: Path
    format: str
    sheet: str
    header_row: int
    columns: tuple[Column, ...]
    detections: tuple[Detection, ...]
    notes: tuple[str, ...]
    read: Callable[[int], Iterator[Chunk]]
    sheets: tuple[str, ...] = ()
    marked: bool = False

    def chunks(self, size: int = CHUNK_ROWS) -> Iterator[Chunk]:
        """Yield all data rows in order, at most ``size`` at a time; rows without any text are left out, yet counted.

        Can be called again and then starts over. Raises :class:`importer.core.errors.SourceError` when the file turns
        out to be broken.
        """
        return self.read(size)


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """The properties of a source that its plan keeps."""

    path: str
    format: str
    sheet: str
    header_row: int
    columns: tuple[Column, ...]
    detections: tuple[Detection, ...]
    notes: tuple[str, ...] = field(default=())
