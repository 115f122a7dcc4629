"""From a path to a :class:`Source`: look at the file, look at its first bytes, choose the reader."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from importer.core.errors import SourceError
from importer.sources.files import regular_file
from importer.sources.interface import Source, SourceOptions

if TYPE_CHECKING:
    from importer.sources.detection import Kind
    from importer.sources.opened import OpenedSource


def open_source(path: Path, options: SourceOptions, meanwhile: Callable[[], object] | None = None) -> Source:
    """The spreadsheet ``path``, chosen by its content and not by its name; no data row is read yet.

    A workbook is opened and read by a process of its own (:mod:`importer.sources.isolation.isolated`);
    while that begins, this one does ``meanwhile``, such as importing libraries that the caller will need.
    Raises :class:`SourceError` for anything that is not a readable spreadsheet, saying what it is and what to do.
    """
    from importer.sources.detection import is_container

    _refuse_lock_file(path)
    regular_file(path)
    if not is_container(path):
        return open_here(path, options)
    from importer.sources.isolation.isolated import open_guarded

    return open_guarded(path, options, meanwhile=meanwhile)


def open_here(path: Path, options: SourceOptions) -> OpenedSource:
    """The same, whatever the format, in this process."""
    from importer.sources.detection import recognise

    _refuse_lock_file(path)
    regular_file(path)
    kind = recognise(path)
    notes = tuple(note for note in (kind.lie, _open_elsewhere(path)) if note)
    return _read(path, kind, options, notes)


def _read(path: Path, kind: Kind, options: SourceOptions, notes: tuple[str, ...]) -> OpenedSource:
    if kind.format == "csv":
        from importer.sources.csv.source import open_text

        return open_text(path, kind, options, notes)
    from importer.sources.excel.workbook import open_workbook

    return open_workbook(path, kind, options, notes)


def _refuse_lock_file(path: Path) -> None:
    if path.name.startswith("~$"):
        raise SourceError(
            f"{path} is the mark that Excel leaves while a workbook is open, not the workbook.",
            f"Save and close the workbook in Excel, then name {path.with_name(path.name[2:])}.",
        )


def _open_elsewhere(path: Path) -> str:
    marks = (path.with_name(f"~${path.name}"), path.with_name(f".~lock.{path.name}#"))
    if any(mark.exists() for mark in marks):
        return "The file is open in another program; changes that are not saved there are not in it."
    return ""
