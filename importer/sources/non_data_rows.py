"""Recognise rows of a table that are no data: totals, signatures and remarks below it, and units below its headings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_TOTAL = (
    r"(grand |sub-? ?|overall )?(totals?|subtotal|sum|average|avg\.?|mean|count|summe|gesamt|gesamtsumme|suma|somme"
    r"|totale|totaal|jumlah)"
    r"( (rows|leads|records|registrants|registered|attendees|amount|users|contacts|entries|general))?"
    r"\s*[:=]?\s*[0-9.,]*"
)
_REMARK = (
    r"((report )?(generated|printed|exported|created|downloaded|prepared|signed|approved|verified|powered)"
    r"( |:)(by|on|at|from|:).*|notes?:.*|\*+ ?[^*\s].*|-+ ?end.*"
    r"|(rows|records|count|(total )?(number|no\.?) of \w+)( \w+)? ?[:=] ?[0-9.,]+"
    r"|(signature|confidential|disclaimer|copyright|©)\b.*|end of (the )?(report|list|file|data|table).*"
    r"|page [0-9]+( of [0-9]+)?)"
)
_MARK = rf"(?i)^\s*({_TOTAL}|{_REMARK})\s*$"
_is_remark = re.compile(rf"\s*{_REMARK}\s*", re.IGNORECASE).fullmatch
_is_number = re.compile(r"[^\w@]{0,3}\d[\d.,\s]{0,20}[^\w@]{0,3}").fullmatch
# The marks stand in one of the first columns.
_MARK_COLUMNS = 3


def find_footers(columns: Sequence[pa.Array]) -> Iterator[tuple[int, str]]:
    """Yield the index and the mark of each row that is a total or a remark.

    A total has nothing but numbers beside its mark and at least one empty cell; a remark stands alone in a table of
    three or more columns.
    """
    for place in range(min(_MARK_COLUMNS, len(columns))):
        marked = pc.match_substring_regex(columns[place], _MARK).to_numpy(zero_copy_only=False)
        for at in np.flatnonzero(marked).tolist():
            cells = [column[at].as_py().strip() for column in columns]
            others = [cell for position, cell in enumerate(cells) if cell and position != place]
            if _is_remark(cells[place]):
                is_footer = not others and len(cells) >= 3
            else:
                is_footer = len(others) < len(cells) - 1 and all(map(_is_number, others)) and not any(cells[:place])
            if is_footer:
                yield at, cells[place]


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
