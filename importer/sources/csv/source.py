"""CSV, TSV and other delimited text, read with the strict rules of RFC 4180.

Every cell stays the text that it is: nothing is trimmed, converted or taken for missing. A quoted cell may hold
delimiters and line ends, and two quotes inside it mean one. A quote that is never closed, or text after a closing
quote, stops the reading with the line where the record began, because everything behind it would be guesswork.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from importer.core.errors import SourceError
from importer.core.gc_pause import paused_collector
from importer.sources.blocks import Block, build_chunk
from importer.sources.columns import column_chunk
from importer.sources.csv.dialect import SAMPLE_CHARACTERS, detect_delimiter, given_delimiter, separator_line, spoken
from importer.sources.csv.encoding import TextFile, decide_encoding
from importer.sources.csv.records import MOST_CHARACTERS, BrokenRecordError, Records
from importer.sources.files import unreadable
from importer.sources.headings import SAMPLE_ROWS, Layout, SampleRow, find_header, lay_out
from importer.sources.interface import Chunk, Detection, SourceOptions
from importer.sources.opened import OpenedSource

if TYPE_CHECKING:
    from importer.sources.detection import Kind


@dataclass(frozen=True, slots=True)
class _Table:
    """A text file whose cells can be told apart. ``announced``: a first line ``sep=`` is no row."""

    file: TextFile
    delimiter: str
    announced: bool

    def chunks(self, layout: Layout, pad: bool, size: int) -> Iterator[Chunk]:
        width = layout.width
        with self._records() as records:
            records.skip(layout.header_row)
            while True:
                columns = records.next_columns(size, width)
                chunk = column_chunk(columns, layout) if columns else None
                if chunk is None:
                    with paused_collector():
                        block = records.next_block(size)
                    if not block.rows:
                        return
                    chunk = build_chunk(block, layout, pad=pad)
                if len(chunk.rows):
                    yield chunk

    def first(self, size: int) -> Block:
        """The first ``size`` records that hold any text."""
        with self._records() as records:
            return records.next_block(size)

    @contextmanager
    def _records(self) -> Iterator[Records]:
        path = self.file.path
        try:
            with self.file.utf8() as stream:
                yield Records(stream, self.delimiter, announced=self.announced)
        except BrokenRecordError as error:
            raise _broken(path, error) from None
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
    first = table.first(SAMPLE_ROWS)
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


def _broken(path: Path, error: BrokenRecordError) -> SourceError:
    place, reason = f"{path}, line {error.line} (row {error.row})", error.reason
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
