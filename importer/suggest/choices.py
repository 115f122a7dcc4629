"""Options of drop-downs and words for yes and no: which one a text in the file means."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from importer.suggest.vocabulary import WORDS
from importer.transforms.choices import FLAGS, folded

_LIKENESS = 75.0


@dataclass(frozen=True, slots=True)
class NearestOption:
    """The value of an option; ``exact`` if the text differs from it at most in the case of letters and outer blanks."""

    value: str
    exact: bool


def nearest_option(text: str, options: Sequence[tuple[str, str]]) -> NearestOption | None:
    """Find the option that ``text`` means: the same, a nearly equal one, or the one letter that the text begins with.

    ``options`` are pairs of value and shown text. ``None`` when no option is near, or several are equally so.
    """
    from rapidfuzz import fuzz

    plain = folded(text)
    for value, label in options:
        if plain in (folded(value), folded(label)):
            return NearestOption(value, True)
    scores = {
        value: max(fuzz.ratio(plain, folded(value)), fuzz.ratio(plain, folded(label))) for value, label in options
    }
    best = max(scores.values(), default=0.0)
    nearest = [value for value, score in scores.items() if score == best]
    if best >= _LIKENESS and len(nearest) == 1:
        return NearestOption(nearest[0], False)
    initials = [value for value, _ in options if len(value) == 1 and folded(value) == plain[:1]]
    # Codes of one letter are telling only when all options are such codes.
    if len(initials) == 1 and all(len(value) == 1 for value, _ in options):
        return NearestOption(initials[0], False)
    return None


YES_NO: Mapping[str, str] = {**FLAGS, **dict.fromkeys(WORDS["yes"], "1"), **dict.fromkeys(WORDS["no"], "0")}
"""The value for LeadSquared of each word for yes or no: the words that mappings know by themselves, and others."""


def is_yes_or_no(texts: Iterable[str]) -> bool:
    """Return whether all texts are words for yes or no."""
    return all(folded(text) in YES_NO for text in texts)
