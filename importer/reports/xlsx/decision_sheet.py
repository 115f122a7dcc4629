"""The sheet To decide: the rows that are held, with a column in which a person decides about each."""

from __future__ import annotations

from collections.abc import Sequence

from importer.core.model import Status
from importer.reports.interface import ReportColumn
from importer.reports.xlsx.row_sheets import SheetRows
from importer.reports.xlsx.sheet_series import NUMBER, OWN_HEADING, Heading, SheetSeries, source_headings
from importer.reports.xlsx_writer import Style, Workbook
from importer.sources import DECISION_HEADING, DECISION_SHEET, MARK_HEADING, NUMBER_HEADING, REASON_HEADING

CHOICES = ("update", "send", "keep")
"""The decisions: correct what was sent earlier, send the row as a new one, or keep what was sent earlier."""

_REASON = Style(wrap=True, horizontal="left", indent=1)


class DecisionSheet:
    """Writes the sheet To decide of ``book``. Imported again, the workbook says what was decided."""

    def __init__(self, book: Workbook, rows: int, sheet_rows: int) -> None:
        self._series = SheetSeries(book, DECISION_SHEET, rows, sheet_rows)

    def begin(self, columns: Sequence[ReportColumn], sample: Sequence[Sequence[str]]) -> None:
        """Write the headings; ``sample`` holds the first cells of each column."""
        own = (
            Heading(NUMBER_HEADING, 13, OWN_HEADING, NUMBER),
            Heading(DECISION_HEADING, 14, OWN_HEADING, choices=CHOICES),
            Heading(REASON_HEADING, 60, OWN_HEADING, _REASON),
        )
        mark = Heading(MARK_HEADING, 16, OWN_HEADING, hidden=True)
        self._series.begin([*own, *source_headings(columns, sample), mark])

    def write(self, rows: SheetRows) -> None:
        """Write those of some consecutive rows that are held."""
        import pyarrow as pa
        import pyarrow.compute as pc

        places = pc.indices_nonzero(pc.equal(rows.results["Status"], Status.CHANGED.value))
        if not len(places):
            return
        numbers = [rows.rows[place] for place in places.to_pylist()]
        kind = pa.large_string()
        marks = [rows.origins[row].mark if row in rows.origins else "" for row in numbers]
        cells = (texts.take(places) for texts in rows.cells)
        errors = rows.results["Error"].take(places)
        self._series.write_block(
            numbers, [pa.array([""] * len(numbers), kind), errors, *cells, pa.array(marks, kind)], {}
        )
