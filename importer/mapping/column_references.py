"""Find the columns that a mapping names, and where in the mapping; normalize headings for comparison."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from importer.config import KeyPath
from importer.mapping.conditions import DAY_TESTS, Condition
from importer.mapping.model import FieldRule, Mapping
from importer.mapping.values import template_headings

_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")


@dataclass(frozen=True, slots=True)
class ColumnReference:
    """A place in a mapping that names a column: ``heading`` as it is spelled there, for the field ``name``."""

    heading: str
    name: str
    path: KeyPath


def iterate_rules(mapping: Mapping) -> Iterator[tuple[KeyPath, FieldRule]]:
    """Iterate over all rules with their paths: leaf fields and custom field sets, in the order of the file."""
    for section, table in (("lead", mapping.lead), ("activity", mapping.activity)):
        for name, rule in table.items():
            yield from _iterate_nested((section, name), rule)


def _iterate_nested(path: KeyPath, rule: FieldRule) -> Iterator[tuple[KeyPath, FieldRule]]:
    yield path, rule
    for name, inner in (rule.fields or {}).items():
        yield from _iterate_nested((*path, "fields", name), inner)


def _field_name(path: KeyPath) -> str:
    """Return the flat name of the rule at ``path``."""
    return ".".join(str(step) for position, step in enumerate(path) if not (step == "fields" and position % 2 == 0))


def find_column_references(mapping: Mapping) -> list[ColumnReference]:
    """Find every reference to a column, as a value or as a placeholder of a template."""
    references: list[ColumnReference] = []
    for path, rule in iterate_rules(mapping):
        name = _field_name(path)
        if rule.column is not None:
            references.append(ColumnReference(rule.column, name, (*path, "column")))
        if rule.template is not None:
            references.extend(
                ColumnReference(heading, name, (*path, "template")) for heading in template_headings(rule.template)
            )
    references.extend(
        ColumnReference(condition.column, name, (*path, "column"))
        for name, path, condition in iterate_conditions(mapping)
        if condition.column is not None
    )
    fields = {name for flat in mapping.flat_fields() for name in (flat.name, ".".join(flat.path))}
    references.extend(
        ColumnReference(heading, "row_key", ("row_key", position))
        for position, heading in enumerate(mapping.row_key)
        if heading not in fields
    )
    return references


def iterate_conditions(mapping: Mapping) -> Iterator[tuple[str, KeyPath, Condition]]:
    """Iterate over all conditions, those inside of others too: the field that each one is for, its path, and itself."""
    if mapping.where is not None:
        for path, condition in mapping.where.walk(("where",)):
            yield "where", path, condition


def depends_on_day(mapping: Mapping) -> bool:
    """Whether the day of the import decides which rows are imported, or what is sent."""
    return any(
        str(condition.option(name)).startswith("today")
        for _, _, condition in iterate_conditions(mapping)
        for name in condition.given(DAY_TESTS)
    )


def normalize_heading(heading: str) -> str:
    """Return ``heading`` without extra blanks, invisible characters and differences in the width of letters."""
    return " ".join(_INVISIBLE.sub("", unicodedata.normalize("NFKC", heading)).split())


def fold_heading(heading: str) -> str:
    """Return the normalized heading without the case of letters. Folding twice changes nothing."""
    return normalize_heading(unicodedata.normalize("NFKC", normalize_heading(heading).casefold()))
