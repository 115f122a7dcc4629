"""The problems of rows as Arrow columns, so that a million problems need no million Python objects."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields
from functools import cached_property
from operator import attrgetter
from typing import TYPE_CHECKING

from importer.core.issues import Problem

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

_FIELDS = tuple(field.name for field in fields(Problem))


def problem_batch(problems: Sequence[Problem]) -> pa.RecordBatch:
    """Return problems as a record batch with the fields of :class:`Problem`: ``row`` as numbers, all others as text."""
    import pyarrow as pa

    columns = {name: list(map(attrgetter(name), problems)) for name in _FIELDS}
    return pa.RecordBatch.from_pydict(
        {name: pa.array(cells, pa.int64() if name == "row" else pa.string()) for name, cells in columns.items()}
    )


class ProblemTable(Mapping[int, tuple[Problem, ...]]):
    """Problems by row number, over the columns of ``batch`` (see :func:`problem_batch`), which is sorted by row."""

    def __init__(self, batch: pa.RecordBatch) -> None:
        self._batch = batch

    @classmethod
    def of(cls, problems: Mapping[int, Sequence[Problem]]) -> ProblemTable:
        """Convert any mapping from row numbers to problems."""
        if isinstance(problems, ProblemTable):
            return problems
        return cls(problem_batch([problem for row in sorted(problems) for problem in problems[row]]))

    @cached_property
    def rows(self) -> np.ndarray:
        """The row number of each problem."""
        found: np.ndarray = self._batch.column("row").to_numpy()
        return found

    @cached_property
    def _starts(self) -> np.ndarray:
        """The index of the first problem of each row that has one."""
        import numpy as np

        # Where the row number differs from the one before; the slice is for a table without problems.
        return np.flatnonzero(np.r_[True, self.rows[1:] != self.rows[:-1]][: len(self.rows)])

    def __getitem__(self, row: int) -> tuple[Problem, ...]:
        import numpy as np

        begin, end = np.searchsorted(self.rows, [row, row + 1]).tolist()
        if begin == end:
            raise KeyError(row)
        part = self._batch.slice(begin, end - begin)
        return tuple(map(Problem, *(part.column(name).to_pylist() for name in _FIELDS)))

    def __iter__(self) -> Iterator[int]:
        return iter(self.rows[self._starts].tolist())

    def __len__(self) -> int:
        return len(self._starts)

    def describe_rows(self) -> tuple[np.ndarray, pa.Array, pa.Array]:
        """Return the rows that have problems, in order; for each the code of its first problem, and a text of them all.

        The text has column, message and remedy of each problem, but not the row number.
        """
        import pyarrow as pa
        import pyarrow.compute as pc

        from importer.transforms import joined

        column, letter = self._batch.column("column"), self._batch.column("letter")
        # Each text has the form: Column B "Phone": message remedy
        spaced = joined(letter, pc.if_else(pc.equal(letter, ""), "", " "))
        place = pc.if_else(pc.equal(column, ""), "", joined("Column ", spaced, '"', column, '": '))
        texts = joined(place, self._batch.column("message"), " ", self._batch.column("remedy"))
        starts = self._starts
        if len(starts) < len(texts):
            # Some row has several problems: join the texts of each row, as one list of an Arrow list array per row.
            offsets = pa.array([*starts.tolist(), len(texts)], pa.int32())
            texts = pc.binary_join(pa.ListArray.from_arrays(offsets, texts), " ")
        return self.rows[starts], self._batch.column("code").take(pa.array(starts)), texts

    def places(self, find: Callable[[str, str], int | None]) -> np.ndarray:
        """Call ``find`` with the column and letter of each problem; return the results, -1 for ``None``.

        It is called once for each distinct pair.
        """
        import numpy as np

        from importer.transforms import joined

        pairs = joined(self._batch.column("column"), "\0", self._batch.column("letter")).dictionary_encode()
        found = [find(*pair.rsplit("\0", 1)) for pair in pairs.dictionary.to_pylist()]
        places = np.array([-1 if place is None else place for place in found], dtype=np.int64)
        by_problem: np.ndarray = places[pairs.indices.to_numpy()]
        return by_problem
