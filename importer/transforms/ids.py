"""Ids as LeadSquared writes them: 32 hexadecimal digits in five groups."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow.compute as pc

from importer.transforms.columns import arrow_of, column_of, matching, without_invisible

if TYPE_CHECKING:
    import pandas as pd

_ID = "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"


def read_ids(texts: pd.Series[str]) -> pd.Series[str]:
    """The ids in small letters; missing where the text is not one (braces and missing hyphens are refused)."""
    return column_of(pc.ascii_lower(matching(without_invisible(arrow_of(texts)), _ID)), texts)
