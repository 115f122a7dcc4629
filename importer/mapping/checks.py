"""What options mean together: contradictions inside a field, inside a section and across the file."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from importer.mapping.document import Document, Path
from importer.mapping.field_checks import check_rule
from importer.mapping.model import FieldRule, Mapping, OnInvalid
from importer.mapping.suggestions import advice
from importer.mapping.uses import column_uses, folded, rules

UPDATE_BEHAVIORS = ("DoNotUpdate", "UpdateOnlyEmptyFields", "DoNotUpdateUniqueFields")

NO_FIELDS_REMEDY = "Add a line `SchemaName: Heading` below it, or remove it."

_SCHEMA_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_NAME_REMEDY = "Use the schema name, which LeadSquared shows beside the field, such as mx_City."


def check_mapping(mapping: Mapping, document: Document, transforms: Collection[str]) -> None:
    """Add to ``document`` what is wrong with the mapping as a whole.

    Parts that were taken out because they are wrong by themselves (``document.broken``) cause no second problem.
    """
    _check_sections(mapping, document)
    for path, rule in rules(mapping):
        check_rule(path, rule, document, transforms)
    _check_ignored(mapping, document)
    _check_whole_options(mapping, document)
    _check_import_key(mapping, document)


def _check_sections(mapping: Mapping, document: Document) -> None:
    sections = {"lead": mapping.lead, "activity": mapping.activity}
    broken = {path[0] for path in document.broken if path}
    for section, table in sections.items():
        _check_names((section,), table, document)
        if section in mapping.model_fields_set and not table and section not in broken:
            document.add(
                (section,), f"`{section}` has no fields.", "Add a line `SchemaName: Heading` below it, or remove it."
            )
    if not any(mapping.model_fields_set & {section} or section in broken for section in sections):
        document.add((), "The mapping has no fields.", "Add `activity:` or `lead:` with lines `SchemaName: Heading`.")


def _check_names(path: Path, table: Iterable[str] | dict[str, FieldRule], document: Document) -> None:
    seen: dict[str, str] = {}
    for name in table:
        if not _SCHEMA_NAME.fullmatch(name):
            document.add((*path, name), f'"{name}" is not the schema name of a field.', _NAME_REMEDY)
        twin = seen.setdefault(name.casefold(), name)
        if twin != name:
            document.add(
                (*path, name),
                f"`{name}` is the same field as `{twin}` in line {document.place((*path, twin))[0]}.",
                "Keep one of them.",
            )


def _check_ignored(mapping: Mapping, document: Document) -> None:
    used = {folded(use.heading): use for use in column_uses(mapping)}
    for position, heading in enumerate(mapping.ignore):
        use = used.get(folded(heading))
        if use is not None:
            line = document.place(use.path)[0]
            document.add(
                ("ignore", position),
                f'"{heading}" is ignored here and used in line {line}.',
                "Keep one of them.",
            )


def _check_whole_options(mapping: Mapping, document: Document) -> None:
    behavior = mapping.update_behavior
    if behavior is not None and behavior not in UPDATE_BEHAVIORS:
        document.add(
            ("update_behavior",),
            f'"{behavior}" is not known for `update_behavior`.',
            advice(behavior, UPDATE_BEHAVIORS),
        )
    if mapping.search_by is not None and not _SCHEMA_NAME.fullmatch(mapping.search_by):
        document.add(("search_by",), f'"{mapping.search_by}" is not the schema name of a field.', _NAME_REMEDY)
    if mapping.max_invalid is not None and mapping.on_invalid is OnInvalid.STOP:
        document.add(
            ("max_invalid",),
            "`max_invalid` has no effect, because `on_invalid: stop` already allows no invalid row.",
            "Remove one of them.",
        )


def _check_import_key(mapping: Mapping, document: Document) -> None:
    name = mapping.import_key
    if name is None:
        return
    if not (re.fullmatch(r"mx_[A-Za-z0-9_]+", name) or name == "ActivityNote"):
        document.add(
            ("import_key",),
            f'"{name}" cannot carry the import key.',
            "Name a custom text field that is free for it, such as mx_Custom_20, without its section.",
        )
        return
    section, table = ("activity", mapping.activity) if mapping.activity else ("lead", mapping.lead)
    twin = next((field for field in table if field.casefold() == name.casefold()), None)
    if twin is not None:
        line = document.place((section, twin))[0]
        document.add(
            ("import_key",),
            f"`{name}` is also filled in line {line}, and the import key would overwrite it.",
            "Name a field that nothing else fills.",
        )
