"""Yes and no in the languages of exports."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from importer.transforms.choices import FLAGS, folded

YES_NO: Mapping[str, str] = {
    **FLAGS,
    **dict.fromkeys(("ja", "oui", "si", "sí", "sì", "sim", "haan", "ya", "हाँ", "checked"), "1"),
    **dict.fromkeys(("nein", "non", "não", "nao", "nahi", "nee", "tidak", "नहीं", "unchecked"), "0"),
}
"""What each word means to LeadSquared: the words that mappings know by themselves, and others."""


def is_yes_or_no(texts: Iterable[str]) -> bool:
    """Whether all the texts are words for yes or no."""
    return all(folded(text) in YES_NO for text in texts)
