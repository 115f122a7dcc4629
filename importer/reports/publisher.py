"""Writes the reports of an import, under another name or in another place when the one that was asked for is taken."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from importer.config.settings import Account
from importer.core.background import BackgroundWorker
from importer.core.errors import ImporterError, ReportError
from importer.core.output_files import NameTaken, free_path
from importer.reports.html.page import write_page
from importer.reports.interface import RunSummary
from importer.reports.run_profile import look_into
from importer.reports.run_report import Books, exit_status, summarise
from importer.reports.xlsx.workbook import write_workbook

_LAST_RESORT = "results.xlsx"
_STEM_BYTES = 160


@dataclass(frozen=True, slots=True)
class Places:
    """Where reports go. ``results`` is the workbook's path; ``None`` means a new name in the folder ``results``."""

    results: Path | None = None

    def workbook(self, source: str, suffix: str) -> Path:
        """The path for a new workbook, never one that exists: beside a name that is taken, one with the ``suffix``."""
        if self.results is None:
            return free_path(Path("results") / f"{_stem(source)}-{suffix}.xlsx")
        if not os.path.lexists(self.results):
            return self.results
        return free_path(self.results.with_name(f"{self.results.stem}-{suffix}{self.results.suffix}"))


def _stem(source: str) -> str:
    """What the results are called after: without characters that only do harm, and short enough for every disk."""
    name = "".join(sign if sign.isprintable() else "_" for sign in Path(source).name.split(".")[0])
    return name.encode("utf-8")[:_STEM_BYTES].decode("utf-8", "ignore") or "import"


@dataclass(frozen=True, slots=True)
class Report:
    """What a command ends with. ``page`` is the HTML report; ``stopped`` is why a delivery ended early, if it did."""

    summary: RunSummary
    results: Path | None
    page: Path | None
    exit_status: int
    stopped: ImporterError | None = None


@dataclass(frozen=True, slots=True)
class Publisher:
    """Writes workbook and page to ``workbook`` and beside it; ``note`` takes sentences for the person."""

    places: Places
    workbook: Path
    note: Callable[[str], None]

    def publish(self, books: Books, account: Account | None = None, stopped: str = "", remedy: str = "") -> Report:
        """Both reports of ``books``. ``stopped`` and ``remedy`` say why a run ended early.

        Raises :class:`ReportError` when the disk refuses. The workbook of a run is then kept with its plan, if there is
        room; the message says where.
        """
        summary = summarise(books, account=account, stopped=stopped, remedy=remedy)
        try:
            workbook = _write_free(self.workbook, lambda path: _write_workbook(path, summary, books))
            insight = look_into(books)
            page = _write_free(
                free_path(workbook.with_suffix(".html")), lambda path: write_page(path, summary, insight)
            )
        except ReportError as error:
            raise _kept_elsewhere(error, books, summary) from None
        if self.places.results is not None and workbook != self.places.results:
            self.note(f"{self.places.results} exists already and is not replaced; the workbook is {workbook}.")
        return Report(summary, workbook, page, exit_status(summary))


def _write_workbook(path: Path, summary: RunSummary, books: Books) -> None:
    if books.run:
        write_workbook(path, summary, books.rows)
        return
    # Without a ledger, which belongs to this thread, the next rows can be made ready while some are written.
    with BackgroundWorker() as reading:
        write_workbook(path, summary, lambda: reading.prefetch(books.invalid_rows()))


def _write_free(path: Path, write: Callable[[Path], None]) -> Path:
    """Write to ``path`` or, when another import of the same file took that name a moment ago, to the next free one."""
    while True:
        try:
            write(path)
        except NameTaken:
            path = free_path(path)
        else:
            return path


def _kept_elsewhere(error: ReportError, books: Books, summary: RunSummary) -> ReportError:
    if books.run is None:
        return error
    place = books.plan.folder / _LAST_RESORT
    try:
        place.unlink(missing_ok=True)
        write_workbook(place, summary, books.rows)
    except (ReportError, OSError):
        return error
    return ReportError(f"{error.message} The results are kept in {place}.", error.remedy)
