"""The problems of rows as Arrow columns, so that a million problems need no million Python objects."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields
from functools import cached_property
from operator import attrgetter
from typing import TYPE_CHECKING, TypeVar

from importer.core.issues import Problem

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

T = TypeVar("T")

_FIELDS = tuple(field.name for field in fields(Problem))


def problem_batch(problems: Sequence[Problem]) -> pa.RecordBatch:
    """Return problems as a record batch with the fields of :class:`Problem`: ``row`` as numbers, all others as text."""
    import pyarrow as pa

    columns = {name: list(map(attrgetter(name), problems)) for name in _FIELDS}
    return pa.RecordBatch.from_pydict(
        {name: pa.array(cells, pa.int64() if name == "row" else pa.string()) for name, cells in columns.items()}
    )


def describe_column(heading: str, letter: str) -> str:
    """Describe the column of a problem; an empty text for a problem of the whole row."""
    return f'Column {letter} "{heading}"' if heading and letter else f'Column "{heading}"' if heading else ""


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

    def describe_rows(
        self, describe_place: Callable[[str, str], str] = describe_column
    ) -> tuple[np.ndarray, pa.Array, pa.Array]:
        """Return the rows that have problems, in order; for each the code of its first problem, and a text of them all.

        The text has column, message and remedy of each problem, but not the row number. ``describe_place`` describes a
        column, given its heading and letter.
        """
        import pyarrow as pa
        import pyarrow.compute as pc

        from importer.transforms import joined

        pairs, found = self._by_column(describe_place)
        place = pa.array([f"{text}: " if text else "" for text in found], pa.string()).take(pairs)
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

        pairs, found = self._by_column(find)
        places = np.array([-1 if place is None else place for place in found], dtype=np.int64)
        by_problem: np.ndarray = places[pairs.to_numpy()]
        return by_problem

    def _by_column(self, find: Callable[[str, str], T]) -> tuple[pa.Array, list[T]]:
        """Return the results of ``find`` for the distinct columns, and for each problem the index of its result."""
        from importer.transforms import joined

        pairs = joined(self._batch.column("column"), "\0", self._batch.column("letter")).dictionary_encode()
        return pairs.indices, [find(*pair.rsplit("\0", 1)) for pair in pairs.dictionary.to_pylist()]
