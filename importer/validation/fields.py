"""One mapped field, ready to work on chunks: where its text comes from, what it must be, and what LeadSquared gets."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from importer.config.settings import Locale
from importer.core.errors import MappingProblem
from importer.core.issues import make_problem
from importer.crm_schema.constraints import Demand
from importer.mapping.model import Blank, FieldRule, FlatField
from importer.transforms import TRANSFORMS
from importer.transforms.choices import Table
from importer.transforms.columns import Remembered, arrow_of, column_of
from importer.validation.account_rules import account_rules
from importer.validation.interface import SourceColumn
from importer.validation.origins import Origin, blank, make_origin
from importer.validation.readers import Reader, UnreadableError, make_reader
from importer.validation.rules import Rule, lookup_rule, type_rules, unique_rule, value_rules
from importer.validation.seen import Overflow

if TYPE_CHECKING:
    from importer.validation.readers import Read

    Column = pd.Series[str]


@dataclass(frozen=True, slots=True)
class Field:
    """A mapped field. ``required`` fields must have a text; ``rules`` must hold for texts that are there.

    ``read`` turns texts into what LeadSquared gets; ``default`` is what it gets for an empty cell, or for one that is
    not in the look-up table. ``clears`` tells whether an empty cell wipes the CRM's field.
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
        """The texts as they stand in the source, transformed; missing where nothing is left to see."""
        texts = shown
        for name in self.rule.transforms:
            texts = TRANSFORMS[name](texts)
        array = arrow_of(texts)
        empty = blank(array)
        if self.rule.lookup is not None:
            # A table may say what an empty cell means.
            empty = pc.and_(empty, arrow_of(self.read(texts)).is_null())
        if not pc.any(empty).as_py():
            return texts
        return column_of(pc.if_else(empty, pa.scalar(None, array.type), array), texts)

    def wire(self, texts: Column) -> Column:
        """What LeadSquared gets for each of the ``texts``; missing where the field is not sent."""
        wire = self.read(texts)
        if self.default is not None:
            return wire.fillna(self.default)
        return wire.mask(texts.isna(), "") if self.clears else wire


@dataclass(frozen=True, slots=True)
class FieldMaker:
    """Makes the fields of a mapping and notes what can never work in ``problems``.

    ``demands`` are the account's, by flat name; ``overflow`` is where values that must be unique are kept.
    """

    columns: Mapping[str, SourceColumn]
    required: Collection[str]
    locale: Locale
    line_of: Callable[[str], tuple[int, int]]
    problems: list[MappingProblem]
    demands: Mapping[str, Demand] = field(default_factory=dict)
    overflow: Overflow = field(default_factory=Overflow)

    def make(self, flat: FlatField) -> Field | None:
        """The field, or nothing when it has a problem."""
        rule, known = flat.rule, len(self.problems)
        try:
            reader = make_reader(rule, self.locale)
        except UnreadableError as error:
            self._add(flat.name, *error.args)
            return None
        values = tuple(value_rules(rule, reader.read))
        fixed = (*type_rules(rule, reader), *values)
        default = self._fixed_text(flat, "default", rule.default, reader, fixed) if rule.default else None
        if rule.value is not None:
            read: Read = _constant(self._fixed_text(flat, "value", rule.value, reader, fixed))
            rules: tuple[Rule, ...] = ()
        elif rule.lookup is not None:
            read = self._lookup(flat, rule.lookup, reader, fixed)
            rules = () if default is not None else (lookup_rule(rule.lookup, read),)
        else:
            read, rules = reader.read, fixed
        demand = self.demands.get(flat.name)
        if demand is not None and rule.value is None:
            rules = (*rules, *account_rules(demand, rule, read))
        if rule.unique:
            rules = (*rules, unique_rule(rule.type, read, self.overflow))
        if len(self.problems) > known:
            return None
        return Field(
            name=flat.name,
            rule=rule,
            origin=make_origin(rule, self.columns),
            read=read,
            rules=rules,
            required=rule.required or (self._needed(flat.name) and default is None),
            default=default,
            clears=rule.blank is Blank.CLEAR,
        )

    def _needed(self, name: str) -> bool:
        return name in self.required or (name in self.demands and self.demands[name].required)

    def _lookup(self, flat: FlatField, lookup: Mapping[str, str], reader: Reader, rules: tuple[Rule, ...]) -> Read:
        entries = {text: self._fixed_text(flat, "lookup", meaning, reader, rules) for text, meaning in lookup.items()}
        return Remembered(Table(entries).read)

    def _fixed_text(self, flat: FlatField, option: str, text: str, reader: Reader, rules: tuple[Rule, ...]) -> str:
        """What LeadSquared gets for a text of the mapping itself, which must not make every row invalid."""
        if not text.strip():
            return text
        column = pd.Series([text], dtype="str")
        for rule in rules:
            if not rule.passes(column).all():
                words: dict[str, Any] = {**rule.words, **_own_words(rule, column)}
                problem = make_problem(rule.code, 0, value=text, field=flat.name, **words)
                self._add(f"{flat.name}.{option}", problem.message, problem.remedy)
                return text
        return str(reader.read(column).iloc[0])

    def _add(self, path: str, message: str, remedy: str) -> None:
        self.problems.append(MappingProblem(*self.line_of(path), path, message, remedy))


def _own_words(rule: Rule, texts: Column) -> Mapping[str, object]:
    return next(rule.own_words(texts)) if rule.own_words else {}


def _constant(wire: str) -> Read:
    """Reads every text as ``wire``; a constant needs no second look in every row."""

    def read(texts: Column) -> Column:
        array = arrow_of(texts)
        return column_of(pc.if_else(array.is_valid(), pa.scalar(wire, array.type), array), texts)

    return read
