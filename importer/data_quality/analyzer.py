"""Analysis of all columns of a file, chunk by chunk, for values that look damaged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from importer.data_quality.cells import ColumnCells, Marks
from importer.data_quality.codes import CodeDetector
from importer.data_quality.days import DateDetector
from importer.data_quality.messages import describe_damage
from importer.data_quality.model import Damage, DamageKind
from importer.data_quality.texts import TextDetector
from importer.transforms import arrow_of

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray


class DataQualityAnalyzer:
    """An analyzer of every column, used or not. ``columns`` are letter and label of each, in the order of the cells;
    ``fields`` maps a label to the CRM field that the column fills.

    The findings depend on the whole file and not on how it is cut into chunks; the memory does not grow with it.
    """

    def __init__(self, columns: Sequence[tuple[str, str]], fields: Mapping[str, str]) -> None:
        self._columns = [_ColumnAnalyzer(letter, label, fields.get(label, "")) for letter, label in columns]

    def add(self, rows: NDArray[np.int64], cells: pd.DataFrame) -> None:
        """Add further rows: ``rows`` are their numbers in the spreadsheet, ``cells`` their cells as text."""
        for index, column in enumerate(self._columns):
            texts = arrow_of(cells.iloc[:, index])
            column.add(ColumnCells(rows, texts.fill_null("") if texts.null_count else texts))

    def findings(self) -> tuple[Damage, ...]:
        """Return the damage found in all rows: first in columns that the mapping uses, from left to right."""
        ordered = sorted(self._columns, key=lambda column: not column.field)
        return tuple(damage for column in ordered for damage in column.findings())


class _ColumnAnalyzer:
    def __init__(self, letter: str, label: str, field: str) -> None:
        self.field = field
        self._letter, self._label = letter, label
        name = f"{label} {field}"
        self._filled = 0
        self._codes, self._days, self._texts = CodeDetector(name), DateDetector(), TextDetector(name)

    def add(self, cells: ColumnCells) -> None:
        if not len(cells):
            return
        self._filled += len(cells)
        self._codes.add(cells)
        self._days.add(cells)
        self._texts.add(cells)

    def findings(self) -> Iterator[Damage]:
        codes, days = self._codes.conclude(self._filled), self._days.conclude(self._filled)
        texts = self._texts.conclude(self._filled, codes.digits, days.dates, days.real)
        plain = (
            (DamageKind.ERRORS, texts.errors),
            (DamageKind.SCIENTIFIC, codes.scientific),
            (DamageKind.ROUNDED, codes.rounded),
            (DamageKind.SERIALS, days.serials),
            (DamageKind.TURNED, texts.turned),
            (DamageKind.MOJIBAKE, texts.garbled),
        )
        yield from (self._damage(kind, marks) for kind, marks in plain if marks is not None)
        if codes.leading_zeros is not None:
            marks, width, whole = codes.leading_zeros
            yield self._damage(DamageKind.LEADING_ZEROS, marks, (str(width), whole))
        if days.swapped is not None:
            yield self._damage(DamageKind.SWAPPED, days.swapped.marks, (days.swapped.how, days.swapped.first))

    def _damage(self, kind: DamageKind, marks: Marks, more: tuple[str, ...] = ()) -> Damage:
        what, remedy = describe_damage(kind, marks, more)
        return Damage(
            kind=kind.value,
            column=self._label,
            letter=self._letter,
            field=self.field,
            rows=marks.rows,
            first_rows=tuple(marks.first),
            example=marks.example,
            what=what,
            remedy=remedy,
        )
