"""Writes the reports of an import, under another name or in another place when the one that was asked for is taken."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path, PurePath

from importer.config import Account
from importer.core.background import BackgroundWorker
from importer.core.errors import ImporterError, ReportError, SourceError
from importer.core.filesystem import ReportFileExists, find_free_path
from importer.reports.html.page import write_page
from importer.reports.interface import RunSummary
from importer.reports.run_profile import profile_run
from importer.reports.run_report import RunReport, exit_status, summarize_run
from importer.reports.xlsx.annotated_copy import write_annotated_copy
from importer.reports.xlsx.workbook import write_workbook

_LAST_RESORT = "results.xlsx"
_STEM_BYTES = 160


def report_stem(source: str) -> str:
    """Return the beginning of the names of a source's reports: printable, and short enough for every disk."""
    name = "".join(sign if sign.isprintable() else "_" for sign in Path(source).name.split(".")[0])
    return name.encode("utf-8")[:_STEM_BYTES].decode("utf-8", "ignore").rstrip() or "import"


@dataclass(frozen=True, slots=True)
class ReportPaths:
    """Where reports go. ``results`` is the workbook's path; ``None`` means a new name in the folder ``results``.

    With ``annotate`` an annotated copy of the user's own workbook is written beside it. With ``names_only``, the
    reports call source and mapping by their names, for people who do not know their folders.
    """

    results: Path | None = None
    annotate: bool = False
    names_only: bool = False

    def workbook(self, source: str, suffix: str) -> Path:
        """Return a path for a new workbook, never one that exists: if a name is taken, one with the ``suffix``.

        A workbook without a given name is called after the source, without characters that only do harm, and short
        enough for every disk.
        """
        if self.results is None:
            return find_free_path(Path("results") / f"{report_stem(source)}-{suffix}.xlsx")
        if not os.path.lexists(self.results):
            return self.results
        return find_free_path(self.results.with_name(f"{self.results.stem}-{suffix}{self.results.suffix}"))

    def beside(self, suffix: str) -> ReportPaths:
        """Return paths for the reports of another run, beside those that were asked for."""
        if self.results is None:
            return self
        return replace(self, results=self.results.with_name(f"{self.results.stem}-{suffix}{self.results.suffix}"))


@dataclass(frozen=True, slots=True)
class Report:
    """The result of a command. ``page`` is the HTML report; ``stopped`` is why a delivery ended early, if it did.

    ``annotated`` is the annotated copy of the user's workbook, where one was asked for and could be written.
    """

    summary: RunSummary
    results: Path | None
    page: Path | None
    exit_status: int
    stopped: ImporterError | None = None
    annotated: Path | None = None


@dataclass(frozen=True, slots=True)
class Publisher:
    """Writes the workbook to ``workbook`` and the page beside it; ``note`` prints a sentence for the user."""

    paths: ReportPaths
    workbook: Path
    note: Callable[[str], None]

    def publish(self, report: RunReport, account: Account | None = None, stopped: str = "", remedy: str = "") -> Report:
        """Write both reports. ``stopped`` and ``remedy`` say why a run ended early and what to do then.

        Raises :class:`ReportError` when the disk refuses. The workbook of a run is then kept with its plan, if there is
        room; the message says where.
        """
        summary = summarize_run(report, account=account, stopped=stopped, remedy=remedy)
        if self.paths.names_only:
            summary = _without_folders(summary)
        try:
            workbook = _write_to_free_path(self.workbook, lambda path: _write_workbook(path, summary, report))
            profile = profile_run(report)
            page = find_free_path(workbook.with_suffix(".html"))
            page = _write_to_free_path(page, lambda path: write_page(path, summary, profile, workbook.name))
        except ReportError as error:
            raise _keep_with_plan(error, report, summary) from None
        if self.paths.results is not None and workbook != self.paths.results:
            self.note(f"{self.paths.results} exists already and is not replaced; the workbook is {workbook}.")
        annotated = self._annotate(workbook, summary, report) if self.paths.annotate else None
        return Report(summary, workbook, page, exit_status(summary), annotated=annotated)

    def _annotate(self, workbook: Path, summary: RunSummary, report: RunReport) -> Path | None:
        """Write the annotated copy beside the workbook; ``None`` when it is refused, which a note then explains."""
        source = report.plan.facts.source
        path = find_free_path(workbook.with_name(f"{workbook.stem}-annotated{workbook.suffix}"))
        try:
            rows = partial(report.rows, mark_sent=True)
            return write_annotated_copy(path, summary, source, report.plan.facts.source_sha, rows)
        except (ReportError, SourceError) as error:
            self.note(f"{error.message} {error.remedy} The results are in {workbook}.")
            return None


def _without_folders(summary: RunSummary) -> RunSummary:
    """Return the summary with the names of source and mapping in place of their paths, also in its notes."""
    names = {path: PurePath(path.replace("\\", "/")).name for path in (summary.source, summary.mapping)}
    notes = summary.notes
    for path, name in names.items():
        notes = tuple(note.replace(path, name) for note in notes) if path else notes
    return replace(summary, source=names[summary.source], mapping=names[summary.mapping], notes=notes)


def _write_workbook(path: Path, summary: RunSummary, report: RunReport) -> None:
    if report.run:
        write_workbook(path, summary, report.rows)
        return
    # Without a ledger, which belongs to this thread, the next rows can be read while some are written.
    with BackgroundWorker() as reading:
        write_workbook(path, summary, lambda: reading.prefetch(report.invalid_rows()))


def _write_to_free_path(path: Path, write: Callable[[Path], None]) -> Path:
    """Write to ``path`` or, when another import of the same file took that name a moment ago, to the next free one."""
    while True:
        try:
            write(path)
        except ReportFileExists:
            path = find_free_path(path)
        else:
            return path


def _keep_with_plan(error: ReportError, report: RunReport, summary: RunSummary) -> ReportError:
    """Write the workbook of a run into the folder of its plan instead; return the error that says so."""
    if report.run is None:
        return error
    path = report.plan.folder / _LAST_RESORT
    try:
        path.unlink(missing_ok=True)
        write_workbook(path, summary, report.rows)
    except (ReportError, OSError):
        return error
    return ReportError(f"{error.message} The results are kept in {path}.", error.remedy)
