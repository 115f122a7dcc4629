"""Columns of text from plain values and back."""

from __future__ import annotations

from typing import Any

import pandas as pd


def column(*texts: str | None) -> pd.Series[str]:
    """A column as chunks have it; ``None`` is a missing cell."""
    return pd.Series(list(texts), dtype="str")


def values(series: pd.Series[Any]) -> list[Any]:
    """The cells, ``None`` where one is missing."""
    return [None if pd.isna(value) else value for value in series]
