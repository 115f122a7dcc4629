"""Check the options of a mapping together: contradictions inside a field, inside a section and across the file."""

from __future__ import annotations

import re
import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from decimal import Decimal

from importer.config import Document, KeyPath
from importer.core.model import HEADING_COLUMN, VALUE_COLUMN
from importer.core.text import find_nearest, format_names, join_words, suggest_name
from importer.mapping.column_references import find_column_references, fold_heading, iterate_rules
from importer.mapping.conditions import check_condition
from importer.mapping.date_formats import has_time
from importer.mapping.model import NEVER_UPDATES, Blank, FieldRule, FieldType, Mapping, OnInvalid
from importer.mapping.re2_patterns import check_replacement

UPDATE_BEHAVIORS = (NEVER_UPDATES, "UpdateOnlyEmptyFields", "DoNotUpdateUniqueFields")

NO_FIELDS_REMEDY = "Add a line `SchemaName: Heading` below it, or remove it."

_SCHEMA_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_NAME_REMEDY = "Use the schema name, which LeadSquared shows beside the field, such as mx_City."


def check_mapping(mapping: Mapping, document: Document, transforms: Collection[str]) -> None:
    """Add to ``document`` the problems of the mapping as a whole.

    Parts that were taken out because they are wrong by themselves (``document.broken``) cause no second problem.
    """
    _check_sections(mapping, document)
    for path, rule in iterate_rules(mapping):
        check_rule(path, rule, document, transforms)
    if mapping.where is not None:
        check_condition(mapping.where, ("where",), document)
    _check_ignored(mapping, document)
    _check_whole_options(mapping, document)
    _check_import_key(mapping, document)


def _check_sections(mapping: Mapping, document: Document) -> None:
    sections = {"lead": mapping.lead, "activity": mapping.activity}
    broken = {path[0] for path in document.broken if path}
    for section, table in sections.items():
        _check_names((section,), table, document)
        if section in mapping.model_fields_set and not table and section not in broken:
            document.add((section,), f"`{section}` has no fields.", NO_FIELDS_REMEDY)
    if not any(mapping.model_fields_set & {section} or section in broken for section in sections):
        document.add((), "The mapping has no fields.", "Add `activity:` or `lead:` with lines `SchemaName: Heading`.")


def _check_names(path: KeyPath, table: Iterable[str], document: Document) -> None:
    seen: dict[str, str] = {}
    for name in table:
        if not _SCHEMA_NAME.fullmatch(name):
            document.add((*path, name), f'"{name}" is not the schema name of a field.', _NAME_REMEDY)
        twin = seen.setdefault(name.casefold(), name)
        if twin != name:
            document.add(
                (*path, name),
                f"`{name}` is the same field as `{twin}` in line {document.place((*path, twin))[0]}.",
                "Keep one of them.",
            )


def _check_ignored(mapping: Mapping, document: Document) -> None:
    used = {fold_heading(reference.heading): reference.path for reference in find_column_references(mapping)}
    for position, heading in enumerate(mapping.ignore):
        if (path := used.get(fold_heading(heading))) is not None:
            message = f'"{heading}" is ignored here and used in line {document.place(path)[0]}.'
            document.add(("ignore", position), message, "Keep one of them.")


def _check_whole_options(mapping: Mapping, document: Document) -> None:
    behavior = mapping.update_behavior
    if behavior is not None and behavior not in UPDATE_BEHAVIORS:
        document.add(
            ("update_behavior",),
            f'"{behavior}" is not known for `update_behavior`.',
            suggest_name(behavior, UPDATE_BEHAVIORS),
        )
    if mapping.source.sheet is not None and mapping.source.sheets is not None:
        document.add(("source", "sheets"), "`sheet` and `sheets` both say what to read.", "Keep one of them.")
    used = {fold_heading(reference.heading) for reference in find_column_references(mapping)}
    if mapping.source.explode and fold_heading(VALUE_COLUMN) not in used:
        document.add(
            ("source", "explode"),
            f"No field takes the cells of the exploded columns, whose heading is {VALUE_COLUMN}.",
            f"Write `column: {VALUE_COLUMN}`, and {HEADING_COLUMN} for the heading that a cell stands under.",
        )
    if behavior is not None and mapping.existing is not None:
        document.add(
            ("existing",), "`existing` and `update_behavior` say the same thing in two ways.", "Keep one of them."
        )
    if mapping.search_by is not None and not _SCHEMA_NAME.fullmatch(mapping.search_by):
        document.add(("search_by",), f'"{mapping.search_by}" is not the schema name of a field.', _NAME_REMEDY)
    if mapping.max_invalid is not None and mapping.on_invalid is OnInvalid.STOP:
        document.add(
            ("max_invalid",),
            "`max_invalid` has no effect, because `on_invalid: stop` already allows no invalid row.",
            "Remove one of them.",
        )


def _check_import_key(mapping: Mapping, document: Document) -> None:
    name = mapping.import_key
    if name is None:
        return
    if not (re.fullmatch(r"mx_[A-Za-z0-9_]+", name) or name == "ActivityNote"):
        document.add(
            ("import_key",),
            f'"{name}" cannot carry the import key.',
            "Name a custom text field that is free for it, such as mx_Custom_20, without its section.",
        )
        return
    section, table = ("activity", mapping.activity) if mapping.activity else ("lead", mapping.lead)
    twin = next((field for field in table if field.casefold() == name.casefold()), None)
    if twin is not None:
        line = document.place((section, twin))[0]
        document.add(
            ("import_key",),
            f"`{name}` is also filled in line {line}, and the import key would overwrite it.",
            "Name a field that nothing else fills.",
        )


ORIGINS = ("column", "first_of", "value", "template", "when", "file_name", "run_date", "fields")
"""The options that give a value its origin; a field has exactly one."""

_TEXTS = (FieldType.TEXT, FieldType.EMAIL, FieldType.PHONE)
_NUMBERS = (FieldType.NUMBER, FieldType.INTEGER)
_DATES = (FieldType.DATE, FieldType.DATETIME)
TYPES_OF_OPTION: dict[str, tuple[FieldType, ...]] = {
    "format": _DATES,
    "timezone": (FieldType.DATETIME,),
    "country": (FieldType.PHONE,),
    "phone_format": (FieldType.PHONE,),
    "decimal": _NUMBERS,
    "thousands": _NUMBERS,
    "currency": _NUMBERS,
    "percent": (FieldType.NUMBER,),
    "negative": _NUMBERS,
    "range": (*_NUMBERS, *_DATES),
    "pivot": _DATES,
    "pattern": _TEXTS,
    "max_length": (*_TEXTS, *_NUMBERS, FieldType.CHOICE),
    "options": (FieldType.CHOICE,),
    "lookup": (FieldType.TEXT, FieldType.CHOICE, *_NUMBERS, FieldType.BOOLEAN),
    "lookup_file": (FieldType.TEXT, FieldType.CHOICE, *_NUMBERS, FieldType.BOOLEAN),
    "separator": (FieldType.TEXT, FieldType.CHOICE),
}
"""Options that only some types have."""

_CLEANING = ("marks", "empty", "replace", "extract")
_NOT_FOR_CONSTANTS = (*_CLEANING, "separator", "transforms", "lookup", "lookup_file", "default", "unique")
_NOT_FOR_RUN_CONSTANTS = (*_CLEANING, "separator", "unique")
_FLAG_WORDS = frozenset(("true", "false", "yes", "no", "y", "n", "1", "0"))


@dataclass(frozen=True, slots=True)
class _Field:
    """A rule with the options that are written for it, including the ``broken`` ones, which were taken out."""

    path: KeyPath
    rule: FieldRule
    document: Document
    given: frozenset[str]
    broken: frozenset[str]

    def add(self, keys: str | KeyPath, message: str, remedy: str) -> None:
        """Add a problem of the option ``keys``, or of one inside it."""
        self.document.add((*self.path, *((keys,) if isinstance(keys, str) else keys)), message, remedy)


def check_rule(path: KeyPath, rule: FieldRule, document: Document, transforms: Collection[str]) -> None:
    """Add to ``document`` the problems of one field or custom field set."""
    depth = len(path)
    broken = frozenset(str(found[depth]) for found in document.broken if len(found) > depth and found[:depth] == path)
    written = frozenset(name for name in rule.model_fields_set if getattr(rule, name) is not None)
    field = _Field(path, rule, document, written | broken, broken)
    if not _has_one_origin(field):
        return
    if "fields" in field.given:
        _check_set(field)
        return
    for position, name in enumerate(rule.transforms):
        if name not in transforms:
            field.add(("transforms", position), f'"{name}" is not a known transform.', suggest_name(name, transforms))
    _check_number_form(field)
    _check_fit(field)
    _check_reshaping(field)
    _check_choices(field)
    _check_emptiness(field)
    _check_numbers(field)
    for key in ("value", "default"):
        fixed = getattr(rule, key)
        if fixed is not None:
            _check_fixed(field, (key,), fixed)
    for text, meaning in (rule.lookup or {}).items():
        # The result of a value mapping is sent unchanged, so it must be right here.
        _check_fixed(field, ("lookup", text), meaning)


def _has_one_origin(field: _Field) -> bool:
    origins = [name for name in ORIGINS if name in field.given]
    if len(origins) == 1:
        return True
    if origins:
        given = " and ".join(f"`{name}`" for name in origins)
        field.add((), f"The field has {given}, but its value can come from one place only.", "Keep one of them.")
    else:
        # A misspelled `column` was already answered with the right word.
        if any(find_nearest(name, ORIGINS) for name in field.broken):
            return False
        field.add((), "Nothing says where the value comes from.", f"Add one of {format_names(ORIGINS)}.")
    return False


def _check_set(field: _Field) -> None:
    if any(step == "fields" for step in field.path[2:]):
        field.add("fields", "A custom field set cannot hold another one.", "Move its fields up.")
    others = sorted(field.given - {"fields"} - field.broken)
    if others:
        field.add(
            others[0], f"{format_names(others)} cannot stand beside `fields`.", "Move it to the fields of the set."
        )
    if field.rule.fields is not None and not field.rule.fields and "fields" not in field.broken:
        field.add("fields", "The custom field set has no fields.", "Add a line `SchemaName: Heading`.")


def _check_fit(field: _Field) -> None:
    rule = field.rule
    if "type" not in field.broken:
        for option, types in TYPES_OF_OPTION.items():
            if option in field.given and rule.type not in types:
                fitting = join_words([f"`{each}`" for each in types])
                field.add(option, f"`{option}` does not fit a field of type {rule.type}.", f"It is for {fitting}.")
    for origin, options in (
        ("value", _NOT_FOR_CONSTANTS),
        ("file_name", _NOT_FOR_RUN_CONSTANTS),
        ("run_date", _NOT_FOR_RUN_CONSTANTS),
    ):
        for option in options if origin in field.given else ():
            if option in field.given:
                field.add(option, f"`{option}` has no use beside `{origin}`, which is always the same.", "Remove it.")
    if rule.format and rule.type is FieldType.DATETIME and not any(map(has_time, rule.format)):
        field.add("format", f'"{rule.format[0]}" has no time, but the type is datetime.', "Write `type: date`.")
    if rule.pivot is not None and not any("%y" in form for form in rule.format or ()):
        field.add("pivot", "`pivot` has no use without two-digit years.", "Remove it, or write %y in `format`.")


def _check_number_form(field: _Field) -> None:
    rule = field.rule
    if rule.decimal is not None and rule.decimal == rule.thousands:
        field.add("thousands", "`decimal` and `thousands` are the same character.", "Correct one of them.")
    if rule.type in _NUMBERS and "digits" in rule.transforms and "type" not in field.broken:
        field.add(
            ("transforms", rule.transforms.index("digits")),
            "`digits` takes the minus and the decimal point off a number: -12.5 would become 125.",
            "Remove it, and say how the numbers are written with `decimal`, `thousands`, `currency`, `percent` or "
            "`negative`.",
        )


def _check_reshaping(field: _Field) -> None:
    """Check the options that take texts apart and put them together."""
    rule = field.rule
    for name in ("first_of", "when"):
        if getattr(rule, name) == ():
            field.add(name, f"`{name}` is empty.", "List what it shall choose from.")
    for position, case in enumerate(rule.when or ()):
        place = ("when", position)
        if case.if_ is not None:
            check_condition(case.if_, (*field.path, *place, "if"), field.document)
        elif position + 1 < len(rule.when or ()):
            field.add(place, "A case without `if` always holds; those below never count.", "Make it the last one.")
        origins = [name for name in ("column", "value", "template") if getattr(case, name) is not None]
        if len(origins) != 1:
            field.add(place, "A case gives one value.", "Add one of `value`, `column` and `template`.")
    for position, replacement in enumerate(rule.replace):
        if reason := check_replacement(replacement.find, replacement.with_):
            field.add(
                ("replace", position, "with"),
                f'"{replacement.with_}" cannot be put in place of a match: {reason}.',
                "\\1 stands for the first group of the pattern; write \\\\ for a backslash.",
            )
    if rule.joiner is not None and "separator" not in field.given:
        field.add("joiner", "`joiner` has no use without `separator`.", "Say what stands between the values of a cell.")
    if "lookup" in field.given and "lookup_file" in field.given:
        field.add("lookup_file", "`lookup` and `lookup_file` are two tables for one field.", "Keep one of them.")


def _check_choices(field: _Field) -> None:
    rule, options = field.rule, field.rule.options
    if rule.type is FieldType.CHOICE and not field.given & {"options", "lookup", "lookup_file"}:
        field.add("type", "A choice needs the values to choose from.", "Add `options: [first, second]`.")
    if options is not None:
        twice = sorted({option for option in options if options.count(option) > 1})
        if twice:
            field.add("options", f"`options` has {format_names(twice)} twice.", "Keep one of them.")
        if not options or not all(option.strip() for option in options):
            field.add("options", "`options` is empty or has an empty value.", "List the values that the field allows.")
    if rule.lookup is not None and not rule.lookup and "lookup" not in field.broken:
        field.add("lookup", "`lookup` is empty.", "Add a line `text in the file: text in the CRM`.")


def _check_emptiness(field: _Field) -> None:
    rule = field.rule
    if rule.default is not None and rule.required and rule.lookup is None and rule.lookup_file is None:
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
    dated = field.rule.type in _DATES
    strange = [end for end in (low, high) if end is not None and isinstance(end, Decimal) is dated]
    if strange and "type" not in field.broken:
        meant = "Write days such as 2026-12-31." if dated else "Write numbers such as 100 or 2.5."
        field.add("range", f"{strange[0]} cannot be an end of a range of type {field.rule.type}.", meant)
    elif type(low) is type(high) and low is not None and low > high:
        field.add("range", f"The range begins at {low}, above its end {high}.", "Write the smaller one first.")


def _check_fixed(field: _Field, keys: KeyPath, text: str) -> None:
    """Check a constant text of the mapping, so that it does not make every row invalid."""
    rule = field.rule
    if rule.options and text not in rule.options:
        field.add(keys, f'"{text}" is not in `options`.', suggest_name(text, rule.options))
    if rule.max_length is not None and len(text) > rule.max_length:
        field.add(keys, f'"{text}" has {len(text)} characters, more than `max_length`.', "Shorten it.")
    if rule.pattern is not None and not re.fullmatch(rule.pattern, text):
        field.add(keys, f'"{text}" does not match `pattern`.', "Correct one of them.")
    if text and not _is_of_type(rule.type, text):
        field.add(keys, f'"{text}" is not a value of type {rule.type}.', "Correct it, or the type.")
    elif text and rule.range is not None and rule.type in _NUMBERS:
        low, high = rule.range
        number = Decimal(text)
        if (isinstance(low, Decimal) and number < low) or (isinstance(high, Decimal) and number > high):
            field.add(keys, f"{text} is outside of `range`.", "Correct one of them.")


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
