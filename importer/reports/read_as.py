"""As what the cells of a column are read, in words."""

from __future__ import annotations

from collections.abc import Mapping as MappingOf

from importer.mapping.model import FieldRule, FieldType, Mapping
from importer.transforms.date_forms import shown_form

_WORDS = {
    FieldType.TEXT: "text",
    FieldType.EMAIL: "e-mail address",
    FieldType.PHONE: "phone number",
    FieldType.NUMBER: "number",
    FieldType.INTEGER: "whole number",
    FieldType.BOOLEAN: "yes or no",
    FieldType.DATE: "date",
    FieldType.DATETIME: "date and time",
    FieldType.UUID: "id",
    FieldType.CHOICE: "choice",
}


def read_as(mapping: Mapping, fields: MappingOf[str, str]) -> dict[str, str]:
    """The words for each column that is used; ``fields`` are its fields, as a plan has them."""
    rules = {flat.name: flat.rule for flat in mapping.flat_fields()}
    found = {}
    for label, names in fields.items():
        known = [rules[name] for name in names.split(", ") if name in rules]
        own = [rule for rule in known if rule.column is not None]
        words = [_words(rule) for rule in own] if own else ["part of a text"] if known else []
        found[label] = "; ".join(dict.fromkeys(words))
    return found


def _words(rule: FieldRule) -> str:
    words = _WORDS[rule.type]
    if rule.format:
        words += f" {shown_form(rule.format)}"
    place = rule.timezone or rule.country
    if place:
        words += f", {place}"
    return f"{words}, translated by a table" if rule.lookup else words
