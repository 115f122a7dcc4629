"""Columns of text between pandas and Arrow, where most of the work is done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Truths = NDArray[np.bool_]

WHITESPACE = "".join(character for character in map(chr, range(0x3001)) if character.isspace())
"""Every character that Python counts as a blank or line break."""

INVISIBLE = "\u00ad\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
"""Characters without a shape that get into cells by copying: zero-width blanks, joiners, direction marks."""

_INVISIBLE_CLASS = f"[{INVISIBLE}]"
_ASCII_WHITESPACE = "".join(filter(str.isascii, WHITESPACE))
_SAMPLE = 2_000
_TEXT = pd.StringDtype(storage="pyarrow", na_value=np.nan)

Result = TypeVar("Result")


def arrow_of(texts: pd.Series[str]) -> Any:
    """Convert a column to one Arrow array of ``large_string``; missing cells are null."""
    array = pa.array(texts, pa.large_string(), from_pandas=True)
    if not isinstance(array, pa.ChunkedArray):
        return array
    return array.chunk(0) if array.num_chunks == 1 else array.combine_chunks()


def column_of(array: Any, like: pd.Series[Any]) -> pd.Series[str]:
    """Convert an Arrow array of text to a column with the index and name of ``like``."""
    return pd.Series(_TEXT.__from_arrow__(array), index=like.index, name=like.name)  # type: ignore[attr-defined]  # pandas' documented door for Arrow, which its stubs lack


def joined(*parts: Any) -> Any:
    """Join texts and Arrow arrays of texts row by row; the result has the Arrow type of the first array."""
    kind = next(part.type for part in parts if not isinstance(part, str))
    columns = [pa.scalar(part, kind) if isinstance(part, str) else part for part in parts]
    return pc.binary_join_element_wise(*columns, pa.scalar("", kind))


def truths_of(array: Any, like: pd.Series[Any]) -> pd.Series[bool]:
    """Convert an Arrow array of truths to a column with the index of ``like``; null becomes false."""
    return pd.Series(array.fill_null(False).to_numpy(zero_copy_only=False), index=like.index)


def per_distinct(texts: pd.Series[str], change: Callable[[str], str | None]) -> pd.Series[str]:
    """Apply ``change`` once to every distinct text; ``None`` makes the cell missing, and missing stays missing."""
    encoded = arrow_of(texts).dictionary_encode()
    changed = [change(text) for text in encoded.dictionary.to_pylist()]
    return column_of(pa.array(changed, pa.large_string()).take(encoded.indices), texts)


def repeats(array: Any) -> bool:
    """Estimate from the first 2,000 texts whether most of all texts stand in the array more than once."""
    if len(array) <= _SAMPLE:
        return False
    again = _SAMPLE - len(array.slice(0, _SAMPLE).dictionary_encode().dictionary)
    # Of d equally frequent texts some n * n / 2d repeat among the first n; d is to be below half of all.
    return again * len(array) > _SAMPLE * _SAMPLE


def blank(array: Any) -> Any:
    """Return where an Arrow array has nothing visible: only blanks, line breaks, invisible characters; null is null."""
    return pc.equal(pc.utf8_trim(array, WHITESPACE + INVISIBLE), "")


def without_invisible(array: Any) -> Any:
    """Remove invisible characters anywhere and blanks at both ends of the texts of an Arrow array."""
    if pc.all(pc.string_is_ascii(array)).as_py() is not False:
        return pc.ascii_trim(array, _ASCII_WHITESPACE)
    if pc.any(pc.match_substring_regex(array, _INVISIBLE_CLASS)).as_py():
        array = pc.replace_substring_regex(array, _INVISIBLE_CLASS, "")
    return pc.utf8_trim(array, WHITESPACE)


def matching(array: Any, pattern: str) -> Any:
    """Return ``array`` with null in place of the texts that the RE2 ``pattern`` does not match as a whole."""
    fits = pc.match_substring_regex(array, rf"\A(?:{pattern})\z")
    if pc.all(fits).as_py() is not False:
        return array
    return pc.if_else(fits, array, pa.scalar(None, array.type))


class LastColumnCache(Generic[Result]):
    """A function of one column that keeps its last result: called twice in a row with one column it works once."""

    def __init__(self, function: Callable[[pd.Series[str]], Result]) -> None:
        self._function = function
        self._column: Any = None
        self._result: Result | None = None

    def __call__(self, texts: pd.Series[str]) -> Result:
        column = texts.array
        if self._result is None or self._column is not column:
            self._result = self._function(texts)
            self._column = column
        return self._result


@cache
def _table(some: bytes) -> Truths:
    """Return for each of the 256 bytes whether it is one of ``some``."""
    table = np.zeros(256, dtype=bool)
    table[list(some)] = True
    return table


@cache
def _ranges(some: bytes) -> tuple[tuple[int, int], ...]:
    """Return ``some`` bytes as ranges, each from its first to its last byte."""
    codes = sorted(set(some))
    begins = [code for code in codes if code - 1 not in codes]
    ends = [code for code in codes if code + 1 not in codes]
    return tuple(zip(begins, ends, strict=True))


@dataclass(frozen=True, slots=True)
class ByteStats:
    """The bytes of the texts of an Arrow array of large strings: ``text[begins[i]:ends[i]]`` is the i-th one.

    The bytes of a missing text are undefined. ``text`` may be empty. The search for control characters in 30,000 rows
    of 20 columns takes 2.9 ms with :meth:`holds`, and 54 ms (18 times as long) with pyarrow's
    ``match_substring_regex``.
    """

    text: NDArray[np.uint8]
    begins: NDArray[np.int64]
    ends: NDArray[np.int64]

    @classmethod
    def at(cls, array: Any) -> ByteStats:
        """Return the bytes of ``array``, which are not copied."""
        _, offsets, content = array.buffers()
        if not len(array) or content is None:
            nowhere = np.zeros(len(array), dtype=np.int64)
            return cls(np.empty(0, dtype=np.uint8), nowhere, nowhere)
        places = np.frombuffer(offsets, dtype=np.int64)[array.offset : array.offset + len(array) + 1]
        text = np.frombuffer(content, dtype=np.uint8)[places[0] : places[-1]]
        places = places - places[0]
        return cls(text, places[:-1], places[1:])

    def begins_with(self, some: bytes) -> Truths:
        """Return which texts begin with one of ``some`` bytes; empty ones do not."""
        return self._has_at(np.minimum(self.begins, len(self.text) - 1), some)

    def ends_with(self, some: bytes) -> Truths:
        """Return which texts end with one of ``some`` bytes; empty ones do not."""
        return self._has_at(np.maximum(self.ends - 1, 0), some)

    def _has_at(self, places: NDArray[np.int64], some: bytes) -> Truths:
        if not len(self.text):
            return np.zeros(len(self.begins), dtype=bool)
        found: Truths = _table(some)[self.text[places]] & (self.begins != self.ends)
        return found

    def longest(self) -> int:
        """Return the length of the longest text, in bytes."""
        return int((self.ends - self.begins).max(initial=0))

    def holds(self, some: bytes) -> bool:
        """Return whether one of ``some`` bytes stands anywhere."""
        if not len(self.text):
            return False
        # Comparing with ranges is many times faster than looking each byte up in a table.
        least, most = int(self.text.min()), int(self.text.max())
        return any(
            bool((self.text == first).any() if first == last else ((self.text >= first) & (self.text <= last)).any())
            for first, last in _ranges(some)
            if first <= most and last >= least
        )
