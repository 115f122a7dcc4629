"""Parts of cells: the one that a pattern takes out, and the values of cells that hold several."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow.compute as pc

from importer.core.text import format_count, is_or_are
from importer.mapping import FieldRule, whole_text_pattern
from importer.transforms import arrow_of, blank, column_of, per_distinct

if TYPE_CHECKING:
    Read = Callable[[pd.Series[str]], pd.Series[str]]

JOINER = ";"
"""The text between the values of a multi-select field; LeadSquared's documentation does not say it."""


class PartExtractor:
    """Takes the part out of texts that an RE2 pattern or its group matches; counts those of ``field`` without it."""

    def __init__(self, pattern: str, field: str) -> None:
        self._whole = whole_text_pattern(pattern)
        self._field = field
        self._missed = 0
        self._first_row = 0

    def take(self, texts: pd.Series[str]) -> pd.Series[str]:
        """Return the first part of each text that matches; empty where nothing does."""
        array = arrow_of(texts)
        matched = pc.match_substring_regex(array, self._whole)
        missed = pc.and_(pc.invert(matched), pc.invert(blank(array)))
        places = pc.indices_nonzero(missed.fill_null(False))
        if len(places):
            self._first_row = self._first_row or int(texts.index[places[0].as_py()])
            self._missed += len(places)
        parts = pc.replace_substring_regex(array, self._whole, r"\1")
        return column_of(pc.if_else(matched, parts, ""), texts)

    def notes(self) -> Iterator[str]:
        """Yield a sentence about the texts without a match."""
        if self._missed:
            count = format_count(self._missed, "cell")
            yield (
                f"{self._field}: `extract` found nothing in {count}, first in row {self._first_row}, which "
                f"{is_or_are(self._missed)} taken for empty."
            )


def joiner_of(rule: FieldRule) -> str:
    """Return the text between the values that are sent for a cell with several."""
    return JOINER if rule.joiner is None else rule.joiner


class ListReader:
    """A reader of cells with several values between separators.

    ``read`` converts each value. Blanks around values do not count, empty and repeated ones are left out.
    """

    def __init__(self, read: Read, separators: Sequence[str], joiner: str) -> None:
        self._read, self._separators, self._joiner = read, separators, joiner

    def read(self, texts: pd.Series[str]) -> pd.Series[str]:
        """Convert texts; missing where one of the values cannot be converted."""
        cells = {text: self._split(text) for text in arrow_of(texts).unique().to_pylist() if text is not None}
        values = pd.Series(list(dict.fromkeys(value for cell in cells.values() for value in cell)), dtype="str")
        converted = dict(zip(values.tolist(), self._read(values), strict=True))

        def join(text: str) -> str | None:
            found = [converted[value] for value in cells[text]]
            return None if any(map(pd.isna, found)) else self._joiner.join(dict.fromkeys(found))

        return per_distinct(texts, join)

    def _split(self, text: str) -> list[str]:
        for separator in self._separators[1:]:
            text = text.replace(separator, self._separators[0])
        return [part.strip() for part in text.split(self._separators[0]) if part.strip()]
