"""The results workbook: the sheets Summary, Results and To fix, written in one pass over the rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path

from xlsxwriter.exceptions import FileCreateError

from importer.core.gc_pause import paused_collector
from importer.core.model import Status
from importer.core.output_files import cannot_write, new_file
from importer.reports.interface import RESULT_COLUMNS, ResultRows, RunSummary
from importer.reports.words import damage_text
from importer.reports.xlsx.fix_sheet import FixSheet
from importer.reports.xlsx.results_sheet import ResultsSheet
from importer.reports.xlsx.sheet_overflow import SHEET_COLUMNS, SHEET_ROWS
from importer.reports.xlsx.sheet_rows import SheetRows, sheet_rows
from importer.reports.xlsx.source_columns import SAMPLE
from importer.reports.xlsx.summary_sheet import SummarySheet
from importer.reports.xlsx.workbook_writer import Book

_MOST_COLUMNS = SHEET_COLUMNS - len(RESULT_COLUMNS)


def write_workbook(path: Path, summary: RunSummary, rows: ResultRows, *, rows_per_sheet: int = SHEET_ROWS) -> None:
    """Write the results workbook to ``path``, whole or not at all; ask :func:`free_path` for a free name first.

    After a check it is a workbook of problems, without the sheet Results: ``rows`` are then the invalid ones.
    ``rows_per_sheet`` counts the headings; more rows go on in "Results 2", "To fix 2" and so on.

    Raises :class:`importer.core.errors.ReportError` when the file cannot be written or exists already. What reading the
    rows raises passes through; no file is left then either.
    """
    with new_file(path) as draft, Book(draft, summary.finished_at or summary.started_at) as book:
        _write_sheets(book, _fitting(summary), rows, rows_per_sheet)
        try:
            book.close()
        except FileCreateError as error:
            cause = error.args[0] if error.args else error
            raise cannot_write(path, cause if isinstance(cause, OSError) else OSError(str(cause))) from error


def _write_sheets(book: Book, summary: RunSummary, rows: ResultRows, rows_per_sheet: int) -> None:
    SummarySheet(book).write(summary)
    results = ResultsSheet(book, summary.rows, rows_per_sheet) if summary.status != "planned" else None
    to_fix = sum(summary.counts.get(status, 0) for status in (Status.INVALID, Status.REJECTED))
    remedies = {group.code: group.remedy for group in summary.errors}
    fix = FixSheet(book, to_fix, rows_per_sheet, remedies)

    chunks: Iterator[SheetRows] = (sheet_rows(chunk, len(summary.columns)) for chunk in rows())
    first = list(islice(chunks, 1))
    sample = [cells.slice(0, SAMPLE).to_pylist() for cells in first[0].cells] if first else [()] * len(summary.columns)
    sheets = [sheet for sheet in (results, fix) if sheet is not None]
    for sheet in sheets:
        sheet.begin(summary.columns, sample)
    with paused_collector():
        for chunk in chain(first, chunks):
            for sheet in sheets:
                sheet.write(chunk)
    for sheet in sheets:
        sheet.finish()


def _fitting(summary: RunSummary) -> RunSummary:
    """``summary`` without the last columns of a source that is wider than a sheet, which a note then says.

    What looks spoiled in the source stands above its notes.
    """
    spoiled = tuple(f"Perhaps spoiled by Excel: {damage_text(found)}" for found in summary.damage)
    summary = replace(summary, notes=(*spoiled, *summary.notes))
    left = summary.columns[_MOST_COLUMNS:]
    if not left:
        return summary
    note = f"A sheet has no room for the last {len(left)} columns of the source, from {left[0].letter} on."
    return replace(summary, columns=summary.columns[:_MOST_COLUMNS], notes=(*summary.notes, note))
