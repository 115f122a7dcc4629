"""How a column is written into its field: type, form, country, drop-down, as far as the values prove them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from importer.suggest.account import AccountFacts
from importer.suggest.datetimes import date_entry
from importer.suggest.fields import WHOLE_NAME, Kind
from importer.suggest.flags import YES_NO
from importer.suggest.matching import Match
from importer.suggest.model import Entry, Rule, Value
from importer.suggest.options import nearest_option
from importer.suggest.profile import Shape
from importer.suggest.scalars import can_be_named
from importer.transforms.choices import FLAGS, folded

_NEARLY_ALL = 0.97


def entries_of(match: Match, facts: AccountFacts) -> list[Entry]:
    """The lines of the mapping for one match; two for a column with whole names."""
    if match.field.kind is Kind.WHOLE_NAME:
        return _whole_name(match)
    if match.field.kind is Kind.DATE:
        return [date_entry(match, facts)]
    if match.field.options:
        return [_drop_down(match)]
    return [_MAKERS.get(match.field.kind, _text)(match, facts)]


def _entry(match: Match, rule: dict[str, Value], *, reason: str = "", todo: str = "") -> Entry:
    column = match.profile.column.label
    longest, room = match.profile.longest, match.field.max_length
    if "max_length" in rule and longest > room:
        reason = f"{reason}; " * bool(reason) + f"the longest value has {longest} characters, the field holds {room}"
    if match.field.mandatory:
        rule = {**rule, "required": "true"}
    return Entry(
        match.field.section,
        match.field.name,
        column,
        match.confidence,
        "; ".join(filter(None, (match.reason, reason))),
        {"column": column, **rule},
        todo,
    )


def _length(match: Match) -> dict[str, Value]:
    return {"max_length": str(match.field.max_length)} if match.field.max_length else {}


def _text(match: Match, facts: AccountFacts) -> Entry:
    return _entry(match, _length(match))


def _email(match: Match, facts: AccountFacts) -> Entry:
    return _entry(match, {"type": "email", **_length(match)})


def _id(match: Match, facts: AccountFacts) -> Entry:
    return _entry(match, {"type": "uuid"})


def _number(match: Match, facts: AccountFacts) -> Entry:
    whole = match.profile.share(Shape.INTEGER) >= _NEARLY_ALL
    return _entry(match, {"type": "integer" if whole else "number"})


def _flag(match: Match, facts: AccountFacts) -> Entry:
    texts = sorted(match.profile.values or ())
    if all(folded(text) in FLAGS for text in texts):
        return _entry(match, {"type": "boolean"})
    return _entry(match, {"type": "boolean", "lookup": {text: YES_NO[folded(text)] for text in texts}})


def _phone(match: Match, facts: AccountFacts) -> Entry:
    profile = match.profile
    rule: dict[str, Value] = {"type": "phone"}
    if facts.country:
        rule["country"] = facts.country
        return _entry(match, {**rule, **_length(match)})
    if profile.filled and profile.phones[""] >= _NEARLY_ALL * profile.filled:
        return _entry(match, {**rule, **_length(match)}, reason="all with their country code")
    todo = (
        "Which country do numbers without a country code belong to? Add for example `country: "
        f"{profile.best_country or 'IN'}`, or set LEADSQUARED_COUNTRY; until then such rows are invalid."
    )
    return _entry(match, {**rule, **_length(match)}, todo=todo)


def _code(match: Match, facts: AccountFacts) -> Entry:
    names = [(code, name) for code, name in facts.activity_types]
    if match.profile.share(Shape.INTEGER) >= _NEARLY_ALL:
        return _entry(match, {"type": "integer"})
    found = {text: nearest_option(text, names) for text in match.profile.choices}
    lookup = {text: option.value for text, option in found.items() if option}
    return _entry(match, {"lookup": lookup, "required": "true"})


def _drop_down(match: Match) -> Entry:
    """A drop-down of the account: the file's words as they are, or a table to the nearest options."""
    texts = sorted(match.profile.values or ())
    found = {text: nearest_option(text, match.field.options) if can_be_named(text) else None for text in texts}
    values = tuple(value for value, _ in match.field.options)
    if all(option and option.exact and folded(option.value) == folded(text) for text, option in found.items()):
        return _entry(match, {"type": "choice", "options": values})
    lookup = {text: option.value for text, option in found.items() if option}
    unknown = tuple(text for text, option in found.items() if not option)
    guessed = any(option and not option.exact for option in found.values())
    todo = ""
    if unknown:
        values_are = "1 value is" if len(unknown) == 1 else f"{len(unknown)} values are"
        todo = f"{values_are} like none of the account's options: complete the look-up."
    elif guessed:
        todo = "Check the look-up: these are the nearest options, not the same words."
    entry = _entry(match, {"type": "choice", "options": values, "lookup": lookup}, todo=todo)
    return replace(entry, open_texts=unknown)


def _whole_name(match: Match) -> list[Entry]:
    """Two parts when every name has two words; else the whole text as first name, because nothing may get lost."""
    column, profile = match.profile.column.label, match.profile
    first, last = WHOLE_NAME.split(" + ")

    def entry(field: str, rule: Rule, reason: str) -> Entry:
        words = f"{match.reason}; {reason}"
        return Entry(match.field.section, field, column, match.confidence, words, {"column": column, **rule})

    if profile.filled and profile.shapes[Shape.TWO_WORDS] == profile.filled:
        return [
            entry(first, {"transforms": ("collapse_spaces", "first_word")}, "every name has two words: the first"),
            entry(last, {"transforms": ("collapse_spaces", "last_word")}, "the second word"),
        ]
    return [
        entry(
            first,
            {"transforms": ("collapse_spaces",)},
            "the whole name, because not every one has two words; splitting would lose or double some",
        )
    ]


_MAKERS: dict[Kind, Callable[[Match, AccountFacts], Entry]] = {
    Kind.EMAIL: _email,
    Kind.PHONE: _phone,
    Kind.ID: _id,
    Kind.NUMBER: _number,
    Kind.FLAG: _flag,
    Kind.CODE: _code,
}
