"""An .xlsx workbook, read as a stream: one sheet, its rows in pieces, and its shared texts on disk."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np

from importer.core.gc_pause import paused_collector
from importer.sources.ahead import worked_ahead
from importer.sources.blocks import Block, Flaw
from importer.sources.columns import RawColumns, column_chunk
from importer.sources.excel.calamine_reader import SheetName
from importer.sources.excel.zip_safety import (
    damaged,
    inspect_archive,
    open_archive,
    prove_parts,
    strange_xml,
    unpacked,
)
from importer.sources.headings import Layout
from importer.sources.interface import Chunk
from importer.sources.regrouping import regrouped, rows_at_once
from importer.sources.xlsx.columns import columns_of_rows, flaw_code, plain_columns
from importer.sources.xlsx.hidden_rows import HiddenRows
from importer.sources.xlsx.number_formats import read_styles
from importer.sources.xlsx.package import read_package
from importer.sources.xlsx.rows import SheetRow, read_rows, window_rows, windows
from importer.sources.xlsx.shared_strings import SharedStrings
from importer.sources.xlsx.values import Values

_MERGED = re.compile(rb"<(?:\w+:)?mergeCell\s[^>]{0,200}?ref=[\"']([A-Z]{1,3}\d{1,7}:[A-Z]{1,3}(\d{1,7}))[\"']")
_ENCODING = re.compile(rb"^\s*(?:\xef\xbb\xbf)?<\?xml[^>]{0,200}?encoding=[\"']([^\"']{1,40})[\"']")
_OVERLAP = 400
_MOST_MERGED = 10_000
_FIRST_BLOCK = 1 << 18
"""Bytes: rows are read one by one only where the first few are wanted."""
_THREADS = 2
"""More would wait for each other; this one unpacks the file meanwhile."""

Proof = tuple[list[tuple[str, int]], int]
"""What shows when a sheet is read from end to end: its merged areas, each with its last row, and how many rows are
hidden."""


class XlsxBook:
    """An open .xlsx workbook, whole and undamaged but for the sheets that have not been asked for."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with open_archive(path) as archive, ThreadPoolExecutor(1, thread_name_prefix="proof") as beside:
            inspect_archive(archive, path)
            self._package = package = read_package(archive, path)
            self._proofs = {member: beside.submit(_prove, path, member) for member in self._expected() if member}
            prove_parts(archive, path, (package.strings, package.styles, *package.members.values()))
            styles = read_styles(archive, package.styles, path)
            strings = SharedStrings(archive, package.strings, path)
        self._values = Values(strings, styles, from_1904=package.from_1904)

    @property
    def sheets(self) -> tuple[SheetName, ...]:
        """All sheets in the order of their tabs."""
        return self._package.sheets

    def _expected(self) -> list[str]:
        """The part of the sheet that will most likely be wanted, if only one can be: to unpack it takes a while."""
        seen = [sheet.name for sheet in self.sheets if sheet.visible and sheet.readable]
        return [self._package.members[name] for name in seen] if len(seen) == 1 else []

    def first_row(self, name: str) -> tuple[str, ...]:
        """The texts of row 1 of a sheet."""
        row = next(self._rows(name), None)
        return tuple(map(self._values.resolved, row.cells)) if row is not None and row.number == 1 else ()

    def reaches(self, name: str, row: int) -> bool:
        """Whether a sheet has a value in row ``row`` or below."""
        return any(found.number >= row for found in self._rows(name))

    def tab(self, name: str) -> StreamedTab:
        """The sheet ``name``, for reading. Raises :class:`SourceError` when it is damaged."""
        member = self._package.members[name]
        if not member:
            raise damaged(self._path)
        proof = self._proofs[member].result() if member in self._proofs else _prove(self._path, member)
        return StreamedTab(self._path, name, member, self._values, proof)

    def _rows(self, name: str) -> Iterator[SheetRow]:
        return sheet_rows(self._path, name, self._package.members[name], self._values)

    def __enter__(self) -> XlsxBook:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is held open: every reading opens the file anew."""


def sheet_rows(path: Path, name: str, member: str, values: Values) -> Iterator[SheetRow]:
    """The rows of a sheet that hold anything."""
    if not member:
        raise damaged(path)
    with open_archive(path) as archive:
        yield from read_rows(unpacked(archive, member, path, _FIRST_BLOCK), values, f'{path}, sheet "{name}"', path)


class StreamedTab:
    """One sheet, read from the file anew each time. ``merged`` lists its merged areas, each with its last row."""

    def __init__(self, path: Path, name: str, member: str, values: Values, proof: Proof) -> None:
        self.offset = 0
        self.as_text = values.column
        self._where = (path, name, member, values)
        self._width = 0
        self.merged, self.hidden_rows = proof

    def first(self, size: int) -> Block:
        """The first ``size`` rows that hold any value; all blocks are then as wide as the widest of them."""
        rows = list(islice(sheet_rows(*self._where), size))
        self._width = max((len(row.cells) for row in rows), default=0)
        block = _block(iter(rows), size, self._width)
        if self._width:
            texts = [self.as_text(cells).to_pylist() for cells in zip(*block.records, strict=True)]
            block.records = list(map(list, zip(*texts, strict=True)))
        return block

    def chunks(self, layout: Layout, size: int) -> Iterator[Chunk]:
        """The rows behind the headings that hold any value, at most ``size`` at a time."""
        at_once = rows_at_once(size, self._width)
        # A loop would hold the rows of a chunk while those of the next one are read.
        return map(partial(column_chunk, layout=layout), regrouped(self._pieces(layout.header_row), at_once))

    def _pieces(self, after: int) -> Iterator[RawColumns]:
        path, name, member, values = self._where
        before = 0
        with open_archive(path) as archive:
            found = windows(unpacked(archive, member, path), path)
            for window, plain in worked_ahead(lambda piece: plain_columns(piece, values), found, _THREADS):
                if plain is not None and plain.first > before:
                    piece, before = plain.columns, plain.last
                else:
                    rows = window_rows(window, values, before, f'{path}, sheet "{name}"', path)
                    before = rows[-1].number if rows else before
                    piece = columns_of_rows(rows, values)
                values.let_go()
                yield piece.part(int(np.searchsorted(piece.rows, after, "right")), len(piece.rows))


def _block(rows: Iterator[SheetRow], size: int, width: int) -> Block:
    block = Block()
    with paused_collector():
        for row in rows:
            cells = row.cells
            if len(cells) < width:
                cells += [""] * (width - len(cells))
            for column, text in row.bad.items():
                block.flaws.append(Flaw(flaw_code(text), row.number, column, text))
            block.rows.append(row.number)
            block.records.append(cells)
            if len(block.rows) >= size:
                break
    block.lines = block.rows
    return block


def _prove(path: Path, member: str) -> Proof:
    """Read a sheet's part once from end to end, so that damage shows before any row is used."""
    hidden = HiddenRows()
    with open_archive(path) as archive:
        return _merged(unpacked(archive, member, path), member, path, hidden), hidden.count


def _merged(blocks: Iterator[bytes], member: str, path: Path, hidden: HiddenRows) -> list[tuple[str, int]]:
    merged: list[tuple[str, int]] = []
    rest = b""
    first = True
    for block in blocks:
        if first and (said := _ENCODING.match(block)) and said[1].lower() not in (b"utf-8", b"us-ascii"):
            raise strange_xml(path, member)
        first = False
        hidden.take(block)
        searched = rest + block
        last = 0
        if b"m" in searched and b"mergeCell" in searched:
            for area in _MERGED.finditer(searched):
                merged.append((area[1].decode(), int(area[2])))
                last = area.end()
        rest = searched[max(last, len(searched) - _OVERLAP) :]
        del merged[_MOST_MERGED:]
    return merged
