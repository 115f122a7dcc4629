"""CSV, TSV and other delimited text, read with the strict rules of RFC 4180.

Every cell stays the text that it is: nothing is trimmed, converted or taken for missing. A quoted cell may hold
delimiters and line ends, and two quotes inside it mean one. A quote that is never closed, or text after a closing
quote, stops the reading with the line where the record began, because everything behind it would be guesswork.
"""

from __future__ import annotations

import csv
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from importer.errors import SourceError
from importer.sources.blocks import Block, build_chunk, paused_collector
from importer.sources.delimiters import (
    SAMPLE_CHARACTERS,
    detect_delimiter,
    given_delimiter,
    separator_line,
    spoken,
)
from importer.sources.files import unreadable
from importer.sources.headings import SAMPLE_ROWS, Layout, SampleRow, find_header, lay_out
from importer.sources.interface import Chunk, Detection, SourceOptions
from importer.sources.opened import OpenedSource
from importer.sources.textfiles import TextFile, decide_encoding

if TYPE_CHECKING:
    from importer.sources.kinds import Kind

MOST_CHARACTERS = 10_000_000
"""The longest cell. A longer one is a quote that was never closed, and would fill the memory with the whole file."""


@dataclass(frozen=True, slots=True)
class _Table:
    """A text file whose cells can be told apart. ``announced``: a first line ``sep=`` is no row."""

    file: TextFile
    delimiter: str
    announced: bool

    def chunks(self, layout: Layout, pad: bool, size: int) -> Iterator[Chunk]:
        for block in self.blocks(size, after=layout.header_row):
            yield build_chunk(block, layout, pad=pad)

    def blocks(self, size: int, after: int) -> Iterator[Block]:
        """The records behind row ``after`` that hold any text, ``size`` at a time."""
        path = self.file.path
        try:
            with self.file.open() as stream:
                if self.announced:
                    stream.readline()
                records = _Records(stream, self.delimiter, path, lines_before=int(self.announced))
                while True:
                    with paused_collector():
                        block = records.next_block(size, after)
                    if not block.rows:
                        return
                    yield block
        except (UnicodeDecodeError, EOFError, zlib.error):
            raise SourceError(
                f"{path} changed while it was being read.", "Wait until nothing writes to it, then run again."
            ) from None
        except OSError as error:
            raise unreadable(path, error) from None


def open_text(path: Path, kind: Kind, options: SourceOptions, notes: tuple[str, ...]) -> OpenedSource:
    """The text file ``path``, its encoding, delimiter and headings known. Raises :class:`SourceError`."""
    if options.sheet is not None:
        raise SourceError(f"{path} is a text file and has no sheets.", "Leave the sheet out.")
    file, encoding, doubts = decide_encoding(path, kind.packed, options.encoding)
    delimiter, announced, found = _delimiter(file, options.delimiter)
    table = _Table(file, delimiter, announced)
    first = next(table.blocks(SAMPLE_ROWS, after=0), Block())
    sample = [SampleRow(row, tuple(cells)) for row, cells in zip(first.rows, first.records, strict=True)]
    place, header = find_header(sample, options.header_row, str(path))
    layout, oddities = lay_out(sample, place, offset=0, name=str(path))
    return OpenedSource(
        path=path,
        format="csv",
        sheet="",
        header_row=layout.header_row,
        columns=layout.columns,
        detections=(Detection("format", "csv", kind.how), encoding, found, header),
        notes=(*notes, *doubts, *oddities),
        read=partial(table.chunks, layout, options.pad_short_rows),
    )


def _delimiter(file: TextFile, given: str | None) -> tuple[str, bool, Detection]:
    """The delimiter, whether a first line ``sep=`` announces one (and is no row), and the evidence."""
    with file.open() as stream:
        sample = stream.read(SAMPLE_CHARACTERS)
        cut = bool(stream.read(1))
    first = sample.replace("\r", "\n").partition("\n")[0]
    announced = separator_line(first)
    if given is not None:
        delimiter = given_delimiter(given)
        return delimiter, announced is not None, Detection("delimiter", spoken(delimiter), "given")
    if announced is not None:
        how = f'announced by the first line "{first.strip()}"'
        return announced, True, Detection("delimiter", spoken(announced), how)
    delimiter, found = detect_delimiter(sample, cut=cut, name=str(file.path))
    return delimiter, False, found


class _Records:
    """A pass over the records of a text file that remembers rows and lines between blocks."""

    def __init__(self, stream: TextIO, delimiter: str, path: Path, lines_before: int) -> None:
        # The limit belongs to the csv module as a whole; raising it harms nobody else.
        csv.field_size_limit(max(csv.field_size_limit(), MOST_CHARACTERS))
        self._reader: Any = csv.reader(stream, delimiter=delimiter, strict=True)
        self._path = path
        self._lines_before = lines_before
        self._row = 0

    def next_block(self, size: int, after: int) -> Block:
        """Up to ``size`` records behind row ``after`` with any text; none at the end of the file."""
        block = Block()
        row, reader = self._row, self._reader
        end: int = reader.line_num
        rows, lines, records, before = block.rows, block.lines, block.records, self._lines_before
        try:
            for record in reader:
                row += 1
                start, end = end + 1, reader.line_num
                if row <= after or not record:
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
            raise _broken(self._path, end + 1 + before, row + 1, str(error)) from None
        self._row = row
        return block


def _broken(path: Path, line: int, row: int, reason: str) -> SourceError:
    place = f"{path}, line {line} (row {row})"
    if "expected after" in reason:
        return SourceError(
            f"{place}: there is text after a closing quote.",
            'Write a quote inside a quoted cell twice (""), and look for a quote that is missing further up.',
        )
    if "field larger" in reason:
        return SourceError(
            f"{place}: a cell is longer than {MOST_CHARACTERS:,} characters.",
            "A quote that opens in this row is probably never closed; close or remove it.",
        )
    if "unexpected end" in reason:
        return SourceError(f"{place}: a quote that opens here is never closed.", "Close the quote or remove it.")
    return SourceError(f"{place}: the row cannot be read ({reason}).", "Export the file again as CSV UTF-8.")
