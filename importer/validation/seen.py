"""Which values a file has had so far, for fields that must be unique: in the same memory however long the file is.

What is remembered goes to temporary files once it is more than a few megabytes. A sieve in memory says of nearly every
new value that it is new; only the others are looked for in the files, and a value counts as seen when its text is
there, not when a number made of it is.
"""

from __future__ import annotations

import tempfile
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from importer.transforms.columns import WHITESPACE, arrow_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

_IN_MEMORY = 4 << 20
_SIEVE_BITS = 27
_BLOCK = 4096
_NUMBER = 8


@dataclass(slots=True)
class Overflow:
    """Where values are kept that are too many for memory: in ``folder``, or where the system keeps temporary files."""

    folder: Path | None = None

    def file(self) -> IO[bytes]:
        """A new private file without a name, which is on disk only when it is long."""
        return cast(IO[bytes], tempfile.SpooledTemporaryFile(_IN_MEMORY, dir=str(self.folder) if self.folder else None))


class SeenValues:
    """Remembers where each value stood first. Values are compared without outer blanks and in Unicode's composed form.

    Columns are indexed by row number and come in the order of the file. Looking at the same rows again changes nothing.
    ``number_of`` gives a whole number of 64 bits for a text, nearly always another one for another text. What the disk
    refuses is an :class:`OSError`.
    """

    def __init__(
        self,
        *,
        ignore_case: bool = False,
        overflow: Overflow | None = None,
        # Python's own hash is keyed anew in every process, so no file can be made to have many equal ones.
        number_of: Callable[[str], int] = hash,
    ) -> None:
        self._ignore_case = ignore_case
        self._number_of = number_of
        self._overflow = overflow or Overflow()
        self._sieve: _Sieve | None = None
        self._shelf: _Shelf | None = None
        self._alike: dict[str, int] = {}
        """The rows of texts whose number another text had before."""

    def first_rows(self, values: pd.Series[str]) -> pd.Series[int]:
        """For each value the row where it stood first: its own when it is new or missing."""
        first = values.index.to_numpy(dtype=np.int64).copy()
        present = np.flatnonzero(values.notna().to_numpy())
        if len(present):
            encoded = self._compared(values.iloc[present]).dictionary_encode()
            which = encoded.indices.to_numpy(zero_copy_only=False)
            rows = np.empty(len(encoded.dictionary), dtype=np.int64)
            # Of several values for one place the last one stays, which is the first of the column.
            rows[which[::-1]] = first[present][::-1]
            first[present] = self._known_or(encoded.dictionary, rows)[which]
        return pd.Series(first, index=values.index)

    def is_first(self, values: pd.Series[str]) -> pd.Series[bool]:
        """Whether no earlier row has the value."""
        return self.first_rows(values) == values.index

    def _compared(self, values: pd.Series[str]) -> Any:
        array = pc.utf8_normalize(pc.utf8_trim(arrow_of(values), WHITESPACE), form="NFC")
        return pc.utf8_lower(array) if self._ignore_case else array

    def _known_or(self, array: Any, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """The first rows of some distinct texts; those that are new get ``rows`` and are remembered."""
        if self._sieve is None or self._shelf is None:
            self._sieve, self._shelf = _Sieve(_SIEVE_BITS), _Shelf(self._overflow)
        texts = array.to_pylist()
        numbers = np.fromiter(map(self._number_of, texts), dtype=np.int64, count=len(texts))
        order = np.argsort(numbers, kind="stable")
        in_order = numbers[order]
        first = rows.copy()
        fresh = np.ones(len(texts), dtype=bool)
        # Of several texts with one number only the first can be on the shelf.
        others = set(order[1:][in_order[1:] == in_order[:-1]].tolist())
        fresh[list(others)] = False
        for place, text, row in self._shelf.find(numbers, order[self._sieve.lets_through(in_order)]):
            fresh[place] = False
            if text == texts[place].encode():
                first[place] = row
                others.discard(place)
            else:
                others.add(place)
        for place in others:
            first[place] = self._alike.setdefault(texts[place], int(rows[place]))
        new = order[fresh[order]]
        self._sieve.add(numbers[new])
        self._shelf.add(numbers[new], rows[new], array.take(pa.array(new)))
        return first


class _Sieve:
    """A set of numbers in a few megabytes that never forgets one, and takes a few others for its own (Bloom, 1970)."""

    def __init__(self, bits: int) -> None:
        self._bits = bits
        # The system gives the memory when it is first written to, so a short file needs next to none.
        self._bytes = np.zeros(1 << (bits - 3), dtype=np.uint8)

    def add(self, numbers: NDArray[np.int64]) -> None:
        for byte, bit in self._places(numbers):
            np.bitwise_or.at(self._bytes, byte, bit)

    def lets_through(self, numbers: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Whether each may have been added; ``False`` is certain."""
        through = np.ones(len(numbers), dtype=bool)
        for byte, bit in self._places(numbers):
            through &= (self._bytes[byte] & bit) != 0
        return through

    def _places(self, numbers: NDArray[np.int64]) -> Iterator[tuple[NDArray[np.int64], NDArray[np.uint8]]]:
        """Three bits for every number: two halves of it, and one that depends on both."""
        whole = numbers.view(np.uint64)
        one, other = whole, whole >> np.uint64(64 - self._bits)
        for mixed in (one, other, one + other * np.uint64(3)):
            place = (mixed & np.uint64((1 << self._bits) - 1)).astype(np.int64)
            yield place >> 3, np.left_shift(1, place & 7).astype(np.uint8)


@dataclass(frozen=True, slots=True)
class _Layer:
    """Some entries of a shelf, by their numbers: where the file has them, how many, and every 4096th number."""

    begin: int
    count: int
    fence: NDArray[np.int64]


class _Shelf:
    """Numbers with their rows and texts. No number is added twice."""

    def __init__(self, overflow: Overflow) -> None:
        self._numbers, self._texts = overflow.file(), overflow.file()
        for file in (self._numbers, self._texts):
            weakref.finalize(self, file.close)
        self._layers: list[_Layer] = []
        self._end = 0
        self._texts_end = 0

    def add(self, numbers: NDArray[np.int64], rows: NDArray[np.int64], texts: Any) -> None:
        """Put entries on the shelf; ``numbers`` are sorted, ``texts`` an Arrow array."""
        if not len(numbers):
            return
        _, offsets, content = texts.buffers()
        ends = np.frombuffer(offsets, dtype=np.int64)[texts.offset : texts.offset + len(texts) + 1]
        begins = self._texts_end + ends[:-1] - ends[0]
        _append(self._texts, self._texts_end, memoryview(content or b"")[int(ends[0]) : int(ends[-1])])
        _append(self._numbers, self._end, numbers.tobytes())
        entries = np.column_stack([rows, begins, np.diff(ends)])
        _append(self._numbers, self._end + len(numbers) * _NUMBER, entries.tobytes())
        self._layers.append(_Layer(self._end, len(numbers), numbers[::_BLOCK].copy()))
        self._end += len(numbers) * _NUMBER * 4
        self._texts_end += int(ends[-1] - ends[0])

    def find(self, numbers: NDArray[np.int64], places: NDArray[np.intp]) -> Iterator[tuple[int, bytes, int]]:
        """Of the ``places`` in ``numbers`` those whose number is here, each with its text and row.

        ``numbers[places]`` is sorted.
        """
        for layer in self._layers:
            wanted = numbers[places]
            blocks = np.searchsorted(layer.fence, wanted, side="right") - 1
            for block in np.unique(blocks[blocks >= 0]).tolist():
                begin = block * _BLOCK
                there = self._read(layer.begin + begin * _NUMBER, min(_BLOCK, layer.count - begin))
                inside = np.flatnonzero(blocks == block)
                at = np.minimum(np.searchsorted(there, wanted[inside]), len(there) - 1)
                same = there[at] == wanted[inside]
                if same.any():
                    entries = self._entries(layer, begin + at[same])
                    for place, (row, start, size) in zip(places[inside[same]].tolist(), entries, strict=True):
                        self._texts.seek(start)
                        yield place, self._texts.read(size), row

    def _entries(self, layer: _Layer, places: NDArray[np.intp]) -> list[list[int]]:
        """Row, begin and size of the text of some entries that are near each other, in order."""
        lowest, beyond = int(places[0]), int(places[-1]) + 1
        begin = layer.begin + (layer.count + lowest * 3) * _NUMBER
        near = self._read(begin, (beyond - lowest) * 3).reshape(-1, 3)
        found: list[list[int]] = near[places - lowest].tolist()
        return found

    def _read(self, begin: int, count: int) -> NDArray[np.int64]:
        self._numbers.seek(begin)
        return np.frombuffer(self._numbers.read(count * _NUMBER), dtype=np.int64)


def _append(file: IO[bytes], end: int, content: bytes | memoryview) -> None:
    file.seek(end)
    file.write(content)
