"""Batches of consecutive rows as Arrow columns, and the regrouping of small batches into chunks.

Both the program and the reading process import this module, so it imports neither pandas nor ``pyarrow.compute``, which
would cost memory twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import numpy as np
import pyarrow as pa

TEXT = pa.large_string()
_MAX_CELLS = 5_000_000
_EMPTY = pa.nulls(0, TEXT)


class HasRow(Protocol):
    """An issue of one row, numbered as the spreadsheet shows it."""

    @property
    def row(self) -> int:
        """The row number."""
        ...


IssueT = TypeVar("IssueT", bound=HasRow)


@dataclass(frozen=True, slots=True)
class ColumnBatch(Generic[IssueT]):
    """Some consecutive rows that hold any text, as Arrow arrays of text without nulls, one for each raw column.

    ``rows`` are numbered as the spreadsheet shows them; ``lines`` are those of a text file. ``issues`` belong to some
    of the rows: flaws of cells, or problems. A column may be ``None`` if none of its cells holds text, so that a stray
    cell far to the right costs nothing.
    """

    rows: np.ndarray
    lines: np.ndarray
    columns: list[pa.Array]
    issues: Sequence[IssueT] = ()

    def slice(self, begin: int, end: int) -> ColumnBatch[IssueT]:
        """Return the rows from index ``begin`` to before ``end``; nothing is copied."""
        rows = self.rows[begin:end]
        issues = [issue for issue in self.issues if rows[0] <= issue.row <= rows[-1]] if len(rows) else []
        columns = [None if column is None else column.slice(begin, end - begin) for column in self.columns]
        return ColumnBatch(rows, self.lines[begin:end], columns, issues)

    def column(self, position: int) -> pa.Array:
        """Return the texts of the raw column ``position``; empty texts if the batch has no such column."""
        if position < len(self.columns) and self.columns[position] is not None:
            return self.columns[position]
        return pa.repeat(pa.scalar("", TEXT), len(self.rows))


def limit_chunk_rows(size: int, width: int) -> int:
    """Return the number of rows of a chunk: ``size``, or fewer if rows of ``width`` cells were too many cells."""
    return max(1, min(size, _MAX_CELLS // max(1, width)))


def regroup(batches: Iterable[ColumnBatch[IssueT]], size: int) -> Iterator[ColumnBatch[IssueT]]:
    """Yield the same rows in batches of ``size`` rows; the last one may be smaller."""
    pending: list[ColumnBatch[IssueT]] = []
    count = 0
    for batch in batches:
        begin = 0
        while begin < len(batch.rows):
            end = min(len(batch.rows), begin + size - count)
            pending.append(batch.slice(begin, end))
            count += end - begin
            begin = end
            if count == size:
                yield _concatenate(pending)
                pending, count = [], 0
    if pending:
        yield _concatenate(pending)


def _concatenate(batches: Sequence[ColumnBatch[IssueT]]) -> ColumnBatch[IssueT]:
    """Join the batches, and drop each of their columns as soon as it is joined, so that no cell is in memory twice."""
    width = max(len(batch.columns) for batch in batches)
    columns: list[pa.Array] = []
    for position in range(width):
        if all(position >= len(batch.columns) or batch.columns[position] is None for batch in batches):
            columns.append(None)
            continue
        columns.append(pa.concat_arrays([batch.column(position) for batch in batches]))
        for batch in batches:
            if position < len(batch.columns):
                batch.columns[position] = _EMPTY
    return ColumnBatch(
        np.concatenate([batch.rows for batch in batches]),
        np.concatenate([batch.lines for batch in batches]),
        columns,
        [issue for batch in batches for issue in batch.issues],
    )
