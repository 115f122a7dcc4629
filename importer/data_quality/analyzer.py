"""Looks through the columns of a file while it is planned, and tells at the end what looks spoiled."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from importer.data_quality.cells import Cells, Marks
from importer.data_quality.codes import CodeWatch
from importer.data_quality.days import DayWatch
from importer.data_quality.interface import Damage, DamageKind
from importer.data_quality.messages import told
from importer.data_quality.texts import TextWatch
from importer.transforms.columns import arrow_of

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray


class Detective:
    """Looks at every column, used or not. ``columns`` are the letter and label of each, in the order of the cells;
    ``fields`` maps a label to the CRM field that the column fills.

    What it finds depends on the whole file and not on how it is cut into chunks; its memory does not grow with it.
    """

    def __init__(self, columns: Sequence[tuple[str, str]], fields: Mapping[str, str]) -> None:
        self._watches = [_ColumnWatch(letter, label, fields.get(label, "")) for letter, label in columns]

    def look(self, rows: NDArray[np.int64], cells: pd.DataFrame) -> None:
        """Look at further rows: their numbers in the spreadsheet, and their cells as text."""
        for index, watch in enumerate(self._watches):
            watch.add(Cells(rows, _array(cells.iloc[:, index])))

    def findings(self) -> tuple[Damage, ...]:
        """What looks spoiled in all rows together: first in columns that the mapping uses, from left to right."""
        ordered = sorted(self._watches, key=lambda watch: not watch.field)
        return tuple(damage for watch in ordered for damage in watch.findings())


def _array(series: pd.Series) -> Any:
    texts = arrow_of(series)
    return texts.fill_null("") if texts.null_count else texts


class _ColumnWatch:
    def __init__(self, letter: str, label: str, field: str) -> None:
        self.field = field
        self._letter, self._label = letter, label
        name = f"{label} {field}"
        self._filled = 0
        self._codes, self._days, self._texts = CodeWatch(name), DayWatch(), TextWatch(name)

    def add(self, cells: Cells) -> None:
        if not len(cells):
            return
        self._filled += len(cells)
        self._codes.add(cells)
        self._days.add(cells)
        self._texts.add(cells)

    def findings(self) -> Iterator[Damage]:
        codes, days = self._codes.judge(self._filled), self._days.judge(self._filled)
        texts = self._texts.judge(self._filled, codes.digits, days.dates, days.real)
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
        what, remedy = told(kind, marks, more)
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
