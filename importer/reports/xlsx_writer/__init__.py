"""Writes .xlsx workbooks: sheets whose rows come as bytes, deflated while the next ones are being made.

It knows cells, styles and sheets, and nothing of what an import is; docs/results-writer.md says why it exists.
"""

from importer.reports.xlsx_writer.cells import (
    CUT,
    RISKY_STARTS,
    ColumnType,
    TextColumn,
    risky_texts,
    sheet_column,
    sheet_text,
)
from importer.reports.xlsx_writer.sheet import GENERAL, TEXT, THOUSANDS, BarChart, ColumnFormat, Note, Sheet, Style
from importer.reports.xlsx_writer.workbook import Workbook

__all__ = [
    "CUT",
    "GENERAL",
    "RISKY_STARTS",
    "TEXT",
    "THOUSANDS",
    "BarChart",
    "ColumnFormat",
    "ColumnType",
    "Note",
    "Sheet",
    "Style",
    "TextColumn",
    "Workbook",
    "risky_texts",
    "sheet_column",
    "sheet_text",
]
