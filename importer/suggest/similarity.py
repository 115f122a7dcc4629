"""Similarity of headings and names of fields, and of values and the options of a drop-down.

Headings are alike whatever their case, accents, camel case or units.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from importer.suggest.vocabulary import WORDS
from importer.transforms import FLAGS, folded

EXACT = 100.0
QUALIFIED = 96.0
"""The heading is the name with the person that it belongs to: `Attendee e-mail`."""
NEAR = 85.0
"""At least this much: the name with a typo."""
_ALTERNATIVE = 94.0
CONTAINED = 70.0
"""The name is a part of the heading: `Mobile for WhatsApp updates`."""

_CAMEL = re.compile(r"(?<=[^\W\d_A-Z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[^\W\d_])(?=[0-9])")
_BRACKETS = re.compile(r"[(\[{][^)\]}]*[)\]}]")
_ALTERNATIVES = re.compile(r"[/|]|\bor\b")
_LEAST_FUZZY = 5
_LEAST_LIKENESS = 85.0
_OPTION_LIKENESS = 75.0
_OWN_PERSON, _ADDRESS, _NUMBER, _FILLER, _OTHERS = (
    frozenset(WORDS[topic]) for topic in ("own_person", "address", "number", "filler", "others")
)
YES_NO: Mapping[str, str] = {**FLAGS, **dict.fromkeys(WORDS["yes"], "1"), **dict.fromkeys(WORDS["no"], "0")}
"""The value for LeadSquared of each word for yes or no: the words that mappings know by themselves, and others."""


@cache
def words_of(heading: str) -> tuple[str, ...]:
    """Split a heading into words in lower case without accents; those in brackets count only if there are no others."""
    unbracketed = _BRACKETS.sub(" ", heading)
    text = unbracketed if any(character.isalnum() for character in unbracketed) else heading
    spaced = _CAMEL.sub(" ", unicodedata.normalize("NFKC", text))
    decomposed = unicodedata.normalize("NFKD", spaced.casefold())
    kept = (character for character in decomposed if not "\u0300" <= character <= "\u036f")
    words = "".join(c if unicodedata.category(c)[0] in "LNM" else " " for c in kept).split()
    if len(words) > 1 and words[-1] in _NUMBER:
        words[-1] = "number"
    return tuple(words)


def means_other(heading: str) -> bool:
    """Return whether the heading is about somebody or something else than the row's own person."""
    return not _OTHERS.isdisjoint(words_of(heading))


@cache
def own_words(heading: str) -> tuple[str, ...]:
    """Return the words of a heading without fillers and words for the row's own person."""
    words = words_of(heading)
    inside = [
        place for place, word in enumerate(words[1:-1], 1) if word in _ADDRESS and words[place - 1] in _OWN_PERSON
    ]
    # The city of the `Default Address City` is a city; `Address` alone is the street.
    rest = tuple(word for place, word in enumerate(words) if place not in inside[:1])
    return tuple(word for word in rest if word not in _OWN_PERSON | _FILLER) or words


@dataclass(frozen=True, slots=True)
class _Names:
    """The names of a field, prepared for comparison, each with the index of its phrase; the first phrase counts."""

    whole: dict[str, int]
    """By all words of a name, joined."""
    own: dict[str, int]
    """By the words of a name without fillers, joined."""
    words: dict[tuple[str, ...], int]
    fuzzy: dict[int, str]
    """Those of ``own`` that are long enough to tell a typo from another word."""


@cache
def _names(phrases: tuple[str, ...]) -> _Names:
    names = _Names({}, {}, {}, {})
    for place, phrase in enumerate(phrases):
        words = words_of(phrase)
        own = "".join(word for word in words if word not in _FILLER)
        if own:
            names.whole.setdefault("".join(words), place)
            names.own.setdefault(own, place)
            names.words.setdefault(words, place)
            if len(own) >= _LEAST_FUZZY:
                names.fuzzy[place] = own
    return names


# A proposal compares each heading with the same names for each call that it thinks of.
@lru_cache(maxsize=20_000)
def likeness(heading: str, phrases: tuple[str, ...]) -> tuple[float, str]:
    """Score how similar the heading is to one of the phrases, from 0 to 100; returns the score and the phrase."""
    score, place = _best(words_of(heading), "".join(own_words(heading)), _names(phrases))
    parts = [part for part in _ALTERNATIVES.split(heading) if part.strip()]
    if score < _ALTERNATIVE and len(parts) > 1:
        # `Company / Account` says two names, of which one may be known.
        part_score, phrase = max((likeness(part, phrases) for part in parts), key=lambda found: found[0])
        if part_score >= QUALIFIED:
            return _ALTERNATIVE, phrase
    return score, phrases[place] if score else ""


def _best(words: tuple[str, ...], own: str, names: _Names) -> tuple[float, int]:
    """Return the score of the most similar name, and the index of its phrase."""
    whole = "".join(words)
    if whole in names.whole:
        return EXACT, names.whole[whole]
    if own in names.own:
        return QUALIFIED, names.own[own]
    typo = _find_typo(own, names.fuzzy) if len(own) >= _LEAST_FUZZY else None
    if typo is not None:
        return typo
    parts = (words[start:end] for start in range(len(words)) for end in range(start + 1, len(words) + 1))
    places = [names.words[part] for part in parts if part in names.words]
    return (CONTAINED, min(places)) if places else (0.0, 0)


def _find_typo(own: str, names: dict[int, str]) -> tuple[float, int] | None:
    """Score a misspelled heading, and find its name. Digits must be equal: `Street 1` is not `Street 2`."""
    from rapidfuzz import fuzz, process

    near = process.extract_iter(own, names, scorer=fuzz.ratio, score_cutoff=_LEAST_LIKENESS)
    ratio, place = max(
        ((ratio, -place) for name, ratio, place in near if _digits(name) == _digits(own)), default=(0.0, 0)
    )
    return (NEAR + (ratio - _LEAST_LIKENESS) / 2, -place) if ratio else None


def _digits(text: str) -> str:
    return re.sub(r"[^0-9]", "", text)


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
    if best >= _OPTION_LIKENESS and len(nearest) == 1:
        return NearestOption(nearest[0], False)
    initials = [value for value, _ in options if len(value) == 1 and folded(value) == plain[:1]]
    # Codes of one letter are telling only when all options are such codes.
    if len(initials) == 1 and all(len(value) == 1 for value, _ in options):
        return NearestOption(initials[0], False)
    return None


def is_yes_or_no(texts: Iterable[str]) -> bool:
    """Return whether all texts are words for yes or no."""
    return all(folded(text) in YES_NO for text in texts)
