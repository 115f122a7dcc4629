"""The JSON Schema of mapping files, with which editors complete, explain and check while one types."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Mapping as MappingOf
from typing import Any

from importer.config import SHARE_SCHEMA, build_schema, generate_schema
from importer.mapping.checks import UPDATE_BEHAVIORS
from importer.mapping.conditions import NUMBER_TESTS
from importer.mapping.date_formats import DIRECTIVES
from importer.mapping.model import TYPE_MEANINGS, FieldType, Mapping
from importer.transforms import Transform

_ANY_SCALAR = ["string", "number", "boolean"]
"""Editors read `201` as a number and `yes` as a boolean; the loader reads every scalar as text."""

_SCALARS = ("column", "value", "default", "sheet")
_NOT_EMPTY = ("lead", "activity", "fields", "lookup", "options")


def mapping_json_schema(targets: Collection[str], transforms: MappingOf[str, Transform]) -> dict[str, Any]:
    """Build the JSON Schema of mapping files (draft 7, which the common editors know).

    ``targets`` are the known names; ``transforms`` the known transforms by name.
    """
    top, definitions = generate_schema(Mapping)
    rule = definitions["FieldRule"]
    _describe_condition(definitions["Condition"]["properties"])
    field, source = rule["properties"], definitions["SourceSection"]["properties"]
    top["target"]["enum"] = list(targets)
    top["update_behavior"]["enum"] = list(UPDATE_BEHAVIORS)
    _describe_options(field, transforms)
    top["max_invalid"] = {"description": top["max_invalid"]["description"], **SHARE_SCHEMA}
    top["ignore"]["items"] = {"type": _ANY_SCALAR}
    for table in (top, field, source):
        for name in (*_SCALARS, *_NOT_EMPTY):
            if name in table:
                _widen(table[name], name)
    rule["description"] = "A table of options; exactly one of column, value, template and fields is in it."
    rule["oneOf"] = [{"required": [origin]} for origin in ("column", "value", "template", "fields")]
    any_field = {
        "description": "The heading of a column, or a table of options.",
        "anyOf": [{"type": _ANY_SCALAR, "description": "Heading of the column."}, {"$ref": "#/$defs/FieldRule"}],
    }
    for name, table in (("lead", top), ("activity", top), ("fields", field)):
        table[name]["additionalProperties"] = {"$ref": "#/$defs/Field"}
        table[name]["propertyNames"] = {"pattern": "^[A-Za-z][A-Za-z0-9_]*$"}
    return build_schema(
        "Mapping of importer",
        "Which column of a spreadsheet becomes which LeadSquared field, and how.",
        ["target"],
        top,
        {"Field": any_field, **definitions},
        anyOf=[{"required": ["lead"]}, {"required": ["activity"]}],
    )


def _describe_options(field: dict[str, Any], transforms: MappingOf[str, Transform]) -> None:
    field["transforms"]["items"] = {"oneOf": _choices({name: one.description for name, one in transforms.items()})}
    field["type"] = {"description": field["type"]["description"], "oneOf": _choices(TYPE_MEANINGS)}
    _allow_single_text(field["format"])
    field["format"]["examples"] = ["%d/%m/%Y", "%d/%m/%Y %H:%M", "%Y-%m-%d", "%d-%b-%Y %I:%M %p"]
    field["format"]["description"] += (
        " Parts: " + ", ".join(f"{part} {word}" for part, word in DIRECTIVES.items()) + "."
    )
    field["decimal"]["enum"] = [".", ",", "point", "comma"]
    field["thousands"]["enum"] = [",", ".", " ", "'", "comma", "point", "space", "apostrophe"]
    _allow_single_text(field["currency"])
    field["range"] |= {"items": {"type": ["number", "string", "null"]}}
    del field["range"]["prefixItems"]


def _describe_condition(condition: dict[str, Any]) -> None:
    for name in ("column", "equals", *NUMBER_TESTS):
        condition[name] = {"description": condition[name]["description"], "type": _ANY_SCALAR}
    for name in ("in", "not", "contains", "begins_with", "ends_with"):
        condition[name]["items"] = {"type": _ANY_SCALAR}
        _allow_single_text(condition[name])
    _allow_single_text(condition["format"])


def _allow_single_text(option: dict[str, Any]) -> None:
    """Let a list have a single text in its place."""
    items = option.pop("items")
    del option["type"]
    option["anyOf"] = [items, {"type": "array", "items": items, "minItems": 1}]


def _choices(meanings: MappingOf[str, str] | MappingOf[FieldType, str]) -> list[dict[str, str]]:
    return [{"const": str(word), "description": meaning} for word, meaning in meanings.items()]


def _widen(option: dict[str, Any], name: str) -> None:
    if name in _SCALARS:
        option["type"] = _ANY_SCALAR
    elif option.get("type") == "array":
        option |= {"items": {"type": _ANY_SCALAR}, "minItems": 1, "uniqueItems": True}
    else:
        option["minProperties"] = 1
        option["additionalProperties"] = {"type": _ANY_SCALAR}
