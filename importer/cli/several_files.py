"""One command for several files: each is an import of its own, and a bad one does not stop the others."""

from __future__ import annotations

import glob
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from importer.cli.options import print_report
from importer.cli.streams import print_json, print_message, print_output
from importer.core.errors import ImporterError, MappingError, ReportError, SourceError, UsageError
from importer.core.text import display_text, escape_text, format_count

if TYPE_CHECKING:
    from importer.app import Environment
    from importer.reports import Report

_ENDINGS = frozenset({".csv", ".tsv", ".tab", ".txt", ".xlsx", ".xlsm", ".xls", ".xlsb", ".ods"})
_OF_ONE_FILE = (SourceError, MappingError, ReportError, UsageError)
"""Errors that say nothing about the other files."""
_WORST_LAST = (0, 3, 4, 75, 2, 1)


def find_files(given: Sequence[Path]) -> list[Path]:
    """Return the files that are meant: those named, the spreadsheets in a folder, or all that fit a pattern.

    A pattern is for shells that leave it to the program. Raises :class:`UsageError` when there are none.
    """
    found: list[Path] = []
    for path in given:
        if path.is_dir():
            inside = [one for one in sorted(path.iterdir()) if _is_spreadsheet(one)]
            if not inside:
                raise UsageError(
                    f"The folder {path} holds no spreadsheet.", f"It may hold: {' '.join(sorted(_ENDINGS))}."
                )
            found += inside
        elif not path.exists() and glob.has_magic(str(path)):
            fitting = [one for one in map(Path, sorted(glob.glob(str(path)))) if one.is_file() and not _is_hidden(one)]
            if not fitting:
                raise UsageError(f"No file fits {path}.", "Check the folder and the pattern.")
            found += fitting
        else:
            found.append(path)
    return list(dict.fromkeys(found))


def _is_spreadsheet(path: Path) -> bool:
    return path.suffix.lower() in _ENDINGS and not _is_hidden(path) and path.is_file()


def _is_hidden(path: Path) -> bool:
    """Whether it is a hidden file, or the mark of a workbook that is open in Excel."""
    return path.name.startswith((".", "~$"))


def import_files(
    files: Sequence[Path],
    results: Path | None,
    import_one: Callable[[Path], tuple[Report, int]],
    env: Environment,
    *,
    as_json: bool,
) -> int:
    """Import the files one after the other, and return the worst of their exit statuses.

    ``import_one`` imports a file and returns its report and exit status. A single file is reported as ever. Raises
    what it raises then, and :class:`UsageError` for several files with one path of ``results``.
    """
    if len(files) == 1:
        report, status = import_one(files[0])
        return print_report(report, as_json=True) if as_json else status
    if results is not None:
        raise UsageError("--results names one workbook, and there are several files.", "Leave --results out.")
    lines: list[str] = []
    objects: list[dict[str, Any]] = []
    statuses: list[int] = []
    for number, path in enumerate(files):
        name = display_text(str(path))
        try:
            if not as_json:
                print_output(f"{'' if number == 0 else chr(10)}{name}\n")
            report, status = import_one(path)
        except ImporterError as error:
            status, goes_on = error.exit_status, isinstance(error, _OF_ONE_FILE)
            message = escape_text(f"{error.message} {error.remedy}".strip(), keep="\n")
            print_message(f"Error: {message}")
            objects.append(_failure(error, status))
            lines.append(f"failed: {error.message}")
        else:
            goes_on = report.stopped is None
            objects.append(_success(report))
            lines.append(report.summary.headline)
        statuses.append(status)
        if env.stop.is_set() or not goes_on:
            break
    worst = max(statuses, key=_WORST_LAST.index)
    if as_json:
        listed = [{"file": str(path), **one} for path, one in zip(files, objects, strict=False)]
        print_json({"files": listed, "not_begun": [str(path) for path in files[len(lines) :]], "exit_status": worst})
        return worst
    lines += ["not begun"] * (len(files) - len(lines))
    print_output("\n".join([f"\n{format_count(len(files), 'file')}:", *_summary(files, lines)]))
    return worst


def _summary(files: Sequence[Path], lines: Sequence[str]) -> list[str]:
    return [f"  {display_text(f'{path}: {line}')}" for path, line in zip(files, lines, strict=True)]


def _success(report: Report) -> dict[str, Any]:
    from importer.reports import build_json_report

    return build_json_report(report.summary, report.results, report.page, report.exit_status, report.annotated)


def _failure(error: ImporterError, status: int) -> dict[str, Any]:
    from importer.reports import json_failure

    return json_failure(f"{error.message} {error.remedy}".strip(), error.remedy, status)
