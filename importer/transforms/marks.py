"""Removal of what spreadsheet programs and export tools put around a value: outer blanks, apostrophes, `="…"`."""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from importer.transforms.columns import WHITESPACE, ByteStats

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Truths = NDArray[np.bool_]


class Mark(StrEnum):
    """A kind of mark; the value names it for people."""

    BLANKS = "blanks around the text"
    APOSTROPHE = "a leading apostrophe"
    FORMULA = 'the form ="…"'
    QUOTES = "quotation marks"
    PREFIX = "a prefix such as tel:"
    SEPARATOR = "a separator at the end"


class MarkKind(StrEnum):
    """The kinds of values, each with the marks that are certain to be none of the value."""

    TEXT = "text"
    VALUE = "value"
    """Numbers, dates and other values that have a fixed form."""
    PHONE = "phone"
    EMAIL = "email"


Marked = tuple[str, tuple[Mark, ...]]
"""A text without its marks, and which they were."""

OUTER = WHITESPACE + "\u200b\u2060\ufeff"
"""Blanks, line breaks and zero-width blanks. Joiners at the end of a word have a meaning in Indian scripts."""

_JOINERS = re.compile("\\A[\u200c\u200d]+|(?<=[\x21-\x7e])[\u200c\u200d]+\\Z")
_FORMULA = re.compile(r'=\s*"((?:[^"]|"")*)"', re.DOTALL)
_QUOTED = re.compile(r'"((?:[^"]|"")*)"', re.DOTALL)
_CLOSED = re.compile(r"'[^']*\S'(?!\w)")
_ADDRESS = re.compile(r"'[^\s'@]+@[^\s'@]+\.[^\s'@]+'?")
_PREFIXES = {
    MarkKind.PHONE: re.compile(r"(?i)(?:p|ph|phone|t|tel|telephone|m|mob|mobile|cell|whatsapp)\.?\s*:\s*"),
    MarkKind.EMAIL: re.compile(r"(?i)(?:mailto|e-?mail)\s*:\s*"),
}
_SEPARATORS = ";,"
_BEHIND_APOSTROPHE = frozenset("+-=@(.#")
"""Characters, besides letters and digits, in front of which people and programs put an apostrophe to keep a text."""
# First and last bytes of texts that may have marks; those beyond ASCII begin or end blanks of two or three bytes.
_FIRST = b"\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f '=\xc2\xe1\xe2\xe3\xef"
_LAST = b"\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f "
_WIDE_BEGINS = b"\xe1\xe2\xe3\xef"


def remove_marks(array: Any, kind: MarkKind) -> tuple[Any, dict[Mark, Truths]]:
    """Remove the marks of the texts of an Arrow array; return the others unchanged, and which texts had each mark.

    Texts of nothing but blanks stay as they are. Columns without marks cost two look-ups of bytes per text.
    """
    marked = _may_have_marks(array, kind)
    if not marked.any():
        return array, {}
    encoded = array.filter(pa.array(marked)).dictionary_encode()
    cleaned = [_clean(text, kind) for text in encoded.dictionary.to_pylist()]
    indices = encoded.indices.to_numpy(zero_copy_only=False)
    found: dict[Mark, Truths] = {}
    for mark in Mark:
        has_mark = np.array([mark in marks for _, marks in cleaned], dtype=bool)
        if has_mark.any():
            found[mark] = np.zeros(len(array), dtype=bool)
            found[mark][np.flatnonzero(marked)] = has_mark[indices]
    if not found:
        return array, {}
    texts = pa.array([text for text, _ in cleaned], array.type).take(encoded.indices)
    return pc.replace_with_mask(array, pa.array(marked), texts), found


def _may_have_marks(array: Any, kind: MarkKind) -> Truths:
    stats = ByteStats.at(array)
    text, ends = stats.text, stats.ends
    if not len(text):
        return np.zeros(len(array), dtype=bool)
    typed = kind is not MarkKind.TEXT
    marked = stats.begins_with(_FIRST + b'"' if typed else _FIRST)
    marked |= stats.ends_with(_LAST + b";," if typed else _LAST)
    if stats.ends_with(bytes(range(0x80, 0xC0))).any():
        lengths = ends - stats.begins
        wide = (lengths >= 3) & np.isin(text[np.maximum(ends - 3, 0)], list(_WIDE_BEGINS))
        marked |= wide | ((lengths >= 2) & (text[np.maximum(ends - 2, 0)] == 0xC2))
    if kind in _PREFIXES and stats.holds(b":"):
        marked |= pc.match_substring(array, ":").fill_null(False).to_numpy(zero_copy_only=False)
    if array.null_count:
        # The bytes of a missing text are undefined.
        marked &= array.is_valid().to_numpy(zero_copy_only=False)
    return marked


def _clean(text: str, kind: MarkKind) -> Marked:
    plain = _trim(text)
    marks = []
    if not plain:
        return text, ()
    if plain != text:
        marks.append(Mark.BLANKS)
    steps: tuple[tuple[Mark, Callable[[str], str]], ...] = (
        (Mark.PREFIX, lambda value: _without_prefix(value, kind)),
        (Mark.SEPARATOR, lambda value: value if kind is MarkKind.TEXT else value.rstrip(_SEPARATORS)),
        (Mark.APOSTROPHE, lambda value: _without_apostrophe(value, kind)),
        (Mark.FORMULA, lambda value: _unwrap(value, _FORMULA)),
        # Quotes behind a blank are those of a text file whose writer put blanks behind the delimiters.
        (
            Mark.QUOTES,
            lambda value: _unwrap(value, _QUOTED) if kind is not MarkKind.TEXT or text[0] in " \t" else value,
        ),
        (Mark.PREFIX, lambda value: _without_prefix(value, kind)),
    )
    for mark, remove in steps:
        shorter = _trim(remove(plain))
        if shorter != plain:
            marks.append(mark)
            plain = shorter
    return plain, tuple(dict.fromkeys(marks))


def _trim(text: str) -> str:
    plain = text.strip(OUTER)
    return plain if plain.isascii() else _JOINERS.sub("", plain).strip(OUTER)


def _without_apostrophe(text: str, kind: MarkKind) -> str:
    if text[:1] != "'" or not (text[1:2].isalnum() or text[1:2] in _BEHIND_APOSTROPHE):
        return text
    if kind is not MarkKind.TEXT or _ADDRESS.fullmatch(text):
        return text.strip("'")
    # 's-Hertogenbosch and 'tis begin with a short word, and 'Best' is in quotes.
    return text if text[1].islower() or _CLOSED.match(text) else text[1:]


def _unwrap(text: str, form: re.Pattern[str]) -> str:
    found = form.fullmatch(text)
    return found[1].replace('""', '"') if found else text


def _without_prefix(text: str, kind: MarkKind) -> str:
    prefix = _PREFIXES.get(kind)
    return prefix.sub("", text, count=1) if prefix and prefix.match(text) else text
