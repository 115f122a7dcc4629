"""The JSON Schema of mapping files, with which editors complete, explain and check while one types."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Mapping as MappingOf
from typing import Any

from importer.config import SHARE_SCHEMA, build_schema, generate_schema
from importer.mapping.checks import ORIGINS, UPDATE_BEHAVIORS
from importer.mapping.conditions import NUMBER_TESTS
from importer.mapping.date_formats import DIRECTIVES
from importer.mapping.model import TYPE_MEANINGS, FieldType, Mapping
from importer.transforms import Transform

_ANY_SCALAR = ["string", "number", "boolean"]
"""Editors read `201` as a number and `yes` as a boolean; the loader reads every scalar as text."""

_SCALARS = ("column", "value", "default", "sheet")
_NOT_EMPTY = ("lead", "activity", "fields", "lookup", "options", "first_of")


def mapping_json_schema(targets: Collection[str], transforms: MappingOf[str, Transform]) -> dict[str, Any]:
    """Build the JSON Schema of mapping files (draft 7, which the common editors know).

    ``targets`` are the known names; ``transforms`` the known transforms by name.
    """
    top, definitions = generate_schema(Mapping)
    rule = definitions["FieldRule"]
    field, source = rule["properties"], definitions["SourceSection"]["properties"]
    _describe_condition(definitions["Condition"]["properties"])
    for name in ("value", "column"):
        _widen(definitions["Case"]["properties"][name], name)
    definitions["Replacement"]["properties"]["with"]["type"] = _ANY_SCALAR
    _allow_text_in_place(field["lookup_file"], definitions["LookupFile"]["properties"]["file"])
    top["target"]["enum"] = list(targets)
    top["update_behavior"]["enum"] = list(UPDATE_BEHAVIORS)
    _describe_options(field, transforms)
    top["max_invalid"] = {"description": top["max_invalid"]["description"], **SHARE_SCHEMA}
    for option in (top["ignore"], top["empty"], field["empty"]):
        option["items"] = {"type": _ANY_SCALAR}
    _allow_single_text(source["sheets"])
    source["explode"]["items"] = {"type": _ANY_SCALAR}
    row = source["header_row"]
    row["anyOf"] = [{"type": row.pop("type"), "minimum": 1}, {"const": "none"}]
    for table in (top, field, source):
        for name in (*_SCALARS, *_NOT_EMPTY):
            if name in table:
                _widen(table[name], name)
    rule["description"] = f"A table of options; exactly one of {', '.join(ORIGINS)} is in it."
    rule["oneOf"] = [{"required": [origin]} for origin in ORIGINS]
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
    for name in ("currency", "separator"):
        _allow_single_text(field[name])
    field["range"] |= {"items": {"type": ["number", "string", "null"]}}
    del field["range"]["prefixItems"]


def _allow_text_in_place(option: dict[str, Any], text: dict[str, Any]) -> None:
    """Let a table of options have a single text in its place."""
    option["anyOf"] = [{"type": "string", "description": text["description"]}, {"$ref": option.pop("$ref")}]


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
