"""Find the cells that a refusal by LeadSquared is about: its text names a field, or says which one it means."""

from __future__ import annotations

import re
from collections.abc import Sequence

from importer.leadsquared import DUPLICATE_ENTRY
from importer.reports.interface import ReportColumn
from importer.targets import TARGETS

_NAME = re.compile(r"\w+")
_LEAD_WORDS = re.compile(r"\blead does not exist\b|\bsearch ?by value\b", re.IGNORECASE)
_EVENT_WORDS = re.compile(r"\bevent code\b", re.IGNORECASE)
_DUPLICATE_WORDS = {"email": "EmailAddress", "phone": "Phone", "mobile": "Mobile"}


class RefusedCells:
    """Finds the columns of a source that refusals of its rows are about. ``target`` is the name of the call."""

    def __init__(self, columns: Sequence[ReportColumn], target: str) -> None:
        self._columns: dict[str, list[int]] = {}
        for index, column in enumerate(columns):
            for name in column.field.split(", "):
                self._columns.setdefault(name.rsplit(".", 1)[-1], []).append(index)
        self._lead_keys = tuple(TARGETS[target].lead_keys)

    def columns_of(self, code: str, text: str) -> list[int]:
        """Return the places of the columns, counted from 0, that a refusal names; none where it names none."""
        names = set(_NAME.findall(text))
        if _LEAD_WORDS.search(text):
            names.update(self._lead_keys)
        if _EVENT_WORDS.search(text):
            names.add("ActivityEvent")
        if code == DUPLICATE_ENTRY:
            folded = text.casefold()
            names.update(name for word, name in _DUPLICATE_WORDS.items() if word in folded)
        return sorted({index for name in names for index in self._columns.get(name, ())})
