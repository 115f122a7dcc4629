"""The nearest known word for one that is not known."""

from __future__ import annotations

from collections.abc import Iterable

_NEAR_ENOUGH = 60.0


def nearest(word: str, known: Iterable[str], *, count: int = 1, likeness: float = _NEAR_ENOUGH) -> list[str]:
    """Up to ``count`` of the ``known`` words that ``word`` was most likely meant to be, the likeliest first.

    ``likeness`` (0 to 100) is what a word needs at least to be proposed.
    """
    from rapidfuzz import fuzz, process

    choices = sorted(known)
    folded = [choice.casefold() for choice in choices]
    found = process.extract(word.casefold(), folded, scorer=fuzz.ratio, limit=count, score_cutoff=likeness)
    return [choices[index] for _, _, index in found]


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`` Did you mean `fields`?``, or nothing when no known word is near."""
    found = nearest(word, known)
    return f"Did you mean `{found[0]}`?" if found else ""


def listed(words: Iterable[str], *, most: int = 20) -> str:
    """The words in backquotes with commas, cut after ``most``."""
    every = list(words)
    shown = ", ".join(f"`{word}`" for word in every[:most])
    return shown if len(every) <= most else f"{shown} and {len(every) - most} more"


def advice(word: str, known: Iterable[str]) -> str:
    """What to write instead of ``word``: the nearest known word, else all of them."""
    choices = list(known)
    return did_you_mean(word, choices) or f"Known: {listed(choices)}."
