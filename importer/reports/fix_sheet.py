"""The sheet To fix: the rows that a person corrects there, and then imports that sheet again.

Only rows that are certainly not in the CRM stand here. An uncertain row is not among them: importing it again could
create it twice.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from importer.model import Status
from importer.problems import Problem
from importer.redaction import redact
from importer.reports.book import Book, style_number
from importer.reports.cell_text import sheet_column, sheet_text
from importer.reports.interface import ReportColumn
from importer.reports.row_xml import risky_texts
from importer.reports.sheet_rows import SheetRows
from importer.reports.sheet_series import OWN_HEADING, Heading, SheetSeries
from importer.reports.source_columns import FIX_COLUMNS, ColumnPlaces, cell_problems, own_marks, source_headings

if TYPE_CHECKING:
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
        import pyarrow as pa
        import pyarrow.compute as pc

        places = pc.indices_nonzero(pc.is_in(rows.results["Status"], pa.array(sorted(TO_FIX), pa.large_string())))
        if not len(places):
            return
        results = (rows.results[name].take(places).to_pylist() for name in ("Status", "Error", "ErrorCode"))
        numbers: list[int] = []
        reasons: list[str] = []
        bad = _BadCells()
        for place, status, error, code in zip(places.to_pylist(), *results, strict=True):
            number = rows.rows[place]
            problems = rows.problems.get(number, ())
            reason = _reason(status, error, code, problems)
            if status == Status.REJECTED and self._remedies.get(code):
                reason = f"{reason} {self._remedies[code]}"
            if place in rows.changed:
                reason = f"{reason} {_CHANGED}".lstrip()
            for column, found in self._marked(problems).items():
                bad.add(len(numbers), column, found)
            numbers.append(number)
            reasons.append(reason)
        cells = [texts.take(places) for texts in rows.cells[self._left_out :]]
        texts = [sheet_column(reasons)[0], *cells]
        kept = {column: bad.mask(column, len(numbers)) for column in bad.places}
        styles = {column: self._styles(column, texts[column - 1], mask) for column, mask in kept.items()}
        self._series.write_block(numbers, texts, styles, kept, self._commented(bad), _heights(reasons))

    def finish(self) -> None:
        """Add the filters, after the last row."""
        self._series.finish()

    def _marked(self, problems: Sequence[Problem]) -> dict[int, list[Problem]]:
        """The problems by the column of this sheet in which the bad cell stands."""
        shift = len(FIX_COLUMNS) - self._left_out
        found = cell_problems(problems, self._places).items()
        return {column + shift: several for column, several in found if column >= self._left_out}

    def _styles(self, column: int, texts: pa.Array, bad: pa.Array) -> pa.Array:
        import pyarrow as pa
        import pyarrow.compute as pc

        def named(plain: int, quoted: int) -> pa.Array:
            kind = pa.large_string()
            return pc.if_else(risky, pa.scalar(str(quoted), kind), pa.scalar(str(plain), kind))

        risky = risky_texts(texts)
        marked = named(style_number(self._bad), style_number(self._bad_quoted))
        return pc.if_else(bad, marked, named(self._series.style(column), self._series.style(column, quoted=True)))

    def _commented(self, bad: _BadCells) -> dict[int, list[tuple[int, str]]]:
        """What is wrong with the first bad cells of all, by line."""
        found: dict[int, list[tuple[int, str]]] = {}
        for line, cells in bad.by_line.items():
            for column, problems in cells:
                if self._comments >= _MOST_COMMENTS:
                    return found
                self._comments += 1
                comment = "\n".join(f"{problem.message} {problem.remedy}".rstrip() for problem in problems)
                found.setdefault(line, []).append((column, sheet_text(redact(comment))))
        return found


class _BadCells:
    """The bad cells of some lines: the lines of each column, and for each line its columns with their problems."""

    def __init__(self) -> None:
        self.places: dict[int, list[int]] = {}
        self.by_line: dict[int, list[tuple[int, Sequence[Problem]]]] = {}

    def add(self, line: int, column: int, problems: Sequence[Problem]) -> None:
        """Note a bad cell."""
        self.places.setdefault(column, []).append(line)
        self.by_line.setdefault(line, []).append((column, problems))

    def mask(self, column: int, lines: int) -> pa.Array:
        """For each line whether its cell in the column is bad."""
        import numpy as np
        import pyarrow as pa

        found = np.zeros(lines, bool)
        found[self.places[column]] = True
        return pa.array(found)


def _heights(reasons: Sequence[str]) -> list[float]:
    """How tall rows must be for their reasons: not every program finds that out when it opens a workbook."""
    return [min(_TALLEST, _LINE_HEIGHT * max(1, math.ceil(len(reason) / _REASON_WIDTH))) for reason in reasons]


def _reason(status: str, error: str, code: str, problems: Sequence[Problem]) -> str:
    reason = error or redact(" ".join(str(problem) for problem in problems)) or code
    if status == Status.REJECTED and code and code not in reason:
        return f"{reason} ({code})"
    return reason
