"""The sheet Results: one line per row of the source, what became of it, then its cells as they were."""

from __future__ import annotations

from collections.abc import Sequence

from importer.reports.book import Book
from importer.reports.interface import RESULT_COLUMNS, ReportColumn
from importer.reports.sheet_rows import SheetRows, Texts
from importer.reports.sheet_series import OWN_HEADING, Heading, SheetSeries
from importer.reports.source_columns import source_headings
from importer.reports.words import LOOKS

_WIDTHS = {
    "RowNumber": 13,
    "ActivityCreated": 17,
    "Status": 12,
    "Error": 48,
    "ErrorCode": 20,
    "ProspectActivityId": 38,
    "LeadId": 38,
    "RequestId": 38,
}
_CREATED, _STATUS = RESULT_COLUMNS.index("ActivityCreated"), RESULT_COLUMNS.index("Status")
_REST = RESULT_COLUMNS[_STATUS + 1 :]


class ResultsSheet:
    """Writes the sheet Results of ``book`` while the rows come by."""

    def __init__(self, book: Book, rows: int, sheet_rows: int) -> None:
        self._series = SheetSeries(book, "Results", rows, sheet_rows)
        self._status_formats = {
            status.value: book.format({"font_color": look.ink, "bg_color": look.fill}) for status, look in LOOKS.items()
        }

    def begin(self, columns: Sequence[ReportColumn], sample: Sequence[Texts]) -> None:
        """Write the headings; ``sample`` holds the first cells of each column."""
        own = [Heading(name, _WIDTHS[name], OWN_HEADING, number=name == "RowNumber") for name in RESULT_COLUMNS]
        self._series.begin([*own, *source_headings(columns, sample)])

    def write(self, rows: SheetRows) -> None:
        """Write some consecutive rows."""
        series, status_formats = self._series, self._status_formats
        created, statuses = rows.results["ActivityCreated"], rows.results["Status"]
        texts = zip(*(rows.results[name] for name in _REST), *rows.cells, strict=True)
        for number, was_created, status, line in zip(rows.rows, created, statuses, texts, strict=True):
            sheet, row = series.next_row()
            sheet.write_number(row, 0, number)
            sheet.write_string(row, _CREATED, was_created)
            sheet.write_string(row, _STATUS, status, status_formats.get(status))
            series.write_texts(sheet, row, _STATUS + 1, line)

    def finish(self) -> None:
        """Add the filters, after the last row."""
        self._series.finish()
