"""Failed checks become problems that people can read."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from importer.core.issues import Problem, ProblemMaker, make_problem
from importer.validation.fields import Field
from importer.validation.rules import Rule
from importer.validation.schema import IDENTITY, Failure

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Column = pd.Series[str]

WHOLE_ROW = ""
"""Stands for the column of a problem that means the whole row."""


class KnownTroubles:
    """Cells and rows that have their problem already, so that a second one would only confuse."""

    def __init__(self, rows: NDArray[np.int64], problems: Collection[Problem]) -> None:
        self._rows = rows
        by_column: dict[str, list[int]] = {}
        for problem in problems:
            by_column.setdefault(problem.column, []).append(problem.row)
        self._masks = {column: np.isin(rows, found) for column, found in by_column.items()}

    def without(self, positions: NDArray[np.intp], labels: Iterable[str]) -> NDArray[np.intp]:
        """The ``positions`` where neither the row nor a cell in one of the columns has a problem already."""
        for label in (WHOLE_ROW, *labels):
            mask = self._masks.get(label)
            if mask is not None:
                positions = positions[~mask[positions]]
        return positions


def cell_problems(
    field: Field, failure: Failure, shown: Column, texts: Column, known: KnownTroubles
) -> Iterator[Problem]:
    """The problems of a failed check of one field; ``shown`` are the cells as they stand in the source."""
    positions = known.without(failure.positions, (column.label for column in field.origin.columns.values()))
    if not len(positions):
        return
    rule = next((rule for rule in field.rules if rule.name == failure.check), None)
    place = field.origin.place
    maker = ProblemMaker(
        rule.code if rule else "required",
        rule.words if rule else {},
        column=place.label,
        letter=place.letter,
        field=field.name,
    )
    failed = texts.iloc[positions]
    values = shown.iloc[positions].tolist()
    for row, value, own in zip(failed.index.tolist(), values, _own_words(rule, failed), strict=True):
        yield maker.at(row, value, own)


def _own_words(rule: Rule | None, failed: Column) -> Iterator[Mapping[str, Any]]:
    if rule is None or rule.own_words is None:
        return iter([{}] * len(failed))
    return rule.own_words(failed)


def row_problems(
    failure: Failure, rows: NDArray[np.int64], identity: Sequence[Field], known: KnownTroubles
) -> Iterator[Problem]:
    """The problems of rows that nothing identifies."""
    assert failure.check == IDENTITY, failure
    names = " or ".join(f'"{field.origin.place.label or field.name}"' for field in identity)
    labels = (column.label for field in identity for column in field.origin.columns.values())
    for position in known.without(failure.positions, labels).tolist():
        yield make_problem("no-identity", int(rows[position]), fields=names)
