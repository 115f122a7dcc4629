"""Numbers in plain ASCII digits: `1_000`, `١٢` and `1e5`, which Python's ``int`` and ``float`` accept, are refused."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow.compute as pc

from importer.transforms.columns import arrow_of, column_of, matching, without_invisible
from importer.transforms.glance import Glance

if TYPE_CHECKING:
    from numpy.typing import NDArray

_NEEDLESS = b"-0"
"""With these begin all numbers that can be written shorter."""


def read_numbers(texts: pd.Series[str]) -> pd.Series[str]:
    """The numbers without needless zeros in front; missing where the text is not digits, a point and a minus."""
    return column_of(_plain(texts, r"-?[0-9]+(?:\.[0-9]+)?"), texts)


def read_integers(texts: pd.Series[str]) -> pd.Series[str]:
    """The whole numbers without needless zeros in front; missing where the text is not digits and a minus."""
    return column_of(_plain(texts, "-?[0-9]+"), texts)


def _plain(texts: pd.Series[str], pattern: str) -> Any:
    numbers = matching(without_invisible(arrow_of(texts)), pattern)
    if not Glance.at(numbers).begins_with(_NEEDLESS).any():
        return numbers
    numbers = pc.replace_substring_regex(numbers, r"\A(-?)0+([0-9])", r"\1\2")
    return pc.replace_substring_regex(numbers, r"\A-(0(?:\.0+)?)\z", r"\1")


def within(numbers: pd.Series[str], low: Decimal | None, high: Decimal | None) -> pd.Series[bool]:
    """Whether each number, as the readers above give it, is neither below ``low`` nor above ``high``; missing is."""
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
    return pd.Series(_or_missing(fits, values), index=numbers.index)


def _or_missing(fits: NDArray[np.bool_], values: NDArray[np.float64]) -> NDArray[np.bool_]:
    return fits | np.isnan(values)
