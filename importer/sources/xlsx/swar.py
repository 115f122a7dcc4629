"""SIMD within a register: the bytes of a window of XML as 64-bit words, compared and parsed for all cells at once.

A word holds eight consecutive bytes, the first in its lowest byte (little-endian). NumPy then compares or multiplies
the words of many thousand cells in one operation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Words = NDArray[np.uint64]

MAX_WORD_DIGITS = 8
_MASKS = np.array([(1 << 8 * count) - 1 for count in range(9)], "<u8")
_ASCII_ZEROS = np.uint64(0x3030303030303030)
_HIGH_NIBBLES = np.uint64(0xF0F0F0F0F0F0F0F0)
_SIXES = np.uint64(0x0606060606060606)
# Mask, multiplier and shift of each step in which two neighbours become one number of twice the width.
_MERGE_STEPS = [
    (np.uint64(0x0F0F0F0F0F0F0F0F), np.uint64(10 << 8 | 1), np.uint64(8)),
    (np.uint64(0x00FF00FF00FF00FF), np.uint64(100 << 16 | 1), np.uint64(16)),
    (np.uint64(0x0000FFFF0000FFFF), np.uint64(10_000 << 32 | 1), np.uint64(32)),
]


def to_word(spelling: bytes) -> np.uint64:
    """Return at most eight bytes as a word; missing ones are zeros."""
    return np.uint64(int.from_bytes(spelling, "little"))


def words_from(text: NDArray[np.uint8]) -> Words:
    """Return for each position the word of the eight bytes from there on: a view, nothing is copied."""
    return np.ndarray((len(text) - 7,), "<u8", text, 0, (1,))


def byte_mask(count: int | NDArray[np.int64]) -> Words:
    """Return the mask that keeps the first ``count`` (at most eight) bytes of a word."""
    masks: Words = _MASKS[count]
    return masks


def parse_digits(words: Words, length: NDArray[np.int64]) -> NDArray[np.int64]:
    """Parse the first ``length`` (1 to 8) bytes of each word as a decimal number; -1 where one is no digit."""
    # Move the digits to the end of the word and fill the front with "0": all numbers now have eight digits.
    shift = ((8 - length) * 8).astype(np.uint64)
    digits = (words << shift) | (_ASCII_ZEROS & ~(~np.uint64(0) << shift))
    # Digits are 0x30 to 0x39: the high nibble is 3, and stays 3 when 6 is added.
    valid = ((digits & _HIGH_NIBBLES) == _ASCII_ZEROS) & (((digits + _SIXES) & _HIGH_NIBBLES) == _ASCII_ZEROS)
    valid &= length > 0
    # Eight digits become four numbers of two digits, then two of four, then one of eight.
    for mask, factor, places in _MERGE_STEPS:
        digits = ((digits & mask) * factor) >> places
    numbers = digits.astype(np.int64)
    numbers[~valid] = -1
    return numbers
