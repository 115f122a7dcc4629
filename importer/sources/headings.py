"""Build the layout of the columns from the row of the headings, and convert column letters to numbers."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from importer.core.errors import SourceError
from importer.core.text import column_letter
from importer.sources.interface import Column

SAMPLE_ROWS = 1000
MAX_COLUMNS = 16_384
_MAX_NOTES = 20
_SAMPLE_CELLS = 1_000_000
_MAX_EMPTY_CELLS = 5_000_000
_MAX_CELLS_PER_BYTE = 8
MARK_HEADING, NUMBER_HEADING, REASON_HEADING = "ImporterMark", "RowNumber", "Reason"
"""Headings of the columns that this program adds to a sheet of rows to correct: the hidden marks, by which a corrected
row is known again, the numbers of the rows in the file that they come from, and what is wrong with them."""
ANNOTATION_HEADINGS = ("Status", "ActivityCreated", "Error", "ProspectActivityId", "LeadId")
ANNOTATION_MARK_HEADING, TAKEN_PREFIX = "ImporterRowMark", "Import "
"""Headings of the columns that this program adds to a copy of the user's own workbook, the last one hidden. One that
the sheet has already gets the prefix. The marks have a heading of their own: before those of a sheet of rows to
correct stand columns of the user, which may have the same headings."""
DECISION_SHEET, DECISION_HEADING = "To decide", "Decision"
"""The sheet of held rows in a results workbook, and the heading of the column in which a person decides about them."""
_INVISIBLE = dict.fromkeys([0xAD, 0x200B, 0x200C, 0x200D, 0x200E, 0x200F, 0x2060, 0xFEFF])


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
    ``origin`` are the positions of row numbers (-1 without such a column) and marks in a sheet of rows to correct, and
    empty for any other table. ``own`` are the positions of all columns that this program added to such a sheet.
    """

    header_row: int
    columns: tuple[Column, ...]
    positions: tuple[int, ...]
    expected: int
    unnamed: tuple[int, ...]
    origin: tuple[int, ...] = ()
    own: tuple[int, ...] = ()

    @property
    def width(self) -> int:
        """The number of cells that a raw row should have."""
        return max((self.expected, *(position + 1 for position in (*self.unnamed, *self.own))))


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


def check_density(columns: int, rows: int, size: int, name: str) -> None:
    """Raise :class:`SourceError` when a table has far more cells than its ``size`` in bytes can fill.

    A few headings too many make billions of empty cells, which would cost hours and all memory.
    """
    cells = columns * rows
    if cells > _MAX_EMPTY_CELLS and cells > size * _MAX_CELLS_PER_BYTE:
        raise SourceError(
            f"{name} has {columns:,} columns with text, and nearly all cells of its {rows:,} rows are empty.",
            "Delete the columns that are not used (in Excel: select them, right-click, Delete), and save the file.",
        )


def build_layout(
    sample: Sequence[SampleRow], at: int, width: int, hidden: Sequence[int] = (), name: str = "The file"
) -> tuple[Layout, tuple[str, ...]]:
    """Build the layout of the table whose headings are ``sample[at]``, with notes about oddities of its columns.

    ``width`` is the number of cells of a row, headings or not; ``hidden`` are positions to leave out; ``name`` is that
    of the file. Raises :class:`SourceError` when there are no columns, or more than a spreadsheet holds.
    """
    header = sample[at]
    origin, own = find_own_columns(header.cells)
    hidden = (*hidden, *own)
    # Keep the columns that have a heading, or data below it in the sample.
    kept_positions = {position for position, cell in enumerate(header.cells) if normalize_heading(cell)}
    for row in sample[at + 1 :]:
        kept_positions.update(position for position, cell in enumerate(row.cells[:width]) if cell and cell.strip())
    kept = sorted(kept_positions.difference(hidden))
    if len(kept) > MAX_COLUMNS:
        raise SourceError(f"{name} has {len(kept)} columns; a spreadsheet holds {MAX_COLUMNS}.", "Leave some out.")
    if not kept:
        raise SourceError(
            # The name of a sheet comes with a comma behind it.
            f"{name.rstrip(',')}: row {header.row}, which should hold the headings, has no text that can be seen.",
            "Write the headings into it, or say with `source: {header_row: …}` where they are.",
        )
    columns, notes = _name_columns(header.cells, kept)
    unnamed = tuple(position for position in range(width) if position not in kept_positions and position not in hidden)
    return Layout(header.row, columns, tuple(kept), kept[-1] + 1, unnamed, origin, own), notes


def find_own_columns(cells: Sequence[str]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Find the columns that this program added to a sheet of rows to correct, or to a copy of the user's own sheet.

    Returns the positions of row numbers and marks (:attr:`Layout.origin`), and those of all such columns.
    """
    headings = [normalize_heading(cell) for cell in cells]
    if MARK_HEADING in headings:
        number, reason, mark = (
            headings.index(name) if name in headings else -1 for name in (NUMBER_HEADING, REASON_HEADING, MARK_HEADING)
        )
        return (number, mark), tuple(position for position in (number, reason, mark) if position >= 0)
    if ANNOTATION_MARK_HEADING in headings:
        mark = headings.index(ANNOTATION_MARK_HEADING)
        return (-1, mark), (*_find_annotations(headings, mark), mark)
    return (), ()


def _find_annotations(headings: Sequence[str], mark: int) -> tuple[int, ...]:
    """Return the positions of our columns directly before the marks; the user's own begin at any other heading."""
    left, first = set(ANNOTATION_HEADINGS), mark
    while first and (name := headings[first - 1].removeprefix(TAKEN_PREFIX)) in left:
        left.remove(name)
        first -= 1
    return tuple(range(first, mark))


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
