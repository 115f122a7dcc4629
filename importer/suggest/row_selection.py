"""Find rows that are no data, and those that a person may not want to import: cancelled ones, tests, duplicates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from importer.core.issues import NON_DATA_CODES
from importer.core.text import format_count, is_or_are
from importer.sources import Chunk
from importer.suggest.profile import ColumnProfile
from importer.suggest.vocabulary import WORDS
from importer.transforms import folded

_UNWANTED = frozenset(WORDS["unwanted_rows"])
_MOST_SHARE = 0.5
"""A column of which more rows than this have such words is about them, as a list of cancellations is."""


@dataclass(frozen=True, slots=True)
class RowSelection:
    """Rows that may be left out: those with one of the ``texts`` in the ``column``."""

    column: str
    texts: tuple[str, ...]
    rows: int

    @property
    def question(self) -> str:
        """Ask a person whether these rows are to be imported."""
        listed = ", ".join(f'"{text}"' for text in self.texts)
        return (
            f"{format_count(self.rows)} {is_or_are(self.rows)} marked as {listed} in the column {self.column}. "
            "Uncomment the next line to leave them out."
        )


def data_rows(chunks: Iterable[Chunk], no_data: list[int]) -> Iterator[Chunk]:
    """Yield the rows that are data; the numbers of totals, remarks and the like are added to ``no_data``."""
    for chunk in chunks:
        found = [problem.row for problem in chunk.problems if problem.code in NON_DATA_CODES]
        no_data += found
        yield chunk.keep(~np.isin(chunk.rows, found)) if found else chunk


def find_unwanted_rows(profiles: Sequence[ColumnProfile]) -> RowSelection | None:
    """Find the column of few values in which some rows, not most, are marked as cancelled, test or duplicate."""
    found = []
    for profile in profiles:
        texts = tuple(text for text in profile.choices if folded(text) in _UNWANTED)
        rows = sum(count for text, count in (profile.values or {}).items() if text in texts)
        if texts and len(texts) < len(profile.choices) and rows <= _MOST_SHARE * profile.rows:
            found.append(RowSelection(profile.column.label, texts, rows))
    return max(found, key=lambda selection: selection.rows, default=None)
