"""The sheet To fix: the rows that a person corrects there, and then imports that sheet again.

Only rows that are certainly not in the CRM stand here. An uncertain row is not among them: importing it again could
create it twice.
"""

from __future__ import annotations

from collections.abc import Sequence

from importer.model import Status
from importer.problems import Problem
from importer.redaction import redact
from importer.reports.book import Book, PlainSheet
from importer.reports.cell_text import RISKY_STARTS, sheet_text
from importer.reports.interface import ReportColumn
from importer.reports.sheet_rows import SheetRows
from importer.reports.sheet_series import OWN_HEADING, Heading, SheetSeries
from importer.reports.source_columns import FIX_COLUMNS, cell_problems, own_marks, source_headings

TO_FIX = frozenset({Status.INVALID.value, Status.REJECTED.value})

_BAD_CELL = {"bg_color": "#FBD5D0", "font_color": "#7A1209", "border": 1, "border_color": "#D0453A"}
_CHANGED = "A cell of this row cannot be shown as it is (see its marks): copy it from the source file."
# Comments are held in memory until the end, and thousands of them make a workbook slow to open.
_MOST_COMMENTS = 1_000


class FixSheet:
    """Writes the sheet To fix of ``book`` while the rows come by."""

    def __init__(self, book: Book, rows: int, sheet_rows: int) -> None:
        self._series = SheetSeries(book, "To fix", rows, sheet_rows)
        self._bad = book.format(_BAD_CELL)
        self._bad_quoted = book.format(_BAD_CELL, quoted=True)
        self._columns: Sequence[ReportColumn] = ()
        self._left_out = 0
        self._comments = 0

    def begin(self, columns: Sequence[ReportColumn], sample: Sequence[Sequence[str]]) -> None:
        """Write the headings; ``sample`` holds the first cells of each column.

        When the source is itself such a sheet, its RowNumber and Reason give way to the new ones.
        """
        self._columns = columns
        self._left_out = own_marks(columns)
        own = (
            Heading(FIX_COLUMNS[0], 13, OWN_HEADING, number=True),
            Heading(FIX_COLUMNS[1], 60, OWN_HEADING, {"text_wrap": True}),
        )
        self._series.begin([*own, *source_headings(columns[self._left_out :], sample[self._left_out :])])

    def write(self, rows: SheetRows) -> None:
        """Write those of some consecutive rows that belong here."""
        import pyarrow as pa
        import pyarrow.compute as pc

        wanted = pc.is_in(rows.results["Status"], pa.array(sorted(TO_FIX), pa.large_string()))
        places = pc.indices_nonzero(wanted)
        results = [rows.results[name].take(places).to_pylist() for name in ("Status", "Error", "ErrorCode")]
        lines = zip(*(cells.take(places).to_pylist() for cells in rows.cells), strict=True)
        for place, status, error, code, texts in zip(places.to_pylist(), *results, lines, strict=True):
            number = rows.rows[place]
            problems = rows.problems.get(number, ())
            reason = _reason(status, error, code, problems)
            if any(str(before.iloc[place]) != after for before, after in zip(rows.source, texts, strict=True)):
                reason = f"{reason} {_CHANGED}".lstrip()
            self._write_row(number, sheet_text(reason), texts, problems)

    def finish(self) -> None:
        """Add the filters, after the last row."""
        self._series.finish()

    def _write_row(self, number: int, reason: str, texts: Sequence[str], problems: Sequence[Problem]) -> None:
        sheet, row = self._series.next_row()
        sheet.write_number(row, 0, number)
        self._series.write_texts(sheet, row, 1, (reason,))
        self._series.write_texts(sheet, row, len(FIX_COLUMNS), texts[self._left_out :])
        for column, found in cell_problems(problems, self._columns).items():
            if column >= self._left_out:
                self._mark(sheet, row, len(FIX_COLUMNS) + column - self._left_out, texts[column], found)

    def _mark(self, sheet: PlainSheet, row: int, column: int, text: str, problems: Sequence[Problem]) -> None:
        if text:
            sheet.write_string(row, column, text, self._bad_quoted if text[0] in RISKY_STARTS else self._bad)
        else:
            sheet.write_blank(row, column, None, self._bad)
        if self._comments < _MOST_COMMENTS:
            self._comments += 1
            comment = "\n".join(f"{problem.message} {problem.remedy}".rstrip() for problem in problems)
            sheet.write_comment(row, column, sheet_text(redact(comment)), {"x_scale": 2.2, "y_scale": 1.3})


def _reason(status: str, error: str, code: str, problems: Sequence[Problem]) -> str:
    reason = error or redact(" ".join(str(problem) for problem in problems)) or code
    if status == Status.REJECTED and code and code not in reason:
        return f"{reason} ({code})"
    return reason
