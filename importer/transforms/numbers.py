"""Readers of numbers in plain ASCII digits.

`1_000`, `١٢` and `1e5`, which Python's ``int`` and ``float`` accept, are refused.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow.compute as pc

from importer.transforms.columns import arrow_of, column_of, matching, without_invisible

if TYPE_CHECKING:
    pass


def read_numbers(texts: pd.Series[str]) -> pd.Series[str]:
    """Read decimal numbers and remove needless leading zeros.

    Accepted are ASCII digits with a point and a minus; the result is missing for other texts.
    """
    return column_of(_plain(texts, r"-?[0-9]+(?:\.[0-9]+)?"), texts)


def read_integers(texts: pd.Series[str]) -> pd.Series[str]:
    """Read whole numbers and remove needless leading zeros; missing where the text is not digits and a minus."""
    return column_of(_plain(texts, "-?[0-9]+"), texts)


def _plain(texts: pd.Series[str], pattern: str) -> Any:
    numbers = matching(without_invisible(arrow_of(texts)), pattern)
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
