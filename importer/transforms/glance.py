"""What the bytes of a column prove at a glance, many times faster than looking at each text by itself.

A proof is never wrong; where it fails nothing is known, and the texts need the exact look.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Truths = NDArray[np.bool_]

_FIRST_OF_OTHERS = 0x80
"""From this byte on UTF-8 writes characters beyond ASCII."""


_BLANKS = bytes(code for code in range(_FIRST_OF_OTHERS) if chr(code).isspace())


@cache
def _table(some: bytes) -> Truths:
    """Of every byte whether it is one of ``some``."""
    table = np.zeros(256, dtype=bool)
    table[list(some)] = True
    return table


@cache
def _ranges(some: bytes) -> tuple[tuple[int, int], ...]:
    """``some`` bytes as ranges, each from its first to its last byte."""
    codes = sorted(set(some))
    begins = [code for code in codes if code - 1 not in codes]
    ends = [code for code in codes if code + 1 not in codes]
    return tuple(zip(begins, ends, strict=True))


def _any_between(text: NDArray[np.uint8], first: int, last: int) -> bool:
    if first == last:
        return bool((text == first).any())
    return bool(((text >= first) & (text <= last)).any())


@dataclass(frozen=True, slots=True)
class Glance:
    """The bytes of the texts of an Arrow array of large strings: ``text[begins[i]:ends[i]]`` is the i-th one.

    What stands for a missing text is anything. ``text`` may be empty.
    """

    text: NDArray[np.uint8]
    begins: NDArray[np.int64]
    ends: NDArray[np.int64]

    @classmethod
    def at(cls, array: Any) -> Glance:
        """The bytes of ``array``, which are not copied."""
        _, offsets, content = array.buffers()
        if not len(array) or content is None:
            nowhere = np.zeros(len(array), dtype=np.int64)
            return cls(np.empty(0, dtype=np.uint8), nowhere, nowhere)
        places = np.frombuffer(offsets, dtype=np.int64)[array.offset : array.offset + len(array) + 1]
        text = np.frombuffer(content, dtype=np.uint8)[places[0] : places[-1]]
        places = places - places[0]
        return cls(text, places[:-1], places[1:])

    def empty(self) -> Truths:
        """Which texts have no character."""
        found: Truths = self.begins == self.ends
        return found

    def begins_with(self, some: bytes) -> Truths:
        """Which texts begin with one of ``some`` bytes; empty ones do not."""
        if not len(self.text):
            return np.zeros(len(self.begins), dtype=bool)
        found: Truths = _table(some)[self.text[np.minimum(self.begins, len(self.text) - 1)]] & ~self.empty()
        return found

    def ends_with(self, some: bytes) -> Truths:
        """Which texts end with one of ``some`` bytes; empty ones do not."""
        if not len(self.text):
            return np.zeros(len(self.begins), dtype=bool)
        found: Truths = _table(some)[self.text[np.maximum(self.ends - 1, 0)]] & ~self.empty()
        return found

    def longest(self) -> int:
        """The bytes of the longest text."""
        return int((self.ends - self.begins).max(initial=0))

    def holds(self, some: bytes) -> bool:
        """Whether one of ``some`` bytes stands anywhere."""
        # Comparing is many times faster than looking each byte up in a table.
        if not len(self.text):
            return False
        least, most = int(self.text.min()), int(self.text.max())
        return any(
            _any_between(self.text, first, last) for first, last in _ranges(some) if first <= most and last >= least
        )

    def is_bare(self) -> bool:
        """Whether all texts are certainly ASCII and none begins or ends with a blank."""
        if not len(self.text):
            return True
        if self.text.max() >= _FIRST_OF_OTHERS:
            return False
        return not (self.begins_with(_BLANKS).any() or self.ends_with(_BLANKS).any())
