"""Request bodies in LeadSquared's form: lead pairs, and activities with their fields.

Every value is a text, except the activity's type code, which is a number
(https://apidocs.leadsquared.com/post-an-activity-to-lead/, https://apidocs.leadsquared.com/create-lead-and-activity/).
Millions of records have the same few sets of field names, so each set of names is analysed once and cached.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from typing import Any

import orjson

from importer.core.model import Record

ACTIVITY_KEYS = ("ActivityEvent", "ActivityNote", "ActivityDateTime")
"""Keys that stand at the top of every activity; whatever else is mapped goes below `Fields`."""

Names = tuple[tuple[str, str], ...]
"""Schema names as the CRM knows them, each with the flat name in the record, such as ``lead.mx_City``."""

_SEARCH_BY_SPELLING = {"ProspectID": "ProspectId"}
"""`SearchBy` spells the lead's id unlike every other place, and refuses the usual spelling."""

_TEXT_SEPARATOR = b",\n  "
"""Separates two texts when orjson indents; it never writes a line end within a text, so nothing else looks like it."""


# --- field names


@lru_cache(maxsize=4096)
def section_names(names: tuple[str, ...], section: str) -> Names:
    """Return those of the flat ``names`` that belong to a section, in their order."""
    start = f"{section}."
    return tuple((name[len(start) :], name) for name in names if name.startswith(start))


def section_fields(record: Record, section: str) -> dict[str, str]:
    """Return the record's fields of one section by their schema name: ``mx_City``, ``mx_KYC.Status``."""
    fields = record.fields
    return {name: fields[flat] for name, flat in section_names(tuple(fields), section)}


def first_filled(record: Record, fields: Sequence[str]) -> tuple[str, str]:
    """Return the first of the lead's ``fields`` that is filled, with its text; two empty texts when none is."""
    for field in fields:
        text = record.fields.get(f"lead.{field}", "").strip()
        if text:
            return field, text
    return "", ""


def group_field_sets(fields: Mapping[str, str]) -> Iterator[tuple[str, str | dict[str, str]]]:
    """Yield each schema name with its text, or with the fields of its custom field set, in the order of the fields."""
    sets: dict[str, dict[str, str]] = {}
    order: dict[str, str | None] = {}
    for name, text in fields.items():
        outer, _, inner = name.partition(".")
        if inner:
            sets.setdefault(outer, {})[inner] = text
            order.setdefault(outer, None)
        else:
            order[outer] = text
    for name, single in order.items():
        yield (name, sets[name]) if name in sets else (name, single or "")


# --- leads


def lead_pairs(record: Record, search_by: str | None = None) -> list[dict[str, Any]]:
    """Return the record's lead as attribute-value pairs; ``search_by`` adds a pair that names the field to search by.

    A custom field set has an empty value and its own pairs below `Fields`.
    """
    fields = record.fields
    names = section_names(tuple(fields), "lead")
    pairs: list[dict[str, Any]]
    if _has_field_sets(names):
        pairs = []
        for name, content in group_field_sets(section_fields(record, "lead")):
            if isinstance(content, str):
                pairs.append({"Attribute": name, "Value": content})
            else:
                pairs.append({"Attribute": name, "Value": "", "Fields": _field_set_pairs(content)})
    else:
        pairs = [{"Attribute": name, "Value": fields[flat]} for name, flat in names]
    if search_by:
        pairs.append({"Attribute": "SearchBy", "Value": _SEARCH_BY_SPELLING.get(search_by, search_by)})
    return pairs


@lru_cache(maxsize=4096)
def _has_field_sets(names: Names) -> bool:
    """Whether fields of custom field sets are among the names."""
    return any("." in name for name, _ in names)


def _field_set_pairs(content: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Attribute": name, "Value": text} for name, text in content.items()]


# --- activities


def activity(record: Record, top_level: tuple[str, ...]) -> dict[str, Any]:
    """Return the record's activity: the keys ``top_level`` at the top, all others as custom fields below `Fields`.

    A custom field set among them is written with `Attribute` where a plain field has `SchemaName`.
    """
    fields = record.fields
    plain = _split_plain_activity(tuple(fields), top_level)
    if plain is None:
        return _activity_with_field_sets(section_fields(record, "activity"), top_level)
    top, below = plain
    body: dict[str, Any] = {name: fields[flat] for name, flat in top}
    if "ActivityEvent" in body:
        body["ActivityEvent"] = _parse_type_code(body["ActivityEvent"])
    if below:
        body["Fields"] = [{"SchemaName": name, "Value": fields[flat]} for name, flat in below]
    return body


def _activity_with_field_sets(fields: Mapping[str, str], top_level: tuple[str, ...]) -> dict[str, Any]:
    body: dict[str, Any] = {}
    custom: list[dict[str, Any]] = []
    for name, content in group_field_sets(fields):
        if isinstance(content, dict):
            custom.append({"Attribute": name, "Value": "", "Fields": _field_set_pairs(content)})
        elif name in top_level:
            body[name] = _parse_type_code(content) if name == "ActivityEvent" else content
        else:
            custom.append({"SchemaName": name, "Value": content})
    body["Fields"] = custom
    return body


@lru_cache(maxsize=4096)
def _split_plain_activity(names: tuple[str, ...], top_level: tuple[str, ...]) -> tuple[Names, Names] | None:
    """Return the names at the top of an activity and those below `Fields`; ``None`` with custom field sets."""
    found = section_names(names, "activity")
    if _has_field_sets(found):
        return None
    top = tuple(pair for pair in found if pair[0] in top_level)
    return top, tuple(pair for pair in found if pair[0] not in top_level)


def _parse_type_code(text: str) -> int | str:
    """Return the activity's type as a number; a text that is no number stays one, for the CRM to refuse."""
    plain = text.strip()
    return int(plain) if plain.isascii() and plain.isdigit() and len(plain) < 10 else text


# --- activities as bytes, without an object for each field in between


@dataclass(frozen=True, slots=True)
class _ActivityTemplate:
    """What the activities of records with the same fields have in common."""

    json: bytes
    """The JSON with ``%b`` in the place of each text."""
    texts_of: Callable[[Mapping[str, str]], Sequence[str]]
    """Returns the texts of a record's fields, in the order of the places."""
    event: int | None
    """The index of the type code among the texts."""


def encode_activities(records: Sequence[Record], top_level: tuple[str, ...]) -> bytes | None:
    """Return the records' activities as a JSON array; ``None`` when one has custom field sets or no fields.

    The result is what :func:`orjson.dumps` makes of a list of :func:`activity`, in half the time: the texts of all
    records are encoded at once and put into the template of each record. Raises :class:`TypeError` as orjson does.
    """
    templates: list[bytes] = []
    texts: list[str | int] = []
    names: tuple[str, ...] | None = None
    template: _ActivityTemplate | None = None
    for record in records:
        fields = record.fields
        own = tuple(fields)
        # Neighbouring records nearly always have the same fields: ask the cache only when they differ.
        if own != names:
            names, template = own, _activity_template(own, top_level)
        if template is None:
            return None
        begin = len(texts)
        texts += template.texts_of(fields)
        if template.event is not None:
            texts[begin + template.event] = _parse_type_code(str(texts[begin + template.event]))
        templates.append(template.json)
    # An indented array has one text on each line, so splitting it gives the JSON of each text.
    tokens = orjson.dumps(texts, option=orjson.OPT_INDENT_2)[4:-2].split(_TEXT_SEPARATOR)
    return b"[" + b",".join(templates) % tuple(tokens) + b"]" if templates else b"[]"


@lru_cache(maxsize=4096)
def _activity_template(names: tuple[str, ...], top_level: tuple[str, ...]) -> _ActivityTemplate | None:
    plain = _split_plain_activity(names, top_level)
    if plain is None or not any(plain):
        return None
    top, below = plain
    members = [_encode_name(name) + b":%b" for name, _ in top]
    if below:
        custom = [b'{"SchemaName":' + _encode_name(name) + b',"Value":%b}' for name, _ in below]
        members.append(b'"Fields":[' + b",".join(custom) + b"]")
    flat = tuple(name for _, name in (*top, *below))
    texts_of: Callable[[Mapping[str, str]], Sequence[str]]
    if flat == names:
        texts_of = lambda fields: tuple(fields.values())  # noqa: E731  beside the other two it reads best
    elif len(flat) == 1:
        texts_of = lambda fields: (fields[flat[0]],)  # noqa: E731
    else:
        texts_of = itemgetter(*flat)
    events = [place for place, (name, _) in enumerate(top) if name == "ActivityEvent"]
    return _ActivityTemplate(b"{" + b",".join(members) + b"}", texts_of, events[0] if events else None)


def _encode_name(name: str) -> bytes:
    # A template is filled with the operator %.
    return orjson.dumps(name).replace(b"%", b"%%")
