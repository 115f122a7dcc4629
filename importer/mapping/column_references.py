"""Find the columns that a mapping names, and where in the mapping; normalize headings for comparison."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
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


def replace_rules(mapping: Mapping, change: Callable[[KeyPath, FieldRule], FieldRule]) -> Mapping:
    """Return the mapping with every leaf rule replaced by what ``change`` makes of it and its path."""

    def changed(path: KeyPath, rule: FieldRule) -> FieldRule:
        if rule.fields is None:
            return change(path, rule)
        inner = {name: changed((*path, "fields", name), one) for name, one in rule.fields.items()}
        return rule.model_copy(update={"fields": inner})

    sections = {"lead": mapping.lead, "activity": mapping.activity}
    return mapping.model_copy(
        update={
            section: {name: changed((section, name), rule) for name, rule in table.items()}
            for section, table in sections.items()
        }
    )


def find_column_references(mapping: Mapping) -> list[ColumnReference]:
    """Find every reference to a column, as a value or as a placeholder of a template."""
    references: list[ColumnReference] = []
    for path, rule in iterate_rules(mapping):
        name = _field_name(path)
        if rule.column is not None:
            references.append(ColumnReference(rule.column, name, (*path, "column")))
        for position, heading in enumerate(rule.first_of or ()):
            references.append(ColumnReference(heading, name, (*path, "first_of", position)))
        references += _references_of_template(rule.template, name, path)
        for position, case in enumerate(rule.when or ()):
            place = (*path, "when", position)
            if case.column is not None:
                references.append(ColumnReference(case.column, name, (*place, "column")))
            references += _references_of_template(case.template, name, place)
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


def _references_of_template(template: str | None, name: str, path: KeyPath) -> Iterator[ColumnReference]:
    for heading in template_headings(template or ""):
        yield ColumnReference(heading, name, (*path, "template"))


def iterate_conditions(mapping: Mapping) -> Iterator[tuple[str, KeyPath, Condition]]:
    """Iterate over all conditions, those inside of others too: the field that each one is for, its path, and itself."""
    if mapping.where is not None:
        for path, condition in mapping.where.walk(("where",)):
            yield "where", path, condition
    for path, rule in iterate_rules(mapping):
        for position, case in enumerate(rule.when or ()):
            if case.if_ is not None:
                for place, condition in case.if_.walk((*path, "when", position, "if")):
                    yield _field_name(path), place, condition


def depends_on_day(mapping: Mapping) -> bool:
    """Whether the day of the import decides which rows are imported, or what is sent."""
    return any(rule.run_date is not None for _, rule in iterate_rules(mapping)) or any(
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
