"""One mapped field against the account's: its type, its constants, its options and its length."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from importer.crm_schema.checks.findings import Collected
from importer.crm_schema.constraints import Demand, Owners
from importer.crm_schema.model import FieldFacts, Kind
from importer.mapping.model import FieldRule, FieldType
from importer.mapping.suggestions import nearest

_SHOWN = 8
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_FLAGS = frozenset({"0", "1", "true", "false"})
_TEXTS = frozenset({FieldType.TEXT, FieldType.CHOICE})
_FITS = {
    Kind.NUMBER: frozenset({FieldType.NUMBER, FieldType.INTEGER, FieldType.BOOLEAN}),
    Kind.DATE: frozenset({FieldType.DATE}),
    Kind.DATETIME: frozenset({FieldType.DATETIME, FieldType.DATE}),
    Kind.BOOLEAN: frozenset({FieldType.BOOLEAN}),
    Kind.EMAIL: frozenset({FieldType.EMAIL, *_TEXTS}),
    Kind.PHONE: frozenset({FieldType.PHONE, FieldType.INTEGER, *_TEXTS}),
    Kind.USER: frozenset({FieldType.UUID, *_TEXTS}),
}
"""Types of the mapping whose texts a field of the kind takes; what is not listed takes all."""
_PERHAPS = {
    Kind.NUMBER: _TEXTS,
    Kind.DATE: frozenset({FieldType.DATETIME, *_TEXTS}),
    Kind.DATETIME: _TEXTS,
    Kind.BOOLEAN: frozenset({FieldType.NUMBER, FieldType.INTEGER, *_TEXTS}),
}
"""Types of which some texts fit and others do not."""
_ADVICE = {
    Kind.NUMBER: "`type: number`",
    Kind.DATE: "`type: date`",
    Kind.DATETIME: "`type: datetime`",
    Kind.BOOLEAN: "`type: boolean`",
    Kind.EMAIL: "`type: email`",
    Kind.PHONE: "`type: phone`",
    Kind.USER: "a column with the ids of users",
}
_LIMITED = frozenset({Kind.TEXT, Kind.EMAIL})
"""Kinds whose length the account counts as we do; a phone number, say, is stored in another form than it is sent."""


def compare_value(path: str, rule: FieldRule, field: FieldFacts, owners: Owners | None, found: Collected) -> None:
    """Compare a plain rule with the account's field, and note what the cells must be."""
    _compare_type(path, rule, field, found)
    demand = Demand(field.words)
    if field.kind is Kind.CHOICE and field.options and not field.open_options:
        demand = replace(demand, options=field.options)
        _compare_options(path, rule, field, found)
    if field.kind in _LIMITED and field.max_length:
        demand = replace(demand, max_length=field.max_length)
        _compare_length(path, rule, field, found)
    if field.kind is Kind.USER and owners is not None:
        demand = compare_owner(path, rule, field.words, owners, found)
    if demand != Demand(field.words):
        found.demands[path] = demand


def constants(rule: FieldRule) -> Iterator[tuple[str, str]]:
    """The texts of the mapping itself that rows would send, with the option that holds them."""
    for option, text in (("value", rule.value), ("default", rule.default)):
        if text is not None and text.strip():
            yield option, text.strip()


def compare_owner(path: str, rule: FieldRule, label: str, owners: Owners, found: Collected) -> Demand:
    """Compare the constants of a field that names a user; what its cells must be."""
    for option, text in constants(rule):
        word = text.casefold()
        if word in owners.active:
            continue
        state = "is a user who is not active" if word in owners.inactive else "is no user of the account"
        near = nearest(word, owners.active) if "@" in word else []
        meant = f"Did you mean {near[0]}?" if near else "Name an active user."
        found.fails(f"{path}.{option}", f'"{text}" {state}.', meant)
    return Demand(label, owners=owners)


def _compare_type(path: str, rule: FieldRule, field: FieldFacts, found: Collected) -> None:
    kind = field.kind
    if kind not in _FITS or rule.type in _FITS[kind]:
        return
    what = f"{field.words} is a {kind.value} field in the account"
    if rule.type not in _PERHAPS.get(kind, frozenset()):
        found.fails(path, f"{what} and cannot hold what `type: {rule.type}` gives.", f"Use {_ADVICE[kind]}.")
        return
    if rule.type in _TEXTS:
        wrong = [(option, text) for option, text in constants(rule) if not _may_hold(kind, text)]
        for option, text in wrong:
            found.fails(f"{path}.{option}", f'{what} and cannot hold "{text}".', "Correct the text.")
        if wrong or rule.value is not None or rule.lookup is not None:
            return
    found.may_fail(path, f"{what}, but the mapping sends `type: {rule.type}`.", f"Better use {_ADVICE[kind]}.")


def _may_hold(kind: Kind, text: str) -> bool:
    if kind is Kind.NUMBER:
        return _NUMBER.fullmatch(text) is not None
    if kind is Kind.BOOLEAN:
        return text.lower() in _FLAGS
    # Which forms of dates are taken is not documented; without a digit it is none.
    return any(character.isdigit() for character in text)


def _compare_options(path: str, rule: FieldRule, field: FieldFacts, found: Collected) -> None:
    for option, text in constants(rule):
        if text not in field.options:
            found.fails(
                f"{path}.{option}", f'"{text}" is not an option of {field.words}.', _options_remedy(text, field)
            )
    for option, texts in (("lookup", [*(rule.lookup or {}).values()]), ("options", [*(rule.options or ())])):
        if option == "options" and rule.lookup is not None:
            # The table says what is sent.
            continue
        sent = list(dict.fromkeys(text for text in texts if text.strip()))
        lacking = [text for text in sent if text not in field.options]
        if not lacking:
            continue
        words = ", ".join(f'"{text}"' for text in lacking[:_SHOWN])
        message = f"{field.words} has no option {words}."
        tell = found.fails if len(lacking) == len(sent) and rule.default is None else found.may_fail
        tell(f"{path}.{option}", message, _options_remedy(lacking[0], field))


def _options_remedy(text: str, field: FieldFacts) -> str:
    near = nearest(text, field.options)
    meant = f'Did you mean "{near[0]}"? ' if near else ""
    shown = ", ".join(f'"{option}"' for option in field.options[:_SHOWN])
    more = f" and {len(field.options) - _SHOWN} more" if len(field.options) > _SHOWN else ""
    return f"{meant}It has: {shown}{more}."


def _compare_length(path: str, rule: FieldRule, field: FieldFacts, found: Collected) -> None:
    most = field.max_length
    for option, text in constants(rule):
        if len(text) > most:
            found.fails(
                f"{path}.{option}", f"The text has {len(text)} characters; {field.words} holds {most}.", "Shorten it."
            )
    if rule.max_length is not None and rule.max_length > most:
        found.may_fail(
            f"{path}.max_length",
            f"`max_length: {rule.max_length}` is more than the {most} characters that {field.words} holds.",
            f"Write `max_length: {most}`; longer cells are problems of their rows.",
        )
