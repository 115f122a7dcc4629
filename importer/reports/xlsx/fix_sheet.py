"""The sheet To fix: the rows that a person corrects there, and then imports that sheet again.

Only rows that are certainly not in the CRM stand here. An uncertain row is not among them: importing it again could
create it twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from importer.core.model import Status
from importer.core.redaction import redact
from importer.planning.issue_table import ProblemTable
from importer.reports.interface import ReportColumn
from importer.reports.xlsx.cell_text import sheet_column, sheet_text
from importer.reports.xlsx.row_xml import risky_texts
from importer.reports.xlsx.sheet_overflow import OWN_HEADING, Heading, SheetSeries
from importer.reports.xlsx.sheet_rows import SheetRows
from importer.reports.xlsx.source_columns import FIX_COLUMNS, ColumnPlaces, own_marks, source_headings
from importer.reports.xlsx.workbook_writer import Book, style_number

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

TO_FIX = frozenset({Status.INVALID.value, Status.REJECTED.value})

_BAD_CELL = {"bg_color": "#FBD5D0", "font_color": "#7A1209", "border": 1, "border_color": "#D0453A"}
_CHANGED = "A cell of this row cannot be shown as it is (see its marks): copy it from the source file."
_REASON_WIDTH = 60
_LINE_HEIGHT, _TALLEST = 15.0, 405.0
# Comments are held in memory until the end, and thousands of them make a workbook slow to open.
_MOST_COMMENTS = 1_000


class FixSheet:
    """Writes the sheet To fix of ``book`` while the rows come by.

    ``remedies`` says by code what to do about rows that LeadSquared refused, where its own words do not.
    """

    def __init__(self, book: Book, rows: int, sheet_rows: int, remedies: Mapping[str, str]) -> None:
        self._series = SheetSeries(book, "To fix", rows, sheet_rows)
        self._bad = book.format(_BAD_CELL)
        self._bad_quoted = book.format(_BAD_CELL, quoted=True)
        self._places = ColumnPlaces(())
        self._remedies = remedies
        self._left_out = 0
        self._comments = 0

    def begin(self, columns: Sequence[ReportColumn], sample: Sequence[Sequence[str]]) -> None:
        """Write the headings; ``sample`` holds the first cells of each column.

        When the source is itself such a sheet, its RowNumber and Reason give way to the new ones.
        """
        self._places = ColumnPlaces(columns)
        self._left_out = own_marks(columns)
        own = (
            Heading(FIX_COLUMNS[0], 13, OWN_HEADING, number=True),
            Heading(FIX_COLUMNS[1], _REASON_WIDTH, OWN_HEADING, {"text_wrap": True, "align": "left", "indent": 1}),
        )
        self._series.begin([*own, *source_headings(columns[self._left_out :], sample[self._left_out :])])

    def write(self, rows: SheetRows) -> None:
        """Write those of some consecutive rows that belong here."""
        import numpy as np
        import pyarrow as pa
        import pyarrow.compute as pc

        places = pc.indices_nonzero(pc.is_in(rows.results["Status"], pa.array(sorted(TO_FIX), pa.large_string())))
        if not len(places):
            return
        numbers = np.asarray(rows.rows)[places.to_numpy()]
        table = ProblemTable.of(rows.problems)
        texts = [self._reasons(rows, places), *(cells.take(places) for cells in rows.cells[self._left_out :])]
        lines, columns = self._bad_cells(table, numbers)
        kept = {column: _mask(lines[columns == column], len(numbers)) for column in np.unique(columns).tolist()}
        styles = {column: self._styles(column, texts[column - 1], mask) for column, mask in kept.items()}
        comments = self._commented(table, numbers, lines)
        self._series.write_block(numbers.tolist(), texts, styles, kept, comments, _heights(texts[0]))

    def finish(self) -> None:
        """Add the filters, after the last row."""
        self._series.finish()

    def _reasons(self, rows: SheetRows, places: pa.Array) -> pa.Array:
        """Why each of the rows at these places stands here: its error, and where that does not say all, more."""
        import pyarrow as pa
        import pyarrow.compute as pc

        errors, statuses = rows.results["Error"].take(places), rows.results["Status"].take(places)
        codes, changed = rows.results["ErrorCode"].take(places), pa.array(sorted(rows.changed), pa.int64())
        more = pc.or_(pc.equal(errors, ""), pc.equal(statuses, Status.REJECTED.value))
        more = pc.or_(more, pc.is_in(pc.cast(places, pa.int64()), changed))
        if not pc.any(more).as_py():
            return errors
        each = (column.filter(more).to_pylist() for column in (places, statuses, errors, codes))
        reasons = [self._reason(rows, *one) for one in zip(*each, strict=True)]
        return pc.replace_with_mask(errors, more, sheet_column(reasons)[0])

    def _reason(self, rows: SheetRows, place: int, status: str, error: str, code: str) -> str:
        reason = error or redact(" ".join(map(str, rows.problems.get(rows.rows[place], ())))) or code
        if status == Status.REJECTED:
            if code and code not in reason:
                reason = f"{reason} ({code})"
            if self._remedies.get(code):
                reason = f"{reason} {self._remedies[code]}"
        if place in rows.changed:
            reason = f"{reason} {_CHANGED}".lstrip()
        return reason

    def _column_of(self, label: str, letter: str) -> int | None:
        """The column of this sheet, from 0, in which the bad cell stands."""
        column = self._places.of(label, letter)
        return None if column is None or column < self._left_out else column + len(FIX_COLUMNS) - self._left_out

    def _bad_cells(self, table: ProblemTable, numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The line (from 0, among rows with these numbers) and the column of the cell that each problem is about."""
        import numpy as np

        columns = table.places(self._column_of)
        lines = np.minimum(np.searchsorted(numbers, table.rows), len(numbers) - 1)
        here = (columns >= 0) & (numbers[lines] == table.rows)
        return lines[here], columns[here]

    def _styles(self, column: int, texts: pa.Array, bad: pa.Array) -> pa.Array:
        import pyarrow as pa
        import pyarrow.compute as pc

        def named(plain: int, quoted: int) -> pa.Array:
            kind = pa.large_string()
            return pc.if_else(risky, pa.scalar(str(quoted), kind), pa.scalar(str(plain), kind))

        risky = risky_texts(texts)
        marked = named(style_number(self._bad), style_number(self._bad_quoted))
        return pc.if_else(bad, marked, named(self._series.style(column), self._series.style(column, quoted=True)))

    def _commented(
        self, table: ProblemTable, numbers: np.ndarray, lines: np.ndarray
    ) -> dict[int, list[tuple[int, str]]]:
        """What is wrong with the first bad cells of all, by line."""
        import numpy as np

        found: dict[int, list[tuple[int, str]]] = {}
        for line in np.unique(lines).tolist() if self._comments < _MOST_COMMENTS else ():
            by_column: dict[int, list[str]] = {}
            for problem in table[int(numbers[line])]:
                column = self._column_of(problem.column, problem.letter)
                if column is not None:
                    by_column.setdefault(column, []).append(f"{problem.message} {problem.remedy}".rstrip())
            for column, texts in by_column.items():
                if self._comments >= _MOST_COMMENTS:
                    return found
                self._comments += 1
                found.setdefault(line, []).append((column, sheet_text(redact("\n".join(texts)))))
        return found


def _mask(places: np.ndarray, length: int) -> pa.Array:
    """For each of so many lines whether it is one of ``places``."""
    import numpy as np
    import pyarrow as pa

    found = np.zeros(length, bool)
    found[places] = True
    return pa.array(found)


def _heights(reasons: pa.Array) -> list[float]:
    """How tall rows must be for their reasons: not every program finds that out when it opens a workbook."""
    import numpy as np
    import pyarrow.compute as pc

    lines = np.ceil(pc.utf8_length(reasons).to_numpy() / _REASON_WIDTH)
    heights: list[float] = np.minimum(_TALLEST, _LINE_HEIGHT * np.maximum(1, lines)).tolist()
    return heights
