"""Workbooks whose sheet is given as XML."""

from __future__ import annotations

from pathlib import Path

from importer.sources.interface import SourceOptions
from importer.sources.opening import open_in_process
from tests.support.source_files import as_raw_xlsx, rows_of

HEADER = '<row r="1"><c r="A1" t="str"><v>Name</v></c><c r="B1" t="str"><v>Sum</v></c></row>'


def raw(tmp_path: Path, rows: str, **more: object) -> Path:
    return as_raw_xlsx(tmp_path / "a.xlsx", HEADER + rows, **more)  # type: ignore[arg-type]  # passed on as they come


def cells(path: Path, sheet: str | None = None) -> list[list[str]]:
    return [found for _, _, found in rows_of(open_in_process(path, SourceOptions(sheet=sheet)))]
