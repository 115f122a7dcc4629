"""Raw rows as columns from the beginning: made chunks of without a Python object for each cell."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from importer.core.issues import Problem
from importer.sources.blocks import Flaw, flaw_problem, headings_again, stray_problem
from importer.sources.headings import Layout
from importer.sources.interface import Chunk
from importer.sources.regrouping import Columns

RawColumns: TypeAlias = Columns[Flaw]
"""Rows as they stand in the file, with the cells that are wrong by themselves."""


def column_chunk(found: RawColumns, layout: Layout) -> Chunk:
    """The chunk of these rows, short ones filled up; what would get lost is a problem of its row."""
    problems = [flaw_problem(flaw, layout) for flaw in found.said if flaw.position in layout.positions]
    problems += _beyond(found, layout)
    for position in layout.unnamed:
        texts = found.place(position)
        for place in np.flatnonzero(_filled(texts)).tolist():
            problems.append(stray_problem(layout, int(found.rows[place]), position, texts[place].as_py()))
    labels = [column.label for column in layout.columns]
    columns = [found.place(position) for position in layout.positions]
    problems += headings_again(found.rows, columns, layout)
    problems.sort(key=lambda problem: problem.row)
    return Chunk(found.rows, found.lines, labels, columns, tuple(problems))


def _beyond(found: RawColumns, layout: Layout) -> Iterator[Problem]:
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
