"""Read one sheet of an Excel or OpenDocument workbook as text (see :mod:`importer.sources.excel.cell_text`)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Protocol

from importer.core.errors import SourceError
from importer.sources.blocks import Block
from importer.sources.detection import Kind
from importer.sources.excel.calamine_reader import Book
from importer.sources.excel.cell_text import text_of
from importer.sources.excel.sheet_selection import TO_FIX_COLUMNS, SheetChoice, choose_sheet
from importer.sources.excel.zip_safety import inspect_archive, open_archive, prove_parts, prove_xml
from importer.sources.headings import SAMPLE_ROWS, Layout, SampleRow, find_header, label_of, lay_out
from importer.sources.interface import Chunk, Detection, SourceOptions
from importer.sources.opened import OpenedSource
from importer.sources.xlsx.hidden_rows import hidden_note
from importer.sources.xlsx.workbook import XlsxBook

_OPENDOCUMENT_PARTS = ("content.xml", "META-INF/manifest.xml")
"""What is read of an OpenDocument file."""


class Tab(Protocol):
    """One sheet of a workbook."""

    @property
    def offset(self) -> int:
        """So many columns on the left are not part of the raw rows."""
        ...

    @property
    def merged(self) -> Sequence[tuple[str, int]]:
        """Areas of merged cells, each with its last row."""
        ...

    @property
    def hidden_rows(self) -> int:
        """How many rows with cells are hidden, as far as that is known."""
        ...

    def first(self, size: int) -> Block:
        """The first ``size`` rows that hold any value."""
        ...

    def chunks(self, layout: Layout, size: int) -> Iterator[Chunk]:
        """The rows behind the headings that hold any value, at most ``size`` at a time. Can be called again."""
        ...


def open_workbook(path: Path, kind: Kind, options: SourceOptions, notes: tuple[str, ...]) -> OpenedSource:
    """The workbook ``path``, its sheet and headings known. Raises :class:`SourceError`."""
    for given, what in ((options.encoding, "encoding"), (options.delimiter, "delimiter")):
        if given is not None:
            raise SourceError(f"{path} is a workbook and has no {what}.", f"Leave the {what} out.")
    with _open(path, kind) as book:
        choice = choose_sheet(book.sheets, options.sheet, path, first_row=book.first_row, reaches=book.reaches)
        tab: Tab = book.tab(choice.name)
    first = tab.first(SAMPLE_ROWS)
    sample = [SampleRow(row, tuple(map(text_of, cells))) for row, cells in zip(first.rows, first.records, strict=True)]
    place, header = find_header(sample, options.header_row, f'{path}, sheet "{choice.name}"')
    layout, oddities = lay_out(
        sample, place, tab.offset, _not_ours(choice, sample[place], tab.offset), f'{path}, sheet "{choice.name}",'
    )
    return OpenedSource(
        path=path,
        format=kind.format,
        sheet=choice.name,
        header_row=layout.header_row,
        columns=layout.columns,
        detections=(Detection("format", kind.format, kind.how), choice.found, header),
        notes=(
            *notes,
            *choice.notes,
            *oddities,
            *_around(tab, layout.header_row),
            *_blind_spot(kind),
        ),
        read=partial(tab.chunks, layout),
    )


def _open(path: Path, kind: Kind) -> XlsxBook | Book:
    if kind.format == "xlsx":
        return XlsxBook(path)
    if kind.format != "xls":
        with open_archive(path) as archive:
            inspect_archive(archive, path)
            whole = _OPENDOCUMENT_PARTS if kind.format == "ods" else ()
            prove_parts(archive, path, whole)
            for name in whole:
                prove_xml(archive, name, path)
    return Book(path, kind)


def _not_ours(choice: SheetChoice, header: SampleRow, offset: int) -> tuple[int, ...]:
    """The places of the columns that our own sheet *To fix* has in front of the person's."""
    begin = tuple(label_of(cell) for cell in header.cells[:2])
    return (0, 1) if choice.to_fix and offset == 0 and begin == TO_FIX_COLUMNS else ()


def _around(tab: Tab, header_row: int) -> tuple[str, ...]:
    """Notes about what people see of the sheet and its cells do not tell."""
    return (*_merged(tab, header_row), *hidden_note(tab.hidden_rows))


def _merged(tab: Tab, header_row: int) -> tuple[str, ...]:
    """A note about merged cells from the heading row on: only the first cell of each holds its value."""
    ranges = [area for area, last_row in tab.merged if last_row >= header_row]
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
