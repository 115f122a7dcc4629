"""JSON Schemas of YAML files, with which editors complete, explain and check while one types."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from pydantic import BaseModel

SHARE_SCHEMA: Mapping[str, Any] = {
    "anyOf": [{"type": "number", "minimum": 0, "maximum": 1}, {"type": "string", "pattern": r"^[0-9]+(\.[0-9]+)?%$"}]
}
_LIMITS = {"ge": "minimum", "le": "maximum"}


def generate_schema(model: type[BaseModel]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Generate the properties of ``model`` and the definitions of the tables in it, for editors.

    Enumerations stand in place; titles, defaults and nulls beside optional values are left out.
    """
    raw = model.model_json_schema(by_alias=True)
    enumerations = {name: part["enum"] for name, part in raw["$defs"].items() if "enum" in part}
    schema = _simplify(raw, enumerations)
    return schema["properties"], {name: part for name, part in schema["$defs"].items() if "properties" in part}


def build_schema(
    title: str,
    description: str,
    required: Collection[str],
    properties: Mapping[str, Any],
    definitions: Mapping[str, Any],
    **conditions: Any,
) -> dict[str, Any]:
    """Build the schema of a file (draft 7, which the common editors know); ``conditions`` are those of its top."""
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": title,
        "description": description,
        "type": "object",
        "additionalProperties": False,
        "required": list(required),
        **conditions,
        "properties": properties,
        "$defs": definitions,
    }


def _simplify(schema: Any, enumerations: Mapping[str, list[str]]) -> Any:
    if isinstance(schema, list):
        return [_simplify(item, enumerations) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if "properties" in schema:
        # The keys of this table are names of options, which may be called like a word of JSON Schema.
        options = {name: _simplify(option, enumerations) for name, option in schema["properties"].items()}
        rest = {name: value for name, value in schema.items() if name != "properties"}
        return {**_simplify(rest, enumerations), "properties": options}
    kept = {
        _LIMITS.get(name, name): _simplify(value, enumerations)
        for name, value in schema.items()
        if name not in ("title", "default", "anyOf", "$ref")
    }
    reference = schema.get("$ref", "").rpartition("/")[2]
    if reference in enumerations:
        kept |= {"type": "string", "enum": enumerations[reference]}
    elif reference:
        kept["$ref"] = schema["$ref"]
    choices = [_simplify(choice, enumerations) for choice in schema.get("anyOf", ()) if choice != {"type": "null"}]
    if choices:
        kept |= choices[0] if len(choices) == 1 else {"anyOf": choices}
    return kept
