"""Request bodies in LeadSquared's form: lead pairs, and activities with their fields.

Every value is a text, except the activity's type code, which is a number
(https://apidocs.leadsquared.com/post-an-activity-to-lead/, https://apidocs.leadsquared.com/create-lead-and-activity/).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from importer.core.model import Record
from importer.targets.naming import grouped, section_fields, section_names

ACTIVITY_KEYS = ("ActivityEvent", "ActivityNote", "ActivityDateTime")
"""Keys that stand at the top of every activity; whatever else is mapped goes below `Fields`."""


def lead_pairs(record: Record, search_by: str | None = None) -> list[dict[str, Any]]:
    """The record's lead as attribute-value pairs; ``search_by`` adds the pair that names the field to find the lead by.

    A custom field set has an empty value and its own pairs below `Fields`.
    """
    fields = record.fields
    plain = _plain_lead(tuple(fields))
    if plain is None:
        pairs = [_lead_pair(name, content) for name, content in grouped(section_fields(record, "lead"))]
    else:
        pairs = [{"Attribute": name, "Value": fields[flat]} for name, flat in plain]
    if search_by:
        pairs.append({"Attribute": "SearchBy", "Value": search_by})
    return pairs


def _lead_pair(name: str, content: str | Mapping[str, str]) -> dict[str, Any]:
    if isinstance(content, str):
        return {"Attribute": name, "Value": content}
    return {"Attribute": name, "Value": "", "Fields": _inner_pairs(content)}


def _inner_pairs(content: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Attribute": name, "Value": text} for name, text in content.items()]


def activity(record: Record, top_level: tuple[str, ...]) -> dict[str, Any]:
    """The record's activity: the keys ``top_level`` at the top, all others as custom fields below `Fields`.

    A custom field set among them is written with `Attribute` where a plain field has `SchemaName`.
    """
    fields = record.fields
    plain = plain_activity(tuple(fields), top_level)
    if plain is None:
        return _nested_activity(section_fields(record, "activity"), top_level)
    top, below = plain
    body: dict[str, Any] = {name: fields[flat] for name, flat in top}
    if "ActivityEvent" in body:
        body["ActivityEvent"] = type_code(body["ActivityEvent"])
    if below:
        body["Fields"] = [{"SchemaName": name, "Value": fields[flat]} for name, flat in below]
    return body


def _nested_activity(fields: Mapping[str, str], top_level: tuple[str, ...]) -> dict[str, Any]:
    body: dict[str, Any] = {}
    custom: list[dict[str, Any]] = []
    for name, content in grouped(fields):
        if isinstance(content, dict):
            custom.append({"Attribute": name, "Value": "", "Fields": _inner_pairs(content)})
        elif name in top_level:
            body[name] = type_code(content) if name == "ActivityEvent" else content
        else:
            custom.append({"SchemaName": name, "Value": content})
    body["Fields"] = custom
    return body


Names = tuple[tuple[str, str], ...]
"""Names as the CRM knows them, each with the flat name in the record."""


# Millions of records have the same few sets of names, so what to do with them is decided once for each set.
@lru_cache(maxsize=4096)
def _plain_lead(names: tuple[str, ...]) -> Names | None:
    """The names of a lead's fields; ``None`` when custom field sets are among them."""
    found = section_names(names, "lead")
    return None if any("." in name for name, _ in found) else found


@lru_cache(maxsize=4096)
def plain_activity(names: tuple[str, ...], top_level: tuple[str, ...]) -> tuple[Names, Names] | None:
    """The names at the top of an activity and below `Fields`; ``None`` when custom field sets are among them."""
    found = section_names(names, "activity")
    if any("." in name for name, _ in found):
        return None
    top = tuple(pair for pair in found if pair[0] in top_level)
    return top, tuple(pair for pair in found if pair[0] not in top_level)


def type_code(text: str) -> int | str:
    """The activity's type as the API has it; a text that is no number stays one, for the CRM to refuse."""
    plain = text.strip()
    return int(plain) if plain.isascii() and plain.isdigit() and len(plain) < 10 else text
