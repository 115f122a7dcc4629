"""Conditions on the cells of a row: which rows are imported (`where`), and which of several values a field takes."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from importer.config import Document, Flag, KeyPath, StrictModel, Text
from importer.core.text import format_names
from importer.mapping.date_formats import DateFormats
from importer.mapping.re2_patterns import Re2Pattern
from importer.mapping.values import (
    parse_decimal_mark,
    parse_relative_day,
    parse_thousands_mark,
    read_number,
    wrap_single_text,
)

Number = Annotated[Decimal, BeforeValidator(read_number)]
RelativeDay = Annotated[str, AfterValidator(parse_relative_day)]
"""A day such as `2026-12-31`, or one counted from the day of the import: `today`, `today-7`."""
Texts = Annotated[tuple[str, ...], BeforeValidator(wrap_single_text)]

TEXT_TESTS = ("equals", "in", "not", "contains", "begins_with", "ends_with", "matches", "empty")
NUMBER_TESTS = ("greater", "at_least", "less", "at_most")
DAY_TESTS = ("before", "after", "from", "until")
GROUPS = ("all", "any")


class Condition(StrictModel):
    """A condition: tests of one column, which must all hold, or other conditions under ``all`` or ``any``.

    Letter case and blanks around a text do not count, except for ``matches``.
    """

    column: Text | None = Field(None, description="Heading of the column that is tested.")
    equals: str | None = Field(None, description="The cell has this text; letter case does not count.")
    in_: Texts | None = Field(None, alias="in", description="The cell has one of these texts.")
    not_: Texts | None = Field(None, alias="not", description="The cell has none of these texts; one, or a list.")
    contains: Texts | None = Field(None, description="The text is part of the cell; one of them, if it is a list.")
    begins_with: Texts | None = Field(None, description="The cell begins with the text, or with one of a list.")
    ends_with: Texts | None = Field(None, description="The cell ends with the text, or with one of a list.")
    matches: Re2Pattern | None = Field(None, description="Regular expression (RE2) that the whole cell must match.")
    empty: Flag | None = Field(None, description="`true`: the cell is empty. `false`: it is not.")
    greater: Number | None = Field(None, description="The number in the cell is greater than this.")
    at_least: Number | None = Field(None, description="The number in the cell is this or greater.")
    less: Number | None = Field(None, description="The number in the cell is less than this.")
    at_most: Number | None = Field(None, description="The number in the cell is this or less.")
    before: RelativeDay | None = Field(None, description="The day is before this: 2026-12-31, `today` or `today-7`.")
    after: RelativeDay | None = Field(None, description="The day is after this.")
    from_: RelativeDay | None = Field(None, alias="from", description="The day is this or later.")
    until: RelativeDay | None = Field(None, description="The day is this or earlier.")
    format: DateFormats | None = Field(
        None, description="Form of the days in the column; if left out, that of a field with the same column."
    )
    decimal: Annotated[str, AfterValidator(parse_decimal_mark)] | None = Field(
        None, description="Character that begins decimals; if left out, as in a field with the same column."
    )
    thousands: Annotated[str, AfterValidator(parse_thousands_mark)] | None = Field(
        None, description="Character between the thousands; if left out, as in a field with the same column."
    )
    all: tuple[Condition, ...] | None = Field(None, description="Conditions that must all hold.")
    any: tuple[Condition, ...] | None = Field(None, description="Conditions of which at least one must hold.")

    def given(self, names: tuple[str, ...]) -> list[str]:
        """Return those of the ``names`` that the condition states, as a mapping spells them."""
        return [name for name in names if self.option(name) is not None]

    def option(self, name: str) -> object:
        """Return the value of an option by the name that a mapping has for it."""
        return getattr(self, f"{name}_" if name in ("in", "not", "from") else name)

    def walk(self, path: KeyPath = ()) -> Iterator[tuple[KeyPath, Condition]]:
        """Yield this condition and all inside it, each with its path below ``path``."""
        yield path, self
        for group in GROUPS:
            for position, inner in enumerate(getattr(self, group) or ()):
                yield from inner.walk((*path, group, position))


def check_condition(condition: Condition, path: KeyPath, document: Document) -> None:
    """Add to ``document`` what is wrong with a condition and all inside it."""
    for place, one in condition.walk(path):
        if not any(found[: len(place)] == place for found in document.broken):
            _check_one(one, place, document)


def _check_one(condition: Condition, path: KeyPath, document: Document) -> None:
    tests = condition.given((*TEXT_TESTS, *NUMBER_TESTS, *DAY_TESTS))
    forms = condition.given(("format", "decimal", "thousands"))
    groups = condition.given(GROUPS)
    if groups:
        beside = [*(["column"] if condition.column is not None else []), *tests, *forms, *groups[1:]]
        if beside:
            document.add(
                path, f"{format_names(beside)} cannot stand beside `{groups[0]}`.", "Make it a condition in the list."
            )
        if not getattr(condition, groups[0]):
            document.add((*path, groups[0]), f"`{groups[0]}` has no conditions.", "List them, or remove the line.")
        return
    if condition.column is None:
        document.add(path, "The condition names no column.", "Add `column: Heading`, or list conditions under `all`.")
    if not tests:
        known = (*TEXT_TESTS, *NUMBER_TESTS, *DAY_TESTS)
        document.add(path, "The condition tests nothing.", f"Add one of {format_names(known)}.")
    numbers, days = condition.given(NUMBER_TESTS), condition.given(DAY_TESTS)
    if numbers and days:
        document.add((*path, days[0]), f"`{numbers[0]}` is for numbers, and `{days[0]}` for days.", "Keep one of them.")
    for form in forms:
        if not (days if form == "format" else numbers):
            document.add((*path, form), f"`{form}` has no use without a test that needs it.", "Remove it.")
    if condition.decimal is not None and condition.decimal == condition.thousands:
        document.add((*path, "thousands"), "`decimal` and `thousands` are the same character.", "Correct one of them.")
