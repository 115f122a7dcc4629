"""Several sheets of a workbook read as one table, whose rows keep apart by the ranges of their numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pyarrow as pa

from importer.core.errors import SourceError
from importer.core.model import SHEET_COLUMN
from importer.core.text import column_letter
from importer.sources.arrow_columns import TEXT
from importer.sources.headings import column_index
from importer.sources.interface import Chunk, Column, Detection, Source

ROWS_PER_SHEET = 2_000_000
"""Distance between the numbers of the same row of two sheets: more than a sheet has rows, and easy to take off."""


def combine_sheets(sources: Sequence[Source]) -> Source:
    """Return the sheets as one source, in their order, with the name of the sheet in a last column.

    The rows of the second sheet are numbered from 2,000,000 on, and so forth. Raises :class:`SourceError` unless all
    sheets have the same headings in the same columns.
    """
    first, names = sources[0], [source.sheet for source in sources]
    for other in sources[1:]:
        _check_same_columns(first, other)
    last = max((column_index(column.letter) for column in first.columns), default=-1)
    sheet_column = Column(len(first.columns), column_letter(last + 1), "", SHEET_COLUMN)
    found = Detection("sheet", ", ".join(names), "given, with the same headings")
    notes = [f'Sheet "{source.sheet}": {note}' for source in sources for note in source.notes]
    notes += [
        f'The rows of the sheet "{name}" are numbered from {place * ROWS_PER_SHEET:,} on: its row 15 is row '
        f"{place * ROWS_PER_SHEET + 15:,}."
        for place, name in enumerate(names)
        if place
    ]

    def read(size: int) -> Iterator[Chunk]:
        for place, source in enumerate(sources):
            for chunk in source.chunks(size):
                yield _renumbered(chunk, place * ROWS_PER_SHEET, source.sheet)

    return replace(
        first,
        sheet=", ".join(names),
        columns=(*first.columns, sheet_column),
        detections=tuple(found if one.what == "sheet" else one for one in first.detections),
        notes=tuple(dict.fromkeys(notes)),
        read=read,
    )


def _check_same_columns(first: Source, other: Source) -> None:
    """Raise :class:`SourceError` when a sheet has another heading in some column."""
    wanted, found = ({column.letter: column.label for column in source.columns} for source in (first, other))
    for letter in sorted(wanted.keys() | found.keys(), key=column_index):
        if wanted.get(letter) != found.get(letter):
            raise SourceError(
                f'{first.path}: in column {letter}, the sheet "{other.sheet}" has {_describe(found.get(letter))}, and '
                f'the sheet "{first.sheet}" has {_describe(wanted.get(letter))}.',
                "Give all sheets the same headings in the same columns, or import them one by one with `sheet:`.",
            )


def _describe(label: str | None) -> str:
    return "nothing" if label is None else f'"{label}"'


def _renumbered(chunk: Chunk, offset: int, sheet: str) -> Chunk:
    return replace(
        chunk,
        rows=chunk.rows + offset,
        lines=chunk.lines + offset,
        labels=[*chunk.labels, SHEET_COLUMN],
        columns=[*chunk.columns, pa.repeat(pa.scalar(sheet, TEXT), len(chunk.rows))],
        problems=tuple(replace(problem, row=problem.row + offset) for problem in chunk.problems),
    )
