"""Request bodies in LeadSquared's form: lead pairs, and activities with their fields.

Every value is a text, except the activity's type code, which is a number
(https://apidocs.leadsquared.com/post-an-activity-to-lead/, https://apidocs.leadsquared.com/create-lead-and-activity/).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Any

from importer.targets.naming import grouped

ACTIVITY_KEYS = ("ActivityEvent", "ActivityNote", "ActivityDateTime")
"""Keys that stand at the top of every activity; whatever else is mapped goes below `Fields`."""


def lead_pairs(fields: Mapping[str, str], search_by: str | None = None) -> list[dict[str, Any]]:
    """A lead as attribute-value pairs; ``search_by`` adds the pair that names the field to find the lead by.

    A custom field set has an empty value and its own pairs below `Fields`.
    """
    pairs: list[dict[str, Any]] = []
    for name, content in grouped(fields):
        if isinstance(content, str):
            pairs.append({"Attribute": name, "Value": content})
        else:
            pairs.append({"Attribute": name, "Value": "", "Fields": _inner_pairs(content)})
    if search_by:
        pairs.append({"Attribute": "SearchBy", "Value": search_by})
    return pairs


def _inner_pairs(content: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Attribute": name, "Value": text} for name, text in content.items()]


def activity(fields: Mapping[str, str], top_level: Collection[str]) -> dict[str, Any]:
    """An activity: the keys ``top_level`` at the top, all others as custom fields below `Fields`.

    A custom field set among them is written with `Attribute` where a plain field has `SchemaName`.
    """
    plain = _plain_names(tuple(fields), tuple(top_level))
    if plain is not None:
        top, below = plain
        body: dict[str, Any] = {name: _type_code(name, fields[name]) for name in top}
        if below:
            body["Fields"] = [{"SchemaName": name, "Value": fields[name]} for name in below]
        return body
    body = {}
    custom: list[dict[str, Any]] = []
    for name, content in grouped(fields):
        if isinstance(content, dict):
            custom.append({"Attribute": name, "Value": "", "Fields": _inner_pairs(content)})
        elif name in top_level:
            body[name] = _type_code(name, content)
        else:
            custom.append({"SchemaName": name, "Value": content})
    body["Fields"] = custom
    return body


@lru_cache(maxsize=4096)
def _plain_names(names: tuple[str, ...], top_level: tuple[str, ...]) -> tuple[list[str], list[str]] | None:
    """The names at the top and below `Fields`; ``None`` when custom field sets are among them."""
    if any("." in name for name in names):
        return None
    return [name for name in names if name in top_level], [name for name in names if name not in top_level]


def _type_code(name: str, text: str) -> int | str:
    if name != "ActivityEvent":
        return text
    plain = text.strip()
    return int(plain) if plain.isascii() and plain.isdigit() and len(plain) < 10 else text
