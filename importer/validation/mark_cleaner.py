"""Removal of marks around the cells of a chunk, with a count for each column of the source."""

from __future__ import annotations

import functools
import operator
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from importer.core.text import pluralize
from importer.mapping import FieldRule, FieldType, MarkHandling
from importer.transforms import Mark, MarkKind, arrow_of, column_of, remove_marks
from importer.validation.interface import SourceColumn

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    Cells = Mapping[str, pd.Series[str]]

_KINDS = {
    FieldType.TEXT: MarkKind.TEXT,
    FieldType.CHOICE: MarkKind.TEXT,
    FieldType.PHONE: MarkKind.PHONE,
    FieldType.EMAIL: MarkKind.EMAIL,
}


@dataclass(slots=True)
class _Tally:
    cells: int = 0
    first_row: int = 0
    marks: Counter[Mark] = field(default_factory=Counter)


class MarkCleaner:
    """A remover of marks from the cells of ``columns``, chunk by chunk, that counts what it removed.

    ``empty`` are the texts that count as an empty cell, unless a field has its own.
    """

    def __init__(self, columns: Iterable[SourceColumn], empty: Sequence[str] = ()) -> None:
        self._empty = tuple(empty)
        self._columns = {column.label: column for column in columns}
        self._tallies: dict[tuple[str, MarkKind], _Tally] = {}

    def begin(self, cells: Cells, rows: NDArray[np.int64]) -> CleanCells:
        """Return the cells of the next chunk, whose marks are removed as they are asked for."""
        return CleanCells(cells, rows, self._tallies, self._empty)

    def notes(self) -> Iterator[str]:
        """Yield a sentence about each column from which marks were removed."""
        for label, column in self._columns.items():
            tallies = [tally for (name, _), tally in self._tallies.items() if name == label]
            most = max(tallies, key=lambda tally: tally.cells, default=_Tally())
            if not most.cells:
                continue
            place = f'Column {column.letter} "{label}"' if column.letter else f'Column "{label}"'
            words = ", ".join(f"{mark} ({count})" for mark, count in most.marks.most_common())
            cells = pluralize(most.cells, "cell", "cells")
            yield (
                f"{place}: marks that are no part of the value were taken off {most.cells:,} {cells}, first in row "
                f"{most.first_row}: {words}. `marks: keep` in the mapping keeps them."
            )


def _clear(texts: pd.Series[str], empty: Sequence[str]) -> pd.Series[str]:
    """Return the texts, empty where one is among those that count as an empty cell."""
    if not empty:
        return texts
    words = pa.array([word.strip().lower() for word in empty], pa.large_string())
    array = arrow_of(texts)
    found = pc.is_in(pc.utf8_lower(pc.utf8_trim_whitespace(array)), value_set=words)
    return column_of(pc.if_else(found, pa.scalar("", array.type), array), texts) if pc.any(found).as_py() else texts


class CleanCells:
    """The cells of one chunk without marks, by the kind of values of the field that takes them."""

    def __init__(
        self,
        cells: Cells,
        rows: NDArray[np.int64],
        tallies: dict[tuple[str, MarkKind], _Tally],
        empty: tuple[str, ...] = (),
    ) -> None:
        self._cells, self._rows, self._tallies, self._empty = cells, rows, tallies, empty
        self._clean: dict[tuple[str, MarkKind], pd.Series[str]] = {}

    def of_rule(self, rule: FieldRule, labels: Iterable[str]) -> Cells:
        """Return the columns ``labels`` as a field with this rule takes them."""
        empty = self._empty if rule.empty is None else rule.empty
        if rule.marks is MarkHandling.KEEP:
            return {label: _clear(self._cells[label], empty) for label in labels}
        has_value = rule.column is not None or rule.first_of is not None
        kind = _KINDS.get(rule.type, MarkKind.VALUE) if has_value else MarkKind.TEXT
        return {label: _clear(self._without_marks(label, kind), empty) for label in labels}

    def texts(self) -> Cells:
        """Return all columns as fields of text take them."""
        return {label: self.column(label, MarkKind.TEXT) for label in self._cells}

    def column(self, label: str, kind: MarkKind) -> pd.Series[str]:
        """Return the column ``label`` without marks around this kind of values; some texts count as empty."""
        return _clear(self._without_marks(label, kind), self._empty)

    def _without_marks(self, label: str, kind: MarkKind) -> pd.Series[str]:
        known = self._clean.get((label, kind))
        if known is not None:
            return known
        texts = self._cells[label]
        array, found = remove_marks(arrow_of(texts), kind)
        if found:
            texts = column_of(array, texts)
            self._count(self._tallies.setdefault((label, kind), _Tally()), found)
        self._clean[label, kind] = texts
        return texts

    def _count(self, tally: _Tally, found: Mapping[Mark, NDArray[np.bool_]]) -> None:
        marked: NDArray[np.bool_] = functools.reduce(operator.or_, found.values())
        if not tally.cells:
            tally.first_row = int(self._rows[marked][0])
        tally.cells += int(marked.sum())
        tally.marks.update({mark: int(where.sum()) for mark, where in found.items()})
