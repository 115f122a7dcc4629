"""A workbook to fill in: the headings of a mapping with notes, drop-down lists and an example row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from importer.core.filesystem import new_report_file
from importer.core.text import column_letter
from importer.reports.xlsx_writer import GENERAL, ColumnFormat, Note, Style, Workbook, sheet_text

_ROWS_WITH_LISTS = 5000
_LONGEST_LIST = 255
"""Excel keeps a drop-down list of at most 255 characters in the rule itself."""
_SHEET_NAME = 31
_NOTE_WIDTH, _NOTE_HEIGHT = 256, 74

_HEADING = Style(bold=True, fill="#E8EDF0", borders=("bottom",), wrap=True, number_format=GENERAL)
_EXAMPLE = Style(italic=True, color="#757575", vertical="bottom")
_CELL = Style(vertical="bottom")


@dataclass(frozen=True, slots=True)
class TemplateColumn:
    """One column to fill in: its heading, a note for the person, an example, and the allowed values (or none)."""

    heading: str
    note: str
    example: str
    choices: tuple[str, ...]


def sheet_name(wanted: str) -> str:
    """``wanted`` as Excel accepts it for a sheet: at most 31 UTF-16 units, none of its special characters."""
    name = "".join("_" if character in "[]:*?/\\" else character for character in sheet_text(wanted))
    name = name.encode("utf-16-le")[: 2 * _SHEET_NAME].decode("utf-16-le", "ignore").strip("'")
    return "Rows" if not name.strip() or name.casefold() == "history" else name


def write_template_workbook(path: Path, sheet: str, columns: Sequence[TemplateColumn]) -> None:
    """Write the workbook to ``path``, which must not exist. Raises :class:`ReportError`.

    The second row is an example to be overwritten; every cell is text, so that Excel changes nothing that is typed.
    """
    with new_report_file(path) as draft, Workbook(draft, datetime.now(UTC)) as book:
        worksheet = book.add_sheet(sheet_name(sheet))
        worksheet.frozen_rows = 1
        for index, column in enumerate(columns):
            width = max(14, min(40, max(len(column.heading), len(column.example)) + 4))
            worksheet.columns.append(ColumnFormat(width, book.style_number(_CELL)))
            worksheet.notes.append(Note(0, index, column.note, _NOTE_WIDTH, _NOTE_HEIGHT))
            if column.choices and len(",".join(column.choices)) <= _LONGEST_LIST:
                letter = column_letter(index)
                worksheet.choices[f"{letter}2:{letter}{_ROWS_WITH_LISTS + 1}"] = column.choices
        worksheet.append_row([(sheet_text(column.heading), _HEADING) for column in columns])
        worksheet.append_row([(sheet_text(column.example), _EXAMPLE) for column in columns])
        book.close()
