"""The source's own columns in a sheet: how many fit, how wide they are, and which cells are the bad ones."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice

from importer.reports.interface import ReportColumn
from importer.reports.xlsx.sheet_overflow import SOURCE_HEADING, Heading

FIX_COLUMNS = ("RowNumber", "Reason")
"""The columns that stand before the source's own in the sheet To fix."""

SAMPLE = 200
"""So many first cells of a column decide how wide it is."""
_NARROWEST, _WIDEST = 8, 40


def source_headings(columns: Sequence[ReportColumn], texts: Sequence[Sequence[str]]) -> list[Heading]:
    """Headings for the source's columns, as wide as the first 200 cells of each in ``texts`` ask for."""
    return [
        Heading(column.label, width_of([column.label, *islice(cells, SAMPLE)]), SOURCE_HEADING)
        for column, cells in zip(columns, texts, strict=True)
    ]


def width_of(texts: Iterable[str], narrowest: int = _NARROWEST, widest: int = _WIDEST) -> float:
    """A column width in characters for these texts; the filter button of the heading has room."""
    longest = max((len(text) for text in texts), default=0)
    return float(min(max(longest + 3, narrowest), widest))


def own_marks(columns: Sequence[ReportColumn]) -> int:
    """How many first columns are RowNumber and Reason of an earlier sheet To fix: 2, or 0 for any other source."""
    return 2 if tuple(column.label for column in columns[:2]) == FIX_COLUMNS else 0


class ColumnPlaces:
    """Finds the index of the column that a problem is about."""

    def __init__(self, columns: Sequence[ReportColumn]) -> None:
        self._by_label = {column.label: index for index, column in enumerate(columns)}
        self._by_letter = {column.letter: index for index, column in enumerate(columns)}

    def of(self, label: str, letter: str) -> int | None:
        """The index, or ``None`` when the problem is about the row as a whole."""
        index = self._by_label.get(label)
        return self._by_letter.get(letter) if index is None and letter else index
