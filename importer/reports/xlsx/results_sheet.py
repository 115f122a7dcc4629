"""The sheet Results: one line per row of the source, what became of it, then its cells as they were."""

from __future__ import annotations

from collections.abc import Sequence

from importer.reports.interface import RESULT_COLUMNS, ReportColumn
from importer.reports.words import LOOKS
from importer.reports.xlsx.sheet_overflow import OWN_HEADING, Heading, SheetSeries
from importer.reports.xlsx.sheet_rows import SheetRows
from importer.reports.xlsx.source_columns import source_headings
from importer.reports.xlsx.workbook_writer import Book, style_number

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
_STATUS = RESULT_COLUMNS.index("Status")


class ResultsSheet:
    """Writes the sheet Results of ``book`` while the rows come by."""

    def __init__(self, book: Book, rows: int, sheet_rows: int) -> None:
        self._series = SheetSeries(book, "Results", rows, sheet_rows)
        self._status_styles = {
            status.value: style_number(book.format({"font_color": look.ink, "bg_color": look.fill}))
            for status, look in LOOKS.items()
        }

    def begin(self, columns: Sequence[ReportColumn], sample: Sequence[Sequence[str]]) -> None:
        """Write the headings; ``sample`` holds the first cells of each column."""
        own = [Heading(name, _WIDTHS[name], OWN_HEADING, number=name == "RowNumber") for name in RESULT_COLUMNS]
        self._series.begin([*own, *source_headings(columns, sample)])

    def write(self, rows: SheetRows) -> None:
        """Write some consecutive rows."""
        import pyarrow as pa
        import pyarrow.compute as pc

        statuses = rows.results["Status"]
        known = pa.array(list(self._status_styles), pa.large_string())
        styles = pa.array([str(style) for style in self._status_styles.values()], pa.large_string())
        by_status = styles.take(pc.index_in(statuses, known))
        texts = [*(rows.results[name] for name in RESULT_COLUMNS[1:]), *rows.cells]
        self._series.write_block(rows.rows, texts, {_STATUS: by_status})

    def finish(self) -> None:
        """Add the filters, after the last row."""
        self._series.finish()
