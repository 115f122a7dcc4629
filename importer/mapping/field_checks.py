"""What the options of one field mean together."""

from __future__ import annotations

import re
import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from decimal import Decimal

from importer.mapping.document import Document, Path
from importer.mapping.formats import has_time
from importer.mapping.model import Blank, FieldRule, FieldType
from importer.mapping.suggestions import advice, listed, nearest

ORIGINS = ("column", "value", "template", "fields")
"""Where a value can come from; a field has exactly one."""

_TEXTS = (FieldType.TEXT, FieldType.EMAIL, FieldType.PHONE)
_NUMBERS = (FieldType.NUMBER, FieldType.INTEGER)
TYPES_OF_OPTION: dict[str, tuple[FieldType, ...]] = {
    "format": (FieldType.DATE, FieldType.DATETIME),
    "timezone": (FieldType.DATETIME,),
    "country": (FieldType.PHONE,),
    "range": _NUMBERS,
    "pattern": _TEXTS,
    "max_length": (*_TEXTS, *_NUMBERS, FieldType.CHOICE),
    "options": (FieldType.CHOICE,),
    "lookup": (FieldType.TEXT, FieldType.CHOICE, *_NUMBERS, FieldType.BOOLEAN),
}
"""Options that only some types have."""

_NOT_FOR_CONSTANTS = ("transforms", "lookup", "default", "unique")
_FLAG_WORDS = frozenset(("true", "false", "yes", "no", "y", "n", "1", "0"))


@dataclass(frozen=True, slots=True)
class _Field:
    """One rule with what was written for it, including what was taken out because it is wrong by itself."""

    path: Path
    rule: FieldRule
    document: Document
    given: frozenset[str]
    broken: frozenset[str]

    def add(self, key: str, message: str, remedy: str = "") -> None:
        self.document.add((*self.path, key) if key else self.path, message, remedy)

    def add_inside(self, keys: Path, message: str, remedy: str = "") -> None:
        self.document.add((*self.path, *keys), message, remedy)


def check_rule(path: Path, rule: FieldRule, document: Document, transforms: Collection[str]) -> None:
    """Add to ``document`` what is wrong with one field or custom field set."""
    depth = len(path)
    broken = frozenset(str(found[depth]) for found in document.broken if len(found) > depth and found[:depth] == path)
    written = frozenset(name for name in rule.model_fields_set if getattr(rule, name) is not None)
    field = _Field(path, rule, document, written | broken, broken)
    if not _has_one_origin(field):
        return
    if "fields" in field.given:
        _check_set(field)
        return
    _check_transforms(field, transforms)
    _check_fit(field)
    _check_choices(field)
    _check_emptiness(field)
    _check_numbers(field)
    for key in ("value", "default"):
        fixed = getattr(rule, key)
        if fixed is not None:
            _check_fixed(field, (key,), fixed)
    for text, meaning in (rule.lookup or {}).items():
        # What a look-up gives is sent as it stands, so it must be right here.
        _check_fixed(field, ("lookup", text), meaning)


def _has_one_origin(field: _Field) -> bool:
    origins = [name for name in ORIGINS if name in field.given]
    if len(origins) == 1:
        return True
    if origins:
        shown = " and ".join(f"`{name}`" for name in origins)
        field.add("", f"The field has {shown}, but its value can come from one place only.", "Keep one of them.")
    else:
        # A misspelled `column` was already answered with the right word.
        if any(nearest(name, ORIGINS) for name in field.broken):
            return False
        field.add("", "Nothing says where the value comes from.", f"Add one of {listed(ORIGINS)}.")
    return False


def _check_set(field: _Field) -> None:
    if any(step == "fields" for step in field.path[2:]):
        field.add("fields", "A custom field set cannot hold another one.", "Move its fields up.")
    others = sorted(field.given - {"fields"} - field.broken)
    if others:
        field.add(others[0], f"{listed(others)} cannot stand beside `fields`.", "Move it to the fields of the set.")
    if field.rule.fields is not None and not field.rule.fields and "fields" not in field.broken:
        field.add("fields", "The custom field set has no fields.", "Add a line `SchemaName: Heading`.")


def _check_transforms(field: _Field, known: Collection[str]) -> None:
    for position, name in enumerate(field.rule.transforms):
        if name not in known:
            field.add_inside(("transforms", position), f'"{name}" is not a known transform.', advice(name, known))


def _check_fit(field: _Field) -> None:
    rule = field.rule
    if "type" not in field.broken:
        for option, types in TYPES_OF_OPTION.items():
            if option in field.given and rule.type not in types:
                field.add(
                    option, f"`{option}` does not fit a field of type {rule.type}.", f"It is for {_one_of(types)}."
                )
    if "value" in field.given:
        for option in _NOT_FOR_CONSTANTS:
            if option in field.given:
                field.add(option, f"`{option}` has no use beside `value`, which is always the same.", "Remove it.")
    if rule.format is not None and "type" not in field.broken:
        timed = has_time(rule.format)
        if rule.type is FieldType.DATE and timed:
            field.add("format", f'"{rule.format}" has a time, but the type is date.', "Write `type: datetime`.")
        if rule.type is FieldType.DATETIME and not timed:
            field.add("format", f'"{rule.format}" has no time, but the type is datetime.', "Write `type: date`.")


def _one_of(types: Iterable[FieldType]) -> str:
    words = [f"`{kind}`" for kind in types]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _check_choices(field: _Field) -> None:
    rule, options = field.rule, field.rule.options
    if rule.type is FieldType.CHOICE and not field.given & {"options", "lookup"}:
        field.add("type", "A choice needs the values to choose from.", "Add `options: [first, second]`.")
    if options is not None:
        twice = sorted({option for option in options if options.count(option) > 1})
        if twice:
            field.add("options", f"`options` has {listed(twice)} twice.", "Keep one of them.")
        if not options or not all(option.strip() for option in options):
            field.add("options", "`options` is empty or has an empty value.", "List the values that the field allows.")
    if rule.lookup is not None and not rule.lookup and "lookup" not in field.broken:
        field.add("lookup", "`lookup` is empty.", "Add a line `text in the file: text in the CRM`.")


def _check_emptiness(field: _Field) -> None:
    rule = field.rule
    if rule.default is not None and rule.required and rule.lookup is None:
        field.add("required", "`required` has no effect, because `default` fills every empty cell.", "Remove one.")
    if rule.default is not None and rule.blank is Blank.CLEAR:
        field.add("blank", "`blank: clear` has no effect, because `default` fills every empty cell.", "Remove one.")
    if rule.required and rule.blank is Blank.CLEAR:
        field.add("blank", "`blank: clear` has no effect, because `required` refuses every empty cell.", "Remove one.")
    if rule.value is not None and not rule.value.strip() and rule.blank is not Blank.CLEAR:
        field.add("value", "`value` is empty, so nothing would be sent.", "Add `blank: clear` to wipe the CRM field.")


def _check_numbers(field: _Field) -> None:
    if field.rule.range is None:
        return
    low, high = field.rule.range
    if low is None and high is None:
        field.add("range", "`range` has no end.", "Write [0, 100], or [0, ~] for no upper end.")
    if low is not None and high is not None and low > high:
        field.add("range", f"The range begins at {low}, above its end {high}.", "Write the smaller number first.")


def _check_fixed(field: _Field, keys: Path, text: str) -> None:
    """Check a text that the mapping itself gives, so that it does not make every row invalid."""
    rule = field.rule
    if rule.options and text not in rule.options:
        field.add_inside(keys, f'"{text}" is not in `options`.', advice(text, rule.options))
    if rule.max_length is not None and len(text) > rule.max_length:
        field.add_inside(keys, f'"{text}" has {len(text)} characters, more than `max_length`.', "Shorten it.")
    if rule.pattern is not None and not re.fullmatch(rule.pattern, text):
        field.add_inside(keys, f'"{text}" does not match `pattern`.', "Correct one of them.")
    if text and not _is_of_type(rule.type, text):
        field.add_inside(keys, f'"{text}" is not a value of type {rule.type}.', "Correct it, or the type.")
    elif text and rule.range is not None and rule.type in _NUMBERS:
        low, high = rule.range
        if (low is not None and Decimal(text) < low) or (high is not None and Decimal(text) > high):
            field.add_inside(keys, f"{text} is outside of `range`.", "Correct one of them.")


def _is_of_type(kind: FieldType, text: str) -> bool:
    match kind:
        case FieldType.INTEGER:
            return re.fullmatch(r"-?[0-9]+", text) is not None
        case FieldType.NUMBER:
            return re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", text) is not None
        case FieldType.BOOLEAN:
            return text.casefold() in _FLAG_WORDS
        case FieldType.UUID:
            try:
                return str(uuid.UUID(text)) == text.casefold()
            except ValueError:
                return False
        case _:
            return True
