"""Similarity of headings and names of fields, and of values and the options of a drop-down.

Headings are alike whatever their case, accents, camel case or units.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
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
_ALTERNATIVES = re.compile(r"[/|()\[\]]|\bor\b")
_POSSESSIVE = re.compile(r"(?i)(?<=[^\W\d_])['’´`]s\b")
_PUNCTUATION = re.compile(r"[.,;:'’\"()\[\]]+")
_JOINTS = re.compile(r"(?<=\w)[_\s-]+(?=\w)")
_LEAST_FUZZY = 6
_LEAST_LIKENESS = 85.0
_LEAST_COMPOUND = 6
_OPTION_LIKENESS = _WORD_LIKENESS = 75.0
_OWN_PERSON, _ADDRESS, _NUMBER, _FILLER, _OTHERS = (
    frozenset(WORDS[topic]) for topic in ("own_person", "address", "number", "filler", "others")
)
_ABBREVIATIONS = dict(pair.split() for pair in WORDS["abbreviations"])
YES_NO: Mapping[str, str] = {**FLAGS, **dict.fromkeys(WORDS["yes"], "1"), **dict.fromkeys(WORDS["no"], "0")}
"""The value for LeadSquared of each word for yes or no: the words that mappings know by themselves, and others."""


@cache
def words_of(heading: str) -> tuple[str, ...]:
    """Split a heading into words in lower case without accents; those in brackets count only if there are no others."""
    unbracketed = _BRACKETS.sub(" ", heading)
    text = unbracketed if any(character.isalnum() for character in unbracketed) else heading
    spaced = _CAMEL.sub(" ", _POSSESSIVE.sub("", unicodedata.normalize("NFKC", text))).replace("%", " percent ")
    decomposed = unicodedata.normalize("NFKD", spaced.casefold())
    kept = (character for character in decomposed if not "\u0300" <= character <= "\u036f")
    words = "".join(c if unicodedata.category(c)[0] in "LNM" else " " for c in kept).split()
    return tuple(
        "number"
        if (place and word in _NUMBER and place == len(words) - 1) or words[place : place + 2] == ["no", "of"]
        else _ABBREVIATIONS.get(word, word)
        for place, word in enumerate(words)
    )


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
    if len(rest) > 1 and rest[-1] == "1":
        # The first of several, such as `Mobile 1`.
        rest = rest[:-1]
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
    counts: tuple[int, ...]
    """The number of words of each phrase without fillers."""


@cache
def _names(phrases: tuple[str, ...]) -> _Names:
    names = _Names({}, {}, {}, {}, tuple(len(_meaningful_words(phrase)) for phrase in phrases))
    for place, phrase in enumerate(phrases):
        words = words_of(phrase)
        own = "".join(word for word in words if word not in _FILLER) or "".join(words)
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
    # `Accepts SMS marketing` has a word more than `Accepts marketing`, not a typo.
    if typo is not None and len(_meaningful_words(" ".join(words))) == names.counts[typo[1]]:
        return typo
    found = names.words.keys() & _parts(words)
    return (CONTAINED, min(names.words[part] for part in found)) if found else (0.0, 0)


@cache
def _parts(words: tuple[str, ...]) -> frozenset[tuple[str, ...]]:
    return frozenset(words[start:end] for start in range(len(words)) for end in range(start + 1, len(words) + 1))


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


class WordIndex:
    """The words of the names of all fields; a word that few names have says more than one that many have."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = {name: _meaningful_words(name) for name in names}
        counts = Counter(word for words in self._names.values() for word in words)
        self._words = list(counts)
        self._most = math.log(len(self._names) + 1) + 1
        self._weights = {word: self._most - math.log(count + 1) for word, count in counts.items()}
        self._similar: dict[str, dict[str, float]] = {}

    def closeness(self, heading: str, name: str) -> float:
        """Score how many words two names share, in any order and with typos, from 0 to 100.

        That is the harmonic mean of the shares, weighted by rarity, of the words of each that the other has.
        """
        words, wanted = _meaningful_words(heading), self._names[name]
        near = {word: self._find_similar(word) for word in words}
        found = self._share(
            {word: max((near[word].get(other, 0.0) for other in wanted), default=0.0) for word in words}
        )
        covered = self._share(
            {word: max((near[other].get(word, 0.0) for other in words), default=0.0) for word in wanted}
        )
        return 200 * found * covered / (found + covered) if found and covered else 0.0

    def _share(self, scores: Mapping[str, float]) -> float:
        weights = {word: self._weights.get(word, self._most) for word in scores}
        return sum(weights[word] * score for word, score in scores.items()) / (sum(weights.values()) or 1)

    def _find_similar(self, word: str) -> dict[str, float]:
        """Return the words of the names that are like the word, from 0 to 1; also the end of a compound."""
        from rapidfuzz import fuzz, process

        if word not in self._similar:
            near = process.extract(word, self._words, scorer=fuzz.ratio, score_cutoff=_WORD_LIKENESS, limit=None)
            ends = [other for other in self._words if len(word) >= _LEAST_COMPOUND and other.endswith(word)]
            self._similar[word] = dict.fromkeys(ends, 1.0) | {other: score / 100 for other, score, _ in near}
        return self._similar[word]


@cache
def _meaningful_words(name: str) -> frozenset[str]:
    words = words_of(name)
    return frozenset(words) - _FILLER or frozenset(words)


@dataclass(frozen=True, slots=True)
class NearestOption:
    """The value of an option; ``exact`` if the text differs from it at most in the case of letters and outer blanks."""

    value: str
    exact: bool


def nearest_option(text: str, options: Sequence[tuple[str, str]]) -> NearestOption | None:
    """Find the option that ``text`` means: the same, a nearly equal one, or the one letter that the text begins with.

    ``options`` are pairs of value and shown text. ``None`` when no option is near, or several are equally so.
    """
    from rapidfuzz import fuzz, process

    exact, texts, values = _prepare_options(tuple(options))
    plain = folded(text)
    value = _find_option(text, exact)
    if value is not None:
        return NearestOption(value, True)
    scored = process.extract(plain, texts, scorer=fuzz.ratio, score_cutoff=_OPTION_LIKENESS, limit=None)
    best = max((score for _, score, _ in scored), default=0.0)
    nearest = {values[at] for _, score, at in scored if score == best}
    if len(nearest) == 1:
        return NearestOption(nearest.pop(), False)
    initials = [value for value, _ in options if len(value) == 1 and folded(value) == plain[:1]]
    # Codes of one letter are telling only when all options are such codes.
    if len(initials) == 1 and all(len(value) == 1 for value, _ in options):
        return NearestOption(initials[0], False)
    return None


def is_option(text: str, options: tuple[tuple[str, str], ...]) -> bool:
    """Return whether the text is the value or the shown text of an option."""
    return _find_option(text, _prepare_options(options)[0]) is not None


def _find_option(text: str, exact: Mapping[str, str]) -> str | None:
    return exact.get(folded(text), exact.get(_loosened(text)))


@lru_cache(maxsize=2_000)
def _prepare_options(options: tuple[tuple[str, str], ...]) -> tuple[dict[str, str], list[str], list[str]]:
    """Return the values of the options by their exact texts, and all texts with the value of each for comparison.

    Exact are also texts that differ from one option alone by punctuation: `data_science` is `Data Science`.
    """
    exact: dict[str, str] = {}
    for value, label in options:
        exact.setdefault(folded(value), value)
        exact.setdefault(folded(label), value)
    loosened: dict[str, set[str]] = {}
    for value, label in options:
        for text in (value, label):
            loosened.setdefault(_loosened(text), set()).add(value)
    alone = {text: next(iter(values)) for text, values in loosened.items() if text and len(values) == 1}
    texts = [folded(text) for option in options for text in option]
    return alone | exact, texts, [value for value, _ in options for _ in range(2)]


def _loosened(text: str) -> str:
    """Fold a text, without punctuation that machines replace; signs such as + and < keep their meaning."""
    return folded(_JOINTS.sub(" ", _PUNCTUATION.sub("", text)))


def is_yes_or_no(texts: Iterable[str]) -> bool:
    """Return whether all texts are words for yes or no."""
    return all(folded(text) in YES_NO for text in texts)
