"""The cells of one column as bytes, so that whole columns are judged without making a Python text of each cell.

Places count the filled cells from 0; empty cells are left out.

Measured on 30,000 rows of 20 columns in one run, beside the same searches as regular expressions of pyarrow (RE2):
dates 34 ms against 297 ms (8.8 times as long), codes 15 ms against 266 ms (17 times), texts 8 ms against 111 ms
(14 times).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Places = NDArray[np.intp]
    Bytes = NDArray[np.uint8]
    Mask = NDArray[np.bool_]

MOST_DIGITS = 25
"""The most digits of a code; longer ones are no codes that a person would recognise."""

FIRST_ROWS = 5
"""How many row numbers a finding names; of further rows it only has the count."""

_ZERO, _NINE = ord("0"), ord("9")


def is_digit(values: Bytes) -> Mask:
    """Return which of some bytes are ASCII digits."""
    return (values >= _ZERO) & (values <= _NINE)


def is_letter(values: Bytes) -> Mask:
    """Return which of some bytes are ASCII letters."""
    lower = values | 0x20
    return (lower >= ord("a")) & (lower <= ord("z"))


class ColumnCells:
    """Some consecutive cells of a column: ``rows`` are their row numbers, ``texts`` an Arrow array of ``large_string``
    without nulls."""

    def __init__(self, rows: NDArray[np.int64], texts: Any) -> None:
        _, offsets, data = texts.buffers()
        begin, end = texts.offset, texts.offset + len(texts) + 1
        edges = np.frombuffer(offsets, np.int64)[begin:end] if len(texts) else np.zeros(1, np.int64)
        first, last = int(edges[0]), int(edges[-1])
        self.data: Bytes = np.frombuffer(data, np.uint8)[first:last] if last > first else np.empty(0, np.uint8)
        starts, lengths = edges[:-1] - first, np.diff(edges)
        self._texts = texts
        self._filled: Places | None = None
        self.rows, self.starts, self.lengths = rows, starts, lengths
        if len(lengths) and not lengths.all():
            filled = np.flatnonzero(lengths)
            self._filled = filled
            self.rows, self.starts, self.lengths = rows[filled], starts[filled], lengths[filled]

    def __len__(self) -> int:
        return len(self.lengths)

    @cached_property
    def content(self) -> bytes:
        """All cells, one behind the other without anything between them."""
        return self.data.tobytes()

    @cached_property
    def first(self) -> Bytes:
        """The first byte of each cell."""
        return self.data[self.starts]

    @cached_property
    def last(self) -> Bytes:
        """The last byte of each cell."""
        return self.data[self.starts + self.lengths - 1]

    def at(self, places: Places, position: int) -> Bytes:
        """Return the byte at ``position`` of each cell, 0 behind its end; a negative position counts from the end."""
        lengths = self.lengths[places]
        if 0 <= position < int(lengths.min(initial=position + 1)):
            return self.data[self.starts[places] + position]
        offset = lengths + position if position < 0 else position
        inside = (offset >= 0) & (offset < lengths)
        found = np.where(inside, self.starts[places] + offset, 0)
        return np.where(inside, self.data[found], 0).astype(np.uint8) if len(places) else np.empty(0, np.uint8)

    def at_each(self, places: Places, positions: NDArray[np.int64]) -> Bytes:
        """Return the byte at its own position for each of the cells, 0 behind its end."""
        inside = positions < self.lengths[places]
        found = np.where(inside, self.starts[places] + positions, 0)
        return np.where(inside, self.data[found], 0).astype(np.uint8) if len(places) else np.empty(0, np.uint8)

    @cached_property
    def digits(self) -> Places:
        """The cells that hold nothing but digits, at most :data:`MOST_DIGITS`."""
        import pyarrow.compute as pc

        decimal = pc.ascii_is_decimal(self._texts).to_numpy(zero_copy_only=False)
        return np.flatnonzero(
            (decimal if self._filled is None else decimal[self._filled]) & (self.lengths <= MOST_DIGITS)
        )

    def texts(self, places: Places) -> Any:
        """Return these cells as an Arrow array."""
        return self._texts.take(places if self._filled is None else self._filled[places])

    def text(self, place: int) -> str:
        """Return the text of one cell."""
        return str(self._texts[int(place if self._filled is None else self._filled[place])].as_py())


@dataclass(slots=True)
class Marks:
    """Cells of one kind: how many, the rows of the first few, and the text of the first."""

    rows: int = 0
    first: list[int] = field(default_factory=list)
    example: str = ""

    def add(self, cells: ColumnCells, places: Places) -> None:
        """Add further cells, which come in the order of the file."""
        if not len(places):
            return
        if not self.rows:
            self.example = cells.text(int(places[0]))
        self.rows += len(places)
        if len(self.first) < FIRST_ROWS:
            self.first += cells.rows[places[: FIRST_ROWS - len(self.first)]].tolist()


def merge_marks(several: list[Marks]) -> Marks:
    """Merge the marks of several kinds into one."""
    found = sorted((marks for marks in several if marks.rows), key=lambda marks: marks.first[0])
    first = sorted(row for marks in found for row in marks.first)[:FIRST_ROWS]
    return Marks(sum(marks.rows for marks in found), first, found[0].example if found else "")
