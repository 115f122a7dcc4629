"""Rows as the sheets take them: Arrow columns, every text fit for a cell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import TYPE_CHECKING

from importer.core.issues import Problem
from importer.core.model import Status
from importer.core.redaction import redact_all
from importer.reports.interface import RESULT_COLUMNS, ResultChunk
from importer.reports.words import UNCERTAIN_ADVICE
from importer.reports.xlsx.cell_text import sheet_column

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class SheetRows:
    """Some consecutive rows, as columns of equal length.

    ``results`` holds the result columns after RowNumber, ``cells`` the source's cells as a sheet can hold them, and
    ``changed`` the places (from 0) of the rows in which one of these differs from the source.
    """

    rows: Sequence[int]
    results: Mapping[str, pa.Array]
    cells: Sequence[pa.Array]
    changed: AbstractSet[int]
    problems: Mapping[int, tuple[Problem, ...]]


def sheet_rows(chunk: ResultChunk, columns: int) -> SheetRows:
    """The chunk's rows with the first ``columns`` columns of the source."""
    results = {name: sheet_column(chunk.results[name])[0] for name in RESULT_COLUMNS[1:]}
    results["Error"] = _errors(results["Status"], results["Error"])
    source = [sheet_column(chunk.cells.iloc[:, index]) for index in range(columns)]
    return SheetRows(
        rows=chunk.results["RowNumber"].tolist(),
        results=results,
        cells=[texts for texts, _ in source],
        changed=frozenset().union(*(changed for _, changed in source)),
        problems=chunk.problems,
    )


def _errors(statuses: pa.Array, errors: pa.Array) -> pa.Array:
    """The errors without keys, and with the advice that belongs to rows in doubt."""
    import pyarrow.compute as pc

    said = pc.or_(pc.not_equal(errors, ""), pc.equal(statuses, Status.UNCERTAIN.value))
    if not pc.any(said).as_py():
        return errors
    texts = errors.filter(said).to_pylist()
    shown = redact_all(texts)
    if shown is texts and not pc.any(pc.equal(statuses, Status.UNCERTAIN.value)).as_py():
        return errors
    pairs = zip(statuses.filter(said).to_pylist(), shown, strict=True)
    advised, _ = sheet_column([_advised(status, error) for status, error in pairs])
    return pc.replace_with_mask(errors, said, advised)


def _advised(status: str, error: str) -> str:
    return f"{error} {UNCERTAIN_ADVICE}".lstrip() if status == Status.UNCERTAIN else error
