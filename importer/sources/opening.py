"""Open a spreadsheet: check the file, detect its format, choose the reader."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from importer.core.errors import SourceError
from importer.sources.detection import check_regular_file, detect_format, is_container, read_head
from importer.sources.headings import MARK_HEADING
from importer.sources.interface import Source, SourceOptions


def open_source(path: Path, options: SourceOptions, meanwhile: Callable[[], object] | None = None) -> Source:
    """Open the spreadsheet ``path``, whose format is detected by its content; no data row is read yet.

    A workbook is opened and read by a separate process (:mod:`importer.sources.isolation.isolated`). While that process
    starts, ``meanwhile`` is called, for example to import libraries; it is not called for a text file. Raises
    :class:`SourceError` for anything that is not a readable spreadsheet.
    """
    head = _check_and_read_head(path)
    if not is_container(head):
        return _open_detected(path, head, options)
    from importer.sources.isolation.isolated import open_isolated

    return open_isolated(path, options, meanwhile=meanwhile)


def open_in_process(path: Path, options: SourceOptions) -> Source:
    """Open a spreadsheet as :func:`open_source` does, but in this process, workbooks included."""
    return _open_detected(path, _check_and_read_head(path), options)


def _check_and_read_head(path: Path) -> bytes:
    """Return the first bytes of the file. Raises :class:`SourceError` unless it is a regular, readable file."""
    if path.name.startswith("~$"):
        raise SourceError(
            f"{path} is the mark that Excel leaves while a workbook is open, not the workbook.",
            f"Save and close the workbook in Excel, then name {path.with_name(path.name[2:])}.",
        )
    check_regular_file(path)
    return read_head(path)


def _open_detected(path: Path, head: bytes, options: SourceOptions) -> Source:
    detected = detect_format(path, head)
    notes: tuple[str, ...] = (detected.warning,) if detected.warning else ()
    # The lock files of Excel and of LibreOffice; their names may be longer than the disk allows.
    if any(os.path.exists(path.with_name(mark)) for mark in (f"~${path.name}", f".~lock.{path.name}#")):
        notes += ("The file is open in another program; changes that are not saved there are not in it.",)
    if detected.format == "csv":
        if MARK_HEADING.encode() in head.partition(b"\n")[0]:
            # A sheet of rows to correct that was saved as text.
            options = options.for_results_workbook()
        from importer.sources.csv.source import open_text_file

        return open_text_file(path, detected, options, notes)
    from importer.sources.excel.workbook import open_workbook

    return open_workbook(path, detected, options, notes)
