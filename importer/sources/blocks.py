"""Raw rows to chunks: ragged rows mended and reported, cells turned into columns of text without copies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from importer.core.issues import Problem, make_problem
from importer.sources.headings import Layout, column_index, column_letter
from importer.sources.interface import Chunk, Column

TextColumn = Callable[[Sequence[Any]], pa.Array]
"""Turns the raw cells of one column into an Arrow array of text without nulls."""


Stray = Callable[[int, int, Any], Problem]
"""Makes the problem of a raw row, by its place in a block, with a cell where no heading is, by its place in the row."""


@dataclass(frozen=True, slots=True)
class Flaw:
    """A cell that is wrong in the file itself: kind of problem, spreadsheet row, place in the raw row and text."""

    code: str
    row: int
    position: int
    text: str


@dataclass(slots=True)
class Block:
    """Some consecutive raw rows that hold any text, numbered as the spreadsheet shows them."""

    rows: list[int] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    records: list[list[Any]] = field(default_factory=list)
    flaws: list[Flaw] = field(default_factory=list)


def text_column(cells: Sequence[Any]) -> pa.Array:
    """A column whose cells are all text already."""
    return pa.array(cells, pa.large_string())


def build_chunk(block: Block, layout: Layout, as_text: TextColumn = text_column, *, pad: bool = True) -> Chunk:
    """The chunk of ``block``. With ``pad``, missing last cells are empty instead of a problem. Uses the block up."""
    problems = [flaw_problem(flaw, layout) for flaw in block.flaws if flaw.position in layout.positions]
    width = layout.width

    def stray(place: int, position: int, cell: Any) -> Problem:
        return stray_problem(layout, block.rows[place], position, as_text([cell])[0].as_py())

    problems += _mend(block, layout, stray, pad=pad)
    columns = list(zip(*block.records, strict=True)) if block.records else [()] * width
    block.records.clear()
    problems += _unnamed(columns, layout, stray)
    labels = [column.label for column in layout.columns]
    texts = [as_text(columns[position]) for position in layout.positions]
    problems += headings_again(block.rows, texts, layout)
    problems.sort(key=lambda problem: problem.row)
    rows, lines = np.array(block.rows, dtype="int64"), np.array(block.lines, dtype="int64")
    return Chunk(rows, lines, labels, texts, tuple(problems))


def stray_problem(layout: Layout, row: int, position: int, text: str) -> Problem:
    """The problem of a ``text`` that stands at ``position`` of a raw row, where no heading is."""
    placed = zip(layout.columns, layout.positions, strict=True)
    offset = next((column_index(column.letter) - at for column, at in placed), 0)
    return make_problem("row-too-long", row, value=text, place=column_letter(position + offset))


def _mend(block: Block, layout: Layout, stray: Stray, *, pad: bool) -> list[Problem]:
    """Give every raw row as many cells as it should have; what could not be mended honestly becomes a problem."""
    width = layout.width
    if set(map(len, block.records)) <= {width}:
        return []
    problems = []
    for place, record in enumerate(block.records):
        found = len(record)
        if found == width:
            continue
        if found < layout.expected and not pad:
            expected = len(layout.columns)
            problems.append(make_problem("row-too-short", block.rows[place], found=found, expected=expected))
        elif found > width and (last := _filled(record)) > width:
            problems.append(stray(place, last - 1, record[last - 1]))
        block.records[place] = record[:width] + [""] * (width - found)
    return problems


def _unnamed(columns: Sequence[Sequence[Any]], layout: Layout, stray: Stray) -> list[Problem]:
    """Problems of rows with text where neither a heading nor the first rows had any: it would get lost otherwise."""
    return [
        stray(place, position, cell)
        for position in layout.unnamed
        if columns[position].count("") < len(columns[position])
        for place, cell in enumerate(columns[position])
        if str(cell).strip()
    ]


def headings_again(rows: Sequence[int] | np.ndarray, texts: Sequence[pa.Array], layout: Layout) -> list[Problem]:
    """Problems of rows in which every cell holds the heading of its column."""
    placed = zip(layout.columns, texts, strict=True)
    named = [(column.heading, own) for column, own in placed if column.heading.strip()]
    again = np.full(len(rows), len(named) > 1)
    for heading, own in named:
        if not again.any():
            return []
        again &= pc.equal(own, pa.scalar(heading, own.type)).to_numpy(zero_copy_only=False)
    return [make_problem("repeated-headings", int(rows[place])) for place in np.flatnonzero(again).tolist()]


def _filled(record: Sequence[Any]) -> int:
    """The number of cells up to the last one with text."""
    return next((place + 1 for place in reversed(range(len(record))) if str(record[place]).strip()), 0)


def flaw_problem(flaw: Flaw, layout: Layout) -> Problem:
    """The problem of a cell that is wrong in the file itself."""
    column: Column = layout.columns[layout.positions.index(flaw.position)]
    return make_problem(flaw.code, flaw.row, column=column.label, letter=column.letter, value=flaw.text)
