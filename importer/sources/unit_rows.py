"""Recognise a row of units or formats between the headings of a table and its data."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pyarrow as pa

_UNIT = re.compile(
    r"""(?ix)
    kgs? | g | grams? | km | cms? | mm | m | inch(es)? | feet | ft | sq\.?\ ?ft\.? | litres? | l
    | years? | yrs? | months? | weeks? | days? | hours? | hrs? | min(s|utes?)? | sec(s|onds?)?
    | rs\.? | inr | usd | eur | gbp | aed | sgd | idr | [₹$€£%] | in\ (rs\.?|inr|usd|eur|lakhs?|crores?|%|percent)
    | lakhs? | lacs? | crores? | nos\.? | no\. | number | text | string | integer | date | boolean | yes\s*/\s*no
    | (mandatory | required | optional) | max\.?\ [0-9]+(\ (characters|digits))?
    | (?=[^dmyhs]*[dmyhs]) [dmyhs/.: -]{4,}(\ ?am/pm)?
    """
).fullmatch
_BRACKETED = re.compile(r"\(.{1,40}\)|\[.{1,40}\]").fullmatch


def is_unit_row(columns: Sequence[pa.Array]) -> bool:
    """Tell whether the first row of the ``columns`` holds nothing but units and formats: two, or one in brackets."""
    cells = [column[0].as_py().strip() for column in columns]
    filled = [cell for cell in cells if cell]
    bracketed = sum(bool(_BRACKETED(cell)) for cell in filled)
    units = bracketed + sum(bool(_UNIT(cell)) for cell in filled if not _BRACKETED(cell))
    return len(columns) > 1 and len(filled) == units and (units > 1 or bracketed > 0)
