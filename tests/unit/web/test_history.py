"""History: runs of the page, of the command line and of jobs, continued and decided like those of the page."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest

from importer.app import list_runs, run
from importer.config import load_account
from importer.delivery import DeliveryOptions
from importer.planning import PlanRequest
from importer.reports import ReportPaths
from tests.support.delivery_world import BY_ID, LOST, before, lead
from tests.unit.web.conftest import Page
from tests.unit.web.test_import_way import prepare, visits


def run_by_command(page: Page, folder: Path, count: int, name: str = "nightly.csv") -> str:
    """Import a file as the command line does; return the id of its run."""
    lines = [f"{lead(number)},visit {number}" for number in range(count)]
    (folder / name).write_text("\n".join(["Lead,Note", *lines]) + "\n", "utf-8")
    (folder / "visits.yaml").write_text(BY_ID, "utf-8")
    request = PlanRequest(source=folder / name, mapping=folder / "visits.yaml", account="default")
    env = replace(page.env, confirm=lambda question: True)
    account = load_account(None, page.env.variables, page.env.home)
    report = run(request, account, ReportPaths(folder / f"{name}.xlsx"), DeliveryOptions(), env)
    return report.summary.run_id


def wait(page: Page, kind: str, subject: str) -> None:
    operations = page.services.operations
    operations.tasks.wait(operations.find(kind, subject).id, 60)


def test_nothing_was_sent_yet(page: Page) -> None:
    assert "Nothing was sent yet" in page.get("/history").text
    assert page.get("/history/20261120-100000-none").status_code == 404


def test_runs_of_the_page_and_of_the_command_line_are_listed_newest_first(page: Page, tmp_path: Path) -> None:
    draft = prepare(page, visits(2))
    page.do(draft, "send")
    page.clock.sleep(60)
    by_command = run_by_command(page, tmp_path, 3)
    text = page.get("/history").text
    assert text.index("nightly.csv") < text.index("visits.csv")
    assert "command line" in text
    assert "3</strong> created" in text
    shown = page.get(f"/history/{by_command}").text
    assert "<h1>nightly.csv</h1>" in shown
    assert "the command line" in shown
    of_page = page.imports.store.load(draft).deliveries[-1].run
    assert f"/imports/{draft}" in page.get(f"/history/{of_page}").text
    assert "Nothing was sent to other yet" in page.get("/history?account=other").text


def test_runs_are_shown_page_by_page(page: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importer.web.pages.history._PAGE", 2)
    for number in range(3):
        run_by_command(page, tmp_path, number + 1, f"file-{number}.csv")
        page.clock.sleep(60)
    first, second = page.get("/history").text, page.get("/history?page=2").text
    assert ("file-2.csv" in first, "file-0.csv" in first, "Older" in first) == (True, False, True)
    assert ("file-0.csv" in second, "file-2.csv" in second, "Newer" in second) == (True, False, True)
    assert "no more runs" in page.get("/history?page=9").text
    assert [one.new.source for one, _ in list_runs(page.env, None, 1, 2)] == [str(tmp_path / "file-0.csv")]


def test_reports_are_drawn_again_and_leave_nothing_behind(page: Page, tmp_path: Path) -> None:
    run_id = run_by_command(page, tmp_path, 3)
    answer = page.get(f"/history/{run_id}/download/results")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    book = openpyxl.load_workbook(io.BytesIO(answer.data), read_only=True)
    assert book["Results"].max_row == 4
    answer.close()
    report = page.get(f"/history/{run_id}/download/report")
    assert b"nightly.csv" in report.data
    report.close()
    assert list(page.env.home.glob(".web-report-*")) == []
    assert page.get(f"/history/{run_id}/download/ledger").status_code == 404


def test_a_run_of_the_command_line_is_continued(page: Page, tmp_path: Path) -> None:
    page.crm.on_post = lambda number: page.env.stop.set() if number == 1 else None
    run_id = run_by_command(page, tmp_path, 60)
    page.env.stop.clear()
    page.crm.on_post = lambda number: None
    assert "Continue sending" in page.get(f"/history/{run_id}").text
    assert page.post(f"/history/{run_id}/resume").status_code == 303
    wait(page, "run", run_id)
    assert "60</strong> created" in page.get(f"/history/{run_id}").text
    assert set(page.crm.notes().values()) == {1}
    folder = page.env.home / "web-tasks" / page.services.operations.find("run", run_id).id
    assert list(folder.glob("*.xlsx")) == []


def test_work_that_a_killed_server_left_is_continued(page: Page, tmp_path: Path) -> None:
    page.crm.on_post = lambda number: page.env.stop.set() if number == 1 else None
    run_id = run_by_command(page, tmp_path, 60)
    page.env.stop.clear()
    operations = page.services.operations
    page.crm.on_post = lambda number: operations.tasks.stop_all(0)
    page.post(f"/history/{run_id}/resume")
    wait(page, "run", run_id)
    assert operations.find("run", run_id).task.is_running, "the next start continues it"
    again = Page(page.env.home)
    again.crm.activities = page.crm.activities
    again.services.operations.recover()
    wait(again, "run", run_id)
    assert "60</strong> created" in again.get(f"/history/{run_id}").text
    assert set(again.crm.notes().values()) == {1}


def test_an_uncertain_row_is_decided(page: Page, tmp_path: Path) -> None:
    page.crm.faults = [before(LOST)]
    page.crm.blind = True
    run_id = run_by_command(page, tmp_path, 1)
    assert "Rows that you must decide" in page.get(f"/history/{run_id}").text
    assert page.post(f"/history/{run_id}/decide", run=run_id, row="2", decision="maybe").status_code == 422
    assert page.post(f"/history/{run_id}/decide", run=run_id, row="2", decision="created").status_code == 303
    shown = page.get(f"/history/{run_id}").text
    assert "1</strong> created" in shown
    assert "Rows that you must decide" not in shown


def test_a_run_of_the_page_is_decided_in_its_import(page: Page) -> None:
    draft = prepare(page, visits(2))
    page.do(draft, "send")
    run_id = page.imports.store.load(draft).deliveries[-1].run
    assert page.post(f"/history/{run_id}/resume").status_code == 422
    assert page.post(f"/history/{run_id}/decide", decision="keep").status_code == 422
