"""The texts of a mapped field in the rows of a chunk: from columns, templates, cases or constants."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from importer.core.issues import Problem, make_problem
from importer.mapping import FieldRule, template_headings
from importer.transforms import arrow_of, blank, column_of, joined
from importer.validation.conditions import ConditionCompiler, RowTest, find_unclear_cells
from importer.validation.interface import SourceColumn
from importer.validation.mark_cleaner import CleanCells

if TYPE_CHECKING:
    Cells = Mapping[str, pd.Series[str]]
    """The columns of a chunk by label, without missing values."""

_BRACES = re.compile(r"\{([^{}]*)\}")
_SURROGATE = re.compile("[\ud800-\udfff]")
_NOWHERE = SourceColumn("", "", "")


@dataclass(frozen=True, slots=True)
class Origin:
    """The origin of the text of one field.

    ``place`` is the one column that a problem points to; without one its label is empty. ``columns`` are all columns
    that are used, by the heading that the rule has for them. ``tests`` are the conditions of the cases, ``None`` for
    one that always holds.
    """

    rule: FieldRule
    columns: Mapping[str, SourceColumn]
    tests: tuple[RowTest | None, ...] = ()

    @property
    def place(self) -> SourceColumn:
        return next(iter(self.columns.values())) if len(self.columns) == 1 else _NOWHERE

    def take(self, clean: CleanCells, index: pd.Index[int]) -> pd.Series[str]:
        """Return the text of the field for every row of a chunk; a template of which every cell is blank is blank."""
        rule = self.rule
        cells = clean.of_rule(rule, [column.label for column in self.columns.values()])
        if rule.column is not None:
            return cells[self.columns[rule.column].label]
        if rule.first_of is not None:
            found = (arrow_of(cells[self.columns[heading].label]) for heading in rule.first_of)
            return text_column(functools.reduce(_first_with_text, found), index)
        if rule.when is not None:
            return text_column(self._take_case(clean, cells, len(index)), index)
        if rule.template is not None:
            return text_column(self._fill(rule.template, cells), index)
        return text_column(_repeat(rule.value, len(index)), index)

    def find_undecided(self, clean: CleanCells, index: pd.Index[int], field: str) -> Iterator[Problem]:
        """Yield a problem for each row in which a cell leaves open which case holds."""
        settled = _truths(len(index), value=False)
        for test in filter(None, self.tests):
            holds = test.holds(clean)
            unclear = pc.and_(holds.is_null(), pc.invert(settled))
            for cell in find_unclear_cells(test, clean, unclear):
                yield make_problem(
                    "undecided-condition",
                    int(index[cell.position]),
                    column=cell.column.label,
                    letter=cell.column.letter,
                    field=field,
                    value=cell.text,
                    expected=cell.expected,
                    purpose=f"which value {field} gets",
                )
            settled = pc.or_(settled, pc.or_(holds.is_null(), holds.fill_null(False)))

    def _take_case(self, clean: CleanCells, cells: Cells, count: int) -> Any:
        """Return the value of the first case that holds; empty where none does, or where that is not decided."""
        result, is_open = _repeat("", count), _truths(count, value=True)
        for case, test in zip(self.rule.when or (), self.tests, strict=True):
            holds = _truths(count, value=True) if test is None else test.holds(clean)
            if case.column is not None:
                texts = arrow_of(cells[self.columns[case.column].label])
            elif case.template is not None:
                texts = self._fill(case.template, cells)
            else:
                texts = _repeat(case.value, count)
            result = pc.if_else(pc.and_(is_open, holds.fill_null(False)), texts, result)
            is_open = pc.and_(is_open, pc.invert(holds).fill_null(False))
        return result

    def _fill(self, template: str, cells: Cells) -> Any:
        parts: list[Any] = []
        filled: Any = None
        for position, piece in enumerate(_BRACES.split(template)):
            if position % 2 == 0:
                parts.append(piece)
                continue
            cell = arrow_of(cells[self.columns[piece].label])
            parts.append(cell)
            has_text = pc.invert(blank(cell))
            filled = has_text if filled is None else pc.or_(filled, has_text)
        return pc.if_else(filled, joined(*parts), pa.scalar("", pa.large_string()))


def make_origin(rule: FieldRule, columns: Mapping[str, SourceColumn], conditions: ConditionCompiler) -> Origin:
    """Return the origin of a field; ``columns`` holds a column for every heading that the rule spells."""
    tests = tuple(None if case.if_ is None else conditions.compile(case.if_) for case in rule.when or ())
    used = {heading: columns[heading] for heading in _headings(rule)}
    for test in filter(None, tests):
        used |= {part.column.heading: part.column for part in test.columns() if part.column not in used.values()}
    return Origin(rule, used, tests)


def _headings(rule: FieldRule) -> Iterator[str]:
    """Yield the headings of the columns from which a rule takes its value."""
    yield from (heading for heading in (rule.column, *(rule.first_of or ())) if heading is not None)
    yield from template_headings(rule.template or "")
    for case in rule.when or ():
        if case.column is not None:
            yield case.column
        yield from template_headings(case.template or "")


def _first_with_text(first: Any, second: Any) -> Any:
    return pc.if_else(blank(first), second, first)


def _repeat(text: str | None, count: int) -> Any:
    return pa.repeat(pa.scalar(text or "", pa.large_string()), count)


def _truths(count: int, *, value: bool) -> Any:
    return pa.repeat(pa.scalar(value), count)


def text_column(array: Any, index: pd.Index[int]) -> pd.Series[str]:
    """Convert an Arrow array of text to a column with the row numbers ``index``."""
    return column_of(array, pd.Series(index, index=index))


def replace_surrogates(texts: pd.Series[str], index: pd.Index[int]) -> pd.Series[str]:
    """Return the column with the row numbers ``index`` and NUL in place of lone surrogates, which Arrow cannot hold."""
    try:
        return text_column(arrow_of(texts), index)
    except UnicodeEncodeError:
        return text_column(pa.array([_SURROGATE.sub("\0", text) for text in texts], pa.large_string()), index)
