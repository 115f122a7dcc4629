"""Rows as the sheets take them: columns turned into lists once per chunk, every text fit for a cell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from importer.model import Status
from importer.problems import Problem
from importer.redaction import redact
from importer.reports.cell_text import sheet_texts
from importer.reports.interface import RESULT_COLUMNS, ResultChunk
from importer.reports.words import UNCERTAIN_ADVICE

Texts = Sequence[str]


@dataclass(frozen=True, slots=True)
class SheetRows:
    """Some consecutive rows, as columns of equal length.

    ``results`` holds the result columns after RowNumber; ``source`` the source's cells as they were and ``cells`` the
    same as a sheet can hold them (the very same sequence where nothing had to change).
    """

    rows: Sequence[int]
    results: Mapping[str, Texts]
    source: Sequence[Texts]
    cells: Sequence[Texts]
    problems: Mapping[int, tuple[Problem, ...]]


def sheet_rows(chunk: ResultChunk, columns: int) -> SheetRows:
    """The chunk's rows with the first ``columns`` columns of the source."""
    results: dict[str, Texts] = {name: sheet_texts(chunk.results[name].tolist()) for name in RESULT_COLUMNS[1:]}
    errors = map(_error_text, results["Status"], results["Error"])
    results["Error"] = sheet_texts(list(errors))
    source = [chunk.cells.iloc[:, index].tolist() for index in range(columns)]
    return SheetRows(
        rows=chunk.results["RowNumber"].tolist(),
        results=results,
        source=source,
        cells=[sheet_texts(texts) for texts in source],
        problems=chunk.problems,
    )


def _error_text(status: str, error: str) -> str:
    if status == Status.UNCERTAIN:
        return f"{redact(error)} {UNCERTAIN_ADVICE}".lstrip()
    return redact(error) if error else error
