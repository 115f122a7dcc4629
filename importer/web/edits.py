"""Corrected cells of a draft, step by step, so that each step can be undone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from importer.planning import Corrections
from importer.web.drafts import Draft, DraftStore

_FILE = "edits.json"
MAX_TEXT = 20_000
"""Characters of a corrected cell; LeadSquared's longest fields hold fewer."""


@dataclass(frozen=True, slots=True)
class CellChange:
    """A new text for the cell in ``row`` (as the spreadsheet shows it) and the column with ``letter``."""

    row: int
    letter: str
    text: str


class EditLog:
    """The corrections of one draft."""

    def __init__(self, store: DraftStore, draft: Draft) -> None:
        self._store = store
        self._draft = draft
        self._steps = self._read()

    def cells(self) -> dict[int, dict[str, str]]:
        """Return the texts of the corrected cells: row number → column letter → text."""
        cells: dict[int, dict[str, str]] = {}
        for step in self._steps:
            for row, letter, text in step["cells"]:
                cells.setdefault(row, {})[letter] = text
        return cells

    def corrections(self) -> Corrections:
        """Return the corrections with the rows that this round of the draft imports."""
        return Corrections(self.cells(), self._draft.rows)

    def add(self, changes: Iterable[CellChange], who: str) -> None:
        """Add one step, which may change many cells."""
        cells = [[change.row, change.letter, change.text] for change in changes]
        if cells:
            with self._store.changing():
                # Another tab may have added a step since this log was read.
                self._steps = [*self._read(), {"by": who, "cells": cells}]
                self._save()

    def undo(self) -> set[int]:
        """Take the last step back; return the rows that it had changed."""
        with self._store.changing():
            self._steps = self._read()
            if not self._steps:
                return set()
            step = self._steps.pop()
            self._save()
        return {row for row, _, _ in step["cells"]}

    def __len__(self) -> int:
        return len(self._steps)

    def _read(self) -> list[dict[str, Any]]:
        steps: list[dict[str, Any]] = (self._store.read(self._draft.id, _FILE) or {}).get("steps", [])
        return steps

    def _save(self) -> None:
        self._store.write(self._draft.id, _FILE, {"steps": self._steps})
