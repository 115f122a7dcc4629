"""Look-up of texts that must be one of a few, from the spellings of people to the values of LeadSquared."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import TYPE_CHECKING

from importer.transforms.columns import INVISIBLE, per_distinct

if TYPE_CHECKING:
    import pandas as pd

FLAGS: Mapping[str, str] = {
    "true": "1",
    "yes": "1",
    "y": "1",
    "1": "1",
    "false": "0",
    "no": "0",
    "n": "0",
    "0": "0",
}
"""The words for yes and no. The CRM gets 1 or 0."""

_WITHOUT_INVISIBLE = dict.fromkeys(map(ord, INVISIBLE))


def folded(text: str) -> str:
    """Return ``text`` without invisible characters and outer blanks, case-folded and in Unicode's composed form."""
    return unicodedata.normalize("NFC", text.translate(_WITHOUT_INVISIBLE).strip()).casefold()


class LookupTable:
    """A table from texts to values, looked up exactly first, then without regard to case and outer blanks.

    The second look-up succeeds when all entries that fold alike have the same value.
    """

    def __init__(self, entries: Mapping[str, str]) -> None:
        self._exact = dict(entries)
        meanings: dict[str, set[str]] = {}
        for text, meaning in entries.items():
            meanings.setdefault(folded(text), set()).add(meaning)
        self._folded = {text: next(iter(found)) for text, found in meanings.items() if len(found) == 1}

    def read(self, texts: pd.Series[str]) -> pd.Series[str]:
        """Look every text up; the result is missing where the table does not have it, or has it with several values."""
        return per_distinct(texts, self._meaning)

    def _meaning(self, text: str) -> str | None:
        found = self._exact.get(text)
        return self._folded.get(folded(text)) if found is None else found
