"""The results workbook: the sheets Summary, Results and To fix, written in one pass over the rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import chain, islice
from pathlib import Path

from importer.core.filesystem import new_report_file
from importer.core.memory import gc_paused
from importer.core.model import Status
from importer.core.time import parse_iso
from importer.reports.interface import RESULT_COLUMNS, ResultRows, RunSummary
from importer.reports.messages import describe_damage
from importer.reports.refused_cells import RefusedCells
from importer.reports.xlsx.decision_sheet import DecisionSheet
from importer.reports.xlsx.row_sheets import FixSheet, ResultsSheet, SheetRows, sheet_rows
from importer.reports.xlsx.sheet_series import SAMPLE, SHEET_COLUMNS, SHEET_ROWS
from importer.reports.xlsx.summary_sheet import SummarySheet
from importer.reports.xlsx_writer import Workbook

_MOST_COLUMNS = SHEET_COLUMNS - len(RESULT_COLUMNS)


def write_workbook(path: Path, summary: RunSummary, rows: ResultRows, *, rows_per_sheet: int = SHEET_ROWS) -> None:
    """Write the results workbook to ``path``, whole or not at all; ask :func:`free_path` for a free name first.

    After a check it is a workbook of problems, without the sheet Results: ``rows`` are then the invalid ones.
    ``rows_per_sheet`` counts the headings; more rows go on in "Results 2", "To fix 2" and so on.

    Raises :class:`importer.core.errors.ReportError` when the file cannot be written or exists already. What reading the
    rows raises passes through; no file is left then either.
    """
    summary = _without_excess_columns(summary)
    created = parse_iso(summary.finished_at or summary.started_at) or datetime(2000, 1, 1, tzinfo=UTC)
    with new_report_file(path) as draft, Workbook(draft, created) as book:
        SummarySheet(book).write(summary)
        results = ResultsSheet(book, summary.rows, rows_per_sheet) if summary.status != "planned" else None
        to_fix = sum(summary.counts.get(status, 0) for status in (Status.INVALID, Status.REJECTED))
        remedies = {group.code: group.remedy for group in summary.errors}
        fix = FixSheet(book, to_fix, rows_per_sheet, remedies, RefusedCells(summary.columns, summary.target))
        undecided = any(summary.counts.get(status, 0) for status in (Status.CHANGED, Status.UNCERTAIN))
        decide = DecisionSheet(book, summary.counts, rows_per_sheet) if undecided else None
        sheets = [sheet for sheet in (results, fix, decide) if sheet is not None]

        # The first rows also decide how wide the columns are.
        chunks: Iterator[SheetRows] = (sheet_rows(chunk, len(summary.columns)) for chunk in rows())
        first = list(islice(chunks, 1))
        no_rows: list[list[str]] = [[]] * len(summary.columns)
        sample = [cells.slice(0, SAMPLE).to_pylist() for cells in first[0].cells] if first else no_rows
        for sheet in sheets:
            sheet.begin(summary.columns, sample)
        with gc_paused():
            for chunk in chain(first, chunks):
                for sheet in sheets:
                    sheet.write(chunk)
        book.close()


def _without_excess_columns(summary: RunSummary) -> RunSummary:
    """Return ``summary`` without the last columns of a source that is wider than a sheet, which a note then names.

    Damage in the source stands above its notes.
    """
    damage = tuple(f"Perhaps spoiled by Excel: {describe_damage(found)}" for found in summary.damage)
    summary = replace(summary, notes=(*damage, *summary.notes))
    left = summary.columns[_MOST_COLUMNS:]
    if not left:
        return summary
    note = f"A sheet has no room for the last {len(left)} columns of the source, from {left[0].letter} on."
    return replace(summary, columns=summary.columns[:_MOST_COLUMNS], notes=(*summary.notes, note))
