"""What was probably meant by a text that is not one of the allowed ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from importer.transforms.choices import folded

if TYPE_CHECKING:
    import pandas as pd

_LIKENESS = 60.0
_MOST_TEXTS = 1000
"""A column with more different wrong texts is not misspelled but the wrong column."""


class Nearest:
    """Suggests the allowed text that is most like a wrong one, for the first thousand different texts of a file."""

    def __init__(self, allowed: Sequence[str]) -> None:
        self._allowed = list(allowed)
        self._folded = [folded(text) for text in allowed]
        self._known: dict[str, str] = {}

    def suggestions(self, texts: pd.Series[str]) -> Iterator[Mapping[str, object]]:
        """For each text the word ``suggestion``: `` Did you mean "Gold"?`` with a blank in front, or empty."""
        return ({"suggestion": self._suggestion(text)} for text in texts.tolist())

    def _suggestion(self, text: str) -> str:
        if text not in self._known:
            if len(self._known) >= _MOST_TEXTS:
                return ""
            self._known[text] = self._found(text)
        return self._known[text]

    def _found(self, text: str) -> str:
        from rapidfuzz import fuzz, process

        best = process.extractOne(folded(text), self._folded, scorer=fuzz.ratio, score_cutoff=_LIKENESS)
        return f' Did you mean "{self._allowed[best[2]]}"?' if best else ""
