"""Mapping lines for matches: type, form, country and drop-down, as far as the values prove them."""

from __future__ import annotations

from dataclasses import replace

from importer.core.text import format_count, join_words, pluralize
from importer.suggest.account import AccountProfile
from importer.suggest.datetimes import date_line
from importer.suggest.mapping_writer import can_be_named
from importer.suggest.matching import Confidence, Match
from importer.suggest.model import MappingLine, Rule, Value
from importer.suggest.profile import ColumnProfile, Shape
from importer.suggest.similarity import YES_NO, nearest_option
from importer.suggest.vocabulary import WHOLE_NAME, ValueKind
from importer.transforms import FLAGS, NumberForm, folded

_NEARLY_ALL = 0.97


def mapping_lines(match: Match, facts: AccountProfile) -> list[MappingLine]:
    """Return the lines of the mapping for one match; two for a column with whole names."""
    return [_with_clean_ups(line, match.profile) for line in _plain_lines(match, facts)]


def _with_clean_ups(line: MappingLine, profile: ColumnProfile) -> MappingLine:
    """Add what makes the values fit: texts that count as empty. Marks around values make a line less sure."""
    if profile.placeholders:
        texts = tuple(sorted(profile.placeholders))
        count = format_count(profile.placeholders.total(), "cell")
        line = replace(
            line,
            reason=f"{line.reason}; {count} with {join_words(texts)} counted as empty",
            rule={**line.rule, "empty": texts} if line.rule else {},
            alternatives=tuple({**rule, "empty": texts} for rule in line.alternatives),
        )
    if profile.marked and line.confidence is Confidence.HIGH:
        words = f"marks such as apostrophes are taken off {format_count(profile.marked, 'cell')}"
        line = replace(line, confidence=Confidence.MEDIUM, reason=f"{line.reason}; {words}")
    return line


def _plain_lines(match: Match, facts: AccountProfile) -> list[MappingLine]:
    profile, kind = match.profile, match.field.kind
    whole_numbers = profile.share(Shape.INTEGER) >= _NEARLY_ALL
    if kind is ValueKind.WHOLE_NAME:
        return _whole_name(match)
    if kind is ValueKind.DATE:
        return [date_line(match, facts)]
    if match.field.options:
        return [_drop_down(match)]
    if kind is ValueKind.PHONE:
        return [_phone(match, facts)]
    if kind is ValueKind.NUMBER:
        return [_number(match)]
    rule: dict[str, Value] = _length(match)
    if kind is ValueKind.EMAIL:
        rule = {"type": "email", **rule}
    elif kind is ValueKind.ID:
        rule = {"type": "uuid"}
    elif kind is ValueKind.FLAG:
        rule = {"type": "boolean", **_yes_no_lookup(profile)}
    elif kind is ValueKind.CODE and not whole_numbers:
        # The column has names of activity types in place of their codes.
        found = {text: nearest_option(text, facts.activity_types) for text in profile.choices}
        rule = {"lookup": {text: option.value for text, option in found.items() if option}, "required": "true"}
    elif kind is ValueKind.CODE:
        rule = {"type": "integer"}
    return [_line(match, rule)]


def _line(match: Match, rule: dict[str, Value], *, reason: str = "", todo: str = "") -> MappingLine:
    column = match.profile.column.label
    longest, limit = match.profile.longest, match.field.max_length
    if "max_length" in rule and longest > limit:
        reason = f"{reason}; " * bool(reason) + f"the longest value has {longest} characters, the field holds {limit}"
    if match.field.mandatory:
        rule = {**rule, "required": "true"}
    return MappingLine(
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


def _yes_no_lookup(profile: ColumnProfile) -> dict[str, Value]:
    """Map the column's words for yes and no; nothing where mappings know all of them by themselves."""
    texts = sorted(profile.values or ())
    if all(folded(text) in FLAGS for text in texts):
        return {}
    return {"lookup": {text: YES_NO[folded(text)] for text in texts}}


def _phone(match: Match, facts: AccountProfile) -> MappingLine:
    profile = match.profile
    rule: dict[str, Value] = {"type": "phone"}
    if facts.country:
        rule["country"] = facts.country
        return _line(match, {**rule, **_length(match)})
    if profile.filled and profile.phones[""] >= _NEARLY_ALL * profile.filled:
        return _line(match, {**rule, **_length(match)}, reason="all with their country code")
    todo = (
        "Which country do numbers without a country code belong to? Add for example `country: "
        f"{profile.best_country or 'IN'}`, or set LEADSQUARED_COUNTRY; until then such rows are invalid."
    )
    return _line(match, {**rule, **_length(match)}, todo=todo)


def _number(match: Match) -> MappingLine:
    """Return the line for a column of numbers; commented out, with the alternatives, when a person must decide."""
    numbers = match.profile.numbers
    forms = numbers.forms or (NumberForm(),)
    kind = "integer" if numbers.whole else "number"
    rules: list[dict[str, Value]] = [{"type": kind, **_number_options(form)} for form in forms]
    if len(rules) == 1:
        return _line(match, rules[0])
    todo = (
        f"How are these numbers meant? {numbers.describe_alternatives()} The file cannot tell. Uncomment the right "
        'line, and take the column off "ignore".'
    )
    column = match.profile.column.label
    required: dict[str, Value] = {"required": "true"} if match.field.mandatory else {}
    alternatives = tuple({"column": column, **rule, **required} for rule in rules)
    return MappingLine(
        match.field.section, match.field.name, column, Confidence.LOW, match.reason, {}, todo, alternatives
    )


def _number_options(form: NumberForm) -> dict[str, Value]:
    stated = {"decimal": form.decimal, "thousands": "space" if form.thousands == " " else form.thousands}
    stated |= {"percent": form.percent, "negative": form.negative}
    options: dict[str, Value] = {name: value for name, value in stated.items() if value}
    if form.currency:
        options["currency"] = form.currency
    return options


def _drop_down(match: Match) -> MappingLine:
    """Return the line for a drop-down: the values as they are, or mapped to the nearest options."""
    texts = sorted(match.profile.values or ())
    found = {text: nearest_option(text, match.field.options) if can_be_named(text) else None for text in texts}
    values = tuple(value for value, _ in match.field.options)
    if all(option and option.exact and folded(option.value) == folded(text) for text, option in found.items()):
        return _line(match, {"type": "choice", "options": values})
    lookup = {text: option.value for text, option in found.items() if option}
    unknown = tuple(text for text, option in found.items() if not option)
    guessed = any(option and not option.exact for option in found.values())
    todo = ""
    if unknown:
        values_are = pluralize(len(unknown), "value is", "values are")
        todo = f"{len(unknown)} {values_are} like none of the account's options: complete the value mapping."
    elif guessed:
        todo = "Check the value mapping: these are the nearest options, not the same words."
    line = _line(match, {"type": "choice", "options": values, "lookup": lookup}, todo=todo)
    return replace(line, open_texts=unknown)


def _whole_name(match: Match) -> list[MappingLine]:
    """Return two lines when every name has two words; else the whole text is the first name: nothing may be lost."""
    column, profile = match.profile.column.label, match.profile
    first, last = WHOLE_NAME.split(" + ")

    def line(field: str, rule: Rule, reason: str) -> MappingLine:
        words = f"{match.reason}; {reason}"
        return MappingLine(match.field.section, field, column, match.confidence, words, {"column": column, **rule})

    if profile.filled and profile.shapes[Shape.TWO_WORDS] == profile.filled:
        return [
            line(first, {"transforms": ("collapse_spaces", "first_word")}, "every name has two words: the first"),
            line(last, {"transforms": ("collapse_spaces", "last_word")}, "the second word"),
        ]
    return [
        line(
            first,
            {"transforms": ("collapse_spaces",)},
            "the whole name, because not every one has two words; splitting would lose or double some",
        )
    ]
