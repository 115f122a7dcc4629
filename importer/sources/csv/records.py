"""The records of a text file, in one of two ways that give the same: quickly, or exactly.

A stretch of the file in which every quote stands where RFC 4180 wants it is plain: its records end at the line ends
outside of quotes, which a few operations over all of its bytes find, and Arrow takes it apart many times faster than
Python can. Everything else goes record by record through Python's strict reader, which also knows what is wrong. A
test holds the two together.
"""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from importer.sources.blocks import Block
from importer.sources.columns import RawColumns
from importer.sources.regrouping import Columns

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

MOST_CHARACTERS = 10_000_000
"""The longest cell. A longer one is a quote that was never closed, and would fill the memory with the whole file."""

_BLOCK = 1 << 20
_LONGEST_STRETCH = 64 << 20
_QUOTE, _NEWLINE, _RETURN = b'"\n\r'


class BrokenRecordError(Exception):
    """The strict reader met something that it cannot read: the first line and the row of the record, and its words."""

    def __init__(self, line: int, row: int, reason: str) -> None:
        super().__init__(line, row, reason)
        self.line = line
        self.row = row
        self.reason = reason


class Transcoder:
    """The bytes of a stream in another encoding, as UTF-8. Raises :class:`UnicodeDecodeError`."""

    def __init__(self, stream: IO[bytes], encoding: str) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder(encoding)("strict")

    def read(self, size: int) -> bytes:
        """About ``size`` bytes; nothing at the end only."""
        while True:
            block = self._stream.read(size)
            text = self._decoder.decode(block, final=not block)
            if text or not block:
                return text.encode("utf-8", "surrogatepass")


class Records:
    """One pass over the records of a text in UTF-8, which remembers rows and lines from block to block.

    ``announced`` says that the first line is no row. Rows count from 1; so do lines, that one included.
    """

    def __init__(self, stream: IO[bytes] | Transcoder, delimiter: str, *, announced: bool = False) -> None:
        self._stream = stream
        self._delimiter = delimiter
        self._rest = b""
        self._begin = 0
        self._ended = False
        self._row = 0
        self._line = 0
        self._length = 200
        if announced:
            next(self._lines(), "")

    def skip(self, rows: int) -> None:
        """Go on behind row ``rows``, blank ones counted."""
        if rows > self._row:
            self._exact(1, rows)

    def next_block(self, size: int) -> Block:
        """Up to ``size`` records with any text, one by one; none at the end. Raises :class:`BrokenRecordError`."""
        return self._exact(size, self._row)

    def next_columns(self, size: int, width: int) -> RawColumns | None:
        """Up to ``size`` records, those with any text, as ``width`` columns.

        ``None`` when they are not plain, have other numbers of cells, or are not there: nothing has been read then.
        """
        if width < 2 or not self._delimiter.isascii():
            return None
        ends, quotes = self._plain_ends(size)
        if not len(ends):
            return None
        if self._rest.startswith(codecs.BOM_UTF8, self._begin):
            # In the middle of a file it is a character like others, but Arrow would take it away.
            return None
        stretch = memoryview(self._rest)[self._begin : self._begin + int(ends[-1]) + 1]
        if not _well_quoted(np.frombuffer(stretch, np.uint8), quotes, ord(self._delimiter)):
            return None
        columns = _taken_apart(stretch, self._delimiter, width, len(ends))
        if columns is None:
            return None
        rows, lines = self._numbers(np.frombuffer(stretch, np.uint8), ends)
        self._length = max(1, len(stretch) // len(ends))
        self._begin += len(stretch)
        return _without_blank(rows, lines, columns)

    def _exact(self, size: int, least: int) -> Block:
        """Up to ``size`` records with any text; with ``least``, all up to that row are passed over and none is kept."""
        # The limit belongs to the csv module as a whole; raising it harms nobody else.
        csv.field_size_limit(max(csv.field_size_limit(), MOST_CHARACTERS))
        reader: Any = csv.reader(self._lines(), delimiter=self._delimiter, strict=True)
        block, row, before = Block(), self._row, self._line
        rows, lines, records = block.rows, block.lines, block.records
        passing = least > row
        end = 0
        try:
            for record in reader:
                row += 1
                start, end = end + 1, reader.line_num
                if passing:
                    if row == least:
                        break
                    continue
                if not record:
                    continue
                first = record[0]
                # Joining is dear, so only rows that begin with a blank cell pay for it.
                if (not first or first.isspace()) and not "".join(record).strip():
                    continue
                rows.append(row)
                lines.append(start + before)
                records.append(record)
                if len(rows) >= size:
                    break
        except csv.Error as error:
            raise BrokenRecordError(end + 1 + before, row + 1, str(error)) from None
        self._row = row
        return block

    def _lines(self) -> Iterator[str]:
        """The lines from here on, their ends included. What has not been asked for stays to be read."""
        while True:
            lines = self._rest[self._begin :].splitlines(keepends=True)
            if not self._ended:
                # Its end, or the second half of its end, may not have been read yet.
                held = lines.pop() if lines else b""
            for line in lines:
                text = line.decode("utf-8", "surrogatepass")
                self._begin += len(line)
                self._line += 1
                yield text
            if self._ended:
                return
            self._begin = len(self._rest) - len(held)
            self._more(_BLOCK)

    def _more(self, size: int) -> None:
        block = self._stream.read(size)
        self._ended = not block
        self._rest = self._rest[self._begin :] + block
        self._begin = 0

    def _plain_ends(self, size: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Where the next ``size`` records end, if they are plain, and where the quotes among them are.

        Positions count from where the reading is. No ends: there are no records, or none that plainly end.
        """
        none = np.empty(0, np.int64)
        while True:
            missing = min(self._length * size * 9 // 8, _LONGEST_STRETCH) - (len(self._rest) - self._begin)
            while missing > 0 and not self._ended:
                self._more(max(missing, _BLOCK))
                missing = min(self._length * size * 9 // 8, _LONGEST_STRETCH) - len(self._rest)
            found = np.frombuffer(self._rest, np.uint8)[self._begin :]
            quotes, ends = np.flatnonzero(found == _QUOTE), np.flatnonzero(found == _NEWLINE)
            ends = ends[np.searchsorted(quotes, ends) % 2 == 0] if len(quotes) else ends
            if len(ends) >= size or self._ended or len(found) >= _LONGEST_STRETCH:
                break
            self._length = self._length * 3 // 2 + 1
        ends = ends[:size]
        # A last record without a line end is left to the exact reader, and so is a cell that may be too long.
        if not len(ends) or np.diff(ends, prepend=-1).max() > MOST_CHARACTERS:
            return none, none
        return ends, quotes[: np.searchsorted(quotes, ends[-1])]

    def _numbers(self, text: NDArray[np.uint8], ends: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Row and first line of each record; both are counted on."""
        rows = np.arange(self._row + 1, self._row + 1 + len(ends), dtype=np.int64)
        last = np.searchsorted(np.flatnonzero(text == _NEWLINE), ends) + 1 + self._line
        lines = np.empty_like(rows)
        lines[0], lines[1:] = self._line + 1, last[:-1] + 1
        self._row, self._line = int(rows[-1]), int(last[-1])
        return rows, lines


def _well_quoted(text: NDArray[np.uint8], quotes: NDArray[np.int64], delimiter: int) -> bool:
    """Whether each quote opens at the beginning of a cell, closes at its end, or is one of two for one inside of it.

    Counted from the first, every other quote opens. One that closes just before another one that opens is a quote
    inside the cell.
    """
    returns = np.flatnonzero(text == _RETURN)
    if len(returns) and not (text[returns + 1] == _NEWLINE).all():
        # Old Macs end lines with it; the exact reader knows.
        return False
    if not len(quotes):
        return True
    opening, closing = quotes[0::2], quotes[1::2]
    edges = np.zeros(256, bool)
    edges[[delimiter, _NEWLINE, _QUOTE]] = True
    if not edges[text[opening[1:] - 1]].all() or (opening[0] and not edges[text[opening[0] - 1]]):
        return False
    edges[_RETURN] = True
    return bool(edges[text[closing + 1]].all())


def _taken_apart(stretch: memoryview, delimiter: str, width: int, records: int) -> list[pa.Array] | None:
    """The columns of a plain stretch; ``None`` unless every record has ``width`` cells."""
    import pyarrow as pa
    from pyarrow import csv as arrow

    names = [str(place) for place in range(width)]
    try:
        table = arrow.read_csv(
            pa.BufferReader(pa.py_buffer(stretch)),
            arrow.ReadOptions(column_names=names, block_size=len(stretch) + 1),
            arrow.ParseOptions(delimiter=delimiter, newlines_in_values=True),
            arrow.ConvertOptions(
                column_types=dict.fromkeys(names, pa.large_string()),
                strings_can_be_null=False,
                include_columns=names,
            ),
        )
    except pa.ArrowInvalid:
        return None
    if table.num_rows != records:
        # A blank line is a record, too.
        return None
    return [column.combine_chunks() if column.num_chunks != 1 else column.chunk(0) for column in table.columns]


def _without_blank(rows: NDArray[np.int64], lines: NDArray[np.int64], columns: list[pa.Array]) -> RawColumns:
    import pyarrow as pa
    import pyarrow.compute as pc

    # Whatever begins with a visible ASCII character holds text; only the others need a closer look.
    doubtful = pc.invert(pc.match_substring_regex(columns[0], "^[!-~]"))
    blank = [
        place
        for place in np.flatnonzero(doubtful.to_numpy(zero_copy_only=False)).tolist()
        if not any(column[place].as_py().strip() for column in columns)
    ]
    if not blank:
        return Columns(rows, lines, columns)
    kept = np.ones(len(rows), bool)
    kept[blank] = False
    return Columns(rows[kept], lines[kept], [column.filter(pa.array(kept)) for column in columns])
