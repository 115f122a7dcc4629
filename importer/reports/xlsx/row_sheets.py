"""The sheets with a line per row of the source: Results (all rows) and To fix (rows to correct and import again)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from importer.core.issues import Problem
from importer.core.model import Status
from importer.core.redaction import redact, redact_all
from importer.core.text import column_letter, shorten_text
from importer.planning import ProblemTable, describe_column
from importer.reports.interface import RESULT_COLUMNS, TO_FIX, ReportColumn, ResultChunk, SheetOrigin
from importer.reports.messages import STATUS_COLORS, UNCERTAIN_ADVICE
from importer.reports.refused_cells import RefusedCells
from importer.reports.xlsx.sheet_series import NUMBER, OWN_HEADING, Heading, SheetSeries, source_headings
from importer.reports.xlsx_writer import ColumnType, Style, Workbook, risky_texts, sheet_column, sheet_text
from importer.sources import MARK_HEADING, NUMBER_HEADING, REASON_HEADING

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

_RESULT_WIDTHS = {
    "RowNumber": 13,
    "ActivityCreated": 17,
    "Status": 12,
    "Error": 48,
    "ErrorCode": 20,
    "ProspectActivityId": 38,
    "LeadId": 38,
    "RequestId": 38,
    "LeadCreated": 14,
    "LeadUpdated": 14,
    "CallNumber": 13,
    "RowInCall": 12,
}
_TYPES = {
    "RowNumber": ColumnType.NUMBER,
    "ActivityCreated": ColumnType.BOOLEAN,
    "LeadCreated": ColumnType.BOOLEAN,
    "LeadUpdated": ColumnType.BOOLEAN,
    "CallNumber": ColumnType.NUMBER,
    "RowInCall": ColumnType.NUMBER,
}
"""The columns of results whose cells are not texts."""
_STATUS = RESULT_COLUMNS.index("Status")

FIX_COLUMNS = (NUMBER_HEADING, REASON_HEADING)
"""The columns that stand before the source's own in the sheet To fix."""
_BAD_CELL = Style(fill="#FBD5D0", color="#7A1209", borders=("left", "right", "top", "bottom"), border_color="#D0453A")
_CHANGED = "A cell of this row cannot be shown as it is (see its marks): copy it from the source file."
_REASON_WIDTH, _MARK_WIDTH = 60, 16
_REASON = Style(wrap=True, horizontal="left", indent=1)
_LINE_HEIGHT, _TALLEST = 15.0, 405.0
# Comments are held in memory until the end, and thousands of them make a workbook slow to open.
_MOST_COMMENTS = 1_000


@dataclass(frozen=True, slots=True)
class SheetRows:
    """Some consecutive rows, as columns of equal length, every text fit for a cell.

    ``results`` holds the result columns after RowNumber, ``cells`` the source's cells as a sheet can hold them, and
    ``changed`` the places (from 0) of the rows in which one of these differs from the source.
    """

    rows: Sequence[int]
    results: Mapping[str, pa.Array]
    cells: Sequence[pa.Array]
    changed: AbstractSet[int]
    problems: Mapping[int, tuple[Problem, ...]]
    origins: Mapping[int, SheetOrigin] = field(default_factory=dict)


def sheet_rows(chunk: ResultChunk, columns: int) -> SheetRows:
    """Return the chunk's rows with the first ``columns`` columns of the source."""
    results = {name: sheet_column(chunk.results[name])[0] for name in RESULT_COLUMNS[1:]}
    results["Error"] = _errors(results["Status"], results["Error"])
    source = [sheet_column(chunk.cells.iloc[:, index]) for index in range(columns)]
    return SheetRows(
        rows=chunk.results["RowNumber"].tolist(),
        results=results,
        cells=[texts for texts, _ in source],
        changed=frozenset().union(*(changed for _, changed in source)),
        problems=chunk.problems,
        origins=chunk.origins,
    )


def _errors(statuses: pa.Array, errors: pa.Array) -> pa.Array:
    """Return the errors without keys, and with advice for uncertain rows."""
    import pyarrow.compute as pc

    uncertain = pc.equal(statuses, Status.UNCERTAIN.value)
    filled = pc.or_(pc.not_equal(errors, ""), uncertain)
    if not pc.any(filled).as_py():
        return errors
    texts = errors.filter(filled).to_pylist()
    redacted = redact_all(texts)
    if redacted is texts and not pc.any(uncertain).as_py():
        return errors
    advised, _ = sheet_column(
        [
            f"{error} {UNCERTAIN_ADVICE}".lstrip() if advise else error
            for advise, error in zip(uncertain.filter(filled).to_pylist(), redacted, strict=True)
        ]
    )
    return pc.replace_with_mask(errors, filled, advised)


class ResultsSheet:
    """Writes the sheet Results of ``book``: what became of each row, then its cells as they were."""

    def __init__(self, book: Workbook, rows: int, sheet_rows: int) -> None:
        self._series = SheetSeries(book, "Results", rows, sheet_rows)
        self._status_styles = {
            status.value: book.style_number(Style(color=look.ink, fill=look.fill))
            for status, look in STATUS_COLORS.items()
        }

    def begin(self, columns: Sequence[ReportColumn], sample: Sequence[Sequence[str]]) -> None:
        """Write the headings; ``sample`` holds the first cells of each column."""
        own = [
            Heading(name, width, OWN_HEADING, NUMBER, _TYPES[name])
            if name in _TYPES
            else Heading(name, width, OWN_HEADING)
            for name, width in _RESULT_WIDTHS.items()
        ]
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


class FixSheet:
    """Writes the sheet To fix of ``book``: the rows that a person corrects there, and then imports that sheet again.

    Only rows that are certainly not in the CRM stand here. An uncertain row is not among them: importing it again could
    create it twice. ``remedies`` says by code what to do about rows that LeadSquared refused, where its own words do
    not, and ``refused`` finds the cells that it refused.

    A hidden column behind the others holds the mark of each row, by which it is known again when it comes back. A row
    of a sheet that was corrected before keeps the number that it had in the first file.
    """

    def __init__(
        self, book: Workbook, rows: int, sheet_rows: int, remedies: Mapping[str, str], refused: RefusedCells
    ) -> None:
        self._series = SheetSeries(book, "To fix", rows, sheet_rows)
        self._bad = book.style_number(_BAD_CELL)
        self._bad_quoted = book.style_number(replace(_BAD_CELL, quoted=True))
        self._remedies = remedies
        self._refused = refused
        self._comments = 0
        # Columns of the source that are left out; the headings of all, and the columns by heading and by letter.
        self._left_out = 0
        self._labels: list[str] = []
        self._by_label: dict[str, int] = {}
        self._by_letter: dict[str, int] = {}

    def begin(self, columns: Sequence[ReportColumn], sample: Sequence[Sequence[str]]) -> None:
        """Write the headings; ``sample`` holds the first cells of each column.

        When the source is itself such a sheet, its RowNumber and Reason give way to the new ones.
        """
        self._by_label = {column.label: index for index, column in enumerate(columns)}
        self._by_letter = {column.letter: index for index, column in enumerate(columns)}
        self._left_out = 2 if tuple(column.label for column in columns[:2]) == FIX_COLUMNS else 0
        self._labels = [column.label for column in columns]
        own = (
            Heading(FIX_COLUMNS[0], 13, OWN_HEADING, NUMBER),
            Heading(FIX_COLUMNS[1], _REASON_WIDTH, OWN_HEADING, _REASON),
        )
        mark = Heading(MARK_HEADING, _MARK_WIDTH, OWN_HEADING, hidden=True)
        self._series.begin([*own, *source_headings(columns[self._left_out :], sample[self._left_out :]), mark])

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
        own_cells = (cells.take(places) for cells in rows.cells[self._left_out :])
        origins = [rows.origins.get(row) for row in numbers.tolist()]
        marks = pa.array([origin.mark if origin else "" for origin in origins], pa.large_string())
        texts = [self._reasons(rows, table, numbers, places), *own_cells, marks]

        # Which cell each problem is about: its line (from 0, among the lines of this block) and its column.
        columns = table.places(self._column_of)
        lines = np.minimum(np.searchsorted(numbers, table.rows), len(numbers) - 1)
        here = (columns >= 0) & (numbers[lines] == table.rows)
        lines, columns = lines[here], columns[here]
        problem_lines = lines
        refused = self._refused_cells(rows, places.to_pylist())
        if refused:
            lines = np.concatenate([lines, [line for line, _ in refused]])
            columns = np.concatenate([columns, [column for _, column in refused]])

        # For each column with such a cell: which of its cells these are, and the style of every one.
        kept, styles = {}, {}
        for column in np.unique(columns).tolist():
            bad = np.zeros(len(numbers), bool)
            bad[lines[columns == column]] = True
            kept[column] = pa.array(bad)
            styles[column] = self._styles(column, texts[column - 1], kept[column])
        comments = self._cell_comments(table, numbers, problem_lines)
        shown = [origin.number if origin else row for origin, row in zip(origins, numbers.tolist(), strict=True)]
        self._series.write_block(shown, texts, styles, kept, comments, _heights(texts[0]))

    def _reasons(self, rows: SheetRows, table: ProblemTable, numbers: np.ndarray, places: pa.Array) -> pa.Array:
        """Return why each of the rows at these places stands here: its error, and more where that is not enough."""
        import numpy as np
        import pyarrow as pa
        import pyarrow.compute as pc

        errors, statuses = rows.results["Error"].take(places), rows.results["Status"].take(places)
        # The columns of problems stand elsewhere on this sheet than in the source.
        found, _, described = table.describe_rows(self._describe_place)
        invalid = pc.and_(pc.equal(statuses, Status.INVALID.value), pa.array(np.isin(numbers, found)))
        if pc.any(invalid).as_py():
            own = described.take(pa.array(np.searchsorted(found, numbers[invalid.to_numpy(zero_copy_only=False)])))
            errors = pc.replace_with_mask(errors, invalid, sheet_column(redact_all(own.to_pylist()))[0])
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
            for column in self._refused.columns_of(code, error):
                if column >= self._left_out:
                    value = shorten_text(rows.cells[column][place].as_py())
                    reason = f'{reason} {self._place(column)} holds "{value}".'
        if place in rows.changed:
            reason = f"{reason} {_CHANGED}".lstrip()
        return reason

    def _column_of(self, label: str, letter: str) -> int | None:
        """Return the column of this sheet, from 0, in which a problem's cell stands; ``None`` for whole rows."""
        column = self._source_column(label, letter)
        return None if column is None else self._shift(column)

    def _source_column(self, label: str, letter: str) -> int | None:
        column = self._by_label.get(label)
        if column is None and letter:
            column = self._by_letter.get(letter)
        return None if column is None or column < self._left_out else column

    def _refused_cells(self, rows: SheetRows, places: Sequence[int]) -> list[tuple[int, int]]:
        """Return line and column of the cells of these rows that LeadSquared refused."""
        found = []
        for line, place in enumerate(places):
            if rows.results["Status"][place].as_py() == Status.REJECTED:
                code, error = (rows.results[name][place].as_py() for name in ("ErrorCode", "Error"))
                columns = self._refused.columns_of(code, error)
                found += [(line, self._shift(column)) for column in columns if column >= self._left_out]
        return found

    def _shift(self, column: int) -> int:
        """Return where a column of the source stands on this sheet, from 0."""
        return column + len(FIX_COLUMNS) - self._left_out

    def _place(self, column: int) -> str:
        """Describe a column of the source as this sheet has it: the heading first, for columns are moved."""
        return f'"{self._labels[column]}" (column {column_letter(self._shift(column))})'

    def _describe_place(self, label: str, letter: str) -> str:
        """Describe the column of a problem; an empty text for a problem of the whole row."""
        column = self._source_column(label, letter)
        return describe_column(label, "") if column is None else self._place(column)

    def _styles(self, column: int, texts: pa.Array, bad: pa.Array) -> pa.Array:
        """Return the number of the style of each cell of a column, of which some are ``bad``."""
        import pyarrow as pa
        import pyarrow.compute as pc

        def by_risk(plain: int, quoted: int) -> pa.Array:
            kind = pa.large_string()
            return pc.if_else(risky, pa.scalar(str(quoted), kind), pa.scalar(str(plain), kind))

        risky = risky_texts(texts)
        marked = by_risk(self._bad, self._bad_quoted)
        return pc.if_else(bad, marked, by_risk(self._series.style(column), self._series.style(column, quoted=True)))

    def _cell_comments(
        self, table: ProblemTable, numbers: np.ndarray, lines: np.ndarray
    ) -> dict[int, list[tuple[int, str]]]:
        """Return columns and texts of comments by line, for the first thousand bad cells of the workbook."""
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


def _heights(reasons: pa.Array) -> list[float]:
    """Return how tall rows must be for their reasons, in points: not every program measures that itself."""
    import numpy as np
    import pyarrow.compute as pc

    lines = np.ceil(pc.utf8_length(reasons).to_numpy() / _REASON_WIDTH)
    heights: list[float] = np.minimum(_TALLEST, _LINE_HEIGHT * np.maximum(1, lines)).tolist()
    return heights
