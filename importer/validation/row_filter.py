"""Selection of the rows that are imported: data rows in which the mapping's `where` holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pyarrow.compute as pc

from importer.core.issues import NON_DATA_CODES, Problem, make_problem
from importer.core.text import format_count, is_or_are, join_words, pluralize
from importer.validation.conditions import RowTest, find_unclear_cells
from importer.validation.mark_cleaner import MarkCleaner

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Cells = Mapping[str, pd.Series[str]]

_NOT_SELECTED = "The condition `where` of the mapping does not hold."
_NO_VALUE = "The exploded column is empty in this row."
_FIRST_ROWS = 5


@dataclass(slots=True)
class _LeftOut:
    """A count of rows that were left out for one reason, with the first of them."""

    reason: str
    rows: int = 0
    first: list[int] = field(default_factory=list)

    def add(self, rows: NDArray[np.int64]) -> None:
        self.rows += len(rows)
        self.first += rows[: _FIRST_ROWS - len(self.first)].tolist()

    def describe(self) -> str:
        listed = [str(row) for row in self.first]
        if self.rows > len(listed):
            listed.append(f"{self.rows - len(listed):,} more")
        where = f"{pluralize(self.rows, 'row')} {join_words(listed)}"
        return f"{format_count(self.rows)} {is_or_are(self.rows)} left out {self.reason}: {where}."


class RowFilter:
    """A selection of rows, chunk by chunk, that counts what is left out.

    ``where`` is the condition of the mapping, and ``has_value`` the one that an exploded column has a text in the row,
    if there are any; ``empty`` texts count as empty cells. With ``drop_non_data``, rows that the reader recognised as
    no data are left out.
    """

    def __init__(
        self,
        where: RowTest | None,
        empty: Sequence[str] = (),
        *,
        has_value: RowTest | None = None,
        drop_non_data: bool = False,
    ) -> None:
        self._codes = NON_DATA_CODES if drop_non_data else frozenset()
        self._marks = MarkCleaner((), empty)
        conditions = (
            (where, _NOT_SELECTED, _LeftOut("by `where` of the mapping")),
            (has_value, _NO_VALUE, _LeftOut("because an exploded column is empty there")),
        )
        self._conditions = [(test, text, tally) for test, text, tally in conditions if test is not None]
        self._no_data = _LeftOut("as no data (totals, remarks, units, repeated headings)")

    def select(
        self, cells: Cells, rows: NDArray[np.int64], problems: Sequence[Problem]
    ) -> tuple[NDArray[np.object_], list[Problem]]:
        """Return why each row is left out, "" for those that are kept, and the problems of rows that are undecided."""
        reasons = np.full(len(rows), "", dtype=object)
        undecided: list[Problem] = []
        for test, text, tally in self._conditions:
            fails, found = self._judge(test, cells, rows, problems)
            fails &= reasons == ""
            reasons[fails] = text
            tally.add(rows[fails])
            undecided += found
        no_data = {problem.row: problem.message for problem in problems if problem.code in self._codes}
        places = np.flatnonzero(np.isin(rows, list(no_data)))
        reasons[places] = [no_data[row] for row in rows[places].tolist()]
        self._no_data.add(rows[places])
        return reasons, undecided

    def _judge(
        self, where: RowTest, cells: Cells, rows: NDArray[np.int64], problems: Sequence[Problem]
    ) -> tuple[NDArray[np.bool_], list[Problem]]:
        """Return the rows in which the condition does not hold, and the problems of those in which it is undecided.

        A row with a problem that makes its cells doubtful is neither, so that nothing is left out by mistake.
        """
        labels = {test.column.label for test in where.columns()}
        doubtful = [problem.row for problem in problems if not problem.column or problem.column in labels]
        certain = ~np.isin(rows, doubtful)
        clean = self._marks.begin(cells, rows)
        holds = where.holds(clean)
        fails = pc.invert(holds).fill_null(False).to_numpy(zero_copy_only=False) & certain
        undecided = [
            make_problem(
                "undecided-condition",
                int(rows[cell.position]),
                column=cell.column.label,
                letter=cell.column.letter,
                value=cell.text,
                expected=cell.expected,
                purpose="whether the row is imported",
            )
            for cell in find_unclear_cells(where, clean, holds.is_null())
            if certain[cell.position]
        ]
        return fails, undecided

    def notes(self) -> Iterator[str]:
        """Yield a sentence about the rows that were left out, for each reason."""
        tallies = (*(tally for _, _, tally in self._conditions), self._no_data)
        yield from (found.describe() for found in tallies if found.rows)
