"""Selection of the rows that are imported: those in which the mapping's `where` holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pyarrow.compute as pc

from importer.core.issues import Problem, make_problem
from importer.core.text import format_count, is_or_are, join_words, pluralize
from importer.validation.conditions import RowTest, find_unclear_cells
from importer.validation.mark_cleaner import MarkCleaner

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Cells = Mapping[str, pd.Series[str]]

_NOT_SELECTED = "The condition `where` of the mapping does not hold."
_FIRST_ROWS = 5


class RowFilter:
    """A selection of rows, chunk by chunk, that counts what is left out; ``empty`` texts count as empty cells."""

    def __init__(self, where: RowTest, empty: Sequence[str] = ()) -> None:
        self._where = where
        self._labels = {test.column.label for test in where.columns()}
        self._marks = MarkCleaner((), empty)
        self._count = 0
        self._first: list[int] = []

    def select(
        self, cells: Cells, rows: NDArray[np.int64], problems: Sequence[Problem]
    ) -> tuple[NDArray[np.object_], list[Problem]]:
        """Return why each row is left out, "" for those that are kept, and the problems of rows that are undecided.

        A row with a problem that makes its cells doubtful is kept, so that nothing is left out by mistake.
        """
        clean = self._marks.begin(cells, rows)
        holds = self._where.holds(clean)
        doubtful = [problem.row for problem in problems if not problem.column or problem.column in self._labels]
        fails = pc.invert(holds).fill_null(False).to_numpy(zero_copy_only=False) & ~np.isin(rows, doubtful)
        reasons = np.where(fails, _NOT_SELECTED, "").astype(object)
        self._count += int(fails.sum())
        self._first += rows[fails][: _FIRST_ROWS - len(self._first)].tolist()
        unclear = [
            make_problem(
                "undecided-condition",
                int(rows[cell.position]),
                column=cell.column.label,
                letter=cell.column.letter,
                value=cell.text,
                expected=cell.expected,
                purpose="whether the row is imported",
            )
            for cell in find_unclear_cells(self._where, clean, holds.is_null())
            if rows[cell.position] not in doubtful
        ]
        return reasons, unclear

    def notes(self) -> Iterator[str]:
        """Yield a sentence about the rows that were left out."""
        if self._count:
            listed = [str(row) for row in self._first]
            if self._count > len(listed):
                listed.append(f"{self._count - len(listed):,} more")
            where = f"{pluralize(self._count, 'row')} {join_words(listed)}"
            yield (f"{format_count(self._count)} {is_or_are(self._count)} left out by `where` of the mapping: {where}.")
