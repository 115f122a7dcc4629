"""What several screens share: the draft of the address, the steps of an import, and where it stands."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Any

from flask import abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from importer.core.errors import UsageError
from importer.core.model import Status
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

_PAGE_WORDS = {
    r"set `source: \{ragged: pad\}` to treat missing last cells as empty": (
        'tick "Short rows end in empty cells" in the step File'
    ),
    r"set `source: \{non_data_rows: leave_out\}`": "leave it: a row with a problem is not sent",
    r"state in the condition how the column is written \(`format`, `decimal`, `thousands`\)": (
        "say in the step Columns how the column is written"
    ),
    r"(, )?add the value to `lookup:`, or set a `default:`": ", or choose what replaces the value in the step Columns",
    r"write `same_lead: last` in the mapping to let the last one win": (
        "choose in the step Purpose which of them counts"
    ),
    r"translate it with `lookup:`": "replace the value in the step Columns",
    r"add `type: (\w+)` and how its cells are written to the field in the mapping": (
        r"choose the type \1 for the column in the step Columns, and how its cells are written"
    ),
    r"The condition `where` of the mapping does not hold\.": "It does not fit what the step Columns chose to import.",
    r"by `where` of the mapping": "by the choices of the step Columns",
    r": importer resume\.": ": look for it in History.",
}
"""What texts say about keys of a mapping file, each with what a person does in the page instead."""


def page_words(text: str) -> str:
    """Return a text about rows with the steps of the page in place of the keys of a mapping file."""
    for words, here in _PAGE_WORDS.items():
        text = re.sub(words, here, text)
    return text


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


def mapping_version(draft: Draft) -> str:
    """Return a digest of the mapping of a draft, by which a form tells what it shows."""
    path = services().imports.store.mapping(draft)
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16] if path.exists() else ""


def refuse_stale_form(draft: Draft) -> None:
    """Refuse a form that shows an earlier mapping: storing it would undo the changes of another window."""
    if request.form.get("seen", mapping_version(draft)) != mapping_version(draft):
        raise UsageError(
            "The mapping was changed in another window since this page was shown. Nothing of this one was stored.",
            "Go back, load the page again, and repeat your change.",
        )


def has_undecided_rows(draft: Draft) -> bool:
    """Return whether rows of an import that was sent wait for a person's decision."""
    total = services().imports.total(draft)
    return total is not None and any(total.counts.get(status) for status in (Status.UNCERTAIN, Status.CHANGED))


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
