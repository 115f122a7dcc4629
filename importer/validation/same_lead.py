"""Rows of one file that write the same lead with different values: which one should count, only a person knows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from importer.core.issues import Problem, make_problem
from importer.transforms import arrow_of, column_of
from importer.validation.uniqueness import Overflow, UniqueValues

if TYPE_CHECKING:
    import pandas as pd

    from importer.validation.fields import CompiledField

_SEPARATOR = pa.scalar("\x1f", pa.large_string())
_NOT_DIGITS = r"[^0-9]"


class SameLeadCheck:
    """Finds rows whose lead was written by an earlier row of the file, with other values.

    ``fields`` identify the lead, in LeadSquared's order; the first one that is filled counts.
    """

    def __init__(self, fields: Sequence[CompiledField], overflow: Overflow) -> None:
        self._fields = fields
        self._leads = UniqueValues(ignore_case=True, overflow=overflow)
        self._contents = UniqueValues(ignore_case=False, overflow=overflow)

    def problems(self, wires: Mapping[str, pd.Series[str]]) -> Iterator[Problem]:
        """Yield a problem for each such row; equal rows are none. ``wires`` are what is sent, by flat name."""
        import pandas as pd

        if not self._fields:
            return
        like = next(iter(wires.values()))
        index = like.index
        leads = self._lead_of(wires)
        own = {field.name for field in self._fields}
        others = [arrow_of(wires[name]) for name in sorted(wires) if name not in own]
        content = pc.binary_join_element_wise(pc.utf8_lower(leads), *others, _SEPARATOR, null_handling="replace")
        first = self._leads.first_rows(column_of(leads, like))
        is_new = self._contents.is_first(column_of(content, like))
        repeated = (first != index) & is_new
        for row, first_row in zip(index[repeated].tolist(), first[repeated].tolist(), strict=True):
            position = index.get_loc(row)
            field = next(one for one in self._fields if pd.notna(wires[one.name].iloc[position]))
            value = str(wires[field.name].iloc[position])
            place = field.origin.place
            yield make_problem(
                "same-lead",
                row,
                column=place.heading,
                letter=place.letter,
                field=field.name,
                value=value,
                first_row=first_row,
            )

    def _lead_of(self, wires: Mapping[str, pd.Series[str]]) -> pa.Array:
        """Return what identifies the lead of each row: the name of a field and its value, or null."""
        found = pa.nulls(len(next(iter(wires.values()))), pa.large_string())
        for field in self._fields:
            texts = arrow_of(wires[field.name])
            if field.name.endswith((".Phone", ".Mobile")):
                texts = pc.replace_substring_regex(texts, _NOT_DIGITS, "")
            name = pa.scalar(field.name, pa.large_string())
            found = pc.coalesce(found, pc.binary_join_element_wise(name, texts, _SEPARATOR))
        return found
