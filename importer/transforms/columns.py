"""Columns of text between pandas and Arrow, where most of the work is done."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from importer.transforms.glance import Glance

WHITESPACE = "".join(character for character in map(chr, range(0x3001)) if character.isspace())
"""Every character that Python counts as a blank or line break."""

INVISIBLE = "\u00ad\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
"""Characters without a shape that get into cells by copying: zero-width blanks, joiners, direction marks."""

_INVISIBLE_CLASS = f"[{INVISIBLE}]"
_SAMPLE = 2_000
_TEXT = pd.StringDtype(storage="pyarrow", na_value=np.nan)

Result = TypeVar("Result")


def arrow_of(texts: pd.Series[str]) -> Any:
    """The column as one Arrow array of text; missing cells are null."""
    array = pa.array(texts, pa.large_string(), from_pandas=True)
    if not isinstance(array, pa.ChunkedArray):
        return array
    return array.chunk(0) if array.num_chunks == 1 else array.combine_chunks()


def column_of(array: Any, like: pd.Series[Any]) -> pd.Series[str]:
    """An Arrow array of text as a column with the index and name of ``like``."""
    return pd.Series(_TEXT.__from_arrow__(array), index=like.index, name=like.name)  # type: ignore[attr-defined]  # pandas' documented door for Arrow, which its stubs lack


def joined(*parts: Any) -> Any:
    """Texts and Arrow columns of texts put together row by row; the first column says of which Arrow type all are."""
    kind = next(part.type for part in parts if not isinstance(part, str))
    columns = [pa.scalar(part, kind) if isinstance(part, str) else part for part in parts]
    return pc.binary_join_element_wise(*columns, pa.scalar("", kind))


def truths_of(array: Any, like: pd.Series[Any]) -> pd.Series[bool]:
    """An Arrow array of truths as a column with the index of ``like``; null counts as false."""
    return pd.Series(array.fill_null(False).to_numpy(zero_copy_only=False), index=like.index)


def per_distinct(texts: pd.Series[str], change: Callable[[str], str | None]) -> pd.Series[str]:
    """``change`` applied to every distinct text once; ``None`` makes the cell missing, and missing stays missing."""
    encoded = arrow_of(texts).dictionary_encode()
    changed = [change(text) for text in encoded.dictionary.to_pylist()]
    return column_of(pa.array(changed, pa.large_string()).take(encoded.indices), texts)


def repeats(array: Any) -> bool:
    """Whether the first texts repeat so often that, by their look, most of all texts stand there more than once."""
    if len(array) <= _SAMPLE:
        return False
    again = _SAMPLE - len(array.slice(0, _SAMPLE).dictionary_encode().dictionary)
    # Of d equally frequent texts some n * n / 2d repeat among the first n; d is to be below half of all.
    return again * len(array) > _SAMPLE * _SAMPLE


def without_invisible(array: Any) -> Any:
    """The texts without invisible characters anywhere and without blanks at both ends."""
    if Glance.at(array).is_bare():
        return array
    if pc.any(pc.match_substring_regex(array, _INVISIBLE_CLASS)).as_py():
        array = pc.replace_substring_regex(array, _INVISIBLE_CLASS, "")
    return pc.utf8_trim(array, WHITESPACE)


def matching(array: Any, pattern: str) -> Any:
    """``array`` with null in place of the texts that the RE2 ``pattern`` does not match as a whole."""
    fits = pc.match_substring_regex(array, rf"\A(?:{pattern})\z")
    if pc.all(fits).as_py() is not False:
        return array
    return pc.if_else(fits, array, pa.scalar(None, array.type))


class Remembered(Generic[Result]):
    """A function of one column that does not work twice in a row on the same column."""

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
