"""Raw rows as columns from the beginning: joined, cut and made chunks of without a Python object for each cell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from importer.problems import Problem
from importer.sources.blocks import Flaw, TextChunk, flaw_problem, headings_again, stray_problem
from importer.sources.headings import Layout

_KIND = pa.large_string()
_NOTHING = pa.array([], _KIND)


@dataclass(frozen=True, slots=True)
class Columns:
    """Some consecutive rows that hold any text, as Arrow arrays of text without nulls, one for each place of a raw row.

    ``rows`` are numbered as the spreadsheet shows them; ``lines`` are those of a text file.
    """

    rows: np.ndarray
    lines: np.ndarray
    columns: list[pa.Array]
    flaws: Sequence[Flaw] = ()

    def part(self, begin: int, end: int) -> Columns:
        """The rows from place ``begin`` to before ``end``; nothing is copied."""
        rows = self.rows[begin:end]
        flaws = [flaw for flaw in self.flaws if rows[0] <= flaw.row <= rows[-1]] if len(rows) else []
        cut = [column.slice(begin, end - begin) for column in self.columns]
        return Columns(rows, self.lines[begin:end], cut, flaws)


def regrouped(pieces: Iterable[Columns], size: int) -> Iterator[Columns]:
    """The same rows, ``size`` at a time."""
    waiting: list[Columns] = []
    count = 0
    for piece in pieces:
        done = 0
        while done < len(piece.rows):
            end = min(len(piece.rows), done + size - count)
            waiting.append(piece.part(done, end))
            count += end - done
            done = end
            if count == size:
                yield _joined(waiting)
                waiting, count = [], 0
    if waiting:
        yield _joined(waiting)


def _joined(pieces: Sequence[Columns]) -> Columns:
    """The pieces as one. They lose each column as soon as it is joined, so that memory holds no row twice."""
    width = max(len(piece.columns) for piece in pieces)
    columns = []
    for position in range(width):
        columns.append(pa.concat_arrays([_place(piece, position) for piece in pieces]))
        for piece in pieces:
            piece.columns[position : position + 1] = [_NOTHING] * (position < len(piece.columns))
    return Columns(
        np.concatenate([piece.rows for piece in pieces]),
        np.concatenate([piece.lines for piece in pieces]),
        columns,
        [flaw for piece in pieces for flaw in piece.flaws],
    )


def _place(found: Columns, position: int) -> pa.Array:
    """The texts at a place; empty ones where the rows do not reach so far."""
    if position < len(found.columns):
        return found.columns[position]
    return pa.repeat(pa.scalar("", _KIND), len(found.rows))


def column_chunk(found: Columns, layout: Layout) -> TextChunk:
    """The chunk of these rows, short ones filled up; what would get lost is a problem of its row."""
    problems = [flaw_problem(flaw, layout) for flaw in found.flaws if flaw.position in layout.positions]
    problems += _beyond(found, layout)
    for position in layout.unnamed:
        texts = _place(found, position)
        for place in np.flatnonzero(_filled(texts)).tolist():
            problems.append(stray_problem(layout, int(found.rows[place]), position, texts[place].as_py()))
    labels = [column.label for column in layout.columns]
    columns = [_place(found, position) for position in layout.positions]
    problems += headings_again(found.rows, columns, layout)
    problems.sort(key=lambda problem: problem.row)
    return TextChunk(found.rows, found.lines, labels, columns, tuple(problems))


def _beyond(found: Columns, layout: Layout) -> Iterator[Problem]:
    """Problems of rows with text behind the last place that the layout knows."""
    last = np.zeros(len(found.rows), np.int64)
    for position in range(layout.width, len(found.columns)):
        last[_filled(found.columns[position])] = position
    for place in np.flatnonzero(last).tolist():
        position = int(last[place])
        yield stray_problem(layout, int(found.rows[place]), position, found.columns[position][place].as_py())


def _filled(texts: pa.Array) -> np.ndarray:
    """Which of the texts hold more than blanks."""
    found = np.zeros(len(texts), bool)
    if pc.max(pc.binary_length(texts)).as_py():
        found[:] = [bool(text.strip()) for text in texts.to_pylist()]
    return found
