"""A spreadsheet as the rooms above see it: chunks of text cells that keep their row numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from importer.core.issues import Problem

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import pyarrow as pa

CHUNK_ROWS = 30_000


@dataclass(frozen=True, slots=True)
class SourceOptions:
    """What the person said about the file; ``None`` means: detect it.

    ``sheet`` is a name, or a number counted from 1 written as text. ``header_row`` is numbered as the spreadsheet
    shows it. ``pad_short_rows`` turns missing last cells of a text file into empty ones instead of a problem.
    """

    sheet: str | None = None
    header_row: int | None = None
    encoding: str | None = None
    delimiter: str | None = None
    pad_short_rows: bool = False


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
    """One thing found out about the file: ``what`` (encoding, delimiter, sheet, ...), its ``value``, and ``how``.

    ``how`` is a few words of evidence for people, such as "byte order mark", "given by the mapping" or
    "the same number of cells in 200 of 200 rows".
    """

    what: str
    value: str
    how: str


@dataclass(frozen=True)
class Chunk:
    """Some consecutive rows. ``rows[i]`` is the spreadsheet row number and ``lines[i]`` the line in a text file
    (equal to ``rows`` for workbooks) of the i-th cells.

    ``columns`` are Arrow arrays of text without nulls (empty cell = ""), one per :class:`Column`, and ``labels`` their
    names. Rows wrong by themselves (ragged, error cells) are present, padded or cut, and have their ``problems``.
    """

    rows: np.ndarray
    lines: np.ndarray
    labels: Sequence[str]
    columns: Sequence[pa.Array]
    problems: tuple[Problem, ...] = ()

    @cached_property
    def cells(self) -> pd.DataFrame:
        """The columns as a frame of the pandas dtype ``str`` with a ``RangeIndex``; nothing is copied.

        Reading does without pandas, which takes a third of a second and 50 MB: only who asks for a frame pays.
        """
        import pandas as pd

        frame = {label: _series(column) for label, column in zip(self.labels, self.columns, strict=True)}
        return pd.DataFrame(frame, index=pd.RangeIndex(len(self.rows)), copy=False)

    def first(self, count: int) -> Chunk:
        """The first ``count`` rows; nothing is copied."""
        rows = self.rows[:count]
        kept = set(rows.tolist())
        problems = tuple(problem for problem in self.problems if problem.row in kept)
        return Chunk(rows, self.lines[:count], self.labels, [column[:count] for column in self.columns], problems)


def _series(texts: pa.Array) -> Any:
    import numpy as np
    import pandas as pd
    import pyarrow as pa

    # The stubs of pandas lack the argument dtype, without which the array would not be of the dtype "str".
    make: Any = pd.arrays.ArrowStringArray
    return make(pa.chunked_array([texts]), dtype=pd.StringDtype("pyarrow", na_value=np.nan))


class Source(Protocol):
    """An opened spreadsheet, its headings known and nothing else read yet."""

    @property
    def path(self) -> Path:
        """The file as it was given."""
        ...

    @property
    def format(self) -> str:
        """``csv``, ``xlsx``, ``xls``, ``xlsb`` or ``ods``."""
        ...

    @property
    def sheet(self) -> str:
        """Name of the sheet; empty for text files."""
        ...

    @property
    def header_row(self) -> int:
        """Row of the headings, as the spreadsheet shows it."""
        ...

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns from left to right."""
        ...

    @property
    def detections(self) -> tuple[Detection, ...]:
        """What was found out about the file, in the order to show it."""
        ...

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences for the person about oddities that do no harm (columns without a heading, hidden rows, ...)."""
        ...

    def chunks(self, size: int = CHUNK_ROWS) -> Iterator[Chunk]:
        """All data rows in order, ``size`` at a time; rows without any text are left out, yet counted in the numbers.

        Can be called again and then starts over. Raises
        :class:`importer.core.errors.SourceError` when the file turns out to be broken.
        """
        ...


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """What a plan remembers about the source it was made from."""

    path: str
    format: str
    sheet: str
    header_row: int
    columns: tuple[Column, ...]
    detections: tuple[Detection, ...]
    notes: tuple[str, ...] = field(default=())
