"""Data model of a proposed mapping: its lines, how sure each is, and what a person must decide."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

from importer.suggest.matching import Confidence
from importer.suggest.row_selection import RowSelection

Value = str | tuple[str, ...] | Mapping[str, str]
Rule = Mapping[str, Value]
"""A field's options as the mapping writes them: `column`, `type`, `format` and so on."""


@dataclass(frozen=True, slots=True)
class MappingLine:
    """One line of the mapping: ``field`` of ``section`` comes from ``column`` (empty for a constant) by ``rule``.

    ``todo`` says what a person must decide. With ``alternatives`` the line is left out until a person has chosen one of
    them, and ``rule`` is empty. ``open_texts`` are texts of the column for which no option was found. ``second`` is the
    other column of a value that two columns make together.
    """

    section: str
    field: str
    column: str
    confidence: Confidence
    reason: str
    rule: Rule = dataclasses.field(default_factory=dict)
    todo: str = ""
    alternatives: tuple[Rule, ...] = ()
    open_texts: tuple[str, ...] = ()
    second: str = ""

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the columns that the value comes from; none for a constant."""
        return tuple(filter(None, (self.column, self.second)))

    @property
    def held(self) -> bool:
        """Return whether the line waits for a person's choice."""
        return bool(self.alternatives)


@dataclass(frozen=True, slots=True)
class Ignored:
    """A column that is not sent, and why. ``listed`` is false when the mapping cannot name it: a heading that is used
    is the same but for case, or it holds what no mapping may.
    """

    column: str
    remark: str
    listed: bool = True


@dataclass(frozen=True, slots=True)
class Proposal:
    """A whole mapping. ``source`` holds how to read the file where the person said so, ``todos`` what belongs to no
    single line, by section.
    """

    file: str
    rows: int
    columns: tuple[str, ...]
    target: str
    target_reason: str
    search_by: str
    entries: tuple[MappingLine, ...]
    ignored: tuple[Ignored, ...]
    source: Mapping[str, str] = dataclasses.field(default_factory=dict)
    todos: tuple[tuple[str, str], ...] = ()
    no_data: tuple[int, ...] = ()
    """Numbers of the rows that are totals, remarks and the like."""
    unwanted: RowSelection | None = None
    """Rows that a person may want to leave out."""
