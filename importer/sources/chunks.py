"""Build chunks from raw rows or raw columns: keep the columns of the layout, and report rows that do not fit it.

Readers deliver either rows of texts (:class:`RowBlock`) or, several times faster, Arrow columns (:class:`RawBatch`).
Both become the same :class:`Chunk` with the same problems.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from importer.core.issues import Problem, make_problem
from importer.core.text import column_letter
from importer.sources.arrow_columns import TEXT, ColumnBatch
from importer.sources.headings import Layout
from importer.sources.interface import Chunk
from importer.sources.non_data_rows import find_footers, is_unit_row


@dataclass(frozen=True, slots=True)
class Flaw:
    """An erroneous cell of a raw row: problem code, spreadsheet row, position in the raw row and text.

    It becomes a :class:`Problem` when the layout is known, if its column is one of the layout's.
    """

    code: str
    row: int
    position: int
    text: str


RawBatch: TypeAlias = ColumnBatch[Flaw]
"""Rows with all columns of the file, before the layout is applied, and the flaws of their cells."""


@dataclass(slots=True)
class RowBlock:
    """Some consecutive raw rows that hold any text, numbered as the spreadsheet shows them."""

    rows: list[int] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    records: list[list[str]] = field(default_factory=list)


def chunk_from_rows(block: RowBlock, layout: Layout, *, pad: bool) -> Chunk:
    """Build the chunk of ``block``, and empty its records. With ``pad``, missing last cells are no problem."""
    problems = _fit_records(block, layout, pad=pad)
    columns: list[tuple[str, ...]] = list(zip(*block.records, strict=True)) or [()] * layout.width
    block.records.clear()
    for position in layout.unnamed:
        # Most columns without a heading are empty: counting empty cells is cheaper than a loop over the rows.
        if columns[position].count("") < len(columns[position]):
            problems += [
                _too_long_problem(row, position, cell)
                for row, cell in zip(block.rows, columns[position], strict=True)
                if cell.strip()
            ]
    rows, lines = np.array(block.rows, dtype="int64"), np.array(block.lines, dtype="int64")
    return _finish_chunk(layout, rows, lines, lambda position: pa.array(columns[position], TEXT), (), problems)


def chunk_from_columns(batch: RawBatch, layout: Layout) -> Chunk:
    """Build the chunk of ``batch``: short rows are padded; text outside the layout is a problem of its row."""
    problems = []
    # Text behind the last column of the layout: only the last such cell of a row is reported.
    last = np.zeros(len(batch.rows), np.int64)
    for position in range(layout.width, len(batch.columns)):
        if batch.columns[position] is not None:
            last[_has_text(batch.columns[position])] = position
    for at in np.flatnonzero(last).tolist():
        text = batch.columns[int(last[at])][at].as_py()
        problems.append(_too_long_problem(int(batch.rows[at]), int(last[at]), text))
    for position in layout.unnamed:
        if position >= len(batch.columns) or batch.columns[position] is None:
            continue
        texts = batch.columns[position]
        for at in np.flatnonzero(_has_text(texts)).tolist():
            problems.append(_too_long_problem(int(batch.rows[at]), position, texts[at].as_py()))
    return _finish_chunk(layout, batch.rows, batch.lines, batch.column, batch.issues, problems)


def _fit_records(block: RowBlock, layout: Layout, *, pad: bool) -> list[Problem]:
    """Pad or cut every record to the width of the layout; return the problems of those too short, or cut."""
    width = layout.width
    if set(map(len, block.records)) <= {width}:
        return []
    problems = []
    for at, record in enumerate(block.records):
        found = len(record)
        if found == width:
            continue
        if found < layout.expected and not pad:
            expected = len(layout.columns)
            problems.append(make_problem("row-too-short", block.rows[at], found=found, expected=expected))
        elif found > width:
            last = next((position for position in reversed(range(found)) if record[position].strip()), 0)
            if last >= width:
                problems.append(_too_long_problem(block.rows[at], last, record[last]))
        block.records[at] = record[:width] + [""] * (width - found)
    return problems


def _finish_chunk(
    layout: Layout,
    rows: np.ndarray,
    lines: np.ndarray,
    column: Callable[[int], pa.Array],
    flaws: Sequence[Flaw],
    problems: list[Problem],
) -> Chunk:
    """Make the chunk of the layout's columns, and add the problems of flaws and of repeated headings.

    ``column`` returns the texts of the raw column at a position.
    """
    columns = [column(position) for position in layout.positions]
    footers = [make_problem("footer-row", int(rows[at]), value=mark) for at, mark in find_footers(columns)]
    if len(rows) and rows[0] == layout.header_row + 1 != 1 and is_unit_row(columns):
        problems = [*problems, make_problem("units-row", int(rows[0]))]
    problems = [*_flaw_problems(flaws, layout), *problems, *_repeated_headings(rows, columns, layout), *footers]
    problems.sort(key=lambda problem: problem.row)
    labels = [one.label for one in layout.columns]
    if not layout.origin:
        return Chunk(rows, lines, labels, columns, tuple(problems))
    none = pa.repeat(pa.scalar("", TEXT), len(rows))
    origin = [column(position) if position >= 0 else none for position in layout.origin]
    return _without_empty_rows(Chunk(rows, lines, labels, columns, tuple(problems), origin))


def _without_empty_rows(chunk: Chunk) -> Chunk:
    """Leave out the rows of a sheet to correct that a person emptied: only our own columns still hold a text."""
    filled = np.zeros(len(chunk.rows), bool)
    for texts in chunk.columns:
        filled |= _has_text(texts)
    return chunk if filled.all() else chunk.keep(filled)


def _flaw_problems(flaws: Sequence[Flaw], layout: Layout) -> list[Problem]:
    problems = []
    columns = dict(zip(layout.positions, layout.columns, strict=True)) if flaws else {}
    for flaw in flaws:
        if column := columns.get(flaw.position):
            problems.append(
                make_problem(flaw.code, flaw.row, column=column.label, letter=column.letter, value=flaw.text)
            )
    return problems


def _too_long_problem(row: int, position: int, text: str) -> Problem:
    """Return the problem of a row that has ``text`` at ``position``, which is no column of the layout."""
    return make_problem("row-too-long", row, value=text, place=column_letter(position))


def _repeated_headings(rows: np.ndarray, columns: Sequence[pa.Array], layout: Layout) -> list[Problem]:
    """Return the problems of rows in which every cell repeats the heading of its column."""
    headed = [
        (column.heading, texts) for column, texts in zip(layout.columns, columns, strict=True) if column.heading.strip()
    ]
    repeated = np.full(len(rows), len(headed) > 1)
    for heading, texts in headed:
        if not repeated.any():
            return []
        repeated &= pc.equal(texts, pa.scalar(heading, texts.type)).to_numpy(zero_copy_only=False)
    return [make_problem("repeated-headings", int(rows[at])) for at in np.flatnonzero(repeated).tolist()]


def _has_text(texts: pa.Array) -> np.ndarray:
    """Tell for each of the texts whether it holds more than blanks."""
    found = np.zeros(len(texts), bool)
    # Nearly always all texts are empty, which their longest length shows.
    if pc.max(pc.binary_length(texts)).as_py():
        found[:] = [bool(text.strip()) for text in texts.to_pylist()]
    return found
