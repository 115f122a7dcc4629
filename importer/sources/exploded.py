"""Read some columns of a table below each other: each row becomes one row for each of these columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from importer.core.errors import SourceError
from importer.core.model import HEADING_COLUMN, VALUE_COLUMN
from importer.core.text import column_letter
from importer.sources.headings import column_index, normalize_heading
from importer.sources.interface import Chunk, Column, Detection, Source

ROWS_PER_PASS = 100_000_000
"""Distance between the numbers of the rows that one row becomes: more than a file has rows, and easy to take off."""


def explode_columns(source: Source, headings: Sequence[str]) -> Source:
    """Return the table with the columns ``headings`` below each other, in two columns: heading and value.

    The file is read once for each of them. The rows of the second column are numbered from 100,000,000 on, and so
    forth. A table that has these two columns already, as our own sheets of rows to correct do, stays as it is. Raises
    :class:`SourceError` for an unknown heading.
    """
    if {HEADING_COLUMN, VALUE_COLUMN} <= {column.label for column in source.columns}:
        return source
    exploded = list(dict.fromkeys(_find_column(source, heading) for heading in headings))
    kept = [column for column in source.columns if column not in exploded]
    last = max(column_index(column.letter) for column in source.columns)
    added = [
        Column(len(kept) + place, column_letter(last + 1 + place), "", label)
        for place, label in enumerate((HEADING_COLUMN, VALUE_COLUMN))
    ]
    indexes = [column.index for column in kept]

    def read(size: int) -> Iterator[Chunk]:
        for place, column in enumerate(exploded):
            for chunk in source.chunks(size):
                yield _view(chunk, indexes, column, place * ROWS_PER_PASS)

    listed = ", ".join(column.label for column in exploded)
    notes = [
        f'The rows of the column "{column.label}" are numbered from {place * ROWS_PER_PASS:,} on: row 15 of the file '
        f"is row {place * ROWS_PER_PASS + 15:,}."
        for place, column in enumerate(exploded)
        if place
    ]
    return replace(
        source,
        columns=(*(replace(column, index=index) for index, column in enumerate(kept)), *added),
        detections=(*source.detections, Detection("exploded columns", listed, "given")),
        notes=(*source.notes, *notes),
        read=read,
    )


def _find_column(source: Source, heading: str) -> Column:
    wanted = normalize_heading(heading).casefold()
    found = [column for column in source.columns if wanted == column.label.casefold()]
    if len(found) != 1:
        listed = ", ".join(f'"{column.label}"' for column in source.columns)
        raise SourceError(f'{source.path} has no column "{heading}", which is to be exploded.', f"It has: {listed}.")
    return found[0]


def _view(chunk: Chunk, kept: Sequence[int], column: Column, offset: int) -> Chunk:
    """Return the rows with the cells of one exploded column; problems of the other ones do not matter here."""
    import pyarrow as pa

    texts = chunk.columns[column.index]
    repeated = pa.repeat(pa.scalar(column.label, texts.type), len(texts))
    labels = [chunk.labels[index] for index in kept]
    own = {"", column.label, *labels}
    return replace(
        chunk,
        rows=chunk.rows + offset,
        lines=chunk.lines + offset,
        labels=[*labels, HEADING_COLUMN, VALUE_COLUMN],
        columns=[
            *(chunk.columns[index] for index in kept),
            repeated,
            texts,
        ],
        problems=tuple(
            replace(
                problem,
                row=problem.row + offset,
                column=VALUE_COLUMN if problem.column == column.label else problem.column,
            )
            for problem in chunk.problems
            if problem.column in own
        ),
    )
