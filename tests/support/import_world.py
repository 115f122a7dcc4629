"""Imports in one process: files on disk, the app's own functions, a ledger on disk and a CRM in memory."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from unittest.mock import patch

import openpyxl

from importer.app.dry_run import check
from importer.app.environment import Environment
from importer.app.imports import run, show
from importer.config.settings import Account
from importer.delivery.deliver_plan import DeliveryOptions
from importer.planning.plan import PlanRequest
from importer.reports.publisher import Report, ReportPaths
from tests.support.delivery_world import RecordingProgress, VirtualClock, World, lead
from tests.support.full_crm import FullCrm

VISITS = """\
target: bulk-activities-by-lead-id
activity:
  RelatedProspectId: {column: Lead, type: uuid}
  ActivityEvent: {value: "201"}
  ActivityNote: Note
  ActivityDateTime: {column: When, type: datetime, format: "%d/%m/%Y %H:%M", timezone: Asia/Kolkata}
  mx_Custom_1: {column: Seconds, type: number}
"""
HEADINGS = "Lead,Note,When,Seconds"


def make_environment(folder: Path, crm: Any, clock: VirtualClock) -> Environment:
    """Make an environment whose home is in ``folder``, with a virtual clock and a person who says yes."""
    numbers = iter(range(10_000))
    home = folder / "home"
    home.mkdir(mode=0o700)
    return Environment(
        home=home,
        variables={},
        clock=clock,
        stop=threading.Event(),
        progress=RecordingProgress(),
        make_crm=lambda account: crm,
        confirm=lambda question: True,
        random_text=lambda: f"{next(numbers):04x}",
    )


def visit(number: int, note: str = "", when: str = "03/11/2026 10:00", seconds: str = "5") -> str:
    """Return the line of a visit of one lead."""
    return f"{lead(number)},{note or f'visit {number}'},{when},{seconds}"


class ImportWorld:
    """A folder of files that are imported with one mapping; the current directory must be ``folder``."""

    def __init__(self, folder: Path, mapping: str = VISITS, make_crm: Callable[[World], Any] | None = None) -> None:
        folder.mkdir(exist_ok=True)
        self.folder = folder
        clock = VirtualClock()
        other = World(folder / "unused")
        other.clock = clock
        self.crm: Any = make_crm(other) if make_crm else FullCrm(clock)
        self.env = make_environment(folder, self.crm, clock)
        self.account: Account = other.account
        self.report: Report | None = None
        self.remap(mapping)

    def remap(self, mapping: str, name: str = "visits.yaml") -> None:
        (self.folder / name).write_text(mapping, "utf-8")

    def write(self, name: str, lines: Sequence[str], headings: str = HEADINGS) -> Path:
        path = self.folder / name
        path.write_text("\n".join([headings, *lines, ""]), "utf-8")
        return path

    def send(
        self,
        name: str,
        *lines: str,
        headings: str = HEADINGS,
        mapping: str = "visits.yaml",
        keep_going: bool = False,
        annotate: bool = False,
    ) -> dict[str, int]:
        """Import a file, of these lines if there are any; return its rows by status."""
        if lines:
            self.write(name, lines, headings)
        request = PlanRequest(source=self.folder / name, mapping=self.folder / mapping, account="test")
        paths = ReportPaths(annotate=annotate)
        self.report = run(request, self.account, paths, DeliveryOptions(keep_going=keep_going), self.env)
        return self.counts

    def check(self, name: str, mapping: str = "visits.yaml") -> dict[str, int]:
        """Check a file; return its rows by status."""
        request = PlanRequest(source=self.folder / name, mapping=self.folder / mapping, account="test")
        with patch("importer.app.dry_run.load_account", lambda *_: self.account):
            self.report = check(request, ReportPaths(), self.env)
        return self.counts

    def show(self, run_id: str) -> dict[str, int]:
        """Draw the reports of a run again; return its rows by status."""
        self.report = show(run_id, ReportPaths(), self.env)
        return self.counts

    @property
    def last(self) -> Report:
        assert self.report is not None
        return self.report

    @property
    def counts(self) -> dict[str, int]:
        return {status.value: count for status, count in self.last.summary.counts.items() if count}

    @property
    def run_id(self) -> str:
        return self.last.summary.run_id

    @property
    def activities(self) -> int:
        return sum(len(several) for several in self.crm.activities.values())

    @property
    def notes(self) -> list[str]:
        """What was noted for the person."""
        progress = self.env.progress
        assert isinstance(progress, RecordingProgress)
        return progress.notes

    def to_fix(self, path: Path | None = None) -> list[dict[str, Any]]:
        """Return the rows of the sheet *To fix*, of the last report or of a workbook."""
        book = openpyxl.load_workbook(path or self.results)
        headings, *rows = book["To fix"].iter_rows(values_only=True)
        return [dict(zip(map(str, headings), row, strict=True)) for row in rows]

    @property
    def results(self) -> Path:
        assert self.last.results is not None
        return self.last.results

    def correct(self, name: str, change: Callable[[Any], None], source: Path | None = None) -> Path:
        """Save a workbook under another name with a changed sheet *To fix*."""
        book = openpyxl.load_workbook(source or self.results)
        change(book["To fix"])
        book.save(self.folder / name)
        return self.folder / name


def set_cell(heading: str, text: str, row: int = 2) -> Callable[[Any], None]:
    """Return a change of a sheet: another text in the row below a heading."""

    def change(sheet: Any) -> None:
        column = [cell.value for cell in sheet[1]].index(heading) + 1
        sheet.cell(row, column).value = text

    return change
