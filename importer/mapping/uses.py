"""Which columns of the spreadsheet a mapping speaks of, and where in the mapping it does."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from importer.mapping.document import Path
from importer.mapping.model import FieldRule, Mapping
from importer.mapping.template import template_headings

_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")


@dataclass(frozen=True, slots=True)
class Use:
    """One place where a mapping names a column: ``heading`` as it is spelled there, for the field ``name``."""

    heading: str
    name: str
    path: Path


def rules(mapping: Mapping) -> Iterator[tuple[Path, FieldRule]]:
    """Every rule with its path in the file: leaf fields and custom field sets, in the order of the file."""
    for section, table in (("lead", mapping.lead), ("activity", mapping.activity)):
        for name, rule in table.items():
            yield from _inside((section, name), rule)


def _inside(path: Path, rule: FieldRule) -> Iterator[tuple[Path, FieldRule]]:
    yield path, rule
    for name, inner in (rule.fields or {}).items():
        yield from _inside((*path, "fields", name), inner)


def column_uses(mapping: Mapping) -> list[Use]:
    """Every use of a column as a value or as a placeholder of a template."""
    uses: list[Use] = []
    for path, rule in rules(mapping):
        name = ".".join(str(step) for position, step in enumerate(path) if not (step == "fields" and position % 2 == 0))
        if rule.column is not None:
            uses.append(Use(rule.column, name, (*path, "column")))
        if rule.template is not None:
            uses.extend(Use(heading, name, (*path, "template")) for heading in template_headings(rule.template))
    return uses


def plain(heading: str) -> str:
    """``heading`` without what people do not see: extra blanks, invisible characters, the width of letters."""
    return " ".join(_INVISIBLE.sub("", unicodedata.normalize("NFKC", heading)).split())


def folded(heading: str) -> str:
    """:func:`plain` without the case of letters. Folding twice changes nothing."""
    return plain(unicodedata.normalize("NFKC", plain(heading).casefold()))
