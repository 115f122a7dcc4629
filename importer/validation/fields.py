"""Mapped fields compiled for work on chunks: the origin of their texts, their rules, and their conversion."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from importer.config import Locale
from importer.core.errors import MappingProblem
from importer.core.issues import make_problem
from importer.crm_schema import FieldConstraint
from importer.mapping import Blank, FieldRule, FieldType, FlatField, template_headings
from importer.transforms import (
    DEFAULT_PIVOT,
    TRANSFORMS,
    LastColumnCache,
    LookupTable,
    arrow_of,
    blank,
    column_of,
    joined,
)
from importer.validation.account_rules import account_rules, account_spelling
from importer.validation.interface import SourceColumn
from importer.validation.readers import Reader, UnreadableError, make_reader
from importer.validation.rules import Rule, lookup_rule, range_rule, type_rules, unique_rule, value_rules
from importer.validation.uniqueness import Overflow

if TYPE_CHECKING:
    from importer.validation.readers import Read

    Column = pd.Series[str]


_PLAIN_NUMBERS = {"decimal": ".", "thousands": None, "currency": None, "percent": None, "negative": None}


@dataclass(frozen=True, slots=True)
class CompiledField:
    """A mapped field. ``required`` fields must have a text; texts that are there must pass the ``rules``.

    ``read`` converts texts to LeadSquared's format; ``default`` is sent for an empty cell, or for one that is not
    in the value mapping. ``clears`` says whether an empty cell clears the CRM's field.
    """

    name: str
    rule: FieldRule
    origin: Origin
    read: Read
    rules: tuple[Rule, ...]
    required: bool
    default: str | None
    clears: bool

    def texts(self, shown: Column) -> Column:
        """Apply the transforms to the texts of the source; the result is missing where nothing visible is left."""
        texts = shown
        for name in self.rule.transforms:
            texts = TRANSFORMS[name](texts)
        array = arrow_of(texts)
        empty = blank(array)
        if self.rule.lookup is not None:
            # A value mapping may have an entry for empty cells.
            empty = pc.and_(empty, arrow_of(self.read(texts)).is_null())
        if not pc.any(empty).as_py():
            return texts
        return column_of(pc.if_else(empty, pa.scalar(None, array.type), array), texts)

    def wire(self, texts: Column) -> Column:
        """Convert ``texts`` to the values that LeadSquared gets; missing where the field is not sent."""
        wire = self.read(texts)
        if self.default is not None:
            return wire.fillna(self.default)
        return wire.mask(texts.isna(), "") if self.clears else wire


@dataclass(frozen=True, slots=True)
class FieldCompiler:
    """A compiler of the fields of a mapping, which adds errors of the mapping to ``problems``.

    ``constraints`` are the account's, by flat name; ``overflow`` is where values that must be unique are kept.
    """

    columns: Mapping[str, SourceColumn]
    required: Collection[str]
    locale: Locale
    line_of: Callable[[str], tuple[int, int]]
    problems: list[MappingProblem]
    today: date
    constraints: Mapping[str, FieldConstraint] = field(default_factory=dict)
    overflow: Overflow = field(default_factory=Overflow)

    def make(self, flat: FlatField) -> CompiledField | None:
        """Compile a field; ``None`` when it has a problem."""
        rule, known = flat.rule, len(self.problems)
        try:
            reader = self._reader(flat, rule)
        except UnreadableError as error:
            self._add(flat.name, *error.args)
            return None
        default = self._fixed_text(flat, "default", rule.default) if rule.default else None
        if rule.value is not None:
            read: Read = _constant(self._fixed_text(flat, "value", rule.value))
            rules: tuple[Rule, ...] = ()
        elif rule.lookup is not None:
            entries = {text: self._fixed_text(flat, "lookup", value) for text, value in rule.lookup.items()}
            read = LastColumnCache(LookupTable(entries).read)
            rules = () if default is not None else (lookup_rule(rule.lookup, read),)
        else:
            read, rules = reader.read, (*type_rules(rule, reader), *self._value_rules(rule, reader))
            if _is_birth_date(flat):
                ends = (None, self.today)
                rules = (*rules, range_rule("born", rule, ends, read, self.today, self.locale.time_zone))
        constraint = self.constraints.get(flat.name)
        if constraint is not None:
            spell = account_spelling(constraint)
            default = None if default is None else str(spell(pd.Series([default], dtype="str")).iloc[0])
            read = _chain(read, spell)
            if rule.value is None:
                rules = (*rules, *account_rules(constraint, rule, read))
        if rule.unique:
            rules = (*rules, unique_rule(rule.type, read, self.overflow))
        if len(self.problems) > known:
            return None
        needed = flat.name in self.required or (constraint is not None and constraint.required)
        return CompiledField(
            name=flat.name,
            rule=rule,
            origin=make_origin(rule, self.columns),
            read=read,
            rules=rules,
            required=rule.required or (needed and default is None),
            default=default,
            clears=rule.blank is Blank.CLEAR,
        )

    def _reader(self, flat: FlatField, rule: FieldRule) -> Reader:
        """Return the reader of a field. Years behind this one are of the last century if somebody was born in them."""
        pivot = self.today.year % 100 if _is_birth_date(flat) else DEFAULT_PIVOT
        return make_reader(rule, self.locale, pivot)

    def _value_rules(self, rule: FieldRule, reader: Reader) -> Iterator[Rule]:
        return value_rules(rule, reader.read, self.today, self.locale.time_zone)

    def _fixed_text(self, flat: FlatField, option: str, text: str) -> str:
        """Convert a constant of the mapping; one that fails a rule, which would fail every row, is a problem."""
        if not text.strip():
            return text
        # Forms of numbers are those of the cells; a mapping has its own numbers with a decimal point.
        plain = flat.rule.model_copy(update=_PLAIN_NUMBERS)
        reader = self._reader(flat, plain)
        column = pd.Series([text], dtype="str")
        for rule in (*type_rules(plain, reader), *self._value_rules(plain, reader)):
            if not rule.passes(column).all():
                own_words = next(rule.own_words(column)) if rule.own_words else {}
                words: dict[str, Any] = {**rule.words, **own_words}
                problem = make_problem(rule.code, 0, value=text, field=flat.name, **words)
                self._add(f"{flat.name}.{option}", problem.message, problem.remedy)
                return text
        return str(reader.read(column).iloc[0])

    def _add(self, path: str, message: str, remedy: str) -> None:
        self.problems.append(MappingProblem(*self.line_of(path), path, message, remedy))


_BIRTH = re.compile(
    r"(?i)birth|\bborn\b|(?<![a-z])dob(?![a-z])|geburt|naissance|nacimiento|nascita|nascimento|geboorte|lahir|जन्म"
)


def _is_birth_date(flat: FlatField) -> bool:
    """Return whether schema name or heading of a date say that it is a birth date."""
    dated = flat.rule.type in (FieldType.DATE, FieldType.DATETIME)
    return dated and any(_BIRTH.search(name.replace("_", " ")) for name in (flat.path[-1], flat.rule.column or ""))


def _chain(first: Read, second: Read) -> Read:
    return LastColumnCache(lambda texts: second(first(texts)))


def _constant(wire: str) -> Read:
    """Return a function that converts every text to ``wire``: a constant is checked once, not in every row."""

    def read(texts: Column) -> Column:
        array = arrow_of(texts)
        return column_of(pc.if_else(array.is_valid(), pa.scalar(wire, array.type), array), texts)

    return read


_BRACES = re.compile(r"\{([^{}]*)\}")
_SURROGATE = re.compile("[\ud800-\udfff]")
_NOWHERE = SourceColumn("", "", "")

Cells = Mapping[str, "pd.Series[str]"]
"""The columns of a chunk by label, without missing values."""


@dataclass(frozen=True, slots=True)
class Origin:
    """The origin of the text of one field: a column, a template filled from columns, or a constant.

    ``place`` is the one column that a problem points to; without one its label is empty. ``columns`` are all columns
    that are used.
    """

    rule: FieldRule
    columns: Mapping[str, SourceColumn]

    @property
    def place(self) -> SourceColumn:
        return next(iter(self.columns.values())) if len(self.columns) == 1 else _NOWHERE

    def take(self, cells: Cells, index: pd.Index[int]) -> pd.Series[str]:
        """Return the text of the field for every row of a chunk; a template of which every cell is blank is blank."""
        if self.rule.column is not None:
            return cells[self.columns[self.rule.column].label]
        if self.rule.template is not None:
            return text_column(self._filled(self.rule.template, cells), index)
        return text_column(pa.repeat(pa.scalar(self.rule.value or "", pa.large_string()), len(index)), index)

    def _filled(self, template: str, cells: Cells) -> Any:
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


def make_origin(rule: FieldRule, columns: Mapping[str, SourceColumn]) -> Origin:
    """Return the origin of a field; ``columns`` holds a column for every heading that the rule spells."""
    headings = (rule.column,) if rule.column is not None else template_headings(rule.template or "")
    return Origin(rule, {heading: columns[heading] for heading in headings})


def text_column(array: Any, index: pd.Index[int]) -> pd.Series[str]:
    """Convert an Arrow array of text to a column with the row numbers ``index``."""
    return column_of(array, pd.Series(index, index=index))


def replace_surrogates(texts: pd.Series[str], index: pd.Index[int]) -> pd.Series[str]:
    """Return the column with the row numbers ``index`` and NUL in place of lone surrogates, which Arrow cannot hold."""
    try:
        return text_column(arrow_of(texts), index)
    except UnicodeEncodeError:
        return text_column(pa.array([_SURROGATE.sub("\0", text) for text in texts], pa.large_string()), index)
