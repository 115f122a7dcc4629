"""The sheet To decide: the changed and uncertain rows, with a column in which a person decides about each."""

from __future__ import annotations

from collections.abc import Sequence

from importer.core.model import Counts, Status
from importer.delivery import WAITS_FOR_OTHER_RUN
from importer.reports.interface import ReportColumn
from importer.reports.xlsx.row_sheets import SheetRows
from importer.reports.xlsx.sheet_series import NUMBER, OWN_HEADING, Heading, SheetSeries, source_headings
from importer.reports.xlsx_writer import Style, Workbook
from importer.sources import DECISION_HEADING, DECISION_SHEET, MARK_HEADING, NUMBER_HEADING, REASON_HEADING

_CHOICES = {
    Status.CHANGED: ("update", "send", "keep"),
    Status.UNCERTAIN: ("it is there", "send again"),
}
"""The decisions about rows of each status, as :mod:`importer.app.sheet_decisions` reads them."""

_REASON = Style(wrap=True, horizontal="left", indent=1)


class DecisionSheet:
    """Writes the sheet To decide of ``book`` for rows by status. Imported again, the workbook says what was decided."""

    def __init__(self, book: Workbook, counts: Counts, sheet_rows: int) -> None:
        rows = {status: counts.get(status, 0) for status in _CHOICES}
        self._choices = tuple(choice for status, count in rows.items() if count for choice in _CHOICES[status])
        self._series = SheetSeries(book, DECISION_SHEET, sum(rows.values()), sheet_rows)

    def begin(self, columns: Sequence[ReportColumn], sample: Sequence[Sequence[str]]) -> None:
        """Write the headings; ``sample`` holds the first cells of each column."""
        own = (
            Heading(NUMBER_HEADING, 13, OWN_HEADING, NUMBER),
            Heading(DECISION_HEADING, 14, OWN_HEADING, choices=self._choices),
            Heading(REASON_HEADING, 60, OWN_HEADING, _REASON),
        )
        mark = Heading(MARK_HEADING, 16, OWN_HEADING, hidden=True)
        self._series.begin([*own, *source_headings(columns, sample), mark])

    def write(self, rows: SheetRows) -> None:
        """Write those of some consecutive rows that a person can decide about."""
        import pyarrow as pa
        import pyarrow.compute as pc

        undecided = pc.is_in(rows.results["Status"], pa.array([status.value for status in _CHOICES], pa.large_string()))
        waits = pc.equal(rows.results["ErrorCode"], WAITS_FOR_OTHER_RUN)
        places = pc.indices_nonzero(pc.and_not(undecided, waits))
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
