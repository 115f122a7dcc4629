"""An opened spreadsheet, whatever its format: what was found out, and the way to its rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from importer.sources.interface import CHUNK_ROWS, Chunk, Column, Detection


@dataclass(frozen=True, slots=True)
class OpenedSource:
    """The :class:`Source` that every reader returns. ``read`` gives the chunks of a size, from the beginning."""

    path: Path
    format: str
    sheet: str
    header_row: int
    columns: tuple[Column, ...]
    detections: tuple[Detection, ...]
    notes: tuple[str, ...]
    read: Callable[[int], Iterator[Chunk]]

    def chunks(self, size: int = CHUNK_ROWS) -> Iterator[Chunk]:
        """All data rows in order, ``size`` at a time, as :meth:`Source.chunks` promises."""
        return self.read(size)
