"""Codes made of digits: lost leading zeros, digits lost to 9.19E+11, and digits rounded to zeros."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

import numpy as np

from importer.data_quality.cells import ColumnCells, Marks, is_digit, merge_marks

_KEPT_DIGITS = 15
"""Excel keeps so many digits of a number and makes zeros of the rest."""

_SCIENTIFIC = r"^[1-9](?:\.[0-9]{1,5})?E\+(?:0[89]|[12][0-9])$"
_LONG = 8

_ZERO_FREE_CODES = (
    (
        r"zip(?:[ _-]?codes?)?|post(?:al)?[ _-]?codes?|postal|plz|postleitzahl|c[oó]digo[ _-]postal|code[ _-]postal"
        r"|codice[ _-]postale|cep",
        frozenset({5}),
    ),
    (r"ssn|social[ _-]security(?:[ _-]number|[ _-]no)?", frozenset({9})),
    (r"aba|routing(?:[ _-]number|[ _-]no)?", frozenset({9})),
    (r"siren", frozenset({9})),
    (r"siret", frozenset({14})),
)
"""Headings of codes with a fixed width of which some begin with zeros wherever there are many of them."""


@dataclass(frozen=True, slots=True)
class Codes:
    """The digit codes of a column, and the damage to them."""

    digits: int
    leading_zeros: tuple[Marks, int, str] | None
    """The shorter cells, the width that the codes should have, and an undamaged code or ""."""
    rounded: Marks | None
    scientific: Marks | None


class CodeDetector:
    """A detector of damaged digit codes in one column. ``name`` has the column header and the name of the CRM field."""

    def __init__(self, name: str) -> None:
        self._widths = next(
            (widths for words, widths in _ZERO_FREE_CODES if re.search(rf"(?i)(?<![^\W_])(?:{words})(?![^\W_])", name)),
            frozenset[int](),
        )
        self._digits = 0
        self._long = 0
        self._plain: dict[int, Marks] = {}
        self._zeros: dict[int, Marks] = {}
        self._begins: dict[int, set[int]] = {}
        self._behind: dict[int, set[int]] = {}
        self._very_long = 0
        self._rounded = Marks()
        self._different: set[str] = set()
        self._scientific = Marks()
        self._exponents: Counter[str] = Counter()

    def add(self, cells: ColumnCells) -> None:
        """Count the codes of further cells."""
        places = cells.digits
        self._digits += len(places)
        widths = cells.lengths[places]
        zero_led = cells.first[places] == ord("0")
        self._long += int((widths >= _LONG).sum())
        # Count the codes of every width, those with a leading zero apart, and of long ones the first real digits.
        for width in np.flatnonzero(np.bincount(widths)).tolist():
            own = widths == width
            for marks, led in ((self._plain, own & ~zero_led), (self._zeros, own & zero_led)):
                marks.setdefault(width, Marks()).add(cells, places[led])
            if width >= _LONG:
                self._begins.setdefault(width, set()).update(np.unique(cells.first[places[own & ~zero_led]]).tolist())
                self._behind.setdefault(width, set()).update(np.unique(cells.at(places[own & zero_led], 1)).tolist())
        self._count_rounded(cells)
        plus = (cells.first == ord("+")) & is_digit(cells.last) & (cells.lengths >= _LONG)
        self._long += int(plus.sum())
        if b"+" in cells.content and b"E+" in cells.content:
            self._count_scientific(cells)

    def _count_rounded(self, cells: ColumnCells) -> None:
        places = cells.digits[cells.lengths[cells.digits] > _KEPT_DIGITS]
        places = places[cells.first[places] != ord("0")]
        self._very_long += len(places)
        # Keep those with nothing but zeros from the 16th digit on.
        for position in range(_KEPT_DIGITS, int(cells.lengths[places].max(initial=0))):
            found = cells.at(places, position)
            places = places[(found == ord("0")) | (found == 0)]
        # A round number, such as a time counted in millionths of seconds, has lost nothing.
        used = [cells.at(places, position) != ord("0") for position in (_KEPT_DIGITS - 2, _KEPT_DIGITS - 1)]
        places = places[used[0] | used[1]]
        if len(self._different) < 3 and len(places):
            self._different.update(cells.texts(places).unique().slice(0, 3).to_pylist())
        self._rounded.add(cells, places)

    def _count_scientific(self, cells: ColumnCells) -> None:
        import pyarrow.compute as pc

        places = np.flatnonzero(is_digit(cells.first) & is_digit(cells.last) & (cells.lengths >= 5))
        places = places[(cells.at(places, -4) == ord("E")) & (cells.at(places, -3) == ord("+"))]
        texts = cells.texts(places)
        places = places[pc.match_substring_regex(texts, _SCIENTIFIC).to_numpy(zero_copy_only=False)]
        self._scientific.add(cells, places)
        tens, ones = cells.at(places, -2), cells.at(places, -1)
        for exponent in np.unique(tens.astype(np.int64) * 256 + ones).tolist():
            self._exponents[chr(exponent >> 8) + chr(exponent & 255)] += 1

    def conclude(self, filled: int) -> Codes:
        """Return the damage that all cells together prove; ``filled`` of them hold text."""
        long_enough = self._rounded.rows >= 5 and 2 * self._rounded.rows >= self._very_long
        rounded = self._rounded if long_enough and len(self._different) >= 3 else None
        return Codes(self._digits, self._lost_zeros(filled), rounded, self._loss(filled))

    def _lost_zeros(self, filled: int) -> tuple[Marks, int, str] | None:
        counts = Counter({width: marks.rows for width, marks in self._plain.items()})
        counts.update({width: marks.rows for width, marks in self._zeros.items()})
        if not counts or self._digits < 0.95 * filled:
            return None
        # The most frequent width is the real one; codes one to three digits shorter have lost zeros.
        width, full = max(counts.items(), key=lambda item: (item[1], item[0]))
        short = merge_marks([self._plain.get(width - fewer, Marks()) for fewer in (1, 2, 3)])
        one_less = self._plain.get(width - 1, Marks()).rows
        strange = self._digits - full - short.rows
        usual = width >= 4 and full >= 0.6 * filled and short.rows >= 3 and strange <= 0.005 * filled
        if not usual or 2 * one_less < short.rows:
            return None
        zeros = self._zeros.get(width, Marks())
        if width in self._widths:
            # Where some codes should begin with zeros and not one of many does, all zeros are gone.
            certain = zeros.rows == 0 and full >= 100 and short.rows >= 0.005 * filled
        else:
            certain = not self._widths and zeros.rows >= max(3, 0.01 * full) and self._same_numbers(width)
        return (short, width, zeros.example) if certain else None

    def _same_numbers(self, width: int) -> bool:
        """Whether long numbers may have lost a zero: phones of another country go on with other digits behind it."""
        return self._begins.get(width - 1, set()) <= self._behind.get(width, set()) or width <= _LONG

    def _loss(self, filled: int) -> Marks | None:
        found = self._scientific.rows
        if not found or found + self._long < 0.9 * filled:
            return None
        # Measurements go through many powers of ten, codes have one length or two.
        powers = sorted(map(int, self._exponents))
        alike = found >= 3 and powers[-1] - powers[0] <= 1
        return self._scientific if alike or self._long >= found or self._long >= 5 else None
