"""Transforms of columns of text by name, and readers that convert cells to the formats that LeadSquared expects.

This module stays light: it has the names and descriptions, and pandas is imported when a transform is called.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Transform:
    """A named change to a column of text, as mappings list it in `transforms`.

    Calling it with a column (pandas ``str``) returns a column of the same length and index; missing stays missing.
    """

    name: str
    description: str

    def __call__(self, texts: pd.Series[str]) -> pd.Series[str]:
        changed: pd.Series[str] = getattr(import_module("importer.transforms.text"), self.name)(texts)
        return changed


TRANSFORMS: dict[str, Transform] = {
    name: Transform(name, description)
    for name, description in (
        ("strip", "Removes blanks and line breaks at both ends."),
        (
            "title",
            "Begins every word with a capital, as names do: `D'Souza`, `McDonald`, `Maria de la Cruz`, `Smith III`.",
        ),
        ("upper", "Writes everything in capitals."),
        ("lower", "Writes everything in small letters."),
        ("collapse_spaces", "Makes every run of blanks and line breaks one blank, and removes those at both ends."),
        ("digits", "Keeps the digits only, written as 0 to 9."),
        ("remove_accents", "Writes accented Latin letters without their accents: `José` becomes `Jose`."),
        ("first_word", "Keeps what stands before the first blank."),
        ("last_word", "Keeps what stands after the last blank."),
    )
}
"""Every transform by its name."""
