"""Raw rows as columns, some at a time, made more or fewer at a time.

The program needs this for what the reading process sends, so nothing here needs pandas or Arrow's functions, which cost
memory in both processes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import numpy as np
import pyarrow as pa

TEXT = pa.large_string()
_MOST_CELLS = 5_000_000
_NOTHING = pa.nulls(0, TEXT)


class OfRow(Protocol):
    """What is said about one row, numbered as the spreadsheet shows it."""

    @property
    def row(self) -> int:
        """The row."""
        ...


Said = TypeVar("Said", bound=OfRow)


@dataclass(frozen=True, slots=True)
class Columns(Generic[Said]):
    """Some consecutive rows that hold any text, as Arrow arrays of text without nulls, one for each place of a raw row.

    ``rows`` are numbered as the spreadsheet shows them; ``lines`` are those of a text file. ``said`` is what is to be
    said about some of the rows: flaws of cells, or problems.
    """

    rows: np.ndarray
    lines: np.ndarray
    columns: list[pa.Array]
    said: Sequence[Said] = ()

    def part(self, begin: int, end: int) -> Columns[Said]:
        """The rows from place ``begin`` to before ``end``; nothing is copied."""
        rows = self.rows[begin:end]
        said = [each for each in self.said if rows[0] <= each.row <= rows[-1]] if len(rows) else []
        cut = [column.slice(begin, end - begin) for column in self.columns]
        return Columns(rows, self.lines[begin:end], cut, said)

    def place(self, position: int) -> pa.Array:
        """The texts at a place; empty ones where the rows do not reach so far."""
        if position < len(self.columns):
            return self.columns[position]
        return pa.repeat(pa.scalar("", TEXT), len(self.rows))


def rows_at_once(size: int, width: int) -> int:
    """How many rows of ``width`` cells are a chunk: ``size``, or fewer where these would be very many cells."""
    return max(1, min(size, _MOST_CELLS // max(1, width)))


def regrouped(pieces: Iterable[Columns[Said]], size: int) -> Iterator[Columns[Said]]:
    """The same rows, ``size`` at a time."""
    waiting: list[Columns[Said]] = []
    count = 0
    for piece in pieces:
        done = 0
        while done < len(piece.rows):
            end = min(len(piece.rows), done + size - count)
            waiting.append(piece.part(done, end))
            count += end - done
            done = end
            if count == size:
                yield _joined(waiting)
                waiting, count = [], 0
    if waiting:
        yield _joined(waiting)


def _joined(pieces: Sequence[Columns[Said]]) -> Columns[Said]:
    """The pieces as one. They lose each column as soon as it is joined, so that memory holds no row twice."""
    width = max(len(piece.columns) for piece in pieces)
    columns = []
    for position in range(width):
        columns.append(pa.concat_arrays([piece.place(position) for piece in pieces]))
        for piece in pieces:
            piece.columns[position : position + 1] = [_NOTHING] * (position < len(piece.columns))
    return Columns(
        np.concatenate([piece.rows for piece in pieces]),
        np.concatenate([piece.lines for piece in pieces]),
        columns,
        [each for piece in pieces for each in piece.said],
    )
