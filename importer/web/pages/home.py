"""Home: a place to drop a file, recent imports, and the sandbox."""

from __future__ import annotations

from importlib.resources import as_file, files

from flask import Blueprint, abort, redirect, render_template, request
from werkzeug.wrappers import Response

from importer.core.errors import UsageError
from importer.web.pages.common import find_draft, has_undecided_rows, next_screen, see_other
from importer.web.security import accepts_upload, current_person, require, safe_upload_name
from importer.web.services import SANDBOX, services

views = Blueprint("home", __name__)

SAMPLES = {
    "admission-leads.xlsx": ("admission-leads.yaml", "Leads: new and known ones, from a workbook"),
    "webinar-attendance.csv": ("webinar-attendance.yaml", "Activities: 280 webinar visits"),
    "campus-enquiries.csv": ("campus-enquiries.yaml", "Leads with an activity, from a text file"),
}
"""Sample files, each with its mapping and what it shows."""
_SHOWN = 30


@views.get("/")
def show() -> str:
    """Show where a file can be dropped, and the recent imports."""
    accounts, imports = services().account_choices(), services().imports
    every = imports.store.all()
    drafts = every[:_SHOWN]
    totals, sandboxes = imports.totals(drafts), {one.name: one.sandbox for one in accounts}
    return render_template(
        "home.html",
        accounts=accounts,
        usable=[one for one in accounts if not one.trouble],
        has_sandbox=any(one.name == SANDBOX for one in accounts),
        imports=[
            {
                "draft": draft,
                "task": imports.tasks.status(draft.id),
                "total": totals.get(draft.id),
                "sandbox": sandboxes.get(draft.account, False),
            }
            for draft in drafts
        ],
        more=len(every) - len(drafts),
        samples=SAMPLES,
    )


@views.post("/imports")
@accepts_upload
@require("prepare")
def upload() -> Response:
    """Take a dropped file."""
    file = request.files.get("file")
    if file is None or not file.filename:
        raise UsageError("No file was chosen.", "Choose a spreadsheet: .xlsx, .xls, .xlsb, .ods, .csv or .tsv.")
    name = safe_upload_name(file.filename)
    draft = services().imports.create(file.stream, name, current_person().name, request.form.get("account", ""))
    return see_other("home.open_import", draft_id=draft.id)


@views.get("/imports/<draft_id>")
def open_import(draft_id: str) -> Response:
    """Go to the screen where an import stands."""
    return redirect(next_screen(find_draft(draft_id)), 303)


@views.post("/imports/<draft_id>/remove")
@require("prepare")
def remove(draft_id: str) -> Response:
    """Remove an import from the list, with its uploaded file; what was sent stays in the history."""
    draft, person = find_draft(draft_id), current_person()
    if person.name != draft.owner and not person.may("admin"):
        raise UsageError("This import is somebody else's.", f"Ask {draft.owner}, or an administrator, to remove it.")
    if services().imports.tasks.status(draft.id).is_running:
        raise UsageError("This import is at work.", "Wait until it has ended, or pause it; then remove it.")
    if services().config.two_people and has_undecided_rows(draft):
        # The history knows nobody who prepared them, so anybody could decide there to send them.
        raise UsageError("Rows of this import wait for a decision.", "Decide about them first; then remove it.")
    services().imports.store.remove(draft.id)
    return see_other("home.show")


@views.post("/sandbox")
@require("admin")
def start_sandbox() -> Response:
    """Start the CRM on this computer."""
    services().config.start_sandbox()
    return see_other("home.show")


@views.post("/samples/<name>")
@require("prepare")
def use_sample(name: str) -> Response:
    """Begin an import of a sample file into the sandbox."""
    if name not in SAMPLES:
        abort(404)
    if not any(one.name == SANDBOX for one in services().account_choices()):
        services().config.start_sandbox()
    with as_file(files("importer") / "samples") as folder:
        draft = services().imports.create_from_sample(
            folder / name, folder / SAMPLES[name][0], current_person().name, SANDBOX
        )
    return see_other("home.open_import", draft_id=draft.id)
