"""A workbook to fill in: the headings of a mapping with notes, drop-down lists and an example row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from importer.core.output_files import new_file
from importer.reports.xlsx.cell_text import sheet_text

_ROWS_WITH_LISTS = 5000
_LONGEST_LIST = 255
"""Excel keeps a drop-down list of at most 255 characters in the rule itself."""
_SHEET_NAME = 31


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
    import xlsxwriter

    name = sheet_name(sheet)
    with new_file(path) as draft:
        workbook = xlsxwriter.Workbook(str(draft), {"strings_to_formulas": False, "strings_to_urls": False})
        worksheet = workbook.add_worksheet(name)
        bold = workbook.add_format(
            {"bold": True, "bg_color": "#E8EDF0", "bottom": 1, "text_wrap": True, "valign": "top"}
        )
        grey = workbook.add_format({"num_format": "@", "italic": True, "font_color": "#757575"})
        text = workbook.add_format({"num_format": "@"})
        worksheet.freeze_panes(1, 0)
        worksheet.set_landscape()
        worksheet.fit_to_pages(1, 0)
        for index, column in enumerate(columns):
            longest = max(len(column.heading), len(column.example))
            worksheet.set_column(index, index, max(14, min(40, longest + 4)), text)
            worksheet.write_string(0, index, column.heading, bold)
            worksheet.write_comment(0, index, column.note, {"x_scale": 2, "author": ""})
            worksheet.write_string(1, index, column.example, grey)
            if column.choices and len(",".join(column.choices)) <= _LONGEST_LIST:
                worksheet.data_validation(
                    1, index, _ROWS_WITH_LISTS, index, {"validate": "list", "source": list(column.choices)}
                )
        workbook.close()
