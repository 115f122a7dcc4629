"""The annotated copy: the user's own workbook with what became of each row behind its columns.

openpyxl reads and writes the whole workbook, so that formats, filters, frozen panes and other sheets are kept. It
drops what it does not know, and holds every cell in memory: a workbook that would lose something, or is too large, is
refused.
"""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from pathlib import Path
from typing import TYPE_CHECKING, Any

from importer.core.errors import ReportError
from importer.core.filesystem import new_report_file
from importer.core.model import HEADING_COLUMN, SHEET_COLUMN, VALUE_COLUMN, Status
from importer.core.redaction import redact
from importer.core.text import display_text, join_words
from importer.reports.interface import ResultRows, RunSummary
from importer.reports.messages import STATUS_COLORS
from importer.reports.refused_cells import RefusedCells
from importer.reports.xlsx.copy_losses import describe_warning, find_lost_parts
from importer.reports.xlsx.row_sheets import SheetRows, sheet_rows
from importer.reports.xlsx.sheet_series import SHEET_COLUMNS
from importer.reports.xlsx_writer import sheet_text
from importer.sources import (
    ANNOTATION_HEADINGS,
    ANNOTATION_MARK_HEADING,
    ROWS_PER_SHEET,
    TAKEN_PREFIX,
    SourceFacts,
    find_own_columns,
    normalize_heading,
    source_hash,
)

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.cell import Cell
    from openpyxl.worksheet.worksheet import Worksheet

MOST_BYTES = 30 << 20
"""Unpacked bytes of the sheets and texts of a workbook that is copied: some 600,000 cells, at 1 KB of memory each."""
_MOST_COMMENTS = 1_000
_COMMENT_WIDTH, _COMMENT_LINE, _COMMENT_CHARACTERS = 320, 20, 44
_AUTHOR, _COMMENT_HEAD = "importer", "importer: "
_BAD_FILL = "FFFBD5D0"
_WIDTHS = {"Status": 12, "ActivityCreated": 17, "Error": 48, "ProspectActivityId": 38, "LeadId": 38}
_HEADINGS = (*ANNOTATION_HEADINGS, ANNOTATION_MARK_HEADING)
_NO_CELL = frozenset({SHEET_COLUMN, HEADING_COLUMN, VALUE_COLUMN})
"""Columns that a reader made, of which the sheet has no cells."""


class AnnotationRefused(ReportError):
    """A workbook cannot be annotated: its copy would lose something."""


def write_annotated_copy(path: Path, summary: RunSummary, source: SourceFacts, sha: str, rows: ResultRows) -> Path:
    """Write a copy of the ``source`` with what became of its ``rows``; ``sha`` is the digest of the file as imported.

    The ending of ``path`` becomes that of the workbook: a copy with macros is an .xlsm. Returns the path of the copy.
    Raises :class:`AnnotationRefused` when something would be lost, and :class:`ReportError` when the file cannot be
    written or exists already.
    """
    book = _open_workbook(source, sha)
    path = path.with_suffix(".xlsm" if book.vba_archive else ".xlsx")
    letters = [column.letter if column.label not in _NO_CELL else "" for column in summary.columns]
    labels = {column.label for column in summary.columns}
    sheets = [
        _SheetAnnotator(book[name], source.header_row, labels) for name in _sheet_names(source.sheet, book.sheetnames)
    ]
    annotations = _Annotations(summary, letters)
    for chunk in rows():
        for row, texts, cells in annotations.of(sheet_rows(chunk, 0)):
            # The rows of several sheets that are read as one table keep apart by their numbers.
            place, number = divmod(row, ROWS_PER_SHEET)
            sheets[place].write(number, texts, cells)
    # openpyxl writes formulas without results: Excel calculates them when it opens the file.
    book.calculation.fullCalcOnLoad = True
    with new_report_file(path) as draft:
        book.save(draft)
    return path


def _open_workbook(source: SourceFacts, sha: str) -> Workbook:
    """Open the workbook for a copy. Raises :class:`AnnotationRefused`."""
    path = Path(source.path)
    if source.format != "xlsx":
        raise _refusal(
            "only .xlsx and .xlsm workbooks keep their formats", "Save it in Excel as .xlsx and import that."
        )
    if source.header_row < 1:
        raise _refusal("the sheet has no headings", "Insert a row with headings, and import the file again.")
    if any(found.what == "exploded columns" for found in source.detections):
        raise _refusal("each of its rows became several", "The results workbook lists them all.")
    if source_hash(path) != sha:
        raise _refusal("the file was changed since", "Import the changed file with --annotate.")
    with zipfile.ZipFile(path) as archive:
        lost = list(dict.fromkeys(find_lost_parts(archive)))
        size = sum(entry.file_size for entry in archive.infolist() if entry.filename.startswith(("xl/w", "xl/sh")))
        has_macros = "xl/vbaProject.bin" in archive.namelist()
    if size > MOST_BYTES:
        raise _refusal("it is too large for a copy", "Use the results workbook, or import the file in parts.")
    if not lost:
        book, lost = _load(path, keep_vba=has_macros)
    if lost:
        raise _refusal(
            f"the copy would lose {join_words([display_text(what) for what in lost])}",
            "Copy the sheet with the rows into a new workbook, as values, and import that with --annotate.",
        )
    return book


def _refusal(reason: str, remedy: str) -> AnnotationRefused:
    return AnnotationRefused(f"The annotated copy was not written: {reason}.", remedy)


def _load(path: Path, *, keep_vba: bool) -> tuple[Workbook, list[str]]:
    """Load the whole workbook; also return what openpyxl warns that it lost."""
    from openpyxl import load_workbook

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            book = load_workbook(path, rich_text=True, keep_vba=keep_vba)
        except Exception:  # noqa: BLE001  it raises whatever its parsers raise, and the rows are sent already
            raise _refusal("openpyxl cannot read this workbook", "Save it in Excel under a new name.") from None
    book.template = False
    return book, list(filter(None, dict.fromkeys(describe_warning(str(one.message)) for one in caught)))


def _sheet_names(joined: str, known: Sequence[str]) -> list[str]:
    """Return the names of the sheets of a source, which are joined by commas where it has several."""
    if joined in known:
        return [joined]
    for name in known:
        if joined.startswith(f"{name}, ") and (others := _sheet_names(joined[len(name) + 2 :], known)):
            return [name, *others]
    return []


class _Annotations:
    """Turns rows of reports into the texts of the added columns, and the bad cells with what is wrong with each."""

    def __init__(self, summary: RunSummary, letters: Sequence[str]) -> None:
        self._letters = letters
        self._own = frozenset(filter(None, letters))
        self._planned = summary.status == "planned"
        self._remedies = {group.code: group.remedy for group in summary.errors}
        self._refused = RefusedCells(summary.columns, summary.target)

    def of(self, rows: SheetRows) -> Iterator[tuple[int, list[str], dict[str, str]]]:
        """Yield the number of each row, its texts in the order of the headings, and comments by column letter."""
        columns = [rows.results[name].to_pylist() for name in (*ANNOTATION_HEADINGS, "ErrorCode")]
        for row, status, created, error, activity, lead, code in zip(rows.rows, *columns, strict=True):
            comments: dict[str, str] = {}
            reason = error
            if status == Status.INVALID:
                for problem in rows.problems.get(row, ()):
                    if problem.letter in self._own:
                        text = f"{problem.message} {problem.remedy}".rstrip()
                        comments[problem.letter] = "\n".join(filter(None, (comments.get(problem.letter), text)))
            elif status == Status.REJECTED:
                found = self._refused.columns_of(code, error)
                reason = f"{error} {self._remedies.get(code, '')}".rstrip()
                comments = {self._letters[index]: reason for index in found if self._letters[index]}
            mark = rows.origins[row].mark if row in rows.origins else ""
            shown = "ready" if status == Status.NOT_SENT and self._planned else status
            yield row, [shown, created, reason, activity, lead, mark], comments


class _SheetAnnotator:
    """Writes behind the columns of one sheet; a sheet that has our columns already gets new texts in them."""

    def __init__(self, sheet: Worksheet, header_row: int, labels: set[str]) -> None:
        from openpyxl.styles import PatternFill

        self._sheet = sheet
        self._fills = {
            status.value: PatternFill("solid", fgColor=look.fill.lstrip("#")) for status, look in STATUS_COLORS.items()
        }
        self._fills["ready"] = self._fills[Status.NOT_SENT.value]
        self._bad = PatternFill("solid", fgColor=_BAD_FILL)
        self._comments = 0
        headings = _headings(sheet, header_row)
        origin, own = find_own_columns(headings)
        if origin and ANNOTATION_MARK_HEADING not in map(normalize_heading, headings):
            raise _refusal("it is a sheet of rows to correct", "Its rows are on To fix in the new results workbook.")
        self._columns = {normalize_heading(headings[place]).removeprefix(TAKEN_PREFIX): place + 1 for place in own}
        self._clear()
        self._add_columns(header_row, labels)

    def write(self, number: int, texts: Sequence[str], comments: Mapping[str, str]) -> None:
        """Write the texts of a row, and mark its bad cells."""
        for name, text in zip(_HEADINGS, texts, strict=True):
            if not text:
                continue
            cell = self._sheet.cell(number, self._columns[name])
            if name == "ActivityCreated":
                cell.value = text == "TRUE"
                continue
            _write_text(cell, text)
            if name == "Status":
                cell.fill = self._fills[text]
        for letter, text in comments.items():
            self._mark(self._sheet[f"{letter}{number}"], text)

    def _mark(self, cell: Cell, text: str) -> None:
        from openpyxl.cell.cell import MergedCell
        from openpyxl.comments import Comment

        cell.fill = self._bad
        if self._comments >= _MOST_COMMENTS or isinstance(cell, MergedCell):
            return
        self._comments += 1
        earlier, author = (cell.comment.text, cell.comment.author) if cell.comment else ("", _AUTHOR)
        text = sheet_text(f"{earlier}\n\n{_COMMENT_HEAD}{redact(text)}" if earlier else _COMMENT_HEAD + redact(text))
        lines = sum(-(-len(line) // _COMMENT_CHARACTERS) or 1 for line in text.split("\n"))
        cell.comment = Comment(text, author, width=_COMMENT_WIDTH, height=_COMMENT_LINE * (lines + 1))

    def _clear(self) -> None:
        """Remove what an earlier import wrote, if the sheet is a copy of one."""
        from openpyxl.comments import Comment
        from openpyxl.styles import PatternFill

        for row in self._sheet.iter_rows() if self._columns else ():
            for cell in row:
                if cell.column in self._columns.values():
                    cell.value, cell.fill = None, PatternFill()
                elif cell.comment and _COMMENT_HEAD in cell.comment.text:
                    own = cell.comment.text.partition(_COMMENT_HEAD)[0].rstrip()
                    cell.comment = Comment(own, cell.comment.author) if own else None
                    cell.fill = PatternFill() if cell.fill.fgColor.rgb == _BAD_FILL else copy(cell.fill)

    def _add_columns(self, header_row: int, labels: set[str]) -> None:
        """Write the headings, in the look of the last one, and extend the filter and the table of the sheet."""
        last = _last_column(self._sheet)
        first = last + 1
        for name in _HEADINGS:
            if name not in self._columns:
                last += 1
                self._columns[name] = last
        if last > SHEET_COLUMNS:
            raise _refusal("the sheet has no room for more columns", "Delete columns that are not used.")
        _split_widths(self._sheet, first, last)
        like = self._sheet.cell(header_row, max(1, first - 1))
        for name, column in self._columns.items():
            heading = f"{TAKEN_PREFIX}{name}" if name in labels else name
            cell = self._sheet.cell(header_row, column, heading)
            for part in ("font", "fill", "border", "alignment", "protection"):
                setattr(cell, part, copy(getattr(like, part)))
            width = self._sheet.column_dimensions[cell.column_letter]
            width.width, width.hidden = _WIDTHS.get(name, 16), name == ANNOTATION_MARK_HEADING
        _extend_filters(self._sheet, header_row, first - 1, last)


def _headings(sheet: Worksheet, header_row: int) -> list[str]:
    return ["" if cell.value is None else str(cell.value) for cell in next(sheet.iter_rows(header_row, header_row))]


def _write_text(cell: Cell, text: str) -> None:
    """Write a text that no program takes for a formula."""
    cell.value = sheet_text(text)
    cell.data_type = "s"
    cell.number_format = "@"


def _last_column(sheet: Worksheet) -> int:
    """Return the last column that holds a value, or that a merged cell or a table reaches; 0 in an empty sheet."""
    last = max((area.max_col for area in sheet.merged_cells.ranges), default=0)
    for row in sheet.iter_rows():
        for cell in row[last:]:
            if cell.value is not None:
                last = cell.column
    return max([last, *(_bounds(table.ref)[2] for table in sheet.tables.values())])


def _bounds(area: str) -> tuple[int, int, int, int]:
    """Return the first column, first row, last column and last row of a range."""
    from openpyxl.utils import range_boundaries

    found: tuple[int, int, int, int] = range_boundaries(area)
    return found


def _split_widths(sheet: Worksheet, first: int, last: int) -> None:
    """Take the columns from ``first`` to ``last`` out of the groups of columns that share a width.

    Excel repairs a sheet in which two groups overlap.
    """
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.dimensions import ColumnDimension

    widths = sheet.column_dimensions
    for letter, group in list(widths.items()):
        begin, end = (group.min or 0, group.max or 0)
        if end < first or begin > last:
            continue
        del widths[letter]
        for start, stop in ((begin, min(end, first - 1)), (max(begin, last + 1), end)):
            if start <= stop:
                name = get_column_letter(start)
                look: dict[str, Any] = {
                    "width": group.width,
                    "hidden": group.hidden,
                    "outlineLevel": group.outlineLevel,
                }
                widths[name] = ColumnDimension(sheet, index=name, min=start, max=stop, **look)


def _extend_filters(sheet: Worksheet, header_row: int, old: int, new: int) -> None:
    """Let the filter and the table that end at column ``old`` reach ``new``, so that whole rows are sorted."""
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.table import TableColumn

    def extended(area: str) -> str:
        left, top, _, bottom = _bounds(area)
        return f"{get_column_letter(left)}{top}:{get_column_letter(new)}{bottom}"

    area = sheet.auto_filter.ref
    if area and _bounds(area)[1] == header_row and _bounds(area)[2] < new:
        sheet.auto_filter.ref = extended(area)
    for table in sheet.tables.values():
        if _bounds(table.ref)[1] != header_row or _bounds(table.ref)[2] != old or old == new:
            continue
        table.ref = extended(table.ref)
        if table.autoFilter is not None and table.autoFilter.ref:
            table.autoFilter.ref = extended(table.autoFilter.ref)
        for column in range(old + 1, new + 1):
            number = max(one.id for one in table.tableColumns) + 1
            table.tableColumns.append(TableColumn(id=number, name=sheet.cell(header_row, column).value))
