"""The transforms that a mapping can name: each takes a column of text and returns one of the same length and index.

Any text is accepted, in any script; missing cells stay missing.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

import pyarrow.compute as pc

from importer.transforms.columns import WHITESPACE, arrow_of, column_of, per_distinct

if TYPE_CHECKING:
    import pandas as pd

# Joiners at the end of a word have a meaning in Indian scripts, so `strip` leaves them alone.
_OUTER = WHITESPACE + "\u200b\u2060\ufeff"
_BLANKS = re.compile(f"[{_OUTER}]+")
_ACCENTS = re.compile("(?<=[A-Za-z])[\u0300-\u036f]+")
_WORD = re.compile("[^\\W_][\\w\u0300-\u036f'’]*")
_AFTER_APOSTROPHE = re.compile("(?<=\\w['’])\\w(?=\\w\\w)")
# Written with care: MacDonald, DeSouza, d'Souza, and De in a name such as Robert De Niro.
_DELIBERATE = re.compile("[A-Z][a-z]+[A-Z][a-z]+|[dl]['’][A-Z][a-z]+")
_PARTICLES = frozenset(("bin", "binti", "da", "de", "del", "della", "den", "der", "di", "dos", "du", "van", "von"))
_ARTICLES = frozenset(("la", "las", "los"))
_NUMERALS = frozenset(("ii", "iii", "iv", "vii", "viii", "ix", "xii", "xiii"))
_SCOTTISH = re.compile("Mc[a-z]{3,}")
_NOT_DIGITS = re.compile("\\D+")
_LETTERS = str.maketrans(
    {"ß": "ss", "ẞ": "SS", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "æ": "ae", "Æ": "AE"}
    | {"œ": "oe", "Œ": "OE", "ð": "d", "Ð": "D", "þ": "th", "Þ": "Th", "ı": "i"}
)


def strip(texts: pd.Series[str]) -> pd.Series[str]:
    """Remove blanks and line breaks at both ends, zero-width blanks included."""
    return column_of(pc.utf8_trim(arrow_of(texts), _OUTER), texts)


def upper(texts: pd.Series[str]) -> pd.Series[str]:
    """Write every text in capitals."""
    return per_distinct(texts, str.upper)


def lower(texts: pd.Series[str]) -> pd.Series[str]:
    """Write every text in small letters."""
    return per_distinct(texts, str.lower)


def title(texts: pd.Series[str]) -> pd.Series[str]:
    """Write every word with a capital and the rest in small letters.

    After an apostrophe a capital follows only when a name goes on (`O'Brien`). Names keep their own rules: `McDonald`,
    `Maria de la Cruz`, `John Smith III`; capitals inside of a word that is otherwise small stay (`MacDonald`).
    """
    return per_distinct(texts, _titled)


def collapse_spaces(texts: pd.Series[str]) -> pd.Series[str]:
    """Replace every run of blanks and line breaks by one blank, and remove those at both ends."""
    return per_distinct(texts, lambda text: _BLANKS.sub(" ", text).strip())


def digits(texts: pd.Series[str]) -> pd.Series[str]:
    """Keep the decimal digits only, whatever script they are in, written as 0 to 9."""
    return per_distinct(texts, digits_of)


def remove_accents(texts: pd.Series[str]) -> pd.Series[str]:
    """Write Latin letters without accents; other scripts, whose marks are letters, stay as they are."""
    return per_distinct(texts, _without_accents)


def first_word(texts: pd.Series[str]) -> pd.Series[str]:
    """Keep the first word, up to the first blank; empty when there is none."""
    return per_distinct(texts, lambda text: next(iter(_words(text)), ""))


def last_word(texts: pd.Series[str]) -> pd.Series[str]:
    """Keep the last word, from the last blank on; empty when there is none."""
    return per_distinct(texts, lambda text: next(reversed(_words(text)), ""))


def digits_of(text: str) -> str:
    """Return the decimal digits of ``text`` as 0 to 9."""
    found = _NOT_DIGITS.sub("", text)
    return found if found.isascii() else "".join(str(unicodedata.decimal(digit)) for digit in found)


def _words(text: str) -> list[str]:
    return [word for word in _BLANKS.split(text) if word]


def _titled(text: str) -> str:
    words = list(_WORD.finditer(text))
    parts, end, before = [], 0, ""
    for place, found in enumerate(words):
        word = _titled_word(found.group(), before, is_inner=0 < place < len(words) - 1)
        parts += [text[end : found.start()], word]
        end, before = found.end(), found.group().lower()
    return "".join([*parts, text[end:]])


def _titled_word(word: str, before: str, *, is_inner: bool) -> str:
    """Return a word with its capital; ``before`` is the word in front of it, in small letters."""
    plain = word.lower()
    capitalized = word[0].title() + plain[1:]
    if _DELIBERATE.fullmatch(word):
        return word
    if before and plain in _NUMERALS:
        return plain.upper()
    if is_inner and (plain in _PARTICLES or (plain in _ARTICLES and before == "de")):
        return word if word == capitalized else plain
    if _SCOTTISH.fullmatch(capitalized):
        return f"Mc{plain[2].upper()}{plain[3:]}"
    return _AFTER_APOSTROPHE.sub(lambda letter: letter.group().title(), capitalized)


def _without_accents(text: str) -> str:
    if text.isascii():
        return text
    bare = _ACCENTS.sub("", unicodedata.normalize("NFD", text.translate(_LETTERS)))
    return unicodedata.normalize("NFC", bare)
