"""The problems of some rows as columns: a million of them take no object each, and whole columns are worked on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields
from functools import cached_property
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from importer.problems import Problem

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

TEXTS = tuple(field.name for field in fields(Problem) if field.name != "row")
"""What a problem has besides its row, each a column of text."""

_NAMES = tuple(field.name for field in fields(Problem))


def problem_batch(problems: Sequence[Problem]) -> pa.RecordBatch:
    """The problems as columns: ``row`` as numbers, all others as text."""
    import pyarrow as pa

    return pa.RecordBatch.from_pydict(
        {
            "row": pa.array(list(map(attrgetter("row"), problems)), pa.int64()),
            **{name: pa.array(list(map(attrgetter(name), problems)), pa.string()) for name in TEXTS},
        }
    )


class ProblemTable(Mapping[int, tuple[Problem, ...]]):
    """The problems by row number, made of the columns of ``batch`` (see :func:`problem_batch`), sorted by row."""

    def __init__(self, batch: pa.RecordBatch) -> None:
        self._batch = batch

    @classmethod
    def of(cls, problems: Mapping[int, Sequence[Problem]]) -> ProblemTable:
        """The table of any such mapping."""
        if isinstance(problems, ProblemTable):
            return problems
        return cls(problem_batch([problem for row in sorted(problems) for problem in problems[row]]))

    @cached_property
    def rows(self) -> np.ndarray:
        """The row number of each problem."""
        found: np.ndarray = self._batch.column("row").to_numpy()
        return found

    @cached_property
    def _first(self) -> np.ndarray:
        """The place of the first problem of each row that has one."""
        import numpy as np

        return np.flatnonzero(np.r_[True, self.rows[1:] != self.rows[:-1]][: len(self.rows)])

    def __getitem__(self, row: int) -> tuple[Problem, ...]:
        import numpy as np

        begin, end = np.searchsorted(self.rows, [row, row + 1]).tolist()
        if begin == end:
            raise KeyError(row)
        part = self._batch.slice(begin, end - begin)
        return tuple(map(Problem, *(part.column(name).to_pylist() for name in _NAMES)))

    def __iter__(self) -> Iterator[int]:
        return iter(self.rows[self._first].tolist())

    def __len__(self) -> int:
        return len(self._first)

    def told(self) -> tuple[np.ndarray, pa.Array, pa.Array]:
        """The rows that have problems, in order; for each the code of the first one, and all of them for people, who
        know the row already: column, message and remedy."""
        import pyarrow as pa
        import pyarrow.compute as pc

        column, letter = self._batch.column("column"), self._batch.column("letter")
        spaced = _joined(letter, pc.if_else(pc.equal(letter, ""), "", " "))
        place = pc.if_else(pc.equal(column, ""), "", _joined("Column ", spaced, '"', column, '": '))
        texts = _joined(place, self._batch.column("message"), " ", self._batch.column("remedy"))
        first = self._first
        if len(first) < len(texts):
            ends = pa.array([*first.tolist(), len(texts)], pa.int32())
            texts = pc.binary_join(pa.ListArray.from_arrays(ends, texts), " ")
        return self.rows[first], self._batch.column("code").take(pa.array(first)), texts

    def places(self, find: Callable[[Problem], int | None]) -> np.ndarray:
        """For each problem what ``find`` says about one with its column and letter; -1 where it says nothing."""
        import numpy as np

        pairs = _joined(self._batch.column("letter"), "\0", self._batch.column("column")).dictionary_encode()
        found = [-1]
        for pair in pairs.dictionary.to_pylist():
            letter, _, column = pair.partition("\0")
            place = find(Problem("", 0, "", "", column, letter))
            found.append(-1 if place is None else place)
        which: np.ndarray = np.array(found)[pairs.indices.to_numpy() + 1]
        return which


def _joined(*parts: Any) -> Any:
    """Texts and columns of texts put together row by row."""
    import pyarrow as pa
    import pyarrow.compute as pc

    columns = [pa.scalar(part, pa.string()) if isinstance(part, str) else part for part in parts]
    return pc.binary_join_element_wise(*columns, pa.scalar("", pa.string()))
