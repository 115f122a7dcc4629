"""What a field's text must be, one rule a pandera check: its name, its test, and the words for those that fail it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from importer.mapping.model import FieldRule, FieldType
from importer.transforms.columns import arrow_of, truths_of
from importer.transforms.emails import alphabet, stray_letter
from importer.transforms.numbers import within
from importer.validation.nearest import Nearest
from importer.validation.readers import Reader
from importer.validation.seen import Overflow, SeenValues

if TYPE_CHECKING:
    from importer.validation.readers import Read

    Test = Callable[[pd.Series[str]], pd.Series[bool]]
    Words = Callable[[pd.Series[str]], Iterator[Mapping[str, object]]]

_SHOWN_OPTIONS = 8


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that must hold for the texts of a field.

    ``passes`` takes a column indexed by row number, in which a missing value is an empty cell, and passes those.
    ``words`` fill the placeholders of the problem ``code`` for texts that fail; ``own_words`` gives further ones for
    each of them. ``facts`` are what the schema shows.
    """

    name: str
    code: str
    passes: Test
    words: Mapping[str, object] = field(default_factory=dict)
    facts: Mapping[str, object] = field(default_factory=dict)
    own_words: Words | None = None


def type_rules(rule: FieldRule, reader: Reader) -> Iterator[Rule]:
    """That the text is of its type. All other rules pass a text that is not, so that it has one problem."""
    formed = reader.formed
    if formed is not None:
        yield Rule(reader.check, reader.code, lambda texts: formed(texts) | texts.isna(), reader.words, reader.facts)
        yield Rule(
            "certain_moment",
            "time-not-in-zone",
            lambda texts: reader.read(texts).notna() | ~formed(texts),
            reader.words,
        )
    elif reader.code == "not-an-option":
        choices = Nearest(rule.options or ())
        words = {**reader.words, "options": shortened(rule.options or ())}
        passes = _read_by(reader.read)
        yield Rule(reader.check, reader.code, passes, words, reader.facts, choices.suggestions)
    else:
        yield Rule(reader.check, reader.code, _read_by(reader.read), reader.words, reader.facts)


def lookup_rule(lookup: Mapping[str, str], read: Read) -> Rule:
    """That the text is in the look-up table, for a field without default."""
    known = [text for text in lookup if text.strip()]
    words = {"options": shortened(known)}
    facts = {"table": dict(lookup)}
    return Rule("in_lookup", "not-in-lookup", _read_by(read), words, facts, Nearest(known).suggestions)


def value_rules(rule: FieldRule, read: Read) -> Iterator[Rule]:
    """Length, range and form of what LeadSquared would get."""
    if rule.type is FieldType.EMAIL:
        yield _alphabet_rule(read)
    if rule.max_length is not None:
        yield _length_rule(rule.max_length, read)
    if rule.range is not None:
        low, high = rule.range
        yield Rule(
            "range",
            "out-of-range",
            lambda texts: within(read(texts), low, high),
            {"range_words": _range_words(low, high)},
            {"low": None if low is None else str(low), "high": None if high is None else str(high)},
        )
    if rule.pattern is not None:
        yield _pattern_rule(rule.pattern, read)


def unique_rule(kind: FieldType, read: Read, overflow: Overflow) -> Rule:
    """That no earlier row of the file has the value."""
    seen = SeenValues(ignore_case=kind is FieldType.EMAIL, overflow=overflow)

    def first_rows(texts: pd.Series[str]) -> Iterator[Mapping[str, object]]:
        return ({"first_row": row} for row in seen.first_rows(read(texts)).tolist())

    return Rule("unique", "duplicate", lambda texts: seen.is_first(read(texts)), own_words=first_rows)


def shortened(options: Sequence[str]) -> str:
    """The first few options with commas, and how many more there are."""
    shown = ", ".join(options[:_SHOWN_OPTIONS])
    more = len(options) - _SHOWN_OPTIONS
    return f"{shown} and {more} more" if more > 0 else shown


def _read_by(read: Read) -> Test:
    def passes(texts: pd.Series[str]) -> pd.Series[bool]:
        known = arrow_of(read(texts))
        if not known.null_count:
            return pd.Series(True, index=texts.index)
        return truths_of(pc.or_(known.is_valid(), arrow_of(texts).is_null()), texts)

    return passes


def _length_rule(most: int, read: Read) -> Rule:
    def lengths(texts: pd.Series[str]) -> Iterator[Mapping[str, object]]:
        return ({"found": length} for length in pc.utf8_length(arrow_of(read(texts))).to_pylist())

    def passes(texts: pd.Series[str]) -> pd.Series[bool]:
        array = arrow_of(read(texts))
        return truths_of(pc.less_equal(pc.utf8_length(array), most).fill_null(True), texts)

    return Rule("max_length", "too-long", passes, {"expected": most}, {"most": most}, lengths)


def _alphabet_rule(read: Read) -> Rule:
    def passes(texts: pd.Series[str]) -> pd.Series[bool]:
        array = arrow_of(read(texts))
        if pc.all(pc.string_is_ascii(array)).as_py() is not False:
            return pd.Series(True, index=texts.index)
        return _each(array, lambda text: not stray_letter(text), texts)

    def letters(texts: pd.Series[str]) -> Iterator[Mapping[str, object]]:
        strays = map(stray_letter, arrow_of(read(texts)).to_pylist())
        return ({"stray": letter, "alphabet": alphabet(letter)} for letter in strays)

    return Rule("one_alphabet", "mixed-alphabets", passes, own_words=letters)


def _pattern_rule(pattern: str, read: Read) -> Rule:
    expression = re.compile(pattern)

    def passes(texts: pd.Series[str]) -> pd.Series[bool]:
        # Python's own expressions, since Arrow's read \d, \w and look-around differently.
        return _each(arrow_of(read(texts)), lambda text: expression.fullmatch(text) is not None, texts)

    return Rule("pattern", "wrong-pattern", passes, {"pattern": pattern}, {"pattern": pattern})


def _each(array: Any, fits: Callable[[str], bool], texts: pd.Series[str]) -> pd.Series[bool]:
    """Whether each text of ``array`` fits; every distinct one is looked at once, and missing ones fit."""
    encoded = array.dictionary_encode()
    found = pa.array(map(fits, encoded.dictionary.to_pylist()), pa.bool_())
    return truths_of(found.take(encoded.indices).fill_null(True), texts)


def _range_words(low: object, high: object) -> str:
    if low is None:
        return f"above {high}"
    if high is None:
        return f"below {low}"
    return f"outside the range from {low} to {high}"
