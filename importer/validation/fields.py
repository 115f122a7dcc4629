"""Mapped fields compiled for work on chunks: the origin of their texts, their rules, and their conversion."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from importer.config import Locale
from importer.core.errors import MappingProblem
from importer.core.issues import make_problem
from importer.core.text import format_count, is_or_are
from importer.crm_schema import FieldConstraint
from importer.mapping import Blank, FieldRule, FieldType, FlatField, whole_text_pattern
from importer.transforms import (
    DEFAULT_PIVOT,
    TRANSFORMS,
    LastColumnCache,
    LookupTable,
    arrow_of,
    blank,
    column_of,
)
from importer.validation.account_rules import account_rules, account_spelling
from importer.validation.conditions import ConditionCompiler
from importer.validation.interface import SourceColumn
from importer.validation.origins import Origin, make_origin
from importer.validation.readers import ListReader, Reader, UnreadableError, joiner_of, make_reader
from importer.validation.rules import Rule, lookup_rule, range_rule, type_rules, unique_rule, value_rules
from importer.validation.uniqueness import Overflow

if TYPE_CHECKING:
    from importer.validation.readers import Read

    Column = pd.Series[str]


_PLAIN_NUMBERS = {"decimal": ".", "thousands": None, "currency": None, "percent": None, "negative": None}


class PartExtractor:
    """Takes the part out of texts that an RE2 pattern or its group matches; counts those of ``field`` without it."""

    def __init__(self, pattern: str, field: str) -> None:
        self._whole = whole_text_pattern(pattern)
        self._field = field
        self._missed = 0
        self._first_row = 0

    def take(self, texts: pd.Series[str]) -> pd.Series[str]:
        """Return the first part of each text that matches; empty where nothing does."""
        array = arrow_of(texts)
        matched = pc.match_substring_regex(array, self._whole)
        missed = pc.and_(pc.invert(matched), pc.invert(blank(array)))
        places = pc.indices_nonzero(missed.fill_null(False))
        if len(places):
            self._first_row = self._first_row or int(texts.index[places[0].as_py()])
            self._missed += len(places)
        parts = pc.replace_substring_regex(array, self._whole, r"\1")
        return column_of(pc.if_else(matched, parts, ""), texts)

    def notes(self) -> Iterator[str]:
        """Yield a sentence about the texts without a match."""
        if self._missed:
            count = format_count(self._missed, "cell")
            yield (
                f"{self._field}: `extract` found nothing in {count}, first in row {self._first_row}, which "
                f"{is_or_are(self._missed)} taken for empty."
            )


@dataclass(frozen=True, slots=True)
class CompiledField:
    """A mapped field. ``required`` fields must have a text; texts that are there must pass the ``rules``.

    ``read`` converts texts to LeadSquared's format; ``default`` is sent for an empty cell, or for one that is not
    in the value mapping. ``clears`` says whether an empty cell clears the CRM's field. ``extraction`` takes the part of
    a text that is meant.
    """

    name: str
    rule: FieldRule
    origin: Origin
    read: Read
    rules: tuple[Rule, ...]
    required: bool
    default: str | None
    clears: bool
    extraction: PartExtractor | None = None

    def texts(self, shown: Column) -> Column:
        """Apply the transforms to the texts of the source; the result is missing where nothing visible is left."""
        texts = shown
        if self.rule.replace:
            array = arrow_of(texts)
            for replacement in self.rule.replace:
                array = pc.replace_substring_regex(array, replacement.find, replacement.with_)
            texts = column_of(array, texts)
        if self.extraction is not None:
            texts = self.extraction.take(texts)
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

    conditions: ConditionCompiler
    required: Collection[str]
    locale: Locale
    line_of: Callable[[str], tuple[int, int]]
    problems: list[MappingProblem]
    today: date
    constraints: Mapping[str, FieldConstraint] = field(default_factory=dict)
    overflow: Overflow = field(default_factory=Overflow)

    @property
    def columns(self) -> Mapping[str, SourceColumn]:
        """The column for every heading that the mapping uses."""
        return self.conditions.columns

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
            read = _list_reader(rule, LookupTable(self._fixed_lookup(flat, rule.lookup)).read)
            rules = () if default is not None else (lookup_rule(rule, rule.lookup, read),)
        else:
            if rule.separator is not None:
                reader = replace(reader, read=_list_reader(rule, reader.read))
            read, rules = reader.read, (*type_rules(rule, reader), *self._value_rules(rule, reader))
            if _is_birth_date(flat):
                ends = (None, self.today)
                rules = (*rules, range_rule("born", rule, ends, read, self.today, self.locale.time_zone))
        constraint = self.constraints.get(flat.name)
        if constraint is not None:
            spell = account_spelling(constraint)
            if rule.separator is not None:
                spell = ListReader(spell, (joiner_of(rule),), joiner_of(rule)).read
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
            origin=make_origin(rule, self.columns, self.conditions),
            read=read,
            rules=rules,
            required=rule.required or (needed and default is None),
            default=default,
            clears=rule.blank is Blank.CLEAR,
            extraction=None if rule.extract is None else PartExtractor(rule.extract, flat.name),
        )

    def _reader(self, flat: FlatField, rule: FieldRule) -> Reader:
        """Return the reader of a field. Years behind this one are of the last century if somebody was born in them."""
        pivot = self.today.year % 100 if _is_birth_date(flat) else DEFAULT_PIVOT
        return make_reader(rule, self.locale, pivot)

    def _value_rules(self, rule: FieldRule, reader: Reader) -> Iterator[Rule]:
        return value_rules(rule, reader.read, self.today, self.locale.time_zone)

    def _fixed_text(self, flat: FlatField, option: str, text: str) -> str:
        return self._fixed_texts(flat, option, [text])[0]

    def _fixed_lookup(self, flat: FlatField, lookup: Mapping[str, str]) -> dict[str, str]:
        return dict(zip(lookup, self._fixed_texts(flat, "lookup", list(lookup.values())), strict=True))

    def _fixed_texts(self, flat: FlatField, option: str, texts: list[str]) -> list[str]:
        """Convert constants of the mapping; the first one that fails a rule, as its rows would, is a problem."""
        # Forms of numbers are those of the cells; a mapping has its own numbers with a decimal point.
        plain = flat.rule.model_copy(update=_PLAIN_NUMBERS)
        reader = self._reader(flat, plain)
        column = pd.Series([text for text in texts if text.strip()], dtype="str")
        for rule in (*type_rules(plain, reader), *self._value_rules(plain, reader)):
            failed = column[~rule.passes(column)]
            if len(failed):
                own_words = next(rule.own_words(failed)) if rule.own_words else {}
                words: dict[str, Any] = {**rule.words, **own_words}
                problem = make_problem(rule.code, 0, value=str(failed.iloc[0]), field=flat.name, **words)
                self._add(f"{flat.name}.{option}", problem.message, problem.remedy)
                return texts
        converted = iter(reader.read(column).tolist())
        return [str(next(converted)) if text.strip() else text for text in texts]

    def _add(self, path: str, message: str, remedy: str) -> None:
        self.problems.append(MappingProblem(*self.line_of(path), path, message, remedy))


_BIRTH = re.compile(
    r"(?i)birth|\bborn\b|(?<![a-z])dob(?![a-z])|geburt|naissance|nacimiento|nascita|nascimento|geboorte|lahir|जन्म"
)


def _is_birth_date(flat: FlatField) -> bool:
    """Return whether schema name or heading of a date say that it is a birth date."""
    dated = flat.rule.type in (FieldType.DATE, FieldType.DATETIME)
    return dated and any(_BIRTH.search(name.replace("_", " ")) for name in (flat.path[-1], flat.rule.column or ""))


def _list_reader(rule: FieldRule, read: Read) -> Read:
    """Return ``read``, or a reader that applies it to each value of a cell, if cells hold several."""
    return LastColumnCache(read if rule.separator is None else ListReader(read, rule.separator, joiner_of(rule)).read)


def _chain(first: Read, second: Read) -> Read:
    return LastColumnCache(lambda texts: second(first(texts)))


def _constant(wire: str) -> Read:
    """Return a function that converts every text to ``wire``: a constant is checked once, not in every row."""

    def read(texts: Column) -> Column:
        array = arrow_of(texts)
        return column_of(pc.if_else(array.is_valid(), pa.scalar(wire, array.type), array), texts)

    return read
