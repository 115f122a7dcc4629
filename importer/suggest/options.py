"""The option of a drop-down that a text in the file most likely means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from importer.transforms.choices import folded

_LIKENESS = 75.0


@dataclass(frozen=True, slots=True)
class Option:
    """An option's value, and whether the text is that option but for the case of letters and outer blanks."""

    value: str
    exact: bool


def nearest_option(text: str, options: Sequence[tuple[str, str]]) -> Option | None:
    """The option that ``text`` means: the same, one that is nearly the same, or the one letter that it begins with.

    ``options`` are pairs of value and shown text. ``None`` when no option is near, or several are equally so.
    """
    from rapidfuzz import fuzz

    plain = folded(text)
    for value, label in options:
        if plain in (folded(value), folded(label)):
            return Option(value, True)
    scores = {
        value: max(fuzz.ratio(plain, folded(value)), fuzz.ratio(plain, folded(label))) for value, label in options
    }
    best = max(scores.values(), default=0.0)
    nearest = [value for value, score in scores.items() if score == best]
    if best >= _LIKENESS and len(nearest) == 1:
        return Option(nearest[0], False)
    initials = [value for value, _ in options if len(value) == 1 and folded(value) == plain[:1]]
    # Codes of one letter are telling only when all options are such codes.
    if len(initials) == 1 and all(len(value) == 1 for value, _ in options):
        return Option(initials[0], False)
    return None
