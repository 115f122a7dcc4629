"""Which values a file has had so far, for fields that must be unique: 16 bytes a row, whatever the values are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow.compute as pc

from importer.transforms.columns import WHITESPACE, arrow_of

if TYPE_CHECKING:
    from numpy.typing import NDArray


class SeenValues:
    """Remembers where each value stood first. Values are compared without outer blanks and in Unicode's composed form.

    Columns are indexed by row number and come in the order of the file. Looking at the same rows again changes nothing.
    """

    def __init__(self, *, ignore_case: bool = False) -> None:
        self._ignore_case = ignore_case
        self._hashes = np.empty(0, dtype=np.int64)
        self._rows = np.empty(0, dtype=np.int64)

    def first_rows(self, values: pd.Series[str]) -> pd.Series[int]:
        """For each value the row where it stood first: its own when it is new or missing."""
        own = values.index.to_numpy(dtype=np.int64)
        first = own.copy()
        present = np.flatnonzero(values.notna().to_numpy())
        if len(present):
            hashes, positions, back = np.unique(
                self._hashed(values.iloc[present]), return_index=True, return_inverse=True
            )
            first[present] = self._known_or(hashes, own[present][positions])[back]
        return pd.Series(first, index=values.index)

    def is_first(self, values: pd.Series[str]) -> pd.Series[bool]:
        """Whether no earlier row has the value."""
        return self.first_rows(values) == values.index

    def _hashed(self, values: pd.Series[str]) -> NDArray[np.int64]:
        array = pc.utf8_normalize(pc.utf8_trim(arrow_of(values), WHITESPACE), form="NFC")
        texts = (pc.utf8_lower(array) if self._ignore_case else array).to_pylist()
        # Python's own hash is keyed anew in every process, so no file can be made to collide.
        return np.fromiter(map(hash, texts), dtype=np.int64, count=len(texts))

    def _known_or(self, hashes: NDArray[np.int64], rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """The first rows of some sorted, distinct hashes; those that are new get ``rows`` and are remembered."""
        places = np.searchsorted(self._hashes, hashes)
        inside = np.minimum(places, max(len(self._hashes) - 1, 0))
        known = self._hashes[inside] == hashes if len(self._hashes) else np.zeros(len(hashes), dtype=bool)
        first = rows.copy()
        first[known] = self._rows[places[known]]
        new = ~known
        self._hashes = np.insert(self._hashes, places[new], hashes[new])
        self._rows = np.insert(self._rows, places[new], rows[new])
        return first
