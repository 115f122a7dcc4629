"""Readers of numbers in ASCII digits, in the plain form or in one that a mapping states.

`1_000`, `١٢` and `1e5`, which Python's ``int`` and ``float`` accept, are refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from importer.transforms.columns import ByteStats, LastColumnCache, arrow_of, column_of, joined, without_invisible

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Truths = NDArray[np.bool_]

BLANKS = " \u00a0\u2009\u202f"
"""Blanks that separate thousands: a space, and three that do not break a line."""
_APOSTROPHES = "'\u2019"
_MINUS = "-\u2212\u2013"
_PLAIN, _PLAIN_INTEGER = r"\A-?[0-9]+(?:\.[0-9]+)?\z", r"\A-?[0-9]+\z"
_AMBIGUOUS = r"\A[-+]?[1-9][0-9]{0,2}\.[0-9]{3}\z"
"""A point before exactly three digits separates thousands in one half of the world and decimals in the other."""
_POINT_GROUPS = r"[0-9](?:\.[0-9]{3})*,[0-9]|[0-9]\.[0-9]{3}\.[0-9]{3}"
"""Parts of numbers in which a point cannot begin the decimals: 1.234,5 and 12,5 and 1.234.567."""


@dataclass(frozen=True, slots=True)
class NumberForm:
    """How the numbers of a column are written, as mappings state it; an empty setting is not stated.

    ``decimal`` is a point or comma, ``thousands`` a point, comma, blank or apostrophe. ``currency`` are signs or words
    that may stand before or behind a number. ``percent`` is ``number`` (12% is 12) or ``fraction`` (0.12); every number
    must then have the sign. ``negative`` is ``parentheses`` or ``trailing``.
    """

    decimal: str = ""
    thousands: str = ""
    currency: tuple[str, ...] = ()
    percent: str = ""
    negative: str = ""

    @property
    def decimals(self) -> str:
        """Return the characters that can begin the decimals."""
        if self.decimal:
            return self.decimal
        if self.thousands in (",", "."):
            return "." if self.thousands == "," else ","
        return ".," if self.thousands else "."

    @property
    def is_open(self) -> bool:
        """Return whether nothing states what a point between digits means."""
        return not self.decimal and not self.thousands

    def pattern(self) -> str:
        """Return an RE2 pattern for the whole text, with a group for each part of a number."""
        blank = rf"[\s{BLANKS}]*"
        words = "|".join(re.escape(word) for word in sorted(self.currency, key=len, reverse=True))
        beside = f"(?:(?i:{words}){blank})?" if words else ""
        mark = {" ": f"[{BLANKS}]", "'": f"[{_APOSTROPHES}]", "": ""}.get(self.thousands, re.escape(self.thousands))
        whole = "[0-9]+"
        if mark:
            # By threes, or as in India: the last three, then by twos.
            whole = f"[0-9]{{1,3}}(?:{mark}[0-9]{{3}})+|[0-9]{{1,2}}(?:{mark}[0-9]{{2}})+{mark}[0-9]{{3}}|[0-9]+"
        number = f"(?P<whole>{whole})?(?:[{self.decimals}](?P<fraction>[0-9]+))?"
        sign = f"(?P<sign>[-+{_MINUS[1:]}]?){blank}"
        trailing = f"(?P<trailing>[{_MINUS}]?)" if self.negative == "trailing" else "(?P<trailing>)"
        opening, closing = (r"\(?", r"\)?") if self.negative == "parentheses" else ("", "")
        before, behind = ("(?P<before>%?)", "(?P<behind>%?)") if self.percent else ("", "")
        return (
            rf"\A{beside}(?P<opening>{opening}){blank}{beside}{sign}{beside}{before}{blank}{number}{blank}{beside}{behind}"
            rf"{blank}{trailing}{blank}(?P<closing>{closing}){blank}{beside}\z"
        )


class Numbers:
    """A reader of the numbers of one column, chunk by chunk.

    Where the form does not state what a point means, 1.234 is read only once another number of the column (12.5) has
    proved that points begin the decimals, and none (1.234,5) the opposite.
    """

    def __init__(self, form: NumberForm | None = None, *, whole: bool = False) -> None:
        self._form = form or NumberForm()
        self._whole = whole
        self._point_proved = self._point_disproved = False
        self._read = LastColumnCache(self._read_column)

    def read(self, texts: pd.Series[str]) -> pd.Series[str]:
        """Convert numbers to digits with a point and a minus, without needless leading zeros.

        Missing where the text is no number of the form, or can mean two numbers. Of ``whole`` numbers the decimals must
        be zeros, which are left out.
        """
        return self._read(texts)[0]

    def formed(self, texts: pd.Series[str]) -> pd.Series[bool]:
        """Return whether the text is a number, although perhaps one that can mean two."""
        numbers, ambiguous = self._read(texts)
        return pd.Series(numbers.notna().to_numpy() | ambiguous, index=texts.index)

    def _read_column(self, texts: pd.Series[str]) -> tuple[pd.Series[str], Truths]:
        plain = without_invisible(arrow_of(texts))
        numbers = self._plain_numbers(plain)
        if numbers is None:
            numbers = self._parse(plain)
        ambiguous = np.zeros(len(plain), dtype=bool)
        if self._form.is_open and ByteStats.at(plain).holds(b".,"):
            ambiguous = self._find_ambiguous(plain, numbers)
            if ambiguous.any():
                numbers = pc.if_else(pa.array(ambiguous), pa.scalar(None, numbers.type), numbers)
        if self._whole:
            numbers = _without_zero_decimals(numbers)
        return column_of(_without_zeros(numbers), texts), ambiguous

    def _plain_numbers(self, plain: Any) -> Any:
        """Return ``plain`` when every text is a plain number already; ``None`` for anything else."""
        if self._form != NumberForm() and self._form != NumberForm(decimal="."):
            return None
        fits = pc.match_substring_regex(plain, _PLAIN_INTEGER if self._whole else _PLAIN)
        return plain if pc.all(fits).as_py() is not False else None

    def _parse(self, plain: Any) -> Any:
        """Return the numbers in the form of the CRM, null for texts of another form."""
        found = pc.extract_regex(plain, self._form.pattern())
        parts = {name: found.field(index) for index, name in enumerate(_group_names(found.type))}
        digits = pc.replace_substring_regex(parts["whole"], "[^0-9]", "")
        fraction = parts["fraction"]
        negative = [
            pc.not_equal(parts["opening"], ""),
            pc.is_in(parts["sign"], value_set=pa.array(list(_MINUS), plain.type)),
            pc.not_equal(parts["trailing"], ""),
        ]
        minuses = sum(pc.fill_null(each, False).to_numpy(zero_copy_only=False).astype(int) for each in negative)
        valid = found.is_valid().to_numpy(zero_copy_only=False) & (minuses <= 1)
        valid &= _both_or_none(parts["opening"], parts["closing"])
        valid &= pc.not_equal(joined(digits, fraction), "").fill_null(False).to_numpy(zero_copy_only=False)
        if self._form.percent:
            signs = pc.utf8_length(joined(parts["before"], parts["behind"]))
            valid &= pc.equal(signs, 1).fill_null(False).to_numpy(zero_copy_only=False)
        whole = pc.if_else(pc.equal(digits, ""), "0", digits)
        numbers = pc.if_else(pc.equal(fraction, ""), whole, joined(whole, ".", fraction))
        numbers = pc.if_else(pa.array(minuses > 0), joined("-", numbers), numbers)
        if self._form.percent == "fraction":
            numbers = _hundredths(numbers)
        return pc.if_else(pa.array(valid), numbers, pa.scalar(None, numbers.type))

    def _find_ambiguous(self, plain: Any, numbers: Any) -> Truths:
        """Return which numbers can mean two, after learning from this chunk what points mean in the column."""
        ambiguous = pc.match_substring_regex(numbers, _AMBIGUOUS).fill_null(False)
        if not self._point_proved:
            decimal = pc.match_substring(numbers, ".").fill_null(False)
            self._point_proved = bool(pc.any(pc.and_not(decimal, ambiguous)).as_py())
        if not self._point_disproved and numbers.null_count > plain.null_count:
            self._point_disproved = bool(pc.any(pc.match_substring_regex(plain, _POINT_GROUPS)).as_py())
        if self._point_proved and not self._point_disproved:
            return np.zeros(len(plain), dtype=bool)
        found: Truths = ambiguous.to_numpy(zero_copy_only=False)
        return found


def _group_names(kind: Any) -> list[str]:
    return [kind.field(index).name for index in range(kind.num_fields)]


def _both_or_none(opening: Any, closing: Any) -> Truths:
    fits: Truths = (
        pc.equal(pc.binary_length(opening), pc.binary_length(closing)).fill_null(False).to_numpy(zero_copy_only=False)
    )
    return fits


def _hundredths(numbers: Any) -> Any:
    """Divide by 100 exactly."""
    encoded = numbers.dictionary_encode()
    divided = [
        None if text is None else format((Decimal(text).scaleb(-2)).normalize(), "f")
        for text in encoded.dictionary.to_pylist()
    ]
    return pa.array(divided, numbers.type).take(encoded.indices)


def _without_zero_decimals(numbers: Any) -> Any:
    if not ByteStats.at(numbers).holds(b"."):
        return numbers
    whole = pc.replace_substring_regex(numbers, r"\.0+\z", "")
    return pc.if_else(pc.match_substring(whole, "."), pa.scalar(None, whole.type), whole)


def _without_zeros(numbers: Any) -> Any:
    """Remove needless leading zeros, and the minus of a zero."""
    if not pc.any(pc.or_(pc.starts_with(numbers, "-"), pc.starts_with(numbers, "0"))).as_py():
        return numbers
    numbers = pc.replace_substring_regex(numbers, r"\A(-?)0+([0-9])", r"\1\2")
    return pc.replace_substring_regex(numbers, r"\A-(0(?:\.0+)?)\z", r"\1")


def within(numbers: pd.Series[str], low: Decimal | None, high: Decimal | None) -> pd.Series[bool]:
    """Return whether each number is neither below ``low`` nor above ``high``, exactly; missing cells are within.

    ``numbers`` are results of the readers above; ``None`` stands for no bound.
    """
    array = arrow_of(numbers)
    values = array.cast("float64").to_numpy(zero_copy_only=False)
    fits = np.ones(len(values), dtype=bool)
    for end, sign in ((low, 1), (high, -1)):
        if end is None:
            continue
        # Rounding to a float keeps the order, so only numbers that round to the end itself need an exact look.
        outside = values * sign < float(end) * sign
        close = np.flatnonzero(values == float(end))
        exact = [(Decimal(text) - end) * sign < 0 for text in array.take(close).to_pylist()]
        outside[close] = exact
        fits &= ~outside
    return pd.Series(fits | np.isnan(values), index=numbers.index)
