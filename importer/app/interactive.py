"""Use cases of the page: look into a file, check it and keep the plan, show and check single rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from importer.app.dry_run import account_if_complete, check_into, report_plan
from importer.app.environment import Environment, open_ledger_of
from importer.app.preflight import detect_anomalies
from importer.core.errors import UsageError
from importer.core.filesystem import temp_dir
from importer.core.issues import Problem
from importer.core.model import Status
from importer.ledger import RunState
from importer.planning import (
    PlanRequest,
    check_account_fit,
    load_account_schema,
    open_plan,
    prepare_import,
)
from importer.reports import RunSummary, summarize_run
from importer.sources import Column, Detection, SourceOptions, open_source

if TYPE_CHECKING:
    import pyarrow as pa

_SAMPLE_ROWS = 5_000
_MOST_VALUES = 40


@dataclass(frozen=True, slots=True)
class ColumnSample:
    """What the first rows say of a column.

    ``filled`` is the share of cells with text, from 0 to 1; ``values`` are its commonest texts, each with the
    number of its rows.
    """

    letter: str
    heading: str
    label: str
    filled: float
    values: tuple[tuple[str, int], ...]


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
    columns: tuple[ColumnSample, ...]
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
    chunk = next(source.chunks(_SAMPLE_ROWS), None)
    arrays = list(chunk.columns) if chunk else [None] * len(source.columns)
    cells = zip(*(array[:most_rows].to_pylist() for array in chunk.columns), strict=True) if chunk else ()
    return FilePreview(
        format=source.format,
        sheet=source.sheet,
        sheets=source.sheets,
        header_row=source.header_row,
        columns=tuple(_sample(column, array) for column, array in zip(source.columns, arrays, strict=True)),
        detections=source.detections,
        notes=source.notes,
        rows=tuple(zip(chunk.rows[:most_rows].tolist(), cells, strict=True)) if chunk else (),
    )


def _sample(column: Column, array: pa.Array | None) -> ColumnSample:
    import pyarrow.compute as pc

    filled = 0.0
    values: tuple[tuple[str, int], ...] = ()
    if array is not None and len(array):
        texts = array.filter(pc.not_equal(array, ""))
        filled = len(texts) / len(array)
        counts = sorted(texts.value_counts().to_pylist(), key=lambda one: -one["counts"])
        values = tuple((one["values"], one["counts"]) for one in counts[:_MOST_VALUES])
    return ColumnSample(column.letter, column.heading, column.label, filled, values)


def check_and_keep(request: PlanRequest, folder: Path, env: Environment) -> RunSummary:
    """Check a file as `importer check` does, write the plan into the new ``folder`` and summarize it.

    Raises :class:`SourceError`, :class:`MappingError` and, when the person stops it, :class:`RunStopped`.
    """
    return summarize_run(check_into(request, folder, env))


def describe_check(folder: Path, env: Environment) -> RunSummary:
    """Summarize a plan that :func:`check_and_keep` made, with what its delivery would need now."""
    return summarize_run(report_plan(open_plan(folder), env))


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


def open_rows_of(run_id: str, env: Environment) -> list[int]:
    """List the rows of a finished run that can be corrected and imported again: invalid and rejected ones.

    Raises :class:`UsageError` for an unknown run, and for one that is not finished.
    """
    with open_ledger_of(env) as ledger:
        run = ledger.run(run_id)
        if run is None or run.state is not RunState.FINISHED:
            raise UsageError(f"Run {run_id} is not finished.", "Continue it first; then correct what is left.")
        rejected = [outcome.row for outcome in ledger.outcomes(run_id, [Status.REJECTED])]
        return sorted({*rejected, *list_problem_rows(Path(run.new.folder))})


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
