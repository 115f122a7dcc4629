"""Builders of columns for the analyzer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from importer.data_quality import Damage
from importer.data_quality.analyzer import DataQualityAnalyzer


def found(texts: Sequence[str], heading: str = "Value", field: str = "", sizes: Sequence[int] = ()) -> list[Damage]:
    """Return the findings of the analyzer for a column whose first cell is in row 2; ``sizes`` cut it into chunks."""
    analyzer = DataQualityAnalyzer([("A", heading)], {heading: field} if field else {})
    frame = pd.DataFrame({heading: pd.Series(list(texts), dtype="str")})
    rows = np.arange(2, len(texts) + 2)
    begin = 0
    for size in [*sizes, len(texts)]:
        analyzer.add(rows[begin : begin + size], frame.iloc[begin : begin + size].reset_index(drop=True))
        begin += size
    return list(analyzer.findings())


def kinds(texts: Sequence[str], heading: str = "Value", field: str = "") -> list[str]:
    """The kinds of damage only."""
    return [damage.kind for damage in found(texts, heading, field)]


def codes(count: int, width: int, seed: int = 7) -> list[str]:
    """Different codes of random digits with a fixed width; some begin with zeros."""
    chance = np.random.default_rng(seed)
    return [f"{number:0{width}}" for number in chance.integers(0, 10**width, count).tolist()]


def bare(texts: Sequence[str]) -> list[str]:
    """Codes as Excel keeps them: as numbers."""
    return [str(int(text)) for text in texts]
