"""The reports of an import in the page beside those of the command line for the same import."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from importer.app import run
from importer.delivery import DeliveryOptions
from importer.planning import PlanRequest
from importer.reports import ReportPaths
from tests.support.delivery_world import lead
from tests.unit.web.conftest import Page
from tests.unit.web.test_import_way import prepare, visits

DIFFER = ("Run", "Started", "Finished", "Source", "Mapping", "Time per call")
"""Lines of the sheet Summary that name a run, its times, or the place of a file."""
IDS = {"Results": "F", "To fix": "F"}
"""The columns with the ids that the CRM gives anew to each activity, and with the marks that name the run."""


def cells(workbook: Any) -> Iterator[tuple[str, str, Any]]:
    """Yield sheet, place and content of each cell, but for what differs between two runs."""
    for sheet in openpyxl.load_workbook(workbook):
        for row in sheet.iter_rows():
            if row[0].value not in DIFFER:
                for cell in row:
                    is_id = sheet.title in IDS and cell.coordinate.startswith(IDS[sheet.title]) and cell.row > 1
                    yield sheet.title, cell.coordinate, bool(cell.value) if is_id else cell.value


def test_the_workbook_is_that_of_the_command_line(page: Page, tmp_path: Path) -> None:
    """With created, refused and invalid rows; equal cell by cell, but for run and times."""
    page.crm.bad_notes = {"visit 2"}
    draft = page.imports.store.load(prepare(page, visits(30, f"{lead(40)},visit,many", ",nobody,7")))
    page.do(draft.id, "send")
    downloaded = io.BytesIO(page.get(f"/imports/{draft.id}/download/results").data)

    (home := tmp_path / "other").mkdir()
    other = Page(home)
    other.crm.bad_notes = {"visit 2"}
    for name, content in (
        ("visits.csv", page.imports.store.source(draft)),
        ("m.yaml", page.imports.store.mapping(draft)),
    ):
        (tmp_path / name).write_bytes(content.read_bytes())
    request = PlanRequest(
        source=tmp_path / "visits.csv",
        mapping=tmp_path / "m.yaml",
        account="default",
        locale=page.imports.request(draft).locale,
    )
    account = other.config.load_account("default")
    env = replace(other.env, confirm=lambda question: True)
    report = run(request, account, ReportPaths(tmp_path / "by-command.xlsx"), DeliveryOptions(), env)
    assert len(list(cells(downloaded))) > 300
    assert list(cells(downloaded)) == list(cells(report.results))


def test_reports_of_the_page_name_no_folder_of_the_server(page: Page) -> None:
    draft = prepare(page, visits(2, ",nobody,7"))
    page.do(draft, "send")
    (run_id,) = [one.run for one in page.imports.store.load(draft).deliveries]
    for address in (f"/imports/{draft}/download", f"/history/{run_id}/download"):
        report = page.get(f"{address}/report").text
        assert "visits.csv" in report
        assert str(page.env.home) not in report
        workbook = io.BytesIO(page.get(f"{address}/results").data)
        texts = [
            str(cell.value) for sheet in openpyxl.load_workbook(workbook) for row in sheet.iter_rows() for cell in row
        ]
        assert "visits.csv" in texts
        assert [text for text in texts if str(page.env.home) in text] == []


@pytest.mark.parametrize("screen", ["done", "review", "approve", "columns", "purpose", "file"])
def test_no_screen_of_an_import_names_a_folder_of_the_server(page: Page, screen: str) -> None:
    draft = prepare(page, visits(2, ",nobody,7"))
    page.do(draft, "send")
    assert str(page.env.home) not in page.see(draft, screen)
