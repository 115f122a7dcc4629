"""Use cases of the page: look into a file, check it and keep the plan, show and check single rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from importer.app.dry_run import account_if_complete, check_into, report_plan
from importer.app.environment import Environment, open_ledger_of
from importer.app.preflight import detect_anomalies
from importer.core.errors import SourceError, UsageError
from importer.core.filesystem import temp_dir
from importer.core.issues import NON_DATA_CODES, Problem
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
from importer.sources import Chunk, Column, Detection, Source, SourceOptions, open_source

if TYPE_CHECKING:
    import pyarrow as pa

_SAMPLE_ROWS = 5_000
_MOST_VALUES = 40
_SHOWN_TEXTS = 5


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
    names of the sheets that can be read; empty for text files. ``no_data`` are the numbers of rows that are totals,
    remarks and the like.
    """

    format: str
    sheet: str
    sheets: tuple[str, ...]
    header_row: int
    columns: tuple[ColumnSample, ...]
    detections: tuple[Detection, ...]
    notes: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]
    no_data: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class ShownRow:
    """A row of a plan: its number, the texts of its cells by column letter, and its problems."""

    row: int
    cells: Mapping[str, str]
    problems: tuple[Problem, ...]


def preview_file(path: Path, options: SourceOptions, most_rows: int = 100) -> FilePreview:
    """Read the first rows of a file. Raises :class:`SourceError`."""
    import pyarrow as pa

    source = open_source(path, options)
    chunks = _first_chunks(source, _SAMPLE_ROWS)
    arrays = [pa.chunked_array(parts) for parts in zip(*(chunk.columns for chunk in chunks), strict=True)]
    numbers = [number for chunk in chunks for number in chunk.rows.tolist()][:most_rows]
    problems = [problem for chunk in chunks for problem in chunk.problems]
    return FilePreview(
        format=source.format,
        sheet=source.sheet,
        sheets=source.sheets,
        header_row=source.header_row,
        columns=tuple(
            _sample(column, array)
            for column, array in zip(source.columns, arrays or [None] * len(source.columns), strict=True)
        ),
        detections=source.detections,
        notes=source.notes,
        rows=tuple(zip(numbers, zip(*(array[:most_rows].to_pylist() for array in arrays), strict=True), strict=True)),
        no_data=tuple(problem.row for problem in problems if problem.code in NON_DATA_CODES),
    )


def _first_chunks(source: Source, rows: int) -> list[Chunk]:
    """Read whole chunks until there are so many rows; readers keep the last rows of a file for a chunk of their own."""
    chunks: list[Chunk] = []
    for chunk in source.chunks(rows):
        chunks.append(chunk)
        rows -= len(chunk.rows)
        if rows <= 0:
            break
    return chunks


def compare_encodings(path: Path, options: SourceOptions, encodings: Sequence[str]) -> list[tuple[str, str]]:
    """Return the encodings in which a text file can be read, each with some of its texts that others read differently.

    Of several that read these texts alike, the first is returned.
    """
    found: dict[str, str] = {}
    for encoding in encodings:
        with suppress(SourceError):
            source = open_source(path, replace(options, encoding=encoding))
            texts = [column.heading for column in source.columns]
            for chunk in _first_chunks(source, _SAMPLE_ROWS):
                texts += [text for column in chunk.columns for text in column.to_pylist()]
            beyond_ascii = dict.fromkeys(text for text in texts if not text.isascii())
            found.setdefault(" · ".join(list(beyond_ascii)[:_SHOWN_TEXTS]), encoding)
    return [(encoding, text) for text, encoding in found.items() if text]


def _sample(column: Column, array: pa.ChunkedArray | None) -> ColumnSample:
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
        for row, texts in zip(chunk.rows.tolist(), chunk.cells.itertuples(index=False, name=None), strict=True):
            cells = dict(zip(letters, texts, strict=True))
            shown.append(ShownRow(row, cells, chunk.problems.get(row, ())))
    return shown


def list_left_out_rows(folder: Path, most: int) -> list[tuple[ShownRow, str]]:
    """List at most so many of the rows of a plan that the mapping leaves out, each with the reason."""
    reasons = dict(islice(open_plan(folder).left_out_rows(), most))
    return [(row, reasons[row.row]) for row in read_rows(folder, list(reasons))]


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
