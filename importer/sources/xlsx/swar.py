"""Eight bytes at a time: the bytes of a piece as numbers that are compared and read for all cells at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Words = NDArray[np.uint64]

MOST_DIGITS = 8
_KEPT = np.array([(1 << 8 * count) - 1 for count in range(9)], "<u8")
_ZEROS = np.uint64(0x3030303030303030)
_HIGH = np.uint64(0xF0F0F0F0F0F0F0F0)
_BEYOND_NINE = np.uint64(0x0606060606060606)
_STEPS = [
    (np.uint64(0x0F0F0F0F0F0F0F0F), np.uint64(10 << 8 | 1), np.uint64(8)),
    (np.uint64(0x00FF00FF00FF00FF), np.uint64(100 << 16 | 1), np.uint64(16)),
    (np.uint64(0x0000FFFF0000FFFF), np.uint64(10_000 << 32 | 1), np.uint64(32)),
]
"""Two digits become one number in place, then two of these, then two of those."""


def word(spelling: bytes) -> np.uint64:
    """At most eight bytes as a word; those that lack are zeros."""
    return np.uint64(int.from_bytes(spelling, "little"))


def words(text: NDArray[np.uint8]) -> Words:
    """For each position the eight bytes from there on; nothing is copied."""
    return np.ndarray((len(text) - 7,), "<u8", text, 0, (1,))


def kept_bytes(count: int | NDArray[np.int64]) -> Words:
    """What keeps so many of the first bytes of a word (at most eight)."""
    kept: Words = _KEPT[count]
    return kept


def digits_of(found: Words, length: NDArray[np.int64]) -> NDArray[np.int64]:
    """The numbers that the first bytes of the words are, so many (1 to 8) of each; -1 where one is no digit."""
    shift = ((8 - length) * 8).astype(np.uint64)
    digits = (found << shift) | (_ZEROS & ~(~np.uint64(0) << shift))
    good = ((digits & _HIGH) == _ZEROS) & (((digits + _BEYOND_NINE) & _HIGH) == _ZEROS) & (length > 0)
    for mask, factor, places in _STEPS:
        digits = ((digits & mask) * factor) >> places
    numbers = digits.astype(np.int64)
    numbers[~good] = -1
    return numbers
