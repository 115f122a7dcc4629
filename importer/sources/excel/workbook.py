"""Open one sheet of a workbook of any format: choose the reader and the sheet, find the headings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Protocol

from importer.core.errors import SourceError
from importer.core.text import pluralize
from importer.sources.detection import DetectedFormat
from importer.sources.header_row import add_letters, find_header_row
from importer.sources.headings import (
    DECISION_SHEET,
    MARK_HEADING,
    NUMBER_HEADING,
    REASON_HEADING,
    SAMPLE_ROWS,
    Layout,
    SampleRow,
    build_layout,
    check_density,
    normalize_heading,
)
from importer.sources.interface import ALL_SHEETS, NO_HEADINGS, Chunk, Detection, SheetInfo, Source, SourceOptions

_RESULTS_COLUMNS = ("RowNumber", "ActivityCreated")
_TO_FIX = "To fix"
_TO_FIX_COLUMNS = (NUMBER_HEADING, REASON_HEADING)


class SheetReader(Protocol):
    """A reader of one sheet of a workbook."""

    @property
    def merged(self) -> Sequence[tuple[str, int]]:
        """Ranges of merged cells, each with its last row."""
        ...

    @property
    def hidden_rows(self) -> int:
        """The number of hidden rows with cells, as far as that is known."""
        ...

    @property
    def row_count(self) -> int:
        """The number of rows with cells, about."""
        ...

    @property
    def size(self) -> int:
        """The size of the unpacked sheet in bytes, about."""
        ...

    def read_sample(self, size: int) -> list[SampleRow]:
        """Read the first ``size`` rows that hold any value."""
        ...

    def read_chunks(self, layout: Layout, size: int) -> Iterator[Chunk]:
        """Yield the rows behind the headings that hold any value, at most ``size`` at a time. Can be called again."""
        ...


class WorkbookReader(Protocol):
    """An opened workbook, whose sheets can be read."""

    @property
    def sheets(self) -> Sequence[SheetInfo]:
        """All sheets in the order of their tabs."""
        ...

    def first_row(self, name: str) -> tuple[str, ...]:
        """Return the texts of row 1 of a sheet."""
        ...

    def has_row(self, name: str, row: int) -> bool:
        """Tell whether a sheet has a value in row ``row`` or below."""
        ...

    def sheet(self, name: str) -> SheetReader:
        """Return the sheet ``name``, for reading. Raises :class:`SourceError` when it is damaged."""
        ...

    def close(self) -> None:
        """Close the file; sheets that were returned stay usable."""
        ...


@dataclass(frozen=True, slots=True)
class SheetChoice:
    """The sheet to read, the evidence, notes, and whether it is the sheet *To fix* of our own results workbook."""

    name: str
    found: Detection
    notes: tuple[str, ...] = ()
    is_to_fix: bool = False


def open_workbook(path: Path, detected: DetectedFormat, options: SourceOptions, notes: tuple[str, ...]) -> Source:
    """Open the workbook ``path``: choose the sheet and find its headings. Raises :class:`SourceError`."""
    workbook = _open_reader(path, detected.format)
    try:
        if _is_results_workbook(workbook):
            options = options.for_results_workbook()
        for given, what in ((options.encoding, "encoding"), (options.delimiter, "delimiter")):
            if given is not None:
                raise SourceError(f"{path} is a workbook and has no {what}.", f"Leave the {what} out.")
        choices = _choose_sheets(workbook, options, path)
        sheets = [workbook.sheet(choice.name) for choice in choices]
    finally:
        workbook.close()
    names = tuple(one.name for one in workbook.sheets if one.readable)
    sources = [
        replace(_open_sheet(sheet, choice, path, detected, options), sheets=names)
        for sheet, choice in zip(sheets, choices, strict=True)
    ]
    if options.sheets:
        from importer.sources.excel.combined_sheets import combine_sheets

        sources = [combine_sheets(sources)]
    return replace(sources[0], notes=(*notes, *sources[0].notes))


def _open_sheet(
    sheet: SheetReader, choice: SheetChoice, path: Path, detected: DetectedFormat, options: SourceOptions
) -> Source:
    sample = sheet.read_sample(SAMPLE_ROWS)
    name = f'{path}, sheet "{choice.name}"'
    if options.header_row == NO_HEADINGS:
        sample = add_letters(sample)
    header = find_header_row(sample, options.header_row, name)
    sample[header.index] = header.row
    # Our own sheet "To fix" has two columns in front of those of the user's file.
    first_two = tuple(normalize_heading(cell) for cell in sample[header.index].cells[:2])
    left_out = (0, 1) if choice.is_to_fix and first_two == _TO_FIX_COLUMNS else ()
    width = max(len(row.cells) for row in sample)
    layout, heading_notes = build_layout(sample, header.index, width, left_out, f"{name},")
    check_density(len(layout.columns), sheet.row_count, sheet.size, f"{name},")
    return Source(
        path=path,
        format=detected.format,
        sheet=choice.name,
        header_row=layout.header_row,
        columns=layout.columns,
        detections=(Detection("format", detected.format, detected.how), choice.found, header.found),
        notes=(*choice.notes, *header.notes, *heading_notes, *_sheet_notes(sheet, layout.header_row)),
        read=partial(sheet.read_chunks, layout),
        marked=bool(layout.origin),
    )


def _open_reader(path: Path, file_format: str) -> WorkbookReader:
    """Open the reader for the format: our own, but for .xls, which xlrd reads."""
    if file_format == "xlsx":
        from importer.sources.xlsx.workbook import open_xlsx_workbook

        return open_xlsx_workbook(path)
    if file_format == "xlsb":
        from importer.sources.excel.xlsb import open_xlsb_workbook

        return open_xlsb_workbook(path)
    if file_format == "ods":
        from importer.sources.excel.opendocument import open_opendocument

        return open_opendocument(path)
    from importer.sources.excel.xls import open_xls_workbook

    return open_xls_workbook(path)


def _sheet_notes(sheet: SheetReader, header_row: int) -> Iterator[str]:
    """Yield notes about merged cells and hidden rows, which the cells' texts do not show."""
    # Only the first cell of a merged range holds its value; ranges above the headings do not matter.
    ranges = [area for area, last_row in sheet.merged if last_row >= header_row]
    if ranges:
        shown = ", ".join(ranges[:3]) + (" and others" if len(ranges) > 3 else "")
        yield f"Merged cells ({shown}) have their value in the first cell only; the others are read as empty."
    if sheet.hidden_rows:
        yield f"{sheet.hidden_rows} hidden {pluralize(sheet.hidden_rows, 'row is', 'rows are')} read like all others."


def _is_results_workbook(workbook: WorkbookReader) -> bool:
    """Whether this program wrote the workbook, or the sheet *To fix* that it was copied from: by its headings."""
    names = [sheet.name for sheet in workbook.sheets if sheet.readable]
    if any(MARK_HEADING in workbook.first_row(name) for name in names if name.startswith(_TO_FIX)):
        return True
    return "Summary" in names and any(
        name in names and workbook.first_row(name)[:2] == begin
        for name, begin in (("Results", _RESULTS_COLUMNS), (_TO_FIX, _TO_FIX_COLUMNS))
    )


def _choose_sheets(workbook: WorkbookReader, options: SourceOptions, path: Path) -> list[SheetChoice]:
    """Choose the sheets to read; several only where the options name them. Raises :class:`SourceError`."""
    if not options.sheets:
        return [_choose_sheet(workbook, options.sheet, path)]
    if list(options.sheets) != [ALL_SHEETS]:
        chosen = [_choose_named_sheet(workbook.sheets, name, path) for name in options.sheets]
        return list({choice.name: choice for choice in chosen}.values())
    filled = [
        SheetChoice(sheet.name, Detection("sheet", sheet.name, "visible, with data"))
        for sheet in workbook.sheets
        if sheet.visible and sheet.readable and workbook.has_row(sheet.name, 1)
    ]
    return filled or [_choose_only_sheet(workbook, path)]


def _choose_sheet(workbook: WorkbookReader, wanted: str | None, path: Path) -> SheetChoice:
    """Choose the sheet that ``wanted`` names, or the only one that can be meant.

    Raises :class:`SourceError` when the sheet is unknown, when several could be meant, and for the results in a results
    workbook of this program, which would send finished rows again.
    """
    sheets = workbook.sheets
    names = [sheet.name for sheet in sheets]
    is_results = _is_results_workbook(workbook)
    if wanted is not None:
        choice = _choose_named_sheet(sheets, wanted, path)
    elif not is_results:
        return _choose_only_sheet(workbook, path)
    elif _TO_FIX in names and workbook.has_row(_TO_FIX, 2):
        found = Detection("sheet", _TO_FIX, "the rows to correct in a results workbook of this program")
        note = "This is a results workbook of this program; its sheet To fix was read."
        choice = SheetChoice(_TO_FIX, found, (note,))
    elif DECISION_SHEET in names and workbook.has_row(DECISION_SHEET, 2):
        found = Detection("sheet", DECISION_SHEET, "the rows to decide about in a results workbook of this program")
        choice = SheetChoice(DECISION_SHEET, found)
    else:
        raise _results_workbook_error(path)
    if not is_results:
        return choice
    # Long tables go on in further sheets: "Results 2", "To fix 2".
    if choice.name.startswith(("Results", "Summary")):
        raise _results_workbook_error(path)
    if not choice.name.startswith(_TO_FIX):
        return choice
    others = [f'"{name}"' for name in names if name.startswith(f"{_TO_FIX} ") and name != choice.name]
    more = (f"Only this sheet was read; import {', '.join(others)} too.",) if others else ()
    return SheetChoice(choice.name, choice.found, (*choice.notes, *more), is_to_fix=True)


def _results_workbook_error(path: Path) -> SourceError:
    return SourceError(
        f"{path} is a results workbook of this program; importing its results would send finished rows again.",
        f'Correct the rows in its sheet "{_TO_FIX}", if it has one, and import that: `source: {{sheet: {_TO_FIX}}}`.',
    )


def _choose_named_sheet(sheets: Sequence[SheetInfo], wanted: str, path: Path) -> SheetChoice:
    sheet, how = _find_sheet(sheets, wanted)
    if sheet is None:
        from rapidfuzz import fuzz, process

        folded = {sheet.name: sheet.name.casefold() for sheet in sheets if sheet.readable}
        best = process.extractOne(wanted.casefold(), folded, scorer=fuzz.ratio, score_cutoff=60)
        suggestion = f'Did you mean "{best[2]}"? ' if best else ""
        raise SourceError(f'{path} has no sheet "{wanted}".', f"{suggestion}It has: {_format_names(sheets)}.")
    if not sheet.readable:
        raise SourceError(
            f'{path}: the sheet "{sheet.name}" holds a chart or macros, not cells.', "Name another sheet."
        )
    notes = () if sheet.visible else (f'The sheet "{sheet.name}" is hidden in the workbook.',)
    return SheetChoice(sheet.name, Detection("sheet", sheet.name, how), notes)


def _find_sheet(sheets: Sequence[SheetInfo], wanted: str) -> tuple[SheetInfo | None, str]:
    """Find a sheet by its name, else ignoring case and outer blanks, else by the number of its visible tab."""
    for sheet in sheets:
        if sheet.name == wanted:
            return sheet, "given"
    folded = wanted.strip().casefold()
    similar = [sheet for sheet in sheets if sheet.name.strip().casefold() == folded]
    if len(similar) == 1:
        return similar[0], "given, spelled a little differently"
    tabs = [sheet for sheet in sheets if sheet.visible]
    if folded.isascii() and folded.isdigit() and 1 <= int(folded) <= len(tabs):
        return tabs[int(folded) - 1], f"tab number {int(folded)}, given"
    return None, ""


def _choose_only_sheet(workbook: WorkbookReader, path: Path) -> SheetChoice:
    """Choose the only visible sheet, or the only visible one that is not empty. Raises :class:`SourceError`."""
    sheets = workbook.sheets
    visible = [sheet for sheet in sheets if sheet.visible and sheet.readable]
    if not visible:
        hidden = [sheet for sheet in sheets if sheet.readable]
        raise SourceError(
            f"{path} has no visible sheet with cells.",
            f"Name one of its hidden sheets: {_format_names(hidden)}."
            if hidden
            else "Check that it is the right workbook.",
        )
    if len(visible) == 1:
        how = "the only sheet" if len(sheets) == 1 else "the only visible sheet"
        return SheetChoice(visible[0].name, Detection("sheet", visible[0].name, how))
    filled = [sheet for sheet in visible if workbook.has_row(sheet.name, 1)]
    if len(filled) == 1:
        return SheetChoice(filled[0].name, Detection("sheet", filled[0].name, "the only sheet that is not empty"))
    if not filled:
        raise SourceError(f"{path} holds no text in any visible sheet.", "Check that it is the right workbook.")
    raise SourceError(
        f"{path} has several sheets with data: {_format_names(filled)}.",
        f'Say which one, for example `source: {{sheet: "{filled[0].name}"}}`.',
        [sheet.name for sheet in filled],
    )


def _format_names(sheets: Sequence[SheetInfo]) -> str:
    return ", ".join(f'"{sheet.name}"' + ("" if sheet.visible else " (hidden)") for sheet in sheets) or "nothing"
