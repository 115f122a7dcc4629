"""CSV, TSV and other delimited text, read with the strict rules of RFC 4180.

Every cell stays the text that it is; nothing is converted or taken for missing. A quoted cell may hold
delimiters and line ends, and two quotes inside it mean one. A quote that is never closed, or text after a closing
quote, stops the reading with the line where the record began, because everything behind it would be guesswork.
"""

from __future__ import annotations

import csv
import io
import re
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from importer.core.errors import SourceError
from importer.core.memory import gc_paused
from importer.sources.arrow_columns import limit_chunk_rows
from importer.sources.chunks import RowBlock, chunk_from_columns, chunk_from_rows
from importer.sources.csv.encoding import TextFile, detect_encoding
from importer.sources.csv.records import MAX_CELL_CHARACTERS, BrokenRecordError, RecordReader
from importer.sources.detection import DetectedFormat, unreadable_file
from importer.sources.header_row import add_letters, find_header_row
from importer.sources.headings import SAMPLE_ROWS, Layout, SampleRow, build_layout, check_density
from importer.sources.interface import NO_HEADINGS, Chunk, Detection, Source, SourceOptions

_DELIMITERS = (",", ";", "\t", "|")
_SAMPLE_CHARACTERS = 1 << 18
_MAX_RECORDS = 1000
_BLANKS_NOTE = "Quotation marks stand behind blanks in this file; they were read as quotes around the cells."
# Shares of the records that must have the usual number of cells, and how far the best delimiter must lead.
_CONSISTENT_SHARE = 0.9
_MAJORITY_SHARE = 0.6
_MIN_LEAD = 0.05
_DELIMITER_NAMES = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "bar": "|", "pipe": "|", "space": " "}


def open_text_file(path: Path, detected: DetectedFormat, options: SourceOptions, notes: tuple[str, ...]) -> Source:
    """Open the text file ``path``: detect and verify its encoding, find delimiter and headings.

    Raises :class:`SourceError`.
    """
    if options.sheet is not None or options.sheets:
        raise SourceError(f"{path} is a text file and has no sheets.", "Leave the sheet out.")
    file, encoding, encoding_notes = detect_encoding(path, detected.gzipped, options.encoding)
    delimiter, has_separator_line, delimiter_found = _find_delimiter(file, options.delimiter)
    skip_blanks = _quotes_follow_blanks(_read_head(file)[0], delimiter)
    table = _TextTable(file, delimiter, has_separator_line, skip_blanks)
    first = table.read_sample()
    sample = [SampleRow(row, tuple(cells)) for row, cells in zip(first.rows, first.records, strict=True)]
    if options.header_row == NO_HEADINGS:
        sample = add_letters(sample)
    header = find_header_row(sample, options.header_row, str(path))
    sample[header.index] = header.row
    width = len(sample[header.index].cells)
    layout, heading_notes = build_layout(sample, header.index, width, name=str(path))
    characters = sum(len(cell) + 1 for row in sample for cell in row.cells)
    check_density(layout.width, len(sample), characters, str(path))
    return Source(
        path=path,
        format="csv",
        sheet="",
        header_row=layout.header_row,
        columns=layout.columns,
        detections=(Detection("format", "csv", detected.how), encoding, delimiter_found, header.found),
        notes=(*notes, *encoding_notes, *header.notes, *heading_notes, *((_BLANKS_NOTE,) if skip_blanks else ())),
        read=partial(table.read_chunks, layout, options.pad_short_rows),
        marked=bool(layout.origin),
    )


@dataclass(frozen=True, slots=True)
class _TextTable:
    """A text file with a known delimiter. With ``has_separator_line`` its first line ``sep=`` is no row, and with
    ``skip_blanks`` quotes stand behind blanks."""

    file: TextFile
    delimiter: str
    has_separator_line: bool
    skip_blanks: bool

    def read_sample(self) -> RowBlock:
        """Read the first records that hold any text."""
        with self._open_records() as records:
            return records.read_block(SAMPLE_ROWS)

    def read_chunks(self, layout: Layout, pad: bool, size: int) -> Iterator[Chunk]:
        """Yield the records behind the headings: as columns where they are plain, else one by one (see ``records``)."""
        size, rows = limit_chunk_rows(size, layout.width), 0
        with self._open_records() as records:
            records.skip(layout.header_row)
            while True:
                batch = records.read_columns(size, layout.width)
                if batch is not None:
                    chunk = chunk_from_columns(batch, layout)
                else:
                    with gc_paused():
                        block = records.read_block(size)
                    if not block.rows:
                        return
                    # Only records that are read one by one may have fewer cells than headings.
                    rows += len(block.rows)
                    check_density(layout.width, rows, records.bytes_read, str(self.file.path))
                    chunk = chunk_from_rows(block, layout, pad=pad)
                # A batch of columns may hold nothing but blank records.
                if len(chunk.rows):
                    yield chunk

    @contextmanager
    def _open_records(self) -> Iterator[RecordReader]:
        path = self.file.path
        try:
            with self.file.open_utf8() as stream:
                yield RecordReader(
                    stream,
                    self.delimiter,
                    has_separator_line=self.has_separator_line,
                    skip_blanks=self.skip_blanks,
                )
        except BrokenRecordError as error:
            raise _syntax_error(path, error) from None
        except (UnicodeDecodeError, EOFError, zlib.error):
            raise SourceError(
                f"{path} changed while it was being read.", "Wait until nothing writes to it, then run again."
            ) from None
        except OSError as error:
            raise unreadable_file(path, error) from None


def _syntax_error(path: Path, error: BrokenRecordError) -> SourceError:
    """Translate the messages of Python's csv module, by their wording."""
    where, reason = f"{path}, line {error.line} (row {error.row})", error.reason
    if "expected after" in reason:
        return SourceError(
            f"{where}: there is text after a closing quote.",
            'Write a quote inside a quoted cell twice (""), and look for a quote that is missing further up.',
        )
    if "field larger" in reason:
        return SourceError(
            f"{where}: a cell is longer than {MAX_CELL_CHARACTERS:,} characters.",
            "A quote that opens in this row is probably never closed; close or remove it.",
        )
    if "unexpected end" in reason:
        return SourceError(f"{where}: a quote that opens here is never closed.", "Close the quote or remove it.")
    return SourceError(f"{where}: the row cannot be read ({reason}).", "Export the file again as CSV UTF-8.")


def _find_delimiter(file: TextFile, given: str | None) -> tuple[str, bool, Detection]:
    """Return the delimiter, whether the first line is a separator line (``sep=;``, no row), and the evidence."""
    sample, is_cut = _read_head(file)
    first_line = sample.replace("\r", "\n").partition("\n")[0]
    announced = _parse_separator_line(first_line)
    if given is not None:
        delimiter, how = _parse_delimiter(given), "given"
    elif announced is not None:
        delimiter, how = announced, f'announced by the first line "{first_line.strip()}"'
    else:
        delimiter, how = _detect_delimiter(sample, is_cut=is_cut, name=str(file.path))
    return delimiter, announced is not None, Detection("delimiter", _format_delimiter(delimiter), how)


def _read_head(file: TextFile) -> tuple[str, bool]:
    """Return the first characters of the file, and whether it goes on behind them."""
    with file.open() as stream:
        return stream.read(_SAMPLE_CHARACTERS), bool(stream.read(1))


def _quotes_follow_blanks(sample: str, delimiter: str) -> bool:
    """Tell whether quotes stand behind a delimiter and blanks, each closed before the next delimiter or line end.

    RFC 4180 knows no such quotes, and other texts (`He said, "hi" to me`) have quotes behind blanks, too.
    """
    if delimiter == " ":
        return False
    opening = rf'{re.escape(delimiter)} +"'
    opened = len(re.findall(opening, sample))
    return bool(opened) and opened == len(
        re.findall(rf'{opening}(?:[^"]|"")*(?:"(?={re.escape(delimiter)}|[\r\n]|\Z)|\Z)', sample)
    )


def _format_delimiter(delimiter: str) -> str:
    return "tab" if delimiter == "\t" else delimiter


def _parse_delimiter(given: str) -> str:
    """Return the character that ``given`` means. Raises :class:`SourceError` unless it can separate cells."""
    character = _DELIMITER_NAMES.get(given.casefold(), given)
    if len(character) != 1 or character in '"\r\n\0' or character.isalnum():
        raise SourceError(
            f'"{given}" cannot be a delimiter.', "Give one character such as , or ; or |, or the word tab for a tab."
        )
    return character


def _parse_separator_line(line: str) -> str | None:
    """Return the delimiter that a first line ``sep=;`` announces, as in Excel; ``None`` for any other line."""
    text = line.lstrip("\ufeff").rstrip("\r\n")
    text = text[1:-1] if len(text) == 7 and text[0] == text[-1] == '"' else text
    if len(text) == 5 and text[:4].casefold() == "sep=" and not text[4].isalnum() and text[4] != '"':
        return text[4]
    return None


@dataclass(frozen=True, slots=True)
class _Split:
    """The sample split by one delimiter.

    ``first`` and ``usual`` are numbers of cells: of the first record, and the commonest one above 1. ``agreeing`` of
    the ``records`` have the usual number.
    """

    delimiter: str
    first: int
    usual: int
    agreeing: int
    records: int

    @property
    def share(self) -> float:
        return self.agreeing / self.records


def _detect_delimiter(sample: str, *, is_cut: bool, name: str) -> tuple[str, str]:
    """Return the delimiter that gives (nearly) every record of ``sample`` the same number of cells, and the evidence.

    ``is_cut`` says that the file goes on after the sample. A file in which no candidate occurs has one column. Raises
    :class:`SourceError` when two candidates fit equally.
    """
    splits = [split for delimiter in _DELIMITERS if (split := _split_sample(sample, delimiter, is_cut=is_cut))]
    several = [split for split in splits if split.usual > 1]
    # From the strongest evidence to the weakest: all records agree, the headings are split, most records agree.
    consistent = [split for split in several if split.share >= _CONSISTENT_SHARE and split.first == split.usual]
    with_headings = [split for split in several if split.first > 1]
    mostly = [split for split in several if split.share >= _MAJORITY_SHARE]
    for fitting in (consistent, with_headings, mostly):
        if not fitting:
            continue
        ranked = sorted(fitting, key=lambda split: split.share, reverse=True)
        best = ranked[0]
        if len(ranked) > 1 and best.share - ranked[1].share < _MIN_LEAD:
            options = " or ".join(f"{_format_delimiter(split.delimiter)} ({split.usual} columns)" for split in ranked)
            raise SourceError(
                f"{name}: cannot tell which character separates the cells: {options}.",
                'Say it, for example `source: {delimiter: ";"}`.',
            )
        return best.delimiter, f"the same number of cells in {best.agreeing} of {best.records} rows"
    return ",", "the file has one column"


def _split_sample(sample: str, delimiter: str, *, is_cut: bool) -> _Split | None:
    """Count the cells of the sample's records; ``None`` if it holds none."""
    counts: list[int] = []
    skip_blanks = _quotes_follow_blanks(sample, delimiter)
    reader = csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter, skipinitialspace=skip_blanks, strict=True)
    try:
        for record in reader:
            if any(record):
                counts.append(len(record))
            if len(counts) >= _MAX_RECORDS:
                break
        else:
            # The end of the sample may cut its last record.
            if is_cut and len(counts) > 1:
                counts.pop()
    except csv.Error:
        # Count the records before it; the broken one is reported, with its line, when the rows are read.
        pass
    if not counts:
        return None
    several = Counter(count for count in counts if count > 1)
    usual, agreeing = several.most_common(1)[0] if several else (1, len(counts))
    return _Split(delimiter, counts[0], usual, agreeing, len(counts))
