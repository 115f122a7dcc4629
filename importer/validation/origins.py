"""Where the value of a field comes from: a column, a template filled from columns, or a constant."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from importer.mapping.model import FieldRule
from importer.mapping.template import template_headings
from importer.transforms.columns import INVISIBLE, WHITESPACE, arrow_of, column_of, joined
from importer.transforms.glance import Glance
from importer.validation.interface import SourceColumn

_BRACES = re.compile(r"\{([^{}]*)\}")
_SURROGATE = re.compile("[\ud800-\udfff]")
_BLANK_BEGINS = bytes({character.encode()[0] for character in WHITESPACE + INVISIBLE})
_NOWHERE = SourceColumn("", "", "")

Cells = Mapping[str, "pd.Series[str]"]
"""The columns of a chunk by label, without missing values."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Gives the text of one field for every row of a chunk.

    ``place`` is the one column that a problem points to; without one its label is empty. ``columns`` are all columns
    that are used.
    """

    rule: FieldRule
    columns: Mapping[str, SourceColumn]

    @property
    def place(self) -> SourceColumn:
        return next(iter(self.columns.values())) if len(self.columns) == 1 else _NOWHERE

    def take(self, cells: Cells, index: pd.Index[int]) -> pd.Series[str]:
        """The texts as they stand in the source; a template of which every cell is blank is blank."""
        if self.rule.column is not None:
            return cells[self.columns[self.rule.column].label]
        if self.rule.template is not None:
            return text_column(self._filled(self.rule.template, cells), index)
        return text_column(pa.repeat(pa.scalar(self.rule.value or "", pa.large_string()), len(index)), index)

    def _filled(self, template: str, cells: Cells) -> Any:
        parts: list[Any] = []
        filled: Any = None
        for position, piece in enumerate(_BRACES.split(template)):
            if position % 2 == 0:
                parts.append(piece)
                continue
            cell = arrow_of(cells[self.columns[piece].label])
            parts.append(cell)
            has_text = pc.invert(blank(cell))
            filled = has_text if filled is None else pc.or_(filled, has_text)
        return pc.if_else(filled, joined(*parts), pa.scalar("", pa.large_string()))


def make_origin(rule: FieldRule, columns: Mapping[str, SourceColumn]) -> Origin:
    """The origin of a field; ``columns`` holds a column for every heading that the rule spells."""
    headings = (rule.column,) if rule.column is not None else template_headings(rule.template or "")
    return Origin(rule, {heading: columns[heading] for heading in headings})


def blank(array: Any) -> Any:
    """Where an Arrow array has nothing that can be seen: blanks, line breaks, invisible characters."""
    if array.null_count:
        return _nothing_left(array)
    glance = Glance.at(array)
    found, doubtful = glance.empty(), np.flatnonzero(glance.begins_with(_BLANK_BEGINS))
    if len(doubtful):
        found[doubtful] = _nothing_left(array.take(pa.array(doubtful))).to_numpy(zero_copy_only=False)
    return pa.array(found)


def _nothing_left(array: Any) -> Any:
    return pc.equal(pc.utf8_trim(array, WHITESPACE + INVISIBLE), "")


def text_column(array: Any, index: pd.Index[int]) -> pd.Series[str]:
    """An Arrow array of text as a column with the row numbers ``index``."""
    return column_of(array, pd.Series(index, index=index))


def sound_text(texts: pd.Series[str], index: pd.Index[int]) -> pd.Series[str]:
    """The column on the row numbers ``index``, with NUL in place of lone surrogates, which Arrow cannot hold."""
    try:
        return text_column(arrow_of(texts), index)
    except UnicodeEncodeError:
        return text_column(pa.array([_SURROGATE.sub("\0", text) for text in texts], pa.large_string()), index)
