"""One finding about one column, in the words that every report shows."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

FIRST_ROWS = 5
"""So many row numbers are named; of further rows only the number is told."""


class DamageKind(StrEnum):
    """What happened to the texts of a column."""

    ERRORS = "excel-errors"
    SCIENTIFIC = "digits-lost"
    ROUNDED = "digits-rounded"
    LEADING_ZEROS = "leading-zeros-lost"
    SERIALS = "dates-as-numbers"
    SWAPPED = "day-month-swapped"
    TURNED = "texts-as-dates"
    MOJIBAKE = "garbled-characters"


@dataclass(frozen=True, slots=True)
class Damage:
    """Something in a column that looks spoiled. It is a warning: no row is refused because of it.

    ``rows`` rows show it, ``first_rows`` are the first few of them; ``example`` is the text in the first one. ``what``
    says what probably happened, ``remedy`` what to do. ``field`` is the CRM field that the column fills, or "".
    """

    kind: str
    column: str
    letter: str
    field: str
    rows: int
    first_rows: tuple[int, ...]
    example: str
    what: str
    remedy: str
