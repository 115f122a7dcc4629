"""File and Purpose: what the file holds and how it is read; what its rows are to become in LeadSquared."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Blueprint, request
from werkzeug.wrappers import Response

from importer.core.errors import UsageError
from importer.targets import TARGETS, EffectType
from importer.web.drafts import Draft
from importer.web.mapping_document import EVENT_FIELD, MappingDocument
from importer.web.pages.common import (
    find_draft,
    find_draft_to_change,
    mapping_version,
    refuse_stale_form,
    see_other,
    show_screen,
)
from importer.web.proposals import ENCODINGS
from importer.web.security import current_person, require
from importer.web.services import services

views = Blueprint("source", __name__)

_MOST_DIGITS = 7
_READING = ("sheet", "encoding", "delimiter")

DELIMITERS = {"": "detected", ",": "comma", ";": "semicolon", "tab": "tab", "|": "bar"}


@dataclass(frozen=True, slots=True)
class OptionChoice:
    """An option of a mapping with its possible values, each with words for people; the first is the default."""

    name: str
    question: str
    values: tuple[tuple[str, str], ...]


OPTIONS = (
    OptionChoice(
        "on_change",
        "A row looks like one that was sent earlier, but differs",
        (
            ("ask", "Hold it and ask me"),
            ("skip", "Keep the earlier one"),
            ("update", "Correct the earlier one"),
            ("send", "Send it as a new one"),
        ),
    ),
    OptionChoice(
        "repeat",
        "A row equals one that was sent earlier, and has no time of its own",
        (("ask", "Hold it and ask me"), ("skip", "It is the same: skip it"), ("send", "It is another one: send it")),
    ),
    OptionChoice(
        "same_lead",
        "Two rows of the file are about one lead, and differ",
        (("problem", "Show it as a problem"), ("first", "The first row counts"), ("last", "The last row counts")),
    ),
    OptionChoice(
        "on_invalid",
        "Some rows have problems",
        (("skip", "Send the good rows"), ("stop", "Send nothing until all are good")),
    ),
)
_DEFAULTS = {option.name: option.values[0][0] for option in OPTIONS}


@views.get("/imports/<draft_id>/file")
def show_file(draft_id: str) -> str:
    """Show the first rows of the file, and what was detected."""
    draft = find_draft(draft_id)
    imports = services().imports
    return show_screen(
        "file.html",
        draft,
        "File",
        preview=imports.proposals.preview(draft),
        task=imports.tasks.status(draft.id),
        sheets=imports.proposals.sheets_to_choose(draft),
        accounts=services().account_choices(),
        encodings={"": "detected", **ENCODINGS},
        encodings_to_choose=imports.proposals.encodings_to_choose(draft),
        delimiters=DELIMITERS,
    )


@views.post("/imports/<draft_id>/file")
@require("prepare")
def change_file(draft_id: str) -> Response:
    """Read the file in another way, or for another account; or go on when nothing is changed."""
    draft = find_draft_to_change(draft_id)
    options, account = _chosen_options(draft), request.form.get("account", draft.account)
    if options != draft.options or account != draft.account:
        changed = services().imports.store.update(draft.id, options=options, account=account, checked="", plan="")
        services().imports.proposals.propose(changed, current_person().name)
        return see_other("source.show_file", draft_id=draft.id)
    return see_other("source.show_purpose", draft_id=draft.id)


def _chosen_options(draft: Draft) -> dict[str, Any]:
    """Return how the form wants the file to be read; what it leaves to be detected is not in it."""
    form, preview = request.form, services().imports.proposals.preview(draft)
    options = dict(draft.options)
    for name in _READING:
        if name in form:
            options[name] = form[name].strip()
    if "header_row" in form:
        options["header_row"] = _row_number(form["header_row"].strip())
    if "has_pad" in form:
        options["pad_short_rows"] = True if form.get("pad_short_rows") else None
    if preview is not None and "sheet" not in draft.options and options.get("sheet") == preview.sheet:
        # The sheet that was detected is shown, and not chosen by that.
        del options["sheet"]
    return {name: value for name, value in options.items() if value not in (None, "")}


def _row_number(text: str) -> int | None:
    """Return the number of the row with the headings; 0 means that there are none. Raises :class:`UsageError`."""
    if text and not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS):
        raise UsageError(f'"{text}" is not a row number.', "Write the number of the row that holds the headings.")
    return int(text) if text else None


@views.get("/imports/<draft_id>/purpose")
def show_purpose(draft_id: str) -> Response | str:
    """Show what becomes of the rows: leads, activities or both, and the rules for rows sent earlier."""
    draft = find_draft(draft_id)
    imports = services().imports
    if not imports.store.mapping(draft).exists():
        return see_other("source.show_file", draft_id=draft.id)
    document = MappingDocument.read(imports.store.mapping(draft))
    event = document.line(EVENT_FIELD)
    return show_screen(
        "purpose.html",
        draft,
        "Purpose",
        seen=mapping_version(draft),
        task=imports.tasks.status(draft.id),
        document=document,
        groups=_target_groups(),
        reason=imports.proposals.proposal(draft).get("target_reason", ""),
        fields=imports.proposals.field_choices(draft),
        types=imports.proposals.activity_types(draft),
        event=str(event.rule.get("value", "")) if event else "",
        event_column=str(event.rule.get("column", "")) if event else "",
        options=[(one, str(document.data.get(one.name, one.values[0][0]))) for one in OPTIONS],
        target=TARGETS.get(document.target),
    )


@views.post("/imports/<draft_id>/propose")
@require("prepare")
def propose_anew(draft_id: str) -> Response:
    """Propose a mapping in place of an earlier one."""
    draft = services().imports.store.update(find_draft_to_change(draft_id).id, mapping_from="")
    services().imports.proposals.propose(draft, current_person().name, MappingDocument.read(_mapping(draft)).target)
    return see_other("source.show_file", draft_id=draft.id)


def _mapping(draft: Draft) -> Path:
    return services().imports.store.mapping(draft)


def _target_groups() -> list[tuple[str, list[Any]]]:
    groups: dict[str, list[Any]] = {"Activities of leads": [], "Leads": [], "Leads with an activity": []}
    for target in TARGETS.values():
        if target.sections == ("lead",):
            groups["Leads"].append(target)
        elif target.effect() is EffectType.ACTIVITY and "lead" in target.sections:
            groups["Leads with an activity"].append(target)
        else:
            groups["Activities of leads"].append(target)
    return list(groups.items())


@views.post("/imports/<draft_id>/purpose")
@require("prepare")
def change_purpose(draft_id: str) -> Response:
    """Store target, search field, activity type and rules; another target is proposed anew."""
    draft = find_draft_to_change(draft_id)
    refuse_stale_form(draft)
    imports, form = services().imports, request.form
    path = imports.store.mapping(draft)
    document = MappingDocument.read(path)
    target = form.get("target", document.target)
    if target not in TARGETS:
        raise UsageError(f'"{target}" is not a purpose.', "Choose one of the list.")
    if target != document.target:
        imports.proposals.propose(draft, current_person().name, target)
        return see_other("source.show_purpose", draft_id=draft.id)
    if "search_by" in form:
        document.set_option("search_by", form["search_by"].strip())
    for name, default in _DEFAULTS.items():
        if name in form:
            document.set_option(name, "" if form[name] == default else form[name])
    document.set_option("row_key", [part.strip() for part in form.get("row_key", "").split(",") if part.strip()])
    document.set_option("allow_unidentified", "true" if form.get("allow_unidentified") else "")
    event = form.get("event", "").strip()
    if event and "activity" in TARGETS[target].sections:
        line = document.line(EVENT_FIELD)
        if line is None or line.rule.get("value") != event:
            document.put(EVENT_FIELD, {"value": event})
            imports.proposals.read_fields(draft, event)
    document.write(path)
    return see_other("columns.show", draft_id=draft.id)
