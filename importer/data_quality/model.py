"""Detection of values that a spreadsheet program has damaged: lost zeros, rounded digits, swapped dates, mojibake.

The reports of an import show each finding as a :class:`Damage`; :class:`~importer.data_quality.analyzer.
DataQualityAnalyzer` finds them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Damage", "DamageKind"]


class DamageKind(StrEnum):
    """The kinds of damage to the texts of a column."""

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
    """A kind of damage found in a column. It is a warning: no row is refused because of it.

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
