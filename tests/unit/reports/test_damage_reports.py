"""Columns that look spoiled, in every report."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import openpyxl

from importer.core.model import Status
from importer.data_quality import Damage
from importer.reports.html.page import render_page
from importer.reports.json_report import build_json_report
from importer.reports.messages import describe_damage
from importer.reports.text_report import render_summary
from importer.reports.xlsx.workbook import write_workbook
from tests.support.summaries import summary

if TYPE_CHECKING:
    from tests.unit.reports.conftest import TextRun

ZIP = Damage("leading-zeros-lost", "Zip", "D", "lead.Zip", 31, (3, 9), "2139", "Zeros were lost.", "Get it again.")
NOTE = Damage("excel-errors", "Note", "E", "", 1, (4,), "\x1b[2J#" + "N" * 99, "No result.", "Correct it.")


def test_the_words() -> None:
    """Column, field, rows, example, what and remedy; nothing that a terminal would obey."""
    assert describe_damage(ZIP) == (
        'Column D "Zip" (goes to lead.Zip): 31 rows, such as "2139" (rows 3, 9 and 29 more). '
        "Zeros were lost. Get it again."
    )
    assert '(not used): 1 row, such as "\\u001b[2J#NNN' in describe_damage(NOTE)


def test_the_terminal_names_the_first_few() -> None:
    """Between the problems and the notes."""
    shown = render_summary(summary({Status.CREATED: 3}, damage=(ZIP, NOTE)))
    assert shown.index("Problems") < shown.index("Columns that Excel may have spoiled") < shown.index("Please note")
    assert "more; the report page" not in shown
    assert "  - … and 2 more; the report page lists them all." in render_summary(
        summary({Status.CREATED: 3}, damage=(ZIP,) * 7)
    )
    assert "spoiled" not in render_summary(summary({Status.CREATED: 3}))


def test_the_page_has_a_section_near_the_top() -> None:
    """Before the problems; used and unused columns."""
    page = render_page(summary({Status.CREATED: 3}, damage=(ZIP, NOTE)))
    assert page.index("Columns that Excel may have spoiled") < page.index("Problems, grouped by cause")
    assert "<code>lead.<wbr>Zip</code>" in page
    assert "rows 3, 9 and 29 more" in page
    assert "spoiled" not in render_page(summary({Status.CREATED: 3}))


def test_the_workbook_tells_it_on_its_summary(tmp_path: Path, text_run: TextRun) -> None:
    """Above the other notes."""
    made, rows = text_run(["x"])
    write_workbook(tmp_path / "r.xlsx", replace(made, damage=(ZIP,), notes=("A note.",)), rows)
    cells = [str(row[0].value) for row in openpyxl.load_workbook(tmp_path / "r.xlsx")["Summary"]]
    (spoiled,) = [number for number, text in enumerate(cells) if text.startswith("Perhaps spoiled by Excel: Column D")]
    assert spoiled < cells.index("A note.")


def test_scripts_get_a_list_of_objects() -> None:
    """Every part of a finding under its own name."""
    (found,) = build_json_report(summary({Status.CREATED: 3}, damage=(ZIP,)), None, None, 0)["damage"]
    assert found == {
        "kind": "leading-zeros-lost", "column": "Zip", "letter": "D", "field": "lead.Zip", "rows": 31,
        "first_rows": (3, 9), "example": "2139", "what": "Zeros were lost.", "remedy": "Get it again.",
    }  # fmt: skip
