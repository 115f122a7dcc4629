"""Columns: which column fills which field, value by value where a field has options."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, request
from werkzeug.wrappers import Response

from importer.core.errors import UsageError
from importer.mapping import FieldType
from importer.targets import TARGETS
from importer.transforms import TRANSFORMS
from importer.web.columns import ColumnLine, FieldChoice, column_lines, describe_rule, field_label, own_choices
from importer.web.mapping_document import EVENT_FIELD, MappingDocument, Rule, find_mapping_problems
from importer.web.pages.common import (
    find_draft,
    find_draft_to_change,
    mapping_version,
    refuse_stale_form,
    see_other,
    show_screen,
)
from importer.web.security import current_person, require
from importer.web.services import services

views = Blueprint("columns", __name__)

_TEXT_OPTIONS = ("format", "timezone", "country", "default", "decimal", "thousands")
SHOWN_VALUES = 20
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
    fields = _offered_fields(document, imports.proposals.field_choices(draft))
    known = [one for choices in fields.values() for one in choices]
    types = tuple(imports.proposals.activity_types(draft))
    on_lines = {id(one) for line in lines for one in line.problems}
    return show_screen(
        "columns.html",
        draft,
        "Columns",
        seen=mapping_version(draft),
        task=imports.tasks.status(draft.id),
        lines=lines,
        constants=[line for line in document.lines() if not line.columns],
        fields=fields,
        problems=[one for one in problems if id(one) not in on_lines],
        types=[kind.value for kind in FieldType],
        clean_ups=[name for name in _CLEAN_UPS if name in TRANSFORMS],
        describe_rule=describe_rule,
        shown_format=shown_format,
        most_values=SHOWN_VALUES,
        label_of=lambda name: field_label(name, known),
        option_texts={one.name: one.options for one in known} | {EVENT_FIELD: types},
        left_out=[line for line in lines if not line.is_imported and not line.also],
        has_other_conditions=bool(document.other_conditions()),
    )


def _offered_fields(document: MappingDocument, known: Mapping[str, list[FieldChoice]]) -> dict[str, list[FieldChoice]]:
    """Return the fields that the call of the mapping takes, by section: its own ones first."""
    target = TARGETS.get(document.target)
    if target is None:
        return dict(known)
    fields = {section: known[section] for section in target.sections}
    if "activity" in fields:
        fields["activity"] = [*own_choices(target, known["activity"]), *known["activity"]]
    return fields


@views.post("/imports/<draft_id>/columns")
@require("prepare")
def change(draft_id: str) -> Response:
    """Store the lines; with "check" the file is checked next."""
    draft = find_draft_to_change(draft_id)
    refuse_stale_form(draft)
    imports = services().imports
    preview, path = imports.proposals.preview(draft), imports.store.mapping(draft)
    if preview is None or not path.exists():
        return see_other("source.show_file", draft_id=draft.id)
    document = MappingDocument.read(path)
    lines = column_lines(preview.columns, document, imports.proposals.proposal(draft), ())
    document.leave_out_values({line.heading: _values_to_leave_out(line) for line in lines})
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
    tested = set(document.tested_columns())
    for line in lines:
        name = _chosen_field(line)
        if not name:
            if not line.also and line.heading not in tested:
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


def _values_to_leave_out(line: ColumnLine) -> list[str]:
    """Return the texts of a column whose rows the form leaves out; texts that it does not show stay as they were."""
    shown = {text: f"out-{line.index}-{place}" for place, (text, _) in enumerate(line.values[:SHOWN_VALUES])}
    if f"outs-{line.index}" not in request.form:
        return sorted(line.left_out)
    return [*sorted(line.left_out - shown.keys()), *(text for text, name in shown.items() if name in request.form)]


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
        _set(rule, "lookup", _lookup(line, rule))
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


def _lookup(line: ColumnLine, rule: Rule) -> dict[str, str]:
    """Return the table of replaced values; values of the file that the form does not show keep their line."""
    table = dict(rule.get("lookup") or {})
    form = {text: request.form.get(f"value-{line.index}-{place}") for place, (text, _) in enumerate(line.values)}
    shown = {text: given.strip() for text, given in form.items() if given is not None}
    if not shown:
        return table
    unchanged = {text: text for text, given in shown.items() if not given}
    table = {text: meaning for text, meaning in {**table, **shown}.items() if meaning}
    if all(text == meaning for text, meaning in table.items()):
        return {}
    # A value that such a table lacks makes its row a problem, or is replaced by the default.
    return table if rule.get("default") else {**table, **unchanged}


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


def shown_format(rule: Rule) -> str:
    """Return the date form of a rule as the form shows it."""
    form = rule.get("format", "")
    return " | ".join(form) if isinstance(form, list) else str(form)
