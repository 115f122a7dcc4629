"""Which sheet of a workbook to read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from importer.core.errors import SourceError
from importer.sources.excel.calamine_reader import SheetName, unreadable_sheet
from importer.sources.interface import Detection

_RESULTS = ("RowNumber", "ActivityCreated")
TO_FIX = "To fix"
TO_FIX_COLUMNS = ("RowNumber", "Reason")


@dataclass(frozen=True, slots=True)
class SheetChoice:
    """The sheet to read, the evidence, notes, and whether it is the sheet *To fix* of our own results."""

    name: str
    found: Detection
    notes: tuple[str, ...] = ()
    to_fix: bool = False


def choose_sheet(
    sheets: Sequence[SheetName],
    wanted: str | None,
    path: Path,
    *,
    first_row: Callable[[str], Sequence[str]],
    reaches: Callable[[str, int], bool],
) -> SheetChoice:
    """The sheet that ``wanted`` names, or the only one that can be meant.

    ``first_row`` gives the texts of a sheet's row 1, ``reaches`` says whether it has a value in a row or below it.
    Raises :class:`SourceError` when the sheet is unknown, or when several could be meant.
    """
    names = [sheet.name for sheet in sheets]
    ours = "Summary" in names and any(
        name in names and tuple(first_row(name)[:2]) == begin
        for name, begin in (("Results", _RESULTS), (TO_FIX, TO_FIX_COLUMNS))
    )
    if wanted is not None:
        choice = _named(sheets, wanted, path)
        if ours and choice.name.startswith(("Results", "Summary")):
            raise _own_results(path)
        return choice if not ours else _with_fixing(choice, names)
    if ours:
        if TO_FIX not in names or not reaches(TO_FIX, 2):
            raise _own_results(path)
        found = Detection("sheet", TO_FIX, "the rows to correct in a results workbook of this program")
        note = "This is a results workbook of this program; its sheet To fix was read."
        return _with_fixing(SheetChoice(TO_FIX, found, (note,)), names)
    return _only(sheets, path, reaches)


def _with_fixing(choice: SheetChoice, names: Sequence[str]) -> SheetChoice:
    if not choice.name.startswith(TO_FIX):
        return choice
    others = [f'"{name}"' for name in names if name.startswith(f"{TO_FIX} ") and name != choice.name]
    more = (f"Only this sheet was read; import {', '.join(others)} too.",) if others else ()
    return SheetChoice(choice.name, choice.found, (*choice.notes, *more), to_fix=True)


def _own_results(path: Path) -> SourceError:
    return SourceError(
        f"{path} is a results workbook of this program; importing its results would send finished rows again.",
        f'Correct the rows in its sheet "{TO_FIX}", if it has one, and import that: `source: {{sheet: {TO_FIX}}}`.',
    )


def _named(sheets: Sequence[SheetName], wanted: str, path: Path) -> SheetChoice:
    sheet, how = _look_up(sheets, wanted)
    if sheet is None:
        raise SourceError(
            f'{path} has no sheet "{wanted}".', f"{_suggestion(sheets, wanted)}It has: {_listed(sheets)}."
        )
    if not sheet.readable:
        raise unreadable_sheet(path, sheet.name)
    notes = () if sheet.visible else (f'The sheet "{sheet.name}" is hidden in the workbook.',)
    return SheetChoice(sheet.name, Detection("sheet", sheet.name, how), notes)


def _look_up(sheets: Sequence[SheetName], wanted: str) -> tuple[SheetName | None, str]:
    for sheet in sheets:
        if sheet.name == wanted:
            return sheet, "given"
    folded = wanted.strip().casefold()
    alike = [sheet for sheet in sheets if sheet.name.strip().casefold() == folded]
    if len(alike) == 1:
        return alike[0], "given, spelled a little differently"
    tabs = [sheet for sheet in sheets if sheet.visible]
    if folded.isascii() and folded.isdigit() and 1 <= int(folded) <= len(tabs):
        return tabs[int(folded) - 1], f"tab number {int(folded)}, given"
    return None, ""


def _only(sheets: Sequence[SheetName], path: Path, reaches: Callable[[str, int], bool]) -> SheetChoice:
    visible = [sheet for sheet in sheets if sheet.visible and sheet.readable]
    if not visible:
        hidden = [sheet for sheet in sheets if sheet.readable]
        raise SourceError(
            f"{path} has no visible sheet with cells.",
            f"Name one of its hidden sheets: {_listed(hidden)}." if hidden else "Check that it is the right workbook.",
        )
    if len(visible) == 1:
        how = "the only sheet" if len(sheets) == 1 else "the only visible sheet"
        return SheetChoice(visible[0].name, Detection("sheet", visible[0].name, how))
    filled = [sheet for sheet in visible if reaches(sheet.name, 1)]
    if len(filled) == 1:
        return SheetChoice(filled[0].name, Detection("sheet", filled[0].name, "the only sheet that is not empty"))
    if not filled:
        raise SourceError(f"{path} holds no text in any visible sheet.", "Check that it is the right workbook.")
    raise SourceError(
        f"{path} has several sheets with data: {_listed(filled)}.",
        f'Say which one, for example `source: {{sheet: "{filled[0].name}"}}`.',
    )


def _suggestion(sheets: Sequence[SheetName], wanted: str) -> str:
    from rapidfuzz import fuzz, process

    folded = {sheet.name: sheet.name.casefold() for sheet in sheets if sheet.readable}
    best = process.extractOne(wanted.casefold(), folded, scorer=fuzz.ratio, score_cutoff=60)
    return f'Did you mean "{best[2]}"? ' if best else ""


def _listed(sheets: Sequence[SheetName]) -> str:
    return ", ".join(f'"{sheet.name}"' + ("" if sheet.visible else " (hidden)") for sheet in sheets) or "nothing"
