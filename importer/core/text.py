"""Text for people: escapes for invisible characters, counts with their nouns, lists in words, nearest known names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from importer.core.redaction import redact

SHOWN_CHARACTERS = 60

_NEAR_ENOUGH = 60.0
_HIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2069\ud800-\udfff\ufeff\ufff9-\ufffb]"
)
"""Control characters, line separators, direction marks, invisible characters and lone surrogates."""


def shorten_text(text: str) -> str:
    """Return the first 60 characters of ``text``, control and direction characters written as escapes."""
    if len(text) <= SHOWN_CHARACTERS and text.isascii() and text.isprintable():
        return text
    # Before it is cut: the beginning of a key would not be recognised as one.
    text = redact(text) if len(text) > SHOWN_CHARACTERS else text
    escaped = _HIDDEN.sub(_escape, text[: SHOWN_CHARACTERS + 1])
    return escaped if len(text) <= SHOWN_CHARACTERS else escaped[:SHOWN_CHARACTERS] + "…"


def escape_text(text: str, keep: str = "") -> str:
    """Return all of ``text`` with such characters written as escapes, except those in ``keep``: safe for a terminal."""
    return _HIDDEN.sub(lambda found: found.group() if found.group() in keep else _escape(found), text)


def _escape(found: re.Match[str]) -> str:
    character = found.group()
    return {"\n": "\\n", "\r": "\\r", "\t": "\\t"}.get(character, f"\\u{ord(character):04x}")


def display_text(text: str) -> str:
    """Return ``text`` in full, with control and direction characters escaped and keys hidden."""
    return escape_text(redact(text))


def pluralize(count: int, noun: str, plural: str = "") -> str:
    """Return the form of ``noun`` that goes with ``count``: "row", "rows"; ``plural`` is for irregular ones."""
    return noun if count == 1 else plural or f"{noun}s"


def format_count(count: int, noun: str = "row", plural: str = "") -> str:
    """Return a count with its noun and thousands separators: "1 row", "1,250 rows"."""
    return f"{count:,} {pluralize(count, noun, plural)}"


def is_or_are(count: int) -> str:
    """Return the verb that goes with ``count``: "is" for one, else "are"."""
    return pluralize(count, "is", "are")


def join_words(words: Sequence[str]) -> str:
    """Return a list as a sentence has it: "a", "a and b", "a, b and c"; empty for none."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def format_names(words: Iterable[str], *, most: int = 25) -> str:
    """Return the words in backquotes with commas, cut after ``most``."""
    every = list(words)
    listed = ", ".join(f"`{word}`" for word in every[:most])
    return listed if len(every) <= most else f"{listed} and {len(every) - most} more"


def find_nearest(word: str, known: Iterable[str], *, count: int = 1, likeness: float = _NEAR_ENOUGH) -> list[str]:
    """Find up to ``count`` of the ``known`` words that ``word`` was most likely meant to be, the likeliest first.

    ``likeness`` (0 to 100) is the least similarity of a word that is proposed.
    """
    from rapidfuzz import fuzz, process

    choices = sorted(known)
    folded = [choice.casefold() for choice in choices]
    found = process.extract(word.casefold(), folded, scorer=fuzz.ratio, limit=count, score_cutoff=likeness)
    return [choices[index] for _, _, index in found]


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ``Did you mean `fields`?``, or an empty text when no known word is near."""
    found = find_nearest(word, known)
    return f"Did you mean `{found[0]}`?" if found else ""


def suggest_name(word: str, known: Iterable[str]) -> str:
    """Return what to write instead of ``word``, as a sentence: the nearest known word, else all of them."""
    choices = list(known)
    return did_you_mean(word, choices) or f"Known: {format_names(choices)}."


def column_letter(index: int) -> str:
    """Return Excel's letters of the column ``index``, counted from 0: ``A``, ``Z``, ``AA``."""
    letters = ""
    number = index + 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
