"""What several screens share: the draft of the address, the steps of an import, and where it stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import abort, redirect, render_template, url_for
from werkzeug.wrappers import Response

from importer.core.errors import UsageError
from importer.web.drafts import Draft
from importer.web.security import current_person
from importer.web.services import services
from importer.web.tasks import TaskKind


@dataclass(frozen=True, slots=True)
class Step:
    """A step of an import: its name, its address, and whether it can be opened yet."""

    name: str
    endpoint: str
    open: bool
    current: bool


_STEPS = (
    ("File", "source.show_file"),
    ("Purpose", "source.show_purpose"),
    ("Columns", "columns.show"),
    ("Review", "review.show"),
    ("Approve", "delivery.show_approval"),
    ("Done", "delivery.show_done"),
)


def find_draft(draft_id: str) -> Draft:
    """Load the draft of an address, or answer "not found"."""
    try:
        return services().imports.store.load(draft_id)
    except UsageError:
        abort(404)


def find_draft_to_change(draft_id: str) -> Draft:
    """Load the draft of an address that this person prepares, who then cannot be the second person to approve it."""
    draft = find_draft(draft_id)
    return services().imports.store.note_preparer(draft.id, current_person().name)


def next_screen(draft: Draft) -> str:
    """Return the address of the screen where an import stands."""
    imports = services().imports
    task = imports.tasks.status(draft.id)
    if task.is_running and task.kind is TaskKind.PROPOSE:
        return url_for("source.show_file", draft_id=draft.id)
    if task.is_running and task.kind is TaskKind.SEND:
        return url_for("delivery.show_progress", draft_id=draft.id)
    if task.is_running or (draft.rows is not None and not draft.approved):
        return url_for("review.show", draft_id=draft.id)
    if draft.deliveries or (task.kind is TaskKind.SEND and not task.is_running):
        return url_for("delivery.show_done", draft_id=draft.id)
    if draft.checked:
        return url_for("review.show", draft_id=draft.id)
    return url_for("source.show_file", draft_id=draft.id)


def show_screen(template: str, draft: Draft, screen: str, **facts: Any) -> str:
    """Render a screen of an import with its steps and its account."""
    imports = services().imports
    has_file = imports.proposals.preview(draft) is not None
    has_mapping = has_file and imports.store.mapping(draft).exists()
    checked = has_mapping and imports.store.plan(draft).exists()
    is_open = {
        "File": True,
        "Purpose": has_mapping,
        "Columns": has_mapping,
        "Review": has_mapping,
        "Approve": checked,
        "Done": bool(draft.deliveries),
    }
    steps = [Step(name, endpoint, is_open[name], name == screen) for name, endpoint in _STEPS]
    sandbox = services().is_sandbox(draft.account) if draft.account else None
    return render_template(template, draft=draft, steps=steps, sandbox=sandbox, screen=screen, **facts)


def see_other(endpoint: str, **values: Any) -> Response:
    """Answer a POST with the address of the screen to show next."""
    return redirect(url_for(endpoint, **values), 303)
