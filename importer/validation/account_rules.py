"""The constraints of the account on a field's text, as rules like those of the mapping."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from itertools import repeat
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from importer.core.text import shorten_text
from importer.crm_schema import CrmFieldKind, FieldConstraint, Owners, option_key
from importer.mapping import FieldRule
from importer.transforms import (
    CELL_FORMS,
    Dates,
    DateTimes,
    Numbers,
    arrow_of,
    column_of,
    per_distinct,
    read_emails,
    truths_of,
)
from importer.validation.readers import joiner_of
from importer.validation.rules import ClosestMatch, Rule, length_rule, shortened

if TYPE_CHECKING:
    import pandas as pd

    from importer.validation.readers import Read
    from importer.validation.rules import Test, Words


def account_rules(constraint: FieldConstraint, rule: FieldRule, read: Read) -> Iterator[Rule]:
    """Yield the rules for type, options, length, owner and activity type, as far as the account constrains them.

    A text that the mapping's own rules refuse passes, so that it has one problem.
    """
    if constraint.kind is not None:
        yield _type_rule(constraint.label, constraint.kind, read)
    if constraint.options:
        allowed = frozenset(constraint.options)
        words = {"label": constraint.label, "options": shortened(constraint.options)}
        own = _sent(read, ClosestMatch(constraint.options))
        passes = _one_of(allowed, read) if rule.separator is None else _all_of(allowed, read, joiner_of(rule))
        yield Rule("account_option", "not-an-account-option", passes, words, words, own)
    if constraint.max_length:
        words = {"label": constraint.label}
        most, mapped = constraint.max_length, rule.max_length
        yield length_rule("account_length", "too-long-for-account", most, read, words, passes_over=mapped)
    if constraint.owners is not None:
        yield from _owner_rules(constraint, constraint.owners, read)
    if constraint.events:
        known = dict(constraint.events)
        words = {"options": shortened([f'{code} "{name}"' for code, name in constraint.events])}
        yield Rule("account_event", "unknown-activity-type", _one_of(known, read, strip=True), words)


def account_spelling(constraint: FieldConstraint) -> Read:
    """Return a function that spells texts as the account does: options to the blank, users and codes without blanks."""
    if constraint.options:
        # The account's own spelling counts, blanks included; a key that several options share decides nothing.
        keys = Counter(map(option_key, constraint.options))
        by_key = {option_key(option): option for option in constraint.options if keys[option_key(option)] == 1}
        known = frozenset(constraint.options)
        return lambda texts: per_distinct(
            texts, lambda text: text if text in known else by_key.get(option_key(text), text)
        )
    if constraint.owners is not None or constraint.events:
        return lambda texts: column_of(pc.utf8_trim_whitespace(arrow_of(texts)), texts)
    return lambda texts: texts


def _type_rule(label: str, kind: CrmFieldKind, read: Read) -> Rule:
    """Return the rule that a text of a field without a type is one that the account's field takes."""
    kind_name, fits = _TYPES[kind]

    def passes(texts: pd.Series[str]) -> pd.Series[bool]:
        sent = read(texts)
        return fits(sent) | sent.isna()

    words = {"label": label, "kind": kind.value, "type": kind_name}
    facts = {"label": label, "kind": kind.value}
    return Rule("account_type", "not-of-account-type", passes, words, facts, _sent(read))


def _is_number(texts: pd.Series[str]) -> pd.Series[bool]:
    return Numbers().read(texts).notna() & _matches(texts, r"-?[0-9]+(?:\.[0-9]+)?")


def _is_date(texts: pd.Series[str]) -> pd.Series[bool]:
    return _matches(texts, "[0-9]{4}-[0-9]{2}-[0-9]{2}") & Dates(CELL_FORMS[-1]).read(texts).notna()


def _is_moment(texts: pd.Series[str]) -> pd.Series[bool]:
    whole = _matches(texts, "[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}")
    return (whole & DateTimes(CELL_FORMS, "UTC").read(texts).notna()) | _is_date(texts)


def _matches(texts: pd.Series[str], pattern: str) -> pd.Series[bool]:
    """Return which texts the RE2 ``pattern`` matches as a whole."""
    return truths_of(pc.match_substring_regex(arrow_of(texts), rf"\A(?:{pattern})\z"), texts)


_TYPES: Mapping[CrmFieldKind, tuple[str, Test]] = {
    CrmFieldKind.EMAIL: ("email", lambda texts: read_emails(texts).notna()),
    CrmFieldKind.PHONE: ("phone", lambda texts: _matches(texts, r"[+(]{0,2}[0-9][0-9() .-]{4,}")),
    CrmFieldKind.NUMBER: ("number", _is_number),
    CrmFieldKind.DATE: ("date", _is_date),
    CrmFieldKind.DATETIME: ("datetime", _is_moment),
    CrmFieldKind.BOOLEAN: ("boolean", lambda texts: _matches(texts, "(?i:0|1|true|false)")),
}
"""For each type of the account: the type of the mapping that fits, and a test of texts that are sent as they stand."""


def _sent(read: Read, nearest: ClosestMatch | None = None) -> Words:
    """Return words for a problem: the text that the row would send, and the option that is most like it."""

    def words(texts: pd.Series[str]) -> Iterator[Mapping[str, object]]:
        sent = read(texts)
        suggestions = nearest.suggestions(sent) if nearest is not None else repeat({}, len(sent))
        for text, suggestion in zip(sent.tolist(), suggestions, strict=True):
            yield {"sent": shorten_text(text), **suggestion}

    return words


def _owner_rules(constraint: FieldConstraint, owners: Owners, read: Read) -> Iterator[Rule]:
    known = owners.active | owners.inactive
    suggest = ClosestMatch(sorted(word for word in owners.active if "@" in word)).suggestions
    words = {"label": constraint.label}
    yield Rule("account_user", "unknown-user", _one_of(known, read, fold=True), words, own_words=suggest)
    left = _one_of(owners.inactive, read, fold=True, inside=False)
    yield Rule("active_user", "inactive-user", left, words)


def _all_of(allowed: Collection[str], read: Read, joiner: str) -> Test:
    """Return a test that all values of a text are among the ``allowed``; empty cells pass."""

    def passes(texts: pd.Series[str]) -> pd.Series[bool]:
        sent = read(texts)
        wrong = per_distinct(sent, lambda text: None if set(text.split(joiner)) <= set(allowed) else text)
        return wrong.isna()

    return passes


def _one_of(
    allowed: Collection[str], read: Read, *, strip: bool = False, fold: bool = False, inside: bool = True
) -> Test:
    """Return a test that a text is (or, with ``inside`` false, is not) one of the ``allowed``; empty cells pass."""
    values = pa.array(sorted(allowed), pa.large_string())

    def passes(texts: pd.Series[str]) -> pd.Series[bool]:
        array: Any = arrow_of(read(texts))
        if strip or fold:
            array = pc.utf8_trim_whitespace(array)
        if fold:
            array = pc.utf8_lower(array)
        found = pc.is_in(array, value_set=values)
        fits = found if inside else pc.invert(found)
        return truths_of(pc.or_(fits, array.is_null()), texts)

    return passes
