"""The JSON Schema of mapping files, with which editors complete, explain and check while one types."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Mapping as MappingOf
from typing import Any

from importer.mapping.checks import UPDATE_BEHAVIORS
from importer.mapping.formats import DIRECTIVES
from importer.mapping.model import TYPE_MEANINGS, FieldType, Mapping
from importer.transforms import Transform

_ANY_SCALAR = ["string", "number", "boolean"]
"""Editors read `201` as a number and `yes` as a boolean; the loader reads every scalar as text."""

_SCALARS = ("column", "value", "default", "sheet")
_NOT_EMPTY = ("lead", "activity", "fields", "lookup", "options")


def mapping_json_schema(targets: Collection[str], transforms: MappingOf[str, Transform]) -> dict[str, Any]:
    """The schema (draft 7, which the common editors know).

    ``targets`` are the known names; ``transforms`` the known transforms by name.
    """
    raw = Mapping.model_json_schema(by_alias=True)
    generated = plain_schema(raw)
    definitions = generated["$defs"]
    rule = definitions["FieldRule"]
    field, source = rule["properties"], definitions["SourceSection"]["properties"]
    top = generated["properties"]
    top["target"]["enum"] = list(targets)
    top["update_behavior"]["enum"] = list(UPDATE_BEHAVIORS)
    _describe_options(field, transforms)
    top["max_invalid"] = {
        "description": top["max_invalid"]["description"],
        "anyOf": [
            {"type": "number", "minimum": 0, "maximum": 1},
            {"type": "string", "pattern": r"^[0-9]+(\.[0-9]+)?%$"},
        ],
    }
    top["ignore"]["items"] = {"type": _ANY_SCALAR}
    for table in (top, field, source):
        for name in (*_SCALARS, *_NOT_EMPTY):
            if name in table:
                _widen(table[name], name)
    rule["description"] = "A table of options; exactly one of column, value, template and fields is in it."
    rule["oneOf"] = [{"required": [origin]} for origin in ("column", "value", "template", "fields")]
    definitions["Field"] = {
        "description": "The heading of a column, or a table of options.",
        "anyOf": [{"type": _ANY_SCALAR, "description": "Heading of the column."}, {"$ref": "#/$defs/FieldRule"}],
    }
    for name, table in (("lead", top), ("activity", top), ("fields", field)):
        table[name]["additionalProperties"] = {"$ref": "#/$defs/Field"}
        table[name]["propertyNames"] = {"pattern": "^[A-Za-z][A-Za-z0-9_]*$"}
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Mapping of importer",
        "description": "Which column of a spreadsheet becomes which LeadSquared field, and how.",
        "type": "object",
        "additionalProperties": False,
        "required": ["target"],
        "anyOf": [{"required": ["lead"]}, {"required": ["activity"]}],
        "properties": top,
        "$defs": {name: definitions[name] for name in ("Field", "FieldRule", "SourceSection")},
    }


def _describe_options(field: dict[str, Any], transforms: MappingOf[str, Transform]) -> None:
    field["transforms"]["items"] = {"oneOf": _words({name: one.description for name, one in transforms.items()})}
    field["type"] = {"description": field["type"]["description"], "oneOf": _words(TYPE_MEANINGS)}
    field["format"]["examples"] = ["%d/%m/%Y", "%d/%m/%Y %H:%M", "%Y-%m-%d", "%d-%b-%Y %I:%M %p"]
    field["format"]["description"] += (
        " Parts: " + ", ".join(f"{part} {word}" for part, word in DIRECTIVES.items()) + "."
    )
    field["range"] |= {"items": {"type": ["number", "null"]}}
    del field["range"]["prefixItems"]


def _words(meanings: MappingOf[str, str] | MappingOf[FieldType, str]) -> list[dict[str, str]]:
    return [{"const": str(word), "description": meaning} for word, meaning in meanings.items()]


def _widen(option: dict[str, Any], name: str) -> None:
    if name in _SCALARS:
        option["type"] = _ANY_SCALAR
    elif option.get("type") == "array":
        option |= {"items": {"type": _ANY_SCALAR}, "minItems": 1, "uniqueItems": True}
    else:
        option["minProperties"] = 1
        option["additionalProperties"] = {"type": _ANY_SCALAR}


def plain_schema(raw: dict[str, Any]) -> dict[str, Any]:
    """What pydantic made of a strict model, in the form that editors know: words in place, nothing that repeats."""
    words = {name: part["enum"] for name, part in raw["$defs"].items() if "enum" in part}
    made: dict[str, Any] = _plain(raw, words)
    return made


_LIMITS = {"ge": "minimum", "le": "maximum"}


def _plain(schema: Any, words: MappingOf[str, list[str]]) -> Any:
    """pydantic's schema with enumerations in place, and without titles, defaults and nulls beside optional values."""
    if isinstance(schema, list):
        return [_plain(item, words) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if "properties" in schema:
        options = {name: _plain(option, words) for name, option in schema["properties"].items()}
        rest = {name: value for name, value in schema.items() if name != "properties"}
        return {**_plain(rest, words), "properties": options}
    kept = {
        _LIMITS.get(name, name): _plain(value, words)
        for name, value in schema.items()
        if name not in ("title", "default", "anyOf", "$ref")
    }
    reference = schema.get("$ref", "").rpartition("/")[2]
    if reference in words:
        kept |= {"type": "string", "enum": words[reference]}
    elif reference:
        kept["$ref"] = schema["$ref"]
    real = [_plain(choice, words) for choice in schema.get("anyOf", ()) if choice != {"type": "null"}]
    if real:
        kept |= real[0] if len(real) == 1 else {"anyOf": real}
    return kept
