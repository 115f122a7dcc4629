"""Open and read an .xlsx workbook as a stream: one sheet, its rows in windows, its shared strings on disk.

:func:`open_xlsx_workbook` is the public function of this package. A window is a stretch of whole rows of the sheet's
XML, about a megabyte long. It is read by the first of four parsers that accepts its spelling, from the fastest to the
most general one:

1. as columns (:mod:`~importer.sources.xlsx.columns`), cells found by :mod:`~importer.sources.xlsx.fast_path`;
2. as columns, cells found by :mod:`~importer.sources.xlsx.tag_scanner`;
3. row by row (:mod:`~importer.sources.xlsx.rows`), by a regular expression;
4. row by row, by the XML parser expat, which accepts any spelling.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from importer.core.background import prefetch
from importer.sources.arrow_columns import limit_chunk_rows, regroup
from importer.sources.chunks import RawBatch, chunk_from_columns
from importer.sources.excel.zip_safety import (
    check_archive,
    damaged_workbook,
    open_archive,
    read_part,
    unexpected_xml,
    verify_parts,
)
from importer.sources.headings import Layout, SampleRow, limit_sample
from importer.sources.interface import Chunk, SheetInfo
from importer.sources.xlsx.columns import columns_from_rows, columns_from_window
from importer.sources.xlsx.package import XlsxPackage, read_package, read_styles
from importer.sources.xlsx.rows import SheetRow, parse_window, read_rows, split_windows
from importer.sources.xlsx.shared_strings import SharedStrings
from importer.sources.xlsx.values import CellDecoder

_MERGED = re.compile(rb"<(?:\w+:)?mergeCell\s[^>]{0,200}?ref=[\"']([A-Z]{1,3}\d{1,7}:[A-Z]{1,3}(\d{1,7}))[\"']")
_ENCODING = re.compile(rb"^\s*(?:\xef\xbb\xbf)?<\?xml[^>]{0,200}?encoding=[\"']([^\"']{1,40})[\"']")
_HIDDEN_ROW = re.compile(rb"<(?:\w+:)?row\s[^>]*?\bhidden=[\"'](?:1|true)[\"'][^>]*?(/?)>")
_OVERLAP = 400
_MAX_TAG_BYTES = 4096
_MAX_MERGED = 10_000
# Rows are read one by one only where the first few are wanted, so their windows are smaller.
_SAMPLE_BLOCK = 1 << 18
# Threads that read windows. The calling thread decompresses the file meanwhile; more would wait for each other.
_THREADS = 2


@dataclass(frozen=True, slots=True)
class SheetCheck:
    """The merged ranges of a sheet, each with its last row, and its number of hidden rows with cells.

    ``row_count`` is the number of rows, and ``size`` that of the bytes of its XML.
    """

    merged: list[tuple[str, int]]
    hidden_rows: int
    row_count: int
    size: int


def open_xlsx_workbook(path: Path) -> XlsxWorkbook:
    """Open the .xlsx workbook ``path``, and check all parts but the sheets, which :meth:`XlsxWorkbook.sheet` checks.

    Raises :class:`SourceError` when it is damaged or unsafe.
    """
    checks: dict[str, Future[SheetCheck]] = {}
    with open_archive(path) as archive, ThreadPoolExecutor(1, thread_name_prefix="check-sheet") as background:
        check_archive(archive, path)
        package = read_package(archive, path)
        # If there is only one visible sheet, start to check it now on another thread: to decompress it takes a while.
        candidates = [package.members[sheet.name] for sheet in package.sheets if sheet.visible and sheet.readable]
        if len(candidates) == 1 and candidates[0]:
            checks[candidates[0]] = background.submit(check_sheet, path, candidates[0])
        verify_parts(archive, path, (package.strings, package.styles, *package.members.values()))
        styles = read_styles(archive, package.styles, path)
        strings = SharedStrings(archive, package.strings, path)
    return XlsxWorkbook(path, package, CellDecoder(strings, styles, from_1904=package.from_1904), checks)


@dataclass(frozen=True, slots=True)
class XlsxWorkbook:
    """An opened .xlsx workbook. No file is held open: each pass opens it again.

    ``checks`` are the checks of sheets that have been started already, by the name of the sheet's part.
    """

    path: Path
    package: XlsxPackage
    decoder: CellDecoder
    checks: dict[str, Future[SheetCheck]]

    @property
    def sheets(self) -> tuple[SheetInfo, ...]:
        """All sheets in the order of their tabs."""
        return self.package.sheets

    def first_row(self, name: str) -> tuple[str, ...]:
        """Return the texts of row 1 of a sheet."""
        row = next(self._read_rows(name), None)
        return _texts_of(row, self.decoder) if row is not None and row.number == 1 else ()

    def has_row(self, name: str, row: int) -> bool:
        """Tell whether a sheet has a value in row ``row`` or below."""
        return any(found.number >= row for found in self._read_rows(name))

    def _read_rows(self, name: str) -> Iterator[SheetRow]:
        return _read_sheet_rows(self.path, name, self._find_member(name), self.decoder)

    def _find_member(self, name: str) -> str:
        member = self.package.members[name]
        if not member:
            raise damaged_workbook(self.path)
        return member

    def sheet(self, name: str) -> XlsxSheet:
        """Return the sheet ``name``, for reading. Raises :class:`SourceError` when it is damaged."""
        member = self._find_member(name)
        check = self.checks[member].result() if member in self.checks else check_sheet(self.path, member)
        return XlsxSheet(self.path, name, member, self.decoder, check)

    def close(self) -> None:
        """Do nothing: no file is held open."""


class XlsxSheet:
    """One sheet, read from the file anew each time."""

    def __init__(self, path: Path, name: str, member: str, decoder: CellDecoder, check: SheetCheck) -> None:
        self.merged, self.hidden_rows = check.merged, check.hidden_rows
        self.row_count, self.size = check.row_count, check.size
        self._path, self._name, self._member, self._decoder = path, name, member, decoder

    def read_sample(self, size: int) -> list[SampleRow]:
        """Read the first ``size`` rows that hold any value."""
        rows = _read_sheet_rows(self._path, self._name, self._member, self._decoder)
        return limit_sample((SampleRow(row.number, _texts_of(row, self._decoder)) for row in rows), size)

    def read_chunks(self, layout: Layout, size: int) -> Iterator[Chunk]:
        """Yield the rows behind the headings that hold any value, at most ``size`` at a time."""
        batches = regroup(self._read_batches(layout.header_row), limit_chunk_rows(size, len(layout.columns)))
        # ``map`` instead of a loop, whose variable would keep a chunk in memory while the next one is read.
        return map(partial(chunk_from_columns, layout=layout), batches)

    def _read_batches(self, after: int) -> Iterator[RawBatch]:
        """Yield the rows of each window behind row ``after``; two threads read windows while this one decompresses."""
        place = f'{self._path}, sheet "{self._name}"'
        before = 0
        with open_archive(self._path) as archive:
            windows = split_windows(read_part(archive, self._member, self._path), self._path)
            for window, found in prefetch(partial(columns_from_window, decoder=self._decoder), windows, _THREADS):
                if found is not None and found.first > before:
                    batch, before = found.batch, found.last
                else:
                    # Another spelling, or rows out of order: the row parsers read it, or report the damage.
                    rows = parse_window(window, self._decoder, before, place, self._path)
                    before = rows[-1].number if rows else before
                    batch = columns_from_rows(rows, self._decoder)
                self._decoder.strings.release_memory()
                yield batch.slice(int(np.searchsorted(batch.rows, after, "right")), len(batch.rows))


def _texts_of(row: SheetRow, decoder: CellDecoder) -> tuple[str, ...]:
    """Return the texts of a row from column A to its last cell."""
    texts = [""] * (max(row.cells, default=-1) + 1)
    for column, cell in row.cells.items():
        texts[column] = decoder.resolve(cell)
    return tuple(texts)


def _read_sheet_rows(path: Path, name: str, member: str, decoder: CellDecoder) -> Iterator[SheetRow]:
    """Yield the rows of a sheet that hold any text or flaw, one by one."""
    with open_archive(path) as archive:
        yield from read_rows(read_part(archive, member, path, _SAMPLE_BLOCK), decoder, f'{path}, sheet "{name}"', path)


def check_sheet(path: Path, member: str) -> SheetCheck:
    """Read a sheet's part from end to end, to find damage before any row is used.

    Also finds merged ranges, which the XML has behind the rows, and counts hidden rows with cells. Raises
    :class:`SourceError` when the part is damaged, or in another encoding than UTF-8.
    """
    merged: list[tuple[str, int]] = []
    hidden = HiddenRowCounter()
    rest, is_first = b"", True
    rows = size = 0
    with open_archive(path) as archive:
        for block in read_part(archive, member, path):
            if is_first and (found := _ENCODING.match(block)) and found[1].lower() not in (b"utf-8", b"us-ascii"):
                raise unexpected_xml(path, member)
            is_first = False
            size += len(block)
            rows += block.count(b"</row>") or block.count(b":row>")
            hidden.feed(block)
            # A tag may be split between two blocks, so the end of each is searched again with the next one.
            searched = rest + block
            last = 0
            if b"m" in searched and b"mergeCell" in searched:
                for area in _MERGED.finditer(searched):
                    merged.append((area[1].decode(), int(area[2])))
                    last = area.end()
            rest = searched[max(last, len(searched) - _OVERLAP) :]
            del merged[_MAX_MERGED:]
    return SheetCheck(merged, hidden.count, rows, size)


class HiddenRowCounter:
    """Counts the hidden rows with cells (by hand or by a filter) in the XML of a sheet, fed in blocks of any size."""

    def __init__(self) -> None:
        self.count = 0
        self._rest = b""

    def feed(self, block: bytes) -> None:
        """Count the hidden rows in the next block."""
        text = self._rest + block
        # A single byte is found many times faster than several, and most blocks do not have it.
        if b"h" in text and b"hidden=" in text:
            self.count += sum(1 for closed in _HIDDEN_ROW.findall(text) if not closed)
        # Keep an incomplete tag at the end, to search it again with the next block.
        begin = text.rfind(b"<", -_MAX_TAG_BYTES)
        self._rest = text[begin:] if begin >= 0 and b">" not in text[begin:] else b""
