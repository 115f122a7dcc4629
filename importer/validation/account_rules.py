"""The constraints of the account on a field's text, as rules like those of the mapping."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from importer.core.text import shorten_text
from importer.crm_schema import FieldConstraint, Owners
from importer.mapping import FieldRule
from importer.transforms import arrow_of, truths_of
from importer.validation.rules import ClosestMatch, Rule, length_rule, shortened

if TYPE_CHECKING:
    import pandas as pd

    from importer.validation.readers import Read
    from importer.validation.rules import Test, Words


def account_rules(constraint: FieldConstraint, rule: FieldRule, read: Read) -> Iterator[Rule]:
    """Yield the rules for options, length, owner and activity type, as far as the account constrains them.

    A text that the mapping's own rules refuse passes, so that it has one problem.
    """
    if constraint.options:
        allowed = frozenset(constraint.options)
        words = {"label": constraint.label, "options": shortened(constraint.options)}
        own = _sent(read, ClosestMatch(constraint.options))
        yield Rule("account_option", "not-an-account-option", _one_of(allowed, read), words, words, own)
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


def _sent(read: Read, nearest: ClosestMatch) -> Words:
    """Return words for a problem: the text that the row would send, and the option that is most like it."""

    def words(texts: pd.Series[str]) -> Iterator[Mapping[str, object]]:
        sent = read(texts)
        for text, suggestion in zip(sent.tolist(), nearest.suggestions(sent), strict=True):
            yield {"sent": shorten_text(text), **suggestion}

    return words


def _owner_rules(constraint: FieldConstraint, owners: Owners, read: Read) -> Iterator[Rule]:
    known = owners.active | owners.inactive
    suggest = ClosestMatch(sorted(word for word in owners.active if "@" in word)).suggestions
    words = {"label": constraint.label}
    yield Rule("account_user", "unknown-user", _one_of(known, read, fold=True), words, own_words=suggest)
    left = _one_of(owners.inactive, read, fold=True, inside=False)
    yield Rule("active_user", "inactive-user", left, words)


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
