"""The names of flat fields, taken apart and compared. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

from importer.core.model import Record

_NO_DIGITS = re.compile(r"[^0-9]")


def section_fields(record: Record, section: str) -> dict[str, str]:
    """The record's fields of one section by their name without it: ``mx_City``, ``mx_KYC.Status``."""
    fields = record.fields
    return {short: fields[flat] for short, flat in section_names(tuple(fields), section)}


# Millions of records have the same few sets of names.
@lru_cache(maxsize=4096)
def section_names(names: tuple[str, ...], section: str) -> tuple[tuple[str, str], ...]:
    """Those of the flat ``names`` that belong to a section, in their order: each without the section, and as it is."""
    start = f"{section}."
    return tuple((name[len(start) :], name) for name in names if name.startswith(start))


def grouped(fields: Mapping[str, str]) -> Iterator[tuple[str, str | dict[str, str]]]:
    """Each schema name with its text, or with the fields of its custom field set, in the order of the fields."""
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


def lead_identity(field: str, value: str) -> str:
    """The lead that ``field`` = ``value`` means, so that two spellings of it are equal; "" for an empty value."""
    plain = value.strip().casefold()
    if plain and field in ("Phone", "Mobile"):
        plain = _NO_DIGITS.sub("", plain)
    return f"{field}={plain}" if plain else ""
