"""Damaged dates: serial numbers among them, and days and months that changed places in a part of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from importer.data_quality.cells import ColumnCells, Marks, is_digit, is_letter

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from importer.data_quality.cells import Bytes, Mask, Places

_BLANK, _T = ord(" "), ord("T")
_MARKS = (b"-", b"/", b".", b" ")
_FEW = 5


@dataclass(frozen=True, slots=True)
class Swapped:
    """Cells whose day and month changed places.

    ``how`` it shows is ``both``, ``real-dates`` or ``zeros``; ``first`` says what stands first in the rows that are
    right: ``day`` or ``month``.
    """

    marks: Marks
    how: str
    first: str


@dataclass(frozen=True, slots=True)
class Days:
    """The dates of a column, and the damage to them."""

    dates: int
    real: Marks
    """The dates of the form that workbooks have."""
    serials: Marks | None
    swapped: Swapped | None


class DateDetector:
    """A detector of damaged dates in one column."""

    def __init__(self) -> None:
        self._day_first = Marks()
        self._month_first = Marks()
        self._either = 0
        self._either_bare = Marks()
        self._either_padded = 0
        self._certain_padded = 0
        self._certain_bare = 0
        self._iso = Marks()
        self._iso_low = Marks()
        self._named = 0
        self._serials = Marks()

    def add(self, cells: ColumnCells) -> None:
        """Count the dates of further cells."""
        self._count_serials(cells)
        places = np.flatnonzero(is_digit(cells.first) & (cells.lengths >= 6))
        if not len(places) or not any(mark in cells.content for mark in _MARKS):
            return
        # A mark behind one digit or two: day or month stands first. A hyphen behind four: the year does.
        second, third, fifth = (cells.at(places, position) for position in (1, 2, 4))
        early = _is_mark(second) | (is_digit(second) & _is_mark(third))
        self._count_numeric(cells, places[early], _is_mark(second)[early])
        self._count_iso(cells, places[~early & (fifth == ord("-"))])

    def _count_serials(self, cells: ColumnCells) -> None:
        # From 20000 to 59999: the days from October 1954 to April 2064.
        recent = (cells.first >= ord("2")) & (cells.first <= ord("5"))
        whole = cells.digits[(cells.lengths[cells.digits] == 5) & recent[cells.digits]]
        parts = np.flatnonzero(recent & (cells.lengths >= 7) & is_digit(cells.last)) if b"." in cells.content else whole
        if parts is not whole:
            parts = parts[cells.at(parts, 5) == ord(".")]
            for position in range(1, 5):
                parts = parts[is_digit(cells.at(parts, position))]
            whole = np.sort(np.concatenate([whole, parts]))
        self._serials.add(cells, whole)

    def _count_iso(self, cells: ColumnCells, places: Places) -> None:
        places = places[(cells.lengths[places] >= 10) & (cells.at(places, 7) == ord("-"))]
        for position in (1, 2, 3, 5, 6, 8, 9):
            places = places[is_digit(cells.at(places, position))]
        behind = cells.at(places, 10)
        places = places[(behind == 0) | (behind == _BLANK) | (behind == _T)]
        self._iso.add(cells, places)
        day = _number(cells.at(places, 8), cells.at(places, 9))
        self._iso_low.add(cells, places[(day >= 1) & (day <= 12)])

    def _count_numeric(self, cells: ColumnCells, places: Places, single: Mask) -> None:
        """Count cells that begin with one digit (where ``single``) or two and a mark."""
        if not len(places):
            return
        # First step: set aside dates with the name of a month, such as 3-Mar-2026.
        mark = np.where(single, 1, 2)
        letters = is_letter(cells.at_each(places, mark + 1)) & is_letter(cells.at_each(places, mark + 3))
        self._named += int((letters & is_digit(cells.last[places])).sum())
        places, single, mark = places[~letters], single[~letters], mark[~letters]
        # Second step: find the end of the second number, and keep those with the same mark and a year behind it.
        sign = cells.at_each(places, mark)
        ones, twos = cells.at_each(places, mark + 1), cells.at_each(places, mark + 2)
        second_single = ~is_digit(twos)
        end = np.where(second_single, mark + 2, mark + 3)
        valid = is_digit(ones) & (cells.at_each(places, end) == sign) & _is_year(cells, places, end + 1, sign)
        # Third step: read both numbers, and whether a zero pads them.
        first = _part(cells.first[places], cells.at(places, 1), single)
        second = _part(ones, twos, second_single)
        padded = (cells.first[places] == ord("0"), ones == ord("0"))
        self._count(cells, places, (first, second), valid, (single, second_single), padded)

    def _count(
        self,
        cells: ColumnCells,
        places: Places,
        numbers: tuple[NDArray[np.int64], NDArray[np.int64]],
        valid: Mask,
        singles: tuple[Mask, Mask],
        padded: tuple[Mask, Mask],
    ) -> None:
        first, second = numbers
        # A number above 12 can only be the day; where both are lower, either order fits.
        month = [valid & (number >= 1) & (number <= 12) for number in numbers]
        day_first = month[1] & (first > 12) & (first <= 31)
        month_first = month[0] & (second > 12) & (second <= 31)
        either = month[0] & month[1]
        self._day_first.add(cells, places[day_first])
        self._month_first.add(cells, places[month_first])
        self._either += int(either.sum())
        self._either_padded += int((either & (padded[0] | padded[1])).sum())
        self._either_bare.add(cells, places[either & (singles[0] | singles[1])])
        self._certain_padded += int((day_first & padded[1]).sum() + (month_first & padded[0]).sum())
        self._certain_bare += int((day_first & singles[1]).sum() + (month_first & singles[0]).sum())

    def conclude(self, filled: int) -> Days:
        """Return the damage that all cells together prove; ``filled`` of them hold text."""
        numeric = self._day_first.rows + self._month_first.rows + self._either
        dates = numeric + self._iso.rows + self._named
        some = self._serials.rows > 0 and dates >= 3 and 2 * dates >= filled
        serials = some and dates + self._serials.rows >= 0.95 * filled
        return Days(dates, self._iso, self._serials if serials else None, self._swapped(filled, numeric))

    def _swapped(self, filled: int, numeric: int) -> Swapped | None:
        few, many = sorted((self._day_first, self._month_first), key=lambda marks: marks.rows)
        first = "day" if many is self._day_first else "month"
        if few.rows:
            certain = few.rows >= max(3, 0.005 * numeric) and numeric >= 0.8 * filled
            return Swapped(few, "both", first) if certain else None
        if many.rows < _FEW:
            return None
        if self._either == 0 and self._iso.rows >= _FEW and self._iso.rows == self._iso_low.rows:
            certain = numeric + self._iso.rows >= 0.95 * filled
            return Swapped(self._iso_low, "real-dates", first) if certain else None
        unlike = self._certain_padded >= _FEW and self._certain_bare == 0 and self._either_padded == 0
        certain = unlike and self._either_bare.rows >= _FEW and numeric >= 0.95 * filled
        return Swapped(self._either_bare, "zeros", first) if certain else None


def _is_mark(values: Bytes) -> Mask:
    found: Mask = (values == ord("/")) | (values == ord("-")) | (values == ord(".")) | (values == _BLANK)
    return found


def _number(tens: Bytes, ones: Bytes) -> NDArray[np.int64]:
    return (tens.astype(np.int64) - ord("0")) * 10 + ones - ord("0")


def _part(left: Bytes, right: Bytes, single: Mask) -> NDArray[np.int64]:
    """Return the number in one place of a date, of one digit or of two."""
    return np.where(single, left.astype(np.int64) - ord("0"), _number(left, right))


def _is_year(cells: ColumnCells, places: Places, begin: NDArray[np.int64], sign: Bytes) -> Mask:
    """Return whether a year stands at ``begin``, and nothing but a time behind it.

    Of two digits it may be only behind a stroke: 12-34-56 may be the sort code of a bank.
    """
    digits = [cells.at_each(places, begin + position) for position in range(5)]
    are = [is_digit(values) for values in digits]
    century = _number(digits[0], digits[1])
    ends = [(values == 0) | (values == _BLANK) | (values == _T) for values in digits]
    four: Mask = are[0] & are[1] & are[2] & are[3] & ends[4] & ((century == 19) | (century == 20))
    two: Mask = are[0] & are[1] & ends[2] & (sign == ord("/"))
    return four | two
