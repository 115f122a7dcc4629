"""Read the tables of `lookup_file`: a CSV file or workbook in the folder of the mapping, never outside of it."""

from __future__ import annotations

from pathlib import Path

from importer.mapping import LookupFile, fold_heading
from importer.sources import Source, SourceOptions, open_source

MAX_ENTRIES = 200_000


class LookupFileError(Exception):
    """A table cannot be used; holds a sentence and a remedy."""


def read_lookup_file(table: LookupFile, folder: Path) -> dict[str, str]:
    """Read the table as texts of the spreadsheet, each with the text of the CRM.

    Lines in which one of the two is empty do not count. Raises :class:`LookupFileError`, and
    :class:`SourceError` for a file that is no readable spreadsheet.
    """
    source = open_source(_find_file(table.file, folder), SourceOptions(sheet=table.sheet))
    key, value = _find_column(source, table.from_, 0), _find_column(source, table.to, 1)
    entries: dict[str, str] = {}
    for chunk in source.chunks():
        if chunk.problems:
            raise LookupFileError(f"{source.path}, {chunk.problems[0]}", "Correct the table.")
        texts, meanings = (map(str.strip, chunk.columns[index].to_pylist()) for index in (key, value))
        for row, text, meaning in zip(chunk.rows.tolist(), texts, meanings, strict=True):
            if text and meaning and entries.setdefault(text, meaning) != meaning:
                raise LookupFileError(
                    f'{source.path}, row {row}: "{text}" stands in the table twice, for "{entries[text]}" and for '
                    f'"{meaning}".',
                    "Keep one of the rows.",
                )
        if len(entries) > MAX_ENTRIES:
            raise LookupFileError(f"{source.path} has more than {MAX_ENTRIES:,} rows.", "Leave out what is not needed.")
    if not entries:
        raise LookupFileError(f"{source.path} has no row with both texts.", "Fill in the table.")
    return entries


def _find_file(name: str, folder: Path) -> Path:
    """Return the path of a file in ``folder`` or below. A link could lead anywhere, so none is followed."""
    path = folder
    for part in Path(name).parts:
        path /= part
        if path.is_symlink():
            raise LookupFileError(
                f"{path} is a link, which is not followed.", "Copy the file itself beside the mapping."
            )
    return path


def _find_column(source: Source, heading: str | None, index: int) -> int:
    columns = source.columns
    if heading is None:
        if index >= len(columns):
            raise LookupFileError(f"{source.path} has one column only.", "A table has two: the text, and its meaning.")
        return index
    wanted = fold_heading(heading)
    found = next(
        (column.index for column in columns if wanted in map(fold_heading, (column.label, column.heading))), None
    )
    if found is None:
        listed = ", ".join(f'"{column.label}"' for column in columns)
        raise LookupFileError(f'{source.path} has no column "{heading}".', f"It has: {listed}.")
    return found
