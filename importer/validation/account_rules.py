"""What the account demands of a field's text, as rules like those of the mapping."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from importer.core.text import visible
from importer.crm_schema.constraints import Demand, Owners
from importer.mapping.model import FieldRule
from importer.transforms.columns import arrow_of, truths_of
from importer.validation.nearest import Nearest
from importer.validation.rules import Rule, shortened

if TYPE_CHECKING:
    import pandas as pd

    from importer.validation.readers import Read

    Test = Callable[[pd.Series[str]], pd.Series[bool]]
    Words = Callable[[pd.Series[str]], Iterator[Mapping[str, object]]]


def account_rules(demand: Demand, rule: FieldRule, read: Read) -> Iterator[Rule]:
    """Options, length, owner and activity type, as far as the account says something of them.

    A text that the mapping's own rules refuse passes, so that it has one problem.
    """
    if demand.options:
        allowed = frozenset(demand.options)
        words = {"label": demand.label, "options": shortened(demand.options)}
        own = _sent(read, Nearest(demand.options))
        yield Rule("account_option", "not-an-account-option", _one_of(allowed, read), words, words, own)
    if demand.max_length:
        yield _length_rule(demand, rule.max_length, read)
    if demand.owners is not None:
        yield from _owner_rules(demand, demand.owners, read)
    if demand.events:
        known = dict(demand.events)
        words = {"options": shortened([f'{code} "{name}"' for code, name in demand.events])}
        yield Rule("account_event", "unknown-activity-type", _one_of(known, read, strip=True), words)


def _sent(read: Read, nearest: Nearest) -> Words:
    """What the row would send, for a cell may be translated, and the option that is most like it."""

    def words(texts: pd.Series[str]) -> Iterator[Mapping[str, object]]:
        sent = read(texts)
        for text, suggestion in zip(sent.tolist(), nearest.suggestions(sent), strict=True):
            yield {"sent": visible(text), **suggestion}

    return words


def _length_rule(demand: Demand, mapped: int | None, read: Read) -> Rule:
    most = demand.max_length

    def passes(texts: pd.Series[str]) -> pd.Series[bool]:
        lengths = pc.utf8_length(arrow_of(read(texts)))
        fits = pc.less_equal(lengths, most)
        if mapped is not None:
            # Longer texts have the mapping's own problem already.
            fits = pc.or_(fits, pc.greater(lengths, mapped))
        return truths_of(fits.fill_null(True), texts)

    def found(texts: pd.Series[str]) -> Iterator[Mapping[str, object]]:
        return ({"found": length} for length in pc.utf8_length(arrow_of(read(texts))).to_pylist())

    words = {"label": demand.label, "expected": most}
    return Rule("account_length", "too-long-for-account", passes, words, {"most": most}, found)


def _owner_rules(demand: Demand, owners: Owners, read: Read) -> Iterator[Rule]:
    known = owners.active | owners.inactive
    suggest = Nearest(sorted(word for word in owners.active if "@" in word)).suggestions
    words = {"label": demand.label}
    yield Rule("account_user", "unknown-user", _one_of(known, read, fold=True), words, own_words=suggest)
    left = _one_of(owners.inactive, read, fold=True, inside=False)
    yield Rule("active_user", "inactive-user", left, words)


def _one_of(
    allowed: Collection[str], read: Read, *, strip: bool = False, fold: bool = False, inside: bool = True
) -> Test:
    """Whether the text is (or, with ``inside`` false, is not) one of the ``allowed``; an empty cell passes."""
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
