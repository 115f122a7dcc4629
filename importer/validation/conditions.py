"""Conditions of a mapping compiled for chunks: the rows in which they hold, and those that cannot be decided."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Protocol

import pyarrow as pa
import pyarrow.compute as pc

from importer.mapping import DAY_TESTS, NUMBER_TESTS, Condition, FieldRule, FieldType, resolve_day
from importer.transforms import (
    CELL_FORMS,
    DEFAULT_PIVOT,
    Dates,
    MarkKind,
    NumberForm,
    Numbers,
    arrow_of,
    blank,
    folded,
    per_distinct,
    shown_form,
    within,
)
from importer.validation.interface import SourceColumn
from importer.validation.mark_cleaner import CleanCells
from importer.validation.readers import number_form

if TYPE_CHECKING:
    import pandas as pd

_DATES = (FieldType.DATE, FieldType.DATETIME)
_NUMBERS = (FieldType.NUMBER, FieldType.INTEGER)


@dataclass(frozen=True, slots=True)
class UnclearCell:
    """A cell of which a condition cannot be decided: the row by position, column and text, and what was expected."""

    position: int
    column: SourceColumn
    text: str
    expected: str


class RowTest(Protocol):
    """A compiled condition."""

    def holds(self, cells: CleanCells) -> Any:
        """Return an Arrow array of truths, null where a cell cannot be read as the number or day that is compared."""
        ...

    def columns(self) -> Iterator[ColumnTest]:
        """Yield the tests of single columns."""
        ...


@dataclass(frozen=True, slots=True)
class ConditionCompiler:
    """A compiler of conditions.

    ``columns`` holds the column for every heading that the mapping uses; ``rules`` are its fields, whose forms of dates
    and numbers count for conditions on the same column; ``today`` is the day of the import.
    """

    columns: Mapping[str, SourceColumn]
    rules: Sequence[FieldRule]
    today: date

    def compile(self, condition: Condition) -> RowTest:
        """Compile a condition with all inside it."""
        if condition.column is None:
            join, parts = (pc.and_kleene, condition.all) if condition.all else (pc.or_kleene, condition.any)
            return _Combination(join, tuple(map(self.compile, parts or ())))
        column = self.columns[condition.column]
        return ColumnTest(
            column, condition, self._dates(condition, column), self._numbers(condition, column), self.today
        )

    def _dates(self, condition: Condition, column: SourceColumn) -> Dates | None:
        if not condition.given(DAY_TESTS):
            return None
        rule = self._rule_of(column, _DATES)
        forms = condition.format or (rule.format if rule else None) or CELL_FORMS
        pivot = rule.pivot if rule is not None and rule.pivot is not None else DEFAULT_PIVOT
        return Dates(*forms, pivot=pivot)

    def _numbers(self, condition: Condition, column: SourceColumn) -> Numbers | None:
        if not condition.given(NUMBER_TESTS):
            return None
        rule = self._rule_of(column, _NUMBERS)
        if rule is None or condition.decimal or condition.thousands:
            return Numbers(NumberForm(condition.decimal or "", condition.thousands or ""))
        return Numbers(number_form(rule))

    def _rule_of(self, column: SourceColumn, types: Sequence[FieldType]) -> FieldRule | None:
        """Return the first rule of one of these types for the column."""
        return next(
            (rule for rule in self.rules if rule.type in types and self.columns.get(rule.column or "") == column), None
        )


@dataclass(frozen=True, slots=True)
class _Combination:
    """Several conditions, joined by Kleene's logic: an undecided one does not matter where another one decides."""

    join: Callable[[Any, Any], Any]
    parts: tuple[RowTest, ...]

    def holds(self, cells: CleanCells) -> Any:
        return functools.reduce(self.join, (part.holds(cells) for part in self.parts))

    def columns(self) -> Iterator[ColumnTest]:
        for part in self.parts:
            yield from part.columns()


@dataclass(frozen=True, slots=True)
class ColumnTest:
    """The tests of one column, which must all hold."""

    column: SourceColumn
    condition: Condition
    dates: Dates | None
    numbers: Numbers | None
    today: date

    def holds(self, cells: CleanCells) -> Any:
        """Return where all tests hold; null where the cell is not of the type that they compare."""
        results = list(self._text_results(cells.column(self.column.label, MarkKind.TEXT)))
        if self.numbers is not None or self.dates is not None:
            texts = cells.column(self.column.label, MarkKind.VALUE)
            results += self._number_results(texts) if self.numbers is not None else self._day_results(texts)
        return functools.reduce(pc.and_kleene, results)

    def columns(self) -> Iterator[ColumnTest]:
        """Yield itself."""
        yield self

    @property
    def expected(self) -> str:
        """Describe what a cell must hold for its tests."""
        if self.dates is None:
            return "a number that can mean only one"
        forms = self.condition.format
        return (
            f"a day in the form {' or '.join(map(shown_form, forms))}" if forms else "a day in the form that is given"
        )

    def _text_results(self, texts: pd.Series[str]) -> Iterator[Any]:
        wanted = self.condition
        array = arrow_of(texts)
        if wanted.empty is not None:
            empty = blank(array)
            yield empty if wanted.empty else pc.invert(empty)
        if wanted.matches is not None:
            yield pc.match_substring_regex(array, rf"\A(?:{wanted.matches})\z")
        named = (wanted.equals, wanted.in_, wanted.not_, wanted.contains, wanted.begins_with, wanted.ends_with)
        if all(texts is None for texts in named):
            return
        plain = arrow_of(per_distinct(texts, folded))
        if wanted.equals is not None:
            yield _is_one_of(plain, (wanted.equals,))
        if wanted.in_ is not None:
            yield _is_one_of(plain, wanted.in_)
        if wanted.not_ is not None:
            yield pc.invert(_is_one_of(plain, wanted.not_))
        for parts, test in (
            (wanted.contains, pc.match_substring),
            (wanted.begins_with, pc.starts_with),
            (wanted.ends_with, pc.ends_with),
        ):
            if parts is not None:
                yield functools.reduce(pc.or_, (test(plain, folded(part)) for part in parts))

    def _number_results(self, texts: pd.Series[str]) -> Iterator[Any]:
        assert self.numbers is not None
        wanted, numbers = self.condition, self.numbers.read(texts)
        unread = arrow_of(numbers).is_null()

        def result(low: Decimal | None, high: Decimal | None, *, outside: bool = False) -> Any:
            inside = pa.array(within(numbers, low, high).to_numpy())
            return _decide(texts, unread, pc.invert(inside) if outside else inside)

        if wanted.greater is not None:
            yield result(None, wanted.greater, outside=True)
        if wanted.at_least is not None:
            yield result(wanted.at_least, None)
        if wanted.less is not None:
            yield result(wanted.less, None, outside=True)
        if wanted.at_most is not None:
            yield result(None, wanted.at_most)

    def _day_results(self, texts: pd.Series[str]) -> Iterator[Any]:
        assert self.dates is not None
        wanted, days = self.condition, arrow_of(self.dates.read(texts))
        for day, test in (
            (wanted.before, pc.less),
            (wanted.after, pc.greater),
            (wanted.from_, pc.greater_equal),
            (wanted.until, pc.less_equal),
        ):
            if day is not None:
                # Days as they are read have the order of their texts.
                found = test(days, pa.scalar(resolve_day(day, self.today).isoformat(), days.type))
                yield _decide(texts, days.is_null(), found)


def find_unclear_cells(test: RowTest, cells: CleanCells, unclear: Any) -> Iterator[UnclearCell]:
    """Yield the first cell that leaves a condition undecided, for each row in which ``unclear`` holds."""
    left = set(pc.indices_nonzero(unclear).to_pylist())
    for column in test.columns():
        found = left.intersection(pc.indices_nonzero(column.holds(cells).is_null()).to_pylist())
        left -= found
        texts = cells.column(column.column.label, MarkKind.TEXT)
        for position in sorted(found):
            yield UnclearCell(position, column.column, str(texts.iloc[position]), column.expected)


def _is_one_of(plain: Any, texts: Sequence[str]) -> Any:
    return pc.is_in(plain, value_set=pa.array([folded(text) for text in texts], plain.type))


def _decide(texts: pd.Series[str], unread: Any, found: Any) -> Any:
    """Return ``found``, but false for empty cells and null for others that could not be read."""
    unknown = pc.if_else(unread, pa.scalar(None, pa.bool_()), found)
    return pc.if_else(blank(arrow_of(texts)), pa.scalar(value=False), unknown)
