"""Use cases of the page: look into a file, check it and keep the plan, show and check single rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from importer.app.dry_run import account_if_complete, check_into
from importer.app.environment import Environment, open_ledger_of
from importer.app.preflight import detect_anomalies
from importer.core.filesystem import temp_dir
from importer.core.issues import Problem
from importer.planning import (
    PlanRequest,
    check_account_fit,
    load_account_schema,
    open_plan,
    prepare_import,
)
from importer.reports import RunReport, RunSummary, summarize_run
from importer.sources import Column, Detection, SourceOptions, open_source


@dataclass(frozen=True, slots=True)
class FilePreview:
    """The first rows of a file as it was understood.

    ``rows`` are pairs of a row number, as the spreadsheet shows it, and the texts of its cells. ``sheets`` are the
    names of the sheets that can be read; empty for text files.
    """

    format: str
    sheet: str
    sheets: tuple[str, ...]
    header_row: int
    columns: tuple[Column, ...]
    detections: tuple[Detection, ...]
    notes: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class ShownRow:
    """A row of a plan: its number, the texts of its cells by column letter, and its problems."""

    row: int
    cells: Mapping[str, str]
    problems: tuple[Problem, ...]


def preview_file(path: Path, options: SourceOptions, most_rows: int = 100) -> FilePreview:
    """Read the first rows of a file. Raises :class:`SourceError`."""
    source = open_source(path, options)
    rows: list[tuple[int, tuple[str, ...]]] = []
    for chunk in source.chunks(most_rows):
        columns = [column.to_pylist() for column in chunk.columns]
        cells = zip(*columns, strict=True) if columns else iter([()] * len(chunk.rows))
        rows += [(row, tuple(texts)) for row, texts in zip(chunk.rows.tolist(), cells, strict=True)]
        if len(rows) >= most_rows:
            break
    return FilePreview(
        format=source.format,
        sheet=source.sheet,
        sheets=source.sheets,
        header_row=source.header_row,
        columns=source.columns,
        detections=source.detections,
        notes=source.notes,
        rows=tuple(rows[:most_rows]),
    )


def check_and_keep(request: PlanRequest, folder: Path, env: Environment) -> RunSummary:
    """Check a file as `importer check` does, write the plan into the new ``folder`` and summarize it.

    Raises :class:`SourceError`, :class:`MappingError` and, when the person stops it, :class:`RunStopped`.
    """
    return summarize_run(check_into(request, folder, env))


def describe_check(folder: Path) -> RunSummary:
    """Summarize a plan that :func:`check_and_keep` made."""
    return summarize_run(RunReport(open_plan(folder)))


def find_anomalies(folder: Path, env: Environment) -> list[str]:
    """Describe what is unusual about a plan beside earlier imports, in sentences; empty when nothing is."""
    with open_ledger_of(env) as ledger:
        return list(detect_anomalies(open_plan(folder), ledger))


def list_problem_rows(folder: Path, code: str = "", letter: str = "") -> list[int]:
    """List the numbers of the rows with problems, or with those of one ``code`` or in the column of one ``letter``."""
    import pyarrow.compute as pc

    found: list[int] = []
    for _, problems in open_plan(folder).problem_batches():
        chosen = problems
        for name, wanted in (("code", code), ("letter", letter)):
            if wanted:
                chosen = chosen.filter(pc.equal(chosen.column(name), wanted))
        found += pc.unique(chosen.column("row")).to_pylist()
    return found


def read_rows(folder: Path, rows: Sequence[int]) -> list[ShownRow]:
    """Read some rows of a plan, in the order of the file."""
    plan = open_plan(folder)
    letters = [column.letter for column in plan.facts.source.columns]
    shown: list[ShownRow] = []
    for chunk in plan.find_rows(rows):
        for place, row in enumerate(chunk.rows.tolist()):
            cells = dict(zip(letters, chunk.cells.iloc[place].tolist(), strict=True))
            shown.append(ShownRow(row, cells, chunk.problems.get(row, ())))
    return shown


def check_rows(
    request: PlanRequest, rows: Mapping[int, Mapping[str, str]], env: Environment
) -> dict[int, tuple[Problem, ...]]:
    """Check some rows alone, by their cells (row number → column letter → text); return the problems of each.

    What only the whole file shows, such as two rows with one value of a unique field, is not found.
    """
    import numpy as np
    import pandas as pd

    account = account_if_complete(request.account, env)
    prepared = check_account_fit(prepare_import(request), load_account_schema(account, env.home, env.clock.now()))
    numbers = sorted(rows)
    cells = pd.DataFrame(
        {
            column.label: pd.Series([rows[row].get(column.letter, "") for row in numbers], dtype="str")
            for column in prepared.source.columns
        }
    )
    with temp_dir(env.home, "check-") as folder:
        prepared.validator.use_temp_folder(folder)
        checked = prepared.validator.check(np.array(numbers, dtype="int64"), cells)
    return {row: tuple(one for one in checked.problems if one.row == row) for row in numbers}
