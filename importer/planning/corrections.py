"""Corrections of a source's cells, made by a person who looked at its problems; the file itself stays as it is."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from importer.sources import Chunk, Column


@dataclass(frozen=True, slots=True)
class Corrections:
    """New texts of cells, and the rows that are planned.

    ``cells`` maps a row number to the new texts of its cells, by the letter of their column. ``rows`` are the numbers
    of the rows to plan, for another round of rows that were not delivered; ``None`` means all.
    """

    cells: Mapping[int, Mapping[str, str]] = field(default_factory=dict)
    rows: Collection[int] | None = None

    def digest(self) -> str:
        """Return a digest that differs for different corrections; empty when nothing is corrected or left out."""
        if not self.cells and self.rows is None:
            return ""
        cells = [[row, sorted(texts.items())] for row, texts in sorted(self.cells.items())]
        rows = None if self.rows is None else sorted(self.rows)
        return hashlib.sha256(json.dumps([cells, rows]).encode("utf-8", "surrogatepass")).hexdigest()

    def apply(self, chunk: Chunk, columns: Collection[Column]) -> Chunk:
        """Return the chunk with only the chosen rows and with the corrected cells.

        A corrected cell loses the problem that the reader found in it.
        """
        chosen = chunk if self.rows is None else _keep_rows(chunk, self.rows)
        touched = self.cells.keys() & set(chosen.rows.tolist())
        return self._correct(chosen, columns, touched) if touched else chosen

    def _correct(self, chunk: Chunk, columns: Collection[Column], touched: Collection[int]) -> Chunk:
        import pyarrow as pa

        places = {row: place for place, row in enumerate(chunk.rows.tolist()) if row in touched}
        arrays = list(chunk.columns)
        for column in columns:
            texts = {row: self.cells[row][column.letter] for row in touched if column.letter in self.cells[row]}
            if texts:
                values = arrays[column.index].to_pylist()
                for row, text in texts.items():
                    values[places[row]] = text
                arrays[column.index] = pa.array(values, arrays[column.index].type)
        left = tuple(one for one in chunk.problems if one.letter not in self.cells.get(one.row, {}))
        return Chunk(chunk.rows, chunk.lines, chunk.labels, arrays, left, chunk.origin)


def _keep_rows(chunk: Chunk, wanted: Collection[int]) -> Chunk:
    import numpy as np

    return chunk.keep(np.isin(chunk.rows, np.fromiter(wanted, "int64", len(wanted))))
