"""Excel and OpenDocument workbooks: one sheet, its cells as text by the rules of :mod:`importer.sources.cells`."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from importer.errors import SourceError
from importer.sources.archives import damaged, inspect_archive, open_archive, prove_parts
from importer.sources.blocks import Block, Flaw, build_chunk, paused_collector
from importer.sources.books import Book
from importer.sources.cells import column_of, opendocument_column, text_of
from importer.sources.headings import SAMPLE_ROWS, Layout, SampleRow, column_letter, find_header, label_of, lay_out
from importer.sources.interface import Chunk, Detection, SourceOptions
from importer.sources.kinds import Kind
from importer.sources.opened import OpenedSource
from importer.sources.sheet_parts import KNOWN_ERRORS, BadCells, scan_sheet, sheet_members
from importer.sources.sheets import TO_FIX_COLUMNS, SheetChoice, choose_sheet


class _Table:
    """One sheet. Its values stay in memory from the opening to the end of the first reading."""

    def __init__(self, path: Path, kind: Kind, name: str, sheet: Any, bad: BadCells) -> None:
        self._path = path
        self._kind = kind
        self._name = name
        self._loaded: Any = sheet
        self._bad = bad

    def chunks(self, layout: Layout, size: int) -> Iterator[Chunk]:
        """The rows below the headings; the first reading takes the loaded sheet with it."""
        sheet, self._loaded = self._loaded, None
        if sheet is None:
            with Book(self._path, self._kind) as book:
                sheet = book.load(self._name)
        as_text = opendocument_column if self._kind.format == "ods" else column_of
        for block in _blocks(sheet, self._bad, size, after=layout.header_row):
            yield build_chunk(block, layout, as_text)


def open_workbook(path: Path, kind: Kind, options: SourceOptions, notes: tuple[str, ...]) -> OpenedSource:
    """The workbook ``path``, its sheet and headings known. Raises :class:`SourceError`."""
    for given, what in ((options.encoding, "encoding"), (options.delimiter, "delimiter")):
        if given is not None:
            raise SourceError(f"{path} is a workbook and has no {what}.", f"Leave the {what} out.")
    if kind.format != "xls":
        with open_archive(path) as archive:
            inspect_archive(archive, path)
            prove_parts(archive, path)
    with Book(path, kind) as book:
        choice = choose_sheet(
            book.sheets,
            options.sheet,
            path,
            first_row=book.first_row,
            last_row=book.last_row,
        )
        bad = _bad_cells(path, kind, choice.name)
        sheet = book.load(choice.name)
    first = next(_blocks(sheet, bad, SAMPLE_ROWS, after=0), Block())
    sample = [SampleRow(row, tuple(map(text_of, cells))) for row, cells in zip(first.rows, first.records, strict=True)]
    place, header = find_header(sample, options.header_row, f'{path}, sheet "{choice.name}"')
    layout, oddities = lay_out(sample, place, sheet.start[1], _not_ours(choice, sample[place], sheet))
    return OpenedSource(
        path=path,
        format=kind.format,
        sheet=choice.name,
        header_row=layout.header_row,
        columns=layout.columns,
        detections=(Detection("format", kind.format, kind.how), choice.found, header),
        notes=(*notes, *choice.notes, *oddities, *_merged(sheet, layout.header_row), *_blind_spot(kind)),
        read=partial(_Table(path, kind, choice.name, sheet, bad).chunks, layout),
    )


def _bad_cells(path: Path, kind: Kind, name: str) -> BadCells:
    if kind.format != "xlsx":
        return BadCells()
    with open_archive(path) as archive:
        member = sheet_members(archive, path).get(name)
        if not member:
            raise damaged(path)
        bad = scan_sheet(archive, member, path)
    for row, column, text in bad:
        if text and text not in KNOWN_ERRORS:
            raise SourceError(
                f'{path}, sheet "{name}": the cell {column_letter(column)}{row + 1} holds the Excel error {text}.',
                "Correct the formula in Excel, or type the value.",
            )
    return bad


def _not_ours(choice: SheetChoice, header: SampleRow, sheet: Any) -> tuple[int, ...]:
    """The places of the columns that our own sheet *To fix* has in front of the person's."""
    begin = tuple(label_of(cell) for cell in header.cells[:2])
    return (0, 1) if choice.to_fix and sheet.start[1] == 0 and begin == TO_FIX_COLUMNS else ()


def _merged(sheet: Any, header_row: int) -> tuple[str, ...]:
    """A note about merged cells from the heading row on: only the first cell of each holds its value."""
    ranges = [
        f"{column_letter(left)}{top + 1}:{column_letter(right)}{bottom + 1}"
        for (top, left), (bottom, right) in sheet.merged_cell_ranges or ()
        if bottom + 1 >= header_row
    ]
    if not ranges:
        return ()
    shown = ", ".join(ranges[:3]) + (" and others" if len(ranges) > 3 else "")
    return (f"Merged cells ({shown}) have their value in the first cell only; the others are read as empty.",)


def _blind_spot(kind: Kind) -> tuple[str, ...]:
    if kind.format == "xlsx":
        return ()
    return (
        f"Excel errors such as #N/A cannot be told from empty cells in .{kind.format} files; "
        "save the workbook as .xlsx if it holds formulas.",
    )


def _blocks(sheet: Any, bad: BadCells, size: int, after: int) -> Iterator[Block]:
    """The rows behind row ``after`` that hold any value, ``size`` at a time."""
    if sheet.start is None:
        return
    rows = enumerate(sheet.iter_rows(), start=1)
    marks = _Marks(bad, first_column=sheet.start[1])
    while True:
        block = Block()
        with paused_collector():
            for row, record in rows:
                marked = marks.apply(row, record)
                if row <= after or (_blank(record) and not marked):
                    continue
                block.flaws += marked
                block.rows.append(row)
                block.records.append(record)
                if len(block.rows) >= size:
                    break
        if not block.rows:
            return
        block.lines = block.rows
        yield block


def _blank(record: list[Any]) -> bool:
    if record.count("") == len(record):
        return True
    first = record[0]
    return isinstance(first, str) and not first.strip() and not any(str(cell).strip() for cell in record)


class _Marks:
    """Puts the bad cells into the rows as they pass by."""

    def __init__(self, bad: BadCells, first_column: int) -> None:
        self._cells = iter(bad)
        self._first_column = first_column
        self._next = next(self._cells, None)

    def apply(self, row: int, record: list[Any]) -> list[Flaw]:
        """Write the errors of spreadsheet row ``row`` into ``record``; what they are."""
        flaws = []
        while self._next is not None and self._next[0] < row:
            _, column, text = self._next
            position = column - self._first_column
            if 0 <= position < len(record):
                record[position] = text
                flaws.append(Flaw("error-cell" if text else "formula-without-result", row, position, text))
            self._next = next(self._cells, None)
        return flaws
