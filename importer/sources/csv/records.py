"""Read the records of a text file in one of two ways with the same result: as columns, or one by one.

Plain stretches of the file, in which every quote is where RFC 4180 allows it, are split by Arrow, many times faster
than by Python. All other records go through the strict reader of Python's :mod:`csv`, which also reports errors.
tests/unit/sources/test_records.py compares the two.
"""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from importer.sources.arrow_columns import ColumnBatch
from importer.sources.chunks import RawBatch, RowBlock

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    from importer.sources.csv.encoding import Transcoder

    Positions = NDArray[np.int64]

MAX_CELL_CHARACTERS = 10_000_000
"""The longest cell. A longer one is a quote that was never closed, and would fill the memory with the whole file."""

_BLOCK = 1 << 20
_MAX_STRETCH = 64 << 20
# A block ends early where its records are very wide.
_MAX_BLOCK_CELLS = 2_000_000
_QUOTE, _NEWLINE, _RETURN = b'"\n\r'


class BrokenRecordError(Exception):
    """The strict reader found a syntax error: first line and row of the record, and the message of Python's csv."""

    def __init__(self, line: int, row: int, reason: str) -> None:
        super().__init__(line, row, reason)
        self.line = line
        self.row = row
        self.reason = reason


class RecordReader:
    """One pass over the records of a text in UTF-8, which counts rows and lines from block to block.

    ``has_separator_line`` says that the first line (``sep=``) is no row; with ``skip_blanks``, blanks behind delimiters
    are no part of the cells, so that quotes may follow. Rows count from 1; so do lines, that one included.
    """

    def __init__(
        self,
        stream: IO[bytes] | Transcoder,
        delimiter: str,
        *,
        has_separator_line: bool = False,
        skip_blanks: bool = False,
    ) -> None:
        self._stream = stream
        self._delimiter = delimiter
        self._skip_blanks = skip_blanks
        # Bytes that were read from the stream; those from ``_position`` on have not been returned as records.
        self._buffer = b""
        self._position = 0
        self._at_end = False
        self._row = 0
        self._line = 0
        self.bytes_read = 0
        # The estimated size of a record; corrected after each batch of columns.
        self._record_bytes = 200
        if has_separator_line:
            next(self._read_lines(), "")

    def skip(self, rows: int) -> None:
        """Continue behind row ``rows``, blank ones counted. Raises :class:`BrokenRecordError`."""
        if rows > self._row:
            self._read_strictly(1, rows)

    def read_block(self, size: int) -> RowBlock:
        """Read up to ``size`` records with any text, one by one; none at the end. Raises :class:`BrokenRecordError`."""
        return self._read_strictly(size, self._row)

    def read_columns(self, size: int, width: int) -> RawBatch | None:
        """Read ``size`` records as ``width`` columns and keep those with any text.

        Returns ``None`` when the records are not plain, have other numbers of cells, or at the end of the file. Nothing
        is consumed then, and the caller goes on with :meth:`read_block`.
        """
        # In a single column Arrow would drop an empty cell as a blank line, and it needs a delimiter of one byte.
        if width < 2 or not self._delimiter.isascii() or self._skip_blanks:
            return None
        ends, quotes = self._find_plain_records(size)
        if not len(ends):
            return None
        if self._buffer.startswith(codecs.BOM_UTF8, self._position):
            # At the beginning of the file the mark has been skipped. Here it is text, but Arrow would drop it.
            return None
        stretch = memoryview(self._buffer)[self._position : self._position + int(ends[-1]) + 1]
        text = np.frombuffer(stretch, np.uint8)
        if not _is_well_quoted(text, quotes, ord(self._delimiter)):
            return None
        columns = _split_with_arrow(stretch, self._delimiter, width, len(ends))
        if columns is None:
            return None
        # The number of each record's row and first line; a record may span several lines.
        rows = np.arange(self._row + 1, self._row + 1 + len(ends), dtype=np.int64)
        last_lines = np.searchsorted(np.flatnonzero(text == _NEWLINE), ends) + 1 + self._line
        lines = np.concatenate([[self._line], last_lines[:-1]]).astype(np.int64) + 1
        self._row, self._line = int(rows[-1]), int(last_lines[-1])
        self._record_bytes = max(1, len(stretch) // len(ends))
        self._position += len(stretch)
        return _drop_blank_records(ColumnBatch(rows, lines, columns))

    def _read_strictly(self, size: int, skip_to: int) -> RowBlock:
        """Read up to ``size`` records with any text. When ``skip_to`` is a later row, only skip to it."""
        # The limit is global to the csv module; raising it does no harm.
        csv.field_size_limit(max(csv.field_size_limit(), MAX_CELL_CHARACTERS))
        reader: Any = csv.reader(
            self._read_lines(), delimiter=self._delimiter, skipinitialspace=self._skip_blanks, strict=True
        )
        block, row, lines_before = RowBlock(), self._row, self._line
        rows, lines, records = block.rows, block.lines, block.records
        skipping, cells = skip_to > row, 0
        # Line numbers of this reader, which counts from where it starts: the last line of the latest record.
        end = 0
        try:
            for record in reader:
                row += 1
                start, end = end + 1, reader.line_num
                if skipping:
                    if row == skip_to:
                        break
                    continue
                if not record:
                    continue
                first = record[0]
                # Skip blank records. Joining is expensive, so it is done only if the first cell is blank.
                if (not first or first.isspace()) and not "".join(record).strip():
                    continue
                rows.append(row)
                lines.append(start + lines_before)
                records.append(record)
                cells += len(record)
                if len(rows) >= size or cells >= _MAX_BLOCK_CELLS:
                    break
        except csv.Error as error:
            raise BrokenRecordError(end + 1 + lines_before, row + 1, str(error)) from None
        self._row = row
        return block

    def _read_lines(self) -> Iterator[str]:
        """Yield the lines from here on with their ends; a line counts as consumed when it is yielded."""
        while True:
            lines = self._buffer[self._position :].splitlines(keepends=True)
            if not self._at_end:
                # Hold the last line back: it may continue in the next block, or its "\r" be followed by "\n" there.
                held = lines.pop() if lines else b""
            for line in lines:
                text = line.decode("utf-8", "surrogatepass")
                self._position += len(line)
                self._line += 1
                yield text
            if self._at_end:
                return
            self._position = len(self._buffer) - len(held)
            self._fill(_BLOCK)

    def _fill(self, size: int) -> None:
        """Read ``size`` more bytes into the buffer, and drop what was consumed."""
        block = self._stream.read(size)
        self._at_end = not block
        self.bytes_read += len(block)
        self._buffer = self._buffer[self._position :] + block
        self._position = 0

    def _find_plain_records(self, size: int) -> tuple[Positions, Positions]:
        """Find the line ends of the next ``size`` records and the quotes among them, counted from the position.

        A line end behind an even number of quotes ends a record, provided that the quotes are plain, which
        :func:`_is_well_quoted` checks later. Returns no ends when no complete record is found.
        """
        none = np.empty(0, np.int64)
        while True:
            # Read as many bytes as the records will probably have, and some more.
            wanted = min(self._record_bytes * size * 9 // 8, _MAX_STRETCH)
            while not self._at_end and (missing := wanted - (len(self._buffer) - self._position)) > 0:
                self._fill(max(missing, _BLOCK))
            text = np.frombuffer(self._buffer, np.uint8)[self._position :]
            quotes, ends = np.flatnonzero(text == _QUOTE), np.flatnonzero(text == _NEWLINE)
            ends = ends[np.searchsorted(quotes, ends) % 2 == 0] if len(quotes) else ends
            if len(ends) >= size or self._at_end or len(text) >= _MAX_STRETCH:
                break
            self._record_bytes = self._record_bytes * 3 // 2 + 1
        ends = ends[:size]
        # A last record without a line end is left to the strict reader, and so is a cell that may be too long.
        if not len(ends) or np.diff(ends, prepend=-1).max() > MAX_CELL_CHARACTERS:
            return none, none
        return ends, quotes[: np.searchsorted(quotes, ends[-1])]


def _is_well_quoted(text: NDArray[np.uint8], quotes: Positions, delimiter: int) -> bool:
    """Tell whether each quote opens at the beginning of a cell, closes at its end, or is one of a doubled pair inside.

    Counted from the first, every other quote opens. One that closes just before another one that opens is a quote
    inside the cell.
    """
    returns = np.flatnonzero(text == _RETURN)
    if len(returns) and not (text[returns + 1] == _NEWLINE).all():
        # A carriage return alone ends lines on old Macs; the strict reader handles it.
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


def _split_with_arrow(stretch: memoryview, delimiter: str, width: int, records: int) -> list[pa.Array] | None:
    """Split a plain stretch into columns; ``None`` unless every record has ``width`` cells."""
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    names = [str(position) for position in range(width)]
    try:
        table = arrow_csv.read_csv(
            pa.BufferReader(pa.py_buffer(stretch)),
            arrow_csv.ReadOptions(column_names=names, block_size=len(stretch) + 1),
            arrow_csv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
            arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.large_string()),
                strings_can_be_null=False,
                include_columns=names,
            ),
        )
    except pa.ArrowInvalid:
        return None
    if table.num_rows != records:
        # Arrow leaves blank lines out, but they are records, too.
        return None
    return [column.combine_chunks() if column.num_chunks != 1 else column.chunk(0) for column in table.columns]


def _drop_blank_records(batch: RawBatch) -> RawBatch:
    """Return the batch without the records that hold no text."""
    import pyarrow as pa
    import pyarrow.compute as pc

    # A record whose first cell begins with a visible ASCII character holds text; only the others are checked.
    doubtful = pc.invert(pc.match_substring_regex(batch.columns[0], "^[!-~]"))
    filled = [column for column in batch.columns if pc.max(pc.binary_length(column)).as_py()]
    blank = [
        at
        for at in np.flatnonzero(doubtful.to_numpy(zero_copy_only=False)).tolist()
        if not any(column[at].as_py().strip() for column in filled)
    ]
    if not blank:
        return batch
    kept = np.ones(len(batch.rows), bool)
    kept[blank] = False
    mask = pa.array(kept)
    return ColumnBatch(batch.rows[kept], batch.lines[kept], [column.filter(mask) for column in batch.columns])
