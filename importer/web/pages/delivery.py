"""Approve, Progress and Done: the last look, the sending, and what became of the rows."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, jsonify, request, send_file
from werkzeug.wrappers import Response

from importer.app import UndecidedRow, undecided_rows
from importer.core.errors import UsageError
from importer.core.model import Status
from importer.reports import describe_earlier_rows
from importer.web.drafts import Draft
from importer.web.pages.common import find_draft, find_draft_to_change, next_screen, see_other, show_screen
from importer.web.pages.decisions import record_decision, sends_rows
from importer.web.security import current_person, require
from importer.web.services import services

views = Blueprint("delivery", __name__)

_DOWNLOADS = ("results", "report", "mapping", "source")
_SHOWN_UNDECIDED = 200


@views.get("/imports/<draft_id>/approve")
def show_approval(draft_id: str) -> Response | str:
    """Show in one card what will be sent, to whom, and what will be left out."""
    draft = find_draft(draft_id)
    imports = services().imports
    summary = imports.check_summary(draft)
    if summary is None:
        return see_other("columns.show", draft_id=draft.id)
    account = next((one for one in services().account_choices() if one.name == draft.account), None)
    return show_screen(
        "approve.html",
        draft,
        "Approve",
        summary=summary,
        earlier=list(describe_earlier_rows(summary.earlier)) if summary.earlier else [],
        current=imports.is_checked(draft),
        account=account,
        anomalies=imports.anomalies(draft) if draft.account else [],
        may_approve=_may_approve(draft),
        left_out=[one.label for one in summary.columns if not one.field],
    )


def _may_approve(draft: Draft) -> bool:
    person = current_person()
    if not person.may("approve"):
        return False
    return not services().config.two_people or person.name not in (draft.owner, draft.checked_by, *draft.prepared_by)


def _require_approver(draft: Draft) -> None:
    if not _may_approve(draft):
        raise UsageError("Another person must approve this import.", "Ask a colleague with the role approve.")


@views.post("/imports/<draft_id>/send")
@require("approve")
def send(draft_id: str) -> Response:
    """Approve the check and begin to send."""
    draft = find_draft(draft_id)
    _require_approver(draft)
    if request.form.get("checked") != draft.checked:
        raise UsageError("The import was checked again since this page was shown.", "Look at it again, then send it.")
    services().imports.send(draft, current_person().name)
    facts = {"draft": draft.id, "file": draft.name, "account": draft.account}
    services().record(current_person().name, "approved an import", **facts)
    return see_other("delivery.show_progress", draft_id=draft.id)


@views.get("/imports/<draft_id>/progress")
def show_progress(draft_id: str) -> Response | str:
    """Show how far the work is; it goes on without the page."""
    draft = find_draft(draft_id)
    imports = services().imports
    task = imports.tasks.status(draft.id)
    if not task.is_running:
        return see_other("home.open_import", draft_id=draft.id)
    return show_screen("progress.html", draft, "Done", task=task, progress=imports.tasks.progress(draft.id))


@views.get("/imports/<draft_id>/status")
def status(draft_id: str) -> Response:
    """Return the state of the import's task, for the script that shows the progress."""
    draft = find_draft(draft_id)
    imports = services().imports
    task = imports.tasks.status(draft.id)
    return jsonify(
        kind=task.kind.value,
        state=task.state.value,
        progress=imports.tasks.progress(draft.id),
        preview=imports.proposals.preview(draft) is not None,
        next="" if task.is_running else next_screen(draft),
    )


@views.post("/imports/<draft_id>/stop")
@require("prepare")
def stop(draft_id: str) -> Response:
    """Pause the work; calls under way are finished first."""
    draft = find_draft(draft_id)
    services().imports.tasks.stop(draft.id)
    return see_other("delivery.show_progress", draft_id=draft.id)


@views.post("/imports/<draft_id>/resume")
@require("approve")
def resume(draft_id: str) -> Response:
    """Continue an interrupted import, or look again for uncertain rows."""
    draft = find_draft(draft_id)
    services().imports.resume(draft, current_person().name)
    return see_other("delivery.show_progress", draft_id=draft.id)


@views.get("/imports/<draft_id>/done")
def show_done(draft_id: str) -> Response | str:
    """Show what became of the rows, the files to download, and what a person must decide."""
    draft = find_draft(draft_id)
    imports = services().imports
    task = imports.tasks.status(draft.id)
    if task.is_running:
        return see_other("delivery.show_progress", draft_id=draft.id)
    total = imports.total(draft)
    counts = total.counts if total else {}
    return show_screen(
        "done.html",
        draft,
        "Done",
        task=task,
        total=total,
        correctable=sum(counts.get(one, 0) for one in (Status.INVALID, Status.REJECTED)),
        undecided=_undecided(draft, counts),
        interrupted=total is None or total.latest.status == "interrupted",
    )


def _undecided(draft: Draft, counts: Any) -> list[tuple[str, UndecidedRow]]:
    if not (counts.get(Status.UNCERTAIN) or counts.get(Status.CHANGED)):
        return []
    found: list[tuple[str, UndecidedRow]] = []
    for delivery in draft.deliveries:
        found += [(delivery.run, one) for one in undecided_rows(delivery.run, services().imports.env)[1]]
    return found[:_SHOWN_UNDECIDED]


@views.post("/imports/<draft_id>/round")
@require("prepare")
def start_round(draft_id: str) -> Response:
    """Open the rows that were not delivered for correction."""
    draft = find_draft_to_change(draft_id)
    services().imports.start_round(draft, current_person().name)
    return see_other("review.show", draft_id=draft.id)


@views.post("/imports/<draft_id>/decide")
@require("approve")
def decide_rows(draft_id: str) -> Response:
    """Record what a person decided about uncertain or changed rows."""
    draft = find_draft(draft_id)
    run = request.form.get("run", "")
    if run not in {one.run for one in draft.deliveries}:
        abort(404)
    if sends_rows(request.form):
        # These rows are sent then, as if they were approved.
        _require_approver(draft)
    if record_decision(run, request.form, draft=draft.id) and request.form.get("continue"):
        services().imports.resume(draft, current_person().name)
    return see_other("home.open_import", draft_id=draft.id)


@views.get("/imports/<draft_id>/download/<kind>")
def download(draft_id: str, kind: str) -> Response:
    """Send the results workbook, the report, the mapping, or the uploaded file."""
    draft = find_draft(draft_id)
    if kind not in _DOWNLOADS:
        abort(404)
    store = services().imports.store
    paths = {"mapping": store.mapping(draft), "source": store.source(draft)}
    if draft.deliveries:
        folder, newest = store.folder(draft.id) / "results", draft.deliveries[-1]
        paths |= {"results": folder / newest.results, "report": folder / newest.report}
    path = paths.get(kind)
    if path is None or not path.is_file():
        abort(404)
    # Always as a file to save: what it holds came from outside, and must not run as part of this page.
    return send_file(path, as_attachment=True, download_name=path.name, max_age=0)
