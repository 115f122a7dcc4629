"""Rules for the text of a field, each of which is compiled to a pandera check: name, test, and words for problems."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from importer.mapping import FieldRule, FieldType
from importer.transforms import alphabet, arrow_of, folded, stray_letter, truths_of, within
from importer.validation.readers import Reader
from importer.validation.uniqueness import Overflow, UniqueValues

if TYPE_CHECKING:
    import pandas as pd

if TYPE_CHECKING:
    from importer.validation.readers import Read

    Range = tuple[Decimal | date | str | None, Decimal | date | str | None]
    Test = Callable[[pd.Series[str]], pd.Series[bool]]
    Words = Callable[[pd.Series[str]], Iterator[Mapping[str, object]]]

_SHOWN_OPTIONS = 8
_MOST_TEXTS = 1000
"""A column with more different wrong texts has no typos but is the wrong column: the others get no help."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule that the texts of a field must pass.

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
    """Yield the rules that the text is of its type.

    All other rules pass a text that is not, so that it has one problem.
    """
    formed, explained = reader.formed, _explanations(reader)
    if formed is not None:
        known: Test = lambda texts: formed(texts) | texts.isna()  # noqa: E731
        yield Rule(reader.check, reader.code, known, reader.words, reader.facts, explained)
        certain: Test = lambda texts: reader.read(texts).notna() | ~formed(texts)  # noqa: E731
        yield Rule(*reader.doubt, certain, reader.words, own_words=explained)
    elif reader.code == "not-an-option":
        choices = ClosestMatch(rule.options or ())
        words = {**reader.words, "options": shortened(rule.options or ())}
        passes = _read_by(reader.read)
        yield Rule(reader.check, reader.code, passes, words, reader.facts, choices.suggestions)
    else:
        yield Rule(reader.check, reader.code, _read_by(reader.read), reader.words, reader.facts, explained)


def _explanations(reader: Reader) -> Words | None:
    """Return the words ``help`` for problems of a type whose reader can explain a text."""
    explain = reader.explain
    if explain is None:
        return None
    known: dict[str, str] = {}

    def explained(texts: pd.Series[str]) -> Iterator[Mapping[str, object]]:
        for text in texts.tolist():
            if text not in known and len(known) < _MOST_TEXTS:
                known[text] = explain(text)
            yield {"help": known.get(text, "")}

    return explained


def lookup_rule(rule: FieldRule, lookup: Mapping[str, str], read: Read) -> Rule:
    """Return the rule that the text is in the value mapping, for a field without default."""
    known = [text for text in lookup if text.strip()]
    words = {"options": shortened(known)}
    file = rule.lookup_file
    facts: dict[str, object] = {"table": dict(lookup)} if file is None else {"file": file.file, "entries": len(lookup)}
    return Rule("in_lookup", "not-in-lookup", _read_by(read), words, facts, ClosestMatch(known).suggestions)


def value_rules(rule: FieldRule, read: Read, today: date, zone: str) -> Iterator[Rule]:
    """Yield the rules for length, range and pattern of the converted text, and for mixed alphabets in addresses.

    ``today`` is what the word means in a range; ``zone`` is where the days of a range begin and end.
    """
    if rule.type is FieldType.EMAIL:
        yield _alphabet_rule(read)
    if rule.max_length is not None:
        yield length_rule("max_length", "too-long", rule.max_length, read, {})
    if rule.range is not None:
        yield range_rule("range", rule, rule.range, read, today, zone)
    if rule.pattern is not None:
        yield _pattern_rule(rule.pattern, read)


def range_rule(name: str, rule: FieldRule, ends: Range, read: Read, today: date, zone: str) -> Rule:
    """Return the rule that a number or date is neither below the first nor above the second of two ``ends``."""
    low, high = (today if end == "today" else end for end in ends)
    facts = {"low": None if ends[0] is None else str(ends[0]), "high": None if ends[1] is None else str(ends[1])}
    words = {"range_words": _range_words(low, high)}
    if rule.type not in (FieldType.DATE, FieldType.DATETIME):
        bounds = tuple(end if isinstance(end, Decimal) else None for end in (low, high))
        return Rule(name, "out-of-range", lambda texts: within(read(texts), *bounds), words, facts)
    first, last = (end if isinstance(end, date) else None for end in (low, high))
    # Dates as LeadSquared gets them have the order of their texts.
    begin = _begin_of_day(first, rule, zone) if first else ""
    end = _begin_of_day(last + timedelta(days=1), rule, zone) if last else "~"

    def passes(texts: pd.Series[str]) -> pd.Series[bool]:
        dates = arrow_of(read(texts))
        fits = pc.and_(pc.greater_equal(dates, begin), pc.less(dates, end))
        return truths_of(fits.fill_null(True), texts)

    return Rule(name, "out-of-range", passes, words, facts)


def _begin_of_day(day: date, rule: FieldRule, zone: str) -> str:
    if rule.type is FieldType.DATE:
        return day.isoformat()
    midnight = datetime.combine(day, time(), ZoneInfo(rule.timezone or zone or "UTC"))
    return midnight.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def unique_rule(kind: FieldType, read: Read, overflow: Overflow) -> Rule:
    """Return the rule that no earlier row of the file has the value; of addresses the case is ignored."""
    seen = UniqueValues(ignore_case=kind is FieldType.EMAIL, overflow=overflow)

    def first_rows(texts: pd.Series[str]) -> Iterator[Mapping[str, object]]:
        return ({"first_row": row} for row in seen.first_rows(read(texts)).tolist())

    return Rule("unique", "duplicate", lambda texts: seen.is_first(read(texts)), own_words=first_rows)


def shortened(options: Sequence[str]) -> str:
    """Format the first eight options with commas, and how many more there are."""
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


def length_rule(
    name: str,
    code: str,
    most: int,
    read: Read,
    words: Mapping[str, object],
    *,
    passes_over: int | None = None,
) -> Rule:
    """Return the rule that the converted text has at most ``most`` characters.

    Texts longer than ``passes_over`` pass, since the rule of that length refuses them already.
    """

    def passes(texts: pd.Series[str]) -> pd.Series[bool]:
        lengths = pc.utf8_length(arrow_of(read(texts)))
        fits = pc.less_equal(lengths, most)
        if passes_over is not None:
            fits = pc.or_(fits, pc.greater(lengths, passes_over))
        return truths_of(fits.fill_null(True), texts)

    def found(texts: pd.Series[str]) -> Iterator[Mapping[str, object]]:
        return ({"found": length} for length in pc.utf8_length(arrow_of(read(texts))).to_pylist())

    return Rule(name, code, passes, {**words, "expected": most}, {"most": most}, found)


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
    """Return whether each text of ``array`` fits; every distinct one is tested once, and missing ones fit."""
    encoded = array.dictionary_encode()
    found = pa.array(map(fits, encoded.dictionary.to_pylist()), pa.bool_())
    return truths_of(found.take(encoded.indices).fill_null(True), texts)


def _range_words(low: object, high: object) -> str:
    if low is None:
        return f"above {high}"
    if high is None:
        return f"below {low}"
    return f"outside the range from {low} to {high}"


_LIKENESS = 60.0


class ClosestMatch:
    """Suggestions of the allowed text that is most like a wrong one, for the first 1,000 different texts of a file."""

    def __init__(self, allowed: Sequence[str]) -> None:
        self._allowed = list(allowed)
        self._folded = [folded(text) for text in allowed]
        self._known: dict[str, str] = {}

    def suggestions(self, texts: pd.Series[str]) -> Iterator[Mapping[str, object]]:
        """Yield for each text the word ``suggestion``: `` Did you mean "Gold"?`` with a blank in front, or empty."""
        return ({"suggestion": self._suggestion(text)} for text in texts.tolist())

    def _suggestion(self, text: str) -> str:
        if text not in self._known:
            if len(self._known) >= _MOST_TEXTS:
                return ""
            from rapidfuzz import fuzz, process

            best = process.extractOne(folded(text), self._folded, scorer=fuzz.ratio, score_cutoff=_LIKENESS)
            self._known[text] = f' Did you mean "{self._allowed[best[2]]}"?' if best else ""
        return self._known[text]
