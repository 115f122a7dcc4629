"""What the bytes of a column prove at a glance, many times faster than looking at each text by itself.

A proof is never wrong; where it fails nothing is known, and the texts need the exact look.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Truths = NDArray[np.bool_]

_FIRST_OF_OTHERS = 0x80
"""From this byte on UTF-8 writes characters beyond ASCII."""


def byte_table(numbers: Iterable[int]) -> Truths:
    """A table that tells of every byte whether it is among ``numbers``."""
    table = np.zeros(256, dtype=bool)
    table[list(numbers)] = True
    return table


_BLANKS = byte_table(code for code in range(_FIRST_OF_OTHERS) if chr(code).isspace())


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

    def begins_with(self, table: Truths) -> Truths:
        """Which texts begin with a byte of the table; empty ones do not."""
        if not len(self.text):
            return np.zeros(len(self.begins), dtype=bool)
        found: Truths = table[self.text[np.minimum(self.begins, len(self.text) - 1)]] & ~self.empty()
        return found

    def holds(self, table: Truths) -> bool:
        """Whether a byte of the table stands anywhere."""
        return bool(table[self.text].any())

    def is_bare(self) -> bool:
        """Whether all texts are certainly ASCII and none begins or ends with a blank."""
        if not len(self.text):
            return True
        if self.text.max() >= _FIRST_OF_OTHERS:
            return False
        last = self.text[np.maximum(self.ends - 1, 0)]
        # The byte before an empty text belongs to another one, whose end it is.
        return not (self.begins_with(_BLANKS).any() or _BLANKS[last].any())
