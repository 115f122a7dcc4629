"""Find the heading row, build the layout of the columns from it, and convert between column numbers and letters."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from importer.core.errors import SourceError
from importer.core.text import column_letter
from importer.sources.interface import Column, Detection

SAMPLE_ROWS = 1000
_MAX_COLUMNS = 16_384
_MAX_TITLES = 10
_MAX_NOTES = 20
_SAMPLE_CELLS = 1_000_000
_INVISIBLE = dict.fromkeys([0xAD, 0x200B, 0x200C, 0x200D, 0x200E, 0x200F, 0x2060, 0xFEFF])
_DATA_PATTERNS = (
    ("an e-mail address", re.compile(r"[^\s@]{1,64}@[^\s@.]{1,63}\.[^\s@]{1,190}")),
    ("an id", re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")),
    (
        "a date",
        re.compile(r"(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4})([ T]\d{1,2}:\d{2}.{0,20})?"),
    ),
    ("a phone number", re.compile(r"(?=(?:\D{0,9}\d){7})\+?[\d(][\d() .-]{5,20}\d")),
    # A year is a common heading (2024, 2025, ...), any other number is not.
    ("a number", re.compile(r"(?!(19|20)\d\d$)[+-]?\d{1,40}([.,]\d{1,20})?")),
)


@dataclass(frozen=True, slots=True)
class SampleRow:
    """One of the first rows that hold any text. ``row`` is numbered as the spreadsheet shows it."""

    row: int
    cells: tuple[str, ...]

    @property
    def filled(self) -> int:
        """The number of cells with text."""
        return sum(1 for cell in self.cells if cell.strip())


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns and their positions in a raw row, which has all cells of the file.

    ``positions[i]`` is the index of ``columns[i]`` in a raw row, counted from 0. ``expected`` is the least number of
    cells of a complete row. ``unnamed`` are positions without heading or data in the sample; they are left out.
    """

    header_row: int
    columns: tuple[Column, ...]
    positions: tuple[int, ...]
    expected: int
    unnamed: tuple[int, ...]

    @property
    def width(self) -> int:
        """The number of cells that a raw row should have."""
        return max((self.expected, *(position + 1 for position in self.unnamed)))


def find_header_row(sample: Sequence[SampleRow], given: int | None, name: str) -> tuple[int, Detection]:
    """Return the index of the heading row in ``sample``, and the evidence.

    Without a ``given`` row it is the first row with text after title lines (rows with a single filled cell, followed by
    one with several). Raises :class:`SourceError` when the given row is blank or missing, or when the row found looks
    like data.
    """
    if given is not None:
        for at, row in enumerate(sample):
            if row.row == given:
                return at, Detection("header row", str(given), "given")
        rows = [row.row for row in sample]
        raise SourceError(
            f"{name}: row {given} cannot hold the headings, because it is blank or not there.",
            f"The headings must be among the first {SAMPLE_ROWS} rows with text."
            if len(rows) >= SAMPLE_ROWS
            else f"The rows with text are {_format_ranges(rows)}.",
        )
    # Without a given row: skip title lines, each with a single filled cell.
    if not sample:
        raise SourceError(f"{name} holds no text.", "Check that it is the right file and sheet.")
    at = next((at for at, row in enumerate(sample[: _MAX_TITLES + 1]) if row.filled > 1), 0)
    found = sample[at]
    _refuse_data(found, name)
    if at:
        titles = ", ".join(str(row.row) for row in sample[:at])
        how = f"rows {titles} hold a single cell, a title" if at > 1 else f"row {titles} holds a single cell, a title"
    else:
        how = "first row" if found.row == 1 else "first row with text"
    return at, Detection("header row", str(found.row), how)


def _format_ranges(rows: Sequence[int]) -> str:
    """Format row numbers as a list of ranges: ``1 to 3, 7``."""
    if not rows:
        return "none"
    starts = [row for before, row in zip([0, *rows], rows, strict=False) if row != before + 1 or row == rows[0]]
    ends = [row for row, after in zip(rows, [*rows[1:], 0], strict=True) if after != row + 1]
    ranges = [f"{start} to {end}" if end > start else f"{start}" for start, end in zip(starts, ends, strict=True)]
    return ", ".join(ranges[:5]) + (", ..." if len(ranges) > 5 else "")


def _refuse_data(found: SampleRow, name: str) -> None:
    """Raise :class:`SourceError` if a cell of the row is an e-mail address, a number or the like."""
    for cell in found.cells:
        text = cell.strip()
        for what, pattern in _DATA_PATTERNS:
            if len(text) < 300 and pattern.fullmatch(text):
                raise SourceError(
                    f'{name}: row {found.row} looks like data, not like headings: "{text[:60]}" is {what}.',
                    f"Insert a row with headings above it; or, if these are the headings, set "
                    f"`source: {{header_row: {found.row}}}`.",
                )


def limit_sample(rows: Iterable[SampleRow], size: int) -> list[SampleRow]:
    """Return the first ``size`` rows, or fewer where they are so wide that they would be too many cells."""
    sample: list[SampleRow] = []
    cells = 0
    for row in rows:
        sample.append(row)
        cells += len(row.cells)
        if len(sample) >= size or cells >= _SAMPLE_CELLS:
            break
    return sample


def build_layout(
    sample: Sequence[SampleRow], at: int, width: int, hidden: Sequence[int] = (), name: str = "The file"
) -> tuple[Layout, tuple[str, ...]]:
    """Build the layout of the table whose headings are ``sample[at]``, with notes about oddities of its columns.

    ``width`` is the number of cells of a row, headings or not; ``hidden`` are positions to leave out; ``name`` is that
    of the file. Raises :class:`SourceError` when there are no columns, or more than a spreadsheet holds.
    """
    header = sample[at]
    # Keep the columns that have a heading, or data below it in the sample.
    kept_positions = {position for position, cell in enumerate(header.cells) if normalize_heading(cell)}
    for row in sample[at + 1 :]:
        kept_positions.update(position for position, cell in enumerate(row.cells[:width]) if cell and cell.strip())
    kept = sorted(kept_positions.difference(hidden))
    if len(kept) > _MAX_COLUMNS:
        raise SourceError(f"{name} has {len(kept)} columns; a spreadsheet holds {_MAX_COLUMNS}.", "Leave some out.")
    if not kept:
        raise SourceError(
            # The name of a sheet comes with a comma behind it.
            f"{name.rstrip(',')}: row {header.row}, which should hold the headings, has no text that can be seen.",
            "Write the headings into it, or say with `source: {header_row: …}` where they are.",
        )
    columns, notes = _name_columns(header.cells, kept)
    unnamed = tuple(position for position in range(width) if position not in kept_positions and position not in hidden)
    return Layout(header.row, columns, tuple(kept), kept[-1] + 1, unnamed), notes


def _name_columns(cells: Sequence[str], kept: Sequence[int]) -> tuple[tuple[Column, ...], tuple[str, ...]]:
    """Return the kept columns, each with a unique label, and notes about labels that differ from the heading."""
    columns: list[Column] = []
    notes: list[str] = []
    taken: dict[str, Column] = {}
    next_number: dict[str, int] = {}
    headings = [normalize_heading(cells[position]) if position < len(cells) else "" for position in kept]
    # A label made up for a second "Notes" must not take the name of a real heading "Notes (2)".
    reserved = set(headings)
    for index, (position, heading) in enumerate(zip(kept, headings, strict=True)):
        letter = column_letter(position)
        wanted = heading or f"(column {letter})"
        label, number = wanted, next_number.get(wanted, 2)
        while label in taken or (label != wanted and label in reserved):
            label = f"{wanted} ({number})"
            number += 1
        next_number[wanted] = number
        if label != wanted:
            first = taken[wanted].letter
            notes.append(
                f'Columns {first} and {letter} have the same heading "{wanted}"; {letter} is called "{label}".'
            )
        elif not heading:
            notes.append(f'Column {letter} has no heading; it is called "{label}".')
        taken[label] = Column(
            index=index, letter=letter, heading=cells[position] if position < len(cells) else "", label=label
        )
        columns.append(taken[label])
    if len(notes) > _MAX_NOTES:
        more = len(notes) - _MAX_NOTES
        notes[_MAX_NOTES:] = [f"{more} more columns have no heading, or that of another column."]
    return tuple(columns), tuple(notes)


def normalize_heading(heading: str) -> str:
    """Return the heading without invisible characters and with single plain blanks, in composed form (NFC)."""
    return " ".join(unicodedata.normalize("NFC", heading.translate(_INVISIBLE)).split())


def column_index(letters: str) -> int:
    """Return the index of a column from its letters; the inverse of :func:`~importer.core.text.column_letter`."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1
