"""Columns: which column fills which field, value by value where a field has options."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from flask import Blueprint, request
from werkzeug.wrappers import Response

from importer.core.errors import UsageError
from importer.mapping import FieldType
from importer.targets import TARGETS
from importer.transforms import TRANSFORMS
from importer.web.columns import ColumnLine, FieldChoice, column_lines, describe_rule
from importer.web.mapping_document import MappingDocument, Rule, find_mapping_problems
from importer.web.pages.common import find_draft, find_draft_to_change, see_other, show_screen
from importer.web.security import current_person, require
from importer.web.services import services

views = Blueprint("columns", __name__)

_TEXT_OPTIONS = ("format", "timezone", "country", "default", "decimal", "thousands")
_CLEAN_UPS = ("strip", "lower", "upper", "title", "digits", "first_word", "last_word")


@views.get("/imports/<draft_id>/columns")
def show(draft_id: str) -> Response | str:
    """Show one line for each column of the file, the constants, and what the mapping still lacks."""
    draft = find_draft(draft_id)
    imports = services().imports
    preview, path = imports.proposals.preview(draft), imports.store.mapping(draft)
    if preview is None or not path.exists():
        return see_other("source.show_file", draft_id=draft.id)
    document = MappingDocument.read(path)
    problems = find_mapping_problems(path)
    lines = column_lines(preview.columns, document, imports.proposals.proposal(draft), problems)
    fields = imports.proposals.field_choices(draft)
    on_lines = {id(one) for line in lines for one in line.problems}
    return show_screen(
        "columns.html",
        draft,
        "Columns",
        lines=lines,
        constants=[line for line in document.lines() if not line.columns],
        fields={section: fields[section] for section in _sections(document)},
        problems=[one for one in problems if id(one) not in on_lines],
        types=[kind.value for kind in FieldType],
        clean_ups=[name for name in _CLEAN_UPS if name in TRANSFORMS],
        describe_rule=describe_rule,
        shown_format=shown_format,
        option_texts=partial(_option_texts, fields),
        left_out=[line for line in lines if not line.is_imported and not line.also],
    )


def _sections(document: MappingDocument) -> tuple[str, ...]:
    target = TARGETS.get(document.target)
    return target.sections if target else ("lead", "activity")


@views.post("/imports/<draft_id>/columns")
@require("prepare")
def change(draft_id: str) -> Response:
    """Store the lines; with "check" the file is checked next."""
    draft = find_draft_to_change(draft_id)
    imports = services().imports
    preview, path = imports.proposals.preview(draft), imports.store.mapping(draft)
    if preview is None or not path.exists():
        return see_other("source.show_file", draft_id=draft.id)
    document = MappingDocument.read(path)
    lines = column_lines(preview.columns, document, imports.proposals.proposal(draft), ())
    _store_lines(lines, document)
    _store_constants(document)
    document.write(path)
    if "check" not in request.form or find_mapping_problems(path):
        return see_other("columns.show", draft_id=draft.id)
    imports.check(imports.store.load(draft.id), current_person().name)
    return see_other("review.show", draft_id=draft.id)


def _store_lines(lines: list[ColumnLine], document: MappingDocument) -> None:
    """Take the lines of the form over into the mapping; a field can be filled by one column only."""
    chosen: dict[str, tuple[ColumnLine, Rule]] = {}
    ignored: list[str] = []
    for line in lines:
        name = _chosen_field(line)
        if not name:
            if not line.also:
                ignored.append(line.heading)
            continue
        if name in chosen:
            raise UsageError(
                f'The columns "{chosen[name][0].heading}" and "{line.heading}" would both fill {name}.',
                "Choose another field for one of them, or do not import it.",
            )
        chosen[name] = (line, _rule_of(line, name))
    for line in lines:
        if line.name:
            document.remove(line.name)
    for name, (_, rule) in chosen.items():
        document.put(name, rule)
    document.set_ignored(ignored)


def _chosen_field(line: ColumnLine) -> str:
    name = request.form.get(f"field-{line.index}", line.name).strip()
    if name == "other":
        name = request.form.get(f"other-{line.index}", "").strip()
    # A choice among several rules means the proposed field, without another click.
    if not name and line.choices and request.form.get(f"choice-{line.index}"):
        name = line.proposed
    return _checked_field(name) if name else ""


def _checked_field(name: str) -> str:
    """Return the name of a field with its section. Raises :class:`UsageError` for other parts of a mapping."""
    section, _, field = name.partition(".")
    if section not in ("lead", "activity") or not field:
        raise UsageError(f'"{name}" is not a field.', "Write it with its section, such as lead.mx_City.")
    return name


def _rule_of(line: ColumnLine, name: str) -> Rule:
    """Return the rule of a line by the form; what the form does not show stays as it is."""
    form = request.form
    choice = form.get(f"choice-{line.index}", "")
    if line.choices and choice.isdigit() and int(choice) < len(line.choices):
        rule = dict(line.choices[int(choice)].rule)
    elif name == line.name:
        rule = dict(line.rule)
    else:
        rule = {"column": line.heading}
    if f"type-{line.index}" in form:
        _set(rule, "type", form[f"type-{line.index}"].replace("text", "") if name else "")
        for option in _TEXT_OPTIONS:
            if f"{option}-{line.index}" in form:
                _set_text(rule, option, form[f"{option}-{line.index}"].strip())
        kept = [one for one in rule.get("transforms", ()) if one not in _CLEAN_UPS]
        _set(rule, "transforms", [*form.getlist(f"clean-{line.index}"), *kept])
        _set(rule, "required", "true" if form.get(f"required-{line.index}") else "")
        _set(rule, "blank", "clear" if form.get(f"clear-{line.index}") else "")
        _set(rule, "lookup", _lookup(line, rule.get("lookup") or {}))
    return rule


def _set_text(rule: Rule, option: str, text: str) -> None:
    """Set an option that may be a list of texts, which the form shows with bars between them."""
    parts = [part.strip() for part in text.split("|")]
    _set(rule, option, parts if option == "format" and len(parts) > 1 else text)


def _set(rule: Rule, name: str, value: Any) -> None:
    if value in ("", [], {}, None):
        rule.pop(name, None)
    else:
        rule[name] = value


def _lookup(line: ColumnLine, before: Mapping[str, str]) -> dict[str, str]:
    """Return the table of replaced values; values of the file that the form does not show keep their line."""
    table = dict(before)
    for place, (text, _) in enumerate(line.values):
        given = request.form.get(f"value-{line.index}-{place}")
        if given is None:
            continue
        if given.strip():
            table[text] = given.strip()
        else:
            table.pop(text, None)
    return table


def _store_constants(document: MappingDocument) -> None:
    for line in [one for one in document.lines() if not one.columns and "value" in one.rule]:
        given = request.form.get(f"constant-{line.name}")
        if given is None:
            continue
        if given.strip():
            document.put(line.name, {**line.rule, "value": given.strip()})
        else:
            document.remove(line.name)
    name, value = request.form.get("new-constant", "").strip(), request.form.get("new-value", "").strip()
    if name and value:
        document.put(_checked_field(name), {"value": value})


def _option_texts(fields: Mapping[str, list[FieldChoice]], name: str) -> list[tuple[str, str]]:
    """Return the options of a field as the account lists them; empty for a field without."""
    return [option for choices in fields.values() for one in choices if one.name == name for option in one.options]


def shown_format(rule: Rule) -> str:
    """Return the date form of a rule as the form shows it."""
    form = rule.get("format", "")
    return " | ".join(form) if isinstance(form, list) else str(form)
