"""Find the row of the headings: below titles and the preamble of a report, above the data."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from importer.core.errors import SourceError
from importer.core.text import column_letter
from importer.sources.headings import MAX_COLUMNS, SAMPLE_ROWS, SampleRow, normalize_heading
from importer.sources.interface import NO_HEADINGS, Detection

# How many rows may stand above the headings, and how many rows and columns are looked at to judge one.
_MAX_PREAMBLE = 50
_JUDGED_ROWS = 200
_JUDGED_COLUMNS = 200
_MAX_HEADING = 100
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
_WORD = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class HeaderRow:
    """The row of headings by its index in the sample, its headings, the evidence, and notes for the user.

    Of headings in two lines, ``row`` is the second one with the headings of both.
    """

    index: int
    row: SampleRow
    found: Detection
    notes: tuple[str, ...] = ()


def add_letters(sample: Sequence[SampleRow]) -> list[SampleRow]:
    """Return the rows of a file without headings below a row of its own, which holds the letters of the columns."""
    width = max((len(row.cells) for row in sample), default=0)
    return [SampleRow(NO_HEADINGS, tuple(map(column_letter, range(width)))), *sample]


def find_header_row(sample: Sequence[SampleRow], given: int | None, name: str) -> HeaderRow:
    """Find the row of headings in ``sample``.

    Without a ``given`` row it is the first row with several filled cells, unless that belongs to a preamble: then it is
    the row of headings between preamble and data. Raises :class:`SourceError` when the given row is blank, missing, or
    a row of the data below other headings, or when the row found looks like data.
    """
    if given == NO_HEADINGS:
        found = Detection("header row", "none", "given; the columns are named by their letters")
        return HeaderRow(0, sample[0], found)
    for row in sample:
        if row.filled > MAX_COLUMNS:
            raise SourceError(f"{name} has {row.filled} columns; a spreadsheet holds {MAX_COLUMNS}.", "Leave some out.")
    if given is not None:
        at = _find_given_row(sample, given, name)
        found = Detection("header row", str(given), "given")
        return HeaderRow(at, sample[at], found, tuple(_doubt_given_row(sample, at)))
    at, first = _detect(sample, name)
    for top in (at, at - 1):
        if top >= 0 and _are_two_lines(sample, top):
            row = _join_lines(sample[top], sample[top + 1])
            how = f"rows {sample[top].row} and {row.row} are two lines of headings"
            return HeaderRow(top + 1, row, Detection("header row", str(row.row), how))
    rows = [row.row for row in sample[:at]]
    if at > first:
        how = f"{'rows' if at > 1 else 'row'} {_format_ranges(rows)} {'stand' if at > 1 else 'stands'} above the table"
    elif at:
        titles = ", ".join(map(str, rows))
        how = f"rows {titles} hold a single cell, a title" if at > 1 else f"row {titles} holds a single cell, a title"
    else:
        how = "first row" if sample[0].row == 1 else "first row with text"
    return HeaderRow(at, sample[at], Detection("header row", str(sample[at].row), how))


def _detect(sample: Sequence[SampleRow], name: str) -> tuple[int, int]:
    """Return the indexes of the headings and of the first row behind title lines.

    Raises :class:`SourceError` when there is no text, or the headings look like data.
    """
    if not sample:
        raise SourceError(f"{name} holds no text.", "Check that it is the right file and sheet.")
    first = next((at for at, row in enumerate(sample[: _MAX_PREAMBLE + 1]) if row.filled > 1), 0)
    at = _Table(sample).find_better_headings(first)
    found = sample[at]
    if data := _find_data(found.cells):
        raise SourceError(
            f'{name}: row {found.row} looks like data, not like headings: "{data[0][:60]}" is {data[1]}.',
            f"Insert a row with headings above it; or, if these are the headings, set "
            f"`source: {{header_row: {found.row}}}`; or, if there are none, `source: {{header_row: none}}`.",
        )
    return at, first


def _are_two_lines(sample: Sequence[SampleRow], top: int) -> bool:
    """Tell whether a row of groups, such as `Contact`, stands above headings that complete it, such as `Phone`.

    Some columns have their heading in the first line only, others in the second only, to the right of a group, and the
    data below fills both kinds.
    """
    if top + 2 >= len(sample) or sample[top + 1].row != sample[top].row + 1:
        return False
    rows = sample[top : top + 3]
    above, below, data = ({place for place, cell in enumerate(row.cells) if cell.strip()} for row in rows)
    cells = [cell for row in rows[:2] for cell in row.cells if cell.strip()]
    second = [cell for cell in rows[1].cells if cell.strip()]
    return (
        bool(above - below)
        and bool(below - above)
        and min(above) <= min(below)
        and bool(data & (above - below))
        and bool(data & below)
        and not data - above - below
        and _find_data(cells) is None
        and 2 * _count_heading_words(second) >= len(second)
        and max(map(len, cells)) <= _MAX_HEADING
    )


def _join_lines(first: SampleRow, second: SampleRow) -> SampleRow:
    """Return the second line with the headings of both; equal ones are told apart by their groups."""
    width = max(len(first.cells), len(second.cells))
    groups, texts = (row.cells + ("",) * (width - len(row.cells)) for row in (first, second))
    cells, group = [], ""
    for above, below in zip(groups, texts, strict=True):
        group = above.strip() or group
        repeated = texts.count(below) > 1
        cells.append(above if not below.strip() else f"{group} {below.strip()}" if repeated else below)
    return SampleRow(second.row, tuple(cells))


def _find_given_row(sample: Sequence[SampleRow], given: int, name: str) -> int:
    """Return the index of the row that the user gave. Raises :class:`SourceError` unless it can hold the headings."""
    at = next((at for at, row in enumerate(sample) if row.row == given), None)
    if at is None:
        raise SourceError(
            f"{name}: row {given} cannot hold the headings, because it is blank or not there.",
            f"The headings must be among the first {SAMPLE_ROWS} rows with text."
            if len(sample) >= SAMPLE_ROWS
            else f"The rows with text are {_format_ranges([row.row for row in sample])}.",
        )
    if data := _find_data(sample[at].cells):
        try:
            found, _ = _detect(sample, name)
        except SourceError:
            # There are no headings that would be better.
            return at
        if found < at:
            raise SourceError(
                f'{name}: row {given}, given as the headings, looks like data: "{data[0][:60]}" is {data[1]}.',
                f"The headings seem to be in row {sample[found].row}: leave the setting out, or set "
                f"`source: {{header_row: {sample[found].row}}}`.",
            )
    return at


def _doubt_given_row(sample: Sequence[SampleRow], at: int) -> Iterator[str]:
    """Yield a sentence when a given row looks like data, or another one more like headings."""
    row = sample[at].row
    if data := _find_data(sample[at].cells):
        yield (
            f'Row {row}, given as the headings, looks like data ("{data[0][:60]}" is {data[1]}), and is not imported. '
            "If the file has no headings, set `source: {header_row: none}` and name the columns by their letters."
        )
        return
    try:
        better, _ = _detect(sample, "")
    except SourceError:
        return
    words, own = (_count_heading_words(sample[place].cells) for place in (better, at))
    if better != at and words > own:
        yield f"Row {row} was given as the headings; row {sample[better].row} looks more like them."


def _find_data(cells: Iterable[str]) -> tuple[str, str] | None:
    """Return the first cell that is an e-mail address, a number or the like, and what it is."""
    return next(((cell.strip(), what) for cell in cells if (what := _classify(cell))), None)


def _classify(cell: str) -> str:
    """Return which kind of data a cell holds; empty for other texts."""
    text = cell.strip()
    if not text or len(text) >= 300:
        return ""
    return next((what for what, pattern in _DATA_PATTERNS if pattern.fullmatch(text)), "")


class _Table:
    """The first rows of a file, in which the row of headings is looked for."""

    def __init__(self, sample: Sequence[SampleRow]) -> None:
        self._rows = [row.cells[:_JUDGED_COLUMNS] for row in sample[:_JUDGED_ROWS]]
        # Columns in which a third of the cells of the lower half, or more, are data of some kind.
        lower = self._rows[len(self._rows) // 2 :]
        self._typed = []
        for position in range(max(map(len, lower), default=0)):
            filled = [cells[position] for cells in lower if position < len(cells) and cells[position].strip()]
            if filled and 3 * sum(bool(_classify(cell)) for cell in filled) >= len(filled):
                self._typed.append(position)
        self._is_data = [self._fits_types(cells) for cells in self._rows]

    def _fits_types(self, cells: Sequence[str]) -> bool:
        """Tell whether a row has data in at least half of the columns that hold data."""
        fitting = sum(position < len(cells) and bool(_classify(cells[position])) for position in self._typed)
        return bool(self._typed) and 2 * fitting >= len(self._typed)

    def find_better_headings(self, first: int) -> int:
        """Return the index of the row that holds the headings: ``first``, unless another one is clearly better.

        A better row is made of words that headings have, data begins below it, and its headings cover more of the data,
        are more of these words, or stand below a title of their own.
        """
        best, best_rank = first, (0.0, 0)
        fit, words = self._measure_fit(first), _count_heading_words(self._rows[first])
        for at in range(first + 1, min(len(self._rows), _MAX_PREAMBLE + 1)):
            if not self._may_be_headings(at):
                continue
            own_fit, own_words = self._measure_fit(at), _count_heading_words(self._rows[at])
            # A title between the two begins another table.
            more_words = 0 if self._has_title(first + 1, at) else min(2, len(self._typed))
            is_better = own_fit >= fit + 0.2 or own_words >= words + more_words
            rank = (round(own_fit, 1), own_words)
            if is_better and own_fit >= fit - 0.02 and rank > best_rank:
                best, best_rank = at, rank
        return best

    def _may_be_headings(self, at: int) -> bool:
        """Tell whether a row consists of headings, with data below it and (nearly) none above."""
        cells = [normalize_heading(cell) for cell in self._rows[at] if cell.strip()]
        words = _count_heading_words(self._rows[at])
        above, below = sum(self._is_data[:at]), sum(self._is_data[at + 1 :])
        return (
            words >= min(2, len(cells))
            and 5 * words >= 2 * len(cells)
            and below > 0
            and 5 * above <= below
            and len(set(cells)) * 5 >= len(cells) * 4
            and not any(len(cell) > _MAX_HEADING or _classify(cell) for cell in cells)
        )

    def _has_title(self, begin: int, end: int) -> bool:
        return any(sum(bool(cell.strip()) for cell in cells) == 1 for cells in self._rows[begin:end])

    def _measure_fit(self, at: int) -> float:
        """Return the share of the filled cells below a row that stand under one of its cells."""
        headed = {position for position, cell in enumerate(self._rows[at]) if cell.strip()}
        filled = covered = 0
        for cells in self._rows[at + 1 :]:
            places = {position for position, cell in enumerate(cells) if cell.strip()}
            filled += len(places)
            covered += len(places & headed)
        return covered / filled if filled else 0.0


@cache
def _heading_words() -> frozenset[str]:
    content = (Path(__file__).parent / "heading_words.toml").read_text("utf-8")
    return frozenset(" ".join(tomllib.loads(content).values()).split())


def _count_heading_words(cells: Iterable[str]) -> int:
    """Count the cells that hold a word of headings. A cell that ends with a colon names the value beside it."""
    known = _heading_words()
    return sum(
        not cell.rstrip().endswith(":") and any(word in known for word in _WORD.findall(cell.casefold()))
        for cell in cells
        if len(cell) <= _MAX_HEADING
    )


def _format_ranges(rows: Sequence[int]) -> str:
    """Format row numbers as a list of ranges: ``1 to 3, 7``."""
    if not rows:
        return "none"
    starts = [row for before, row in zip([0, *rows], rows, strict=False) if row != before + 1 or row == rows[0]]
    ends = [row for row, after in zip(rows, [*rows[1:], 0], strict=True) if after != row + 1]
    ranges = [f"{start} to {end}" if end > start else f"{start}" for start, end in zip(starts, ends, strict=True)]
    return ", ".join(ranges[:5]) + (", ..." if len(ranges) > 5 else "")
