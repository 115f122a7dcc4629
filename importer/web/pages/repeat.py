"""Repeat every night: make a job of a finished import."""

from __future__ import annotations

from flask import Blueprint, request
from werkzeug.wrappers import Response

from importer.app import account_locale
from importer.web.pages.common import find_draft, see_other, show_screen
from importer.web.repeat import Repetition, repeat_import, suggest_repetition
from importer.web.security import current_person, require
from importer.web.services import services

views = Blueprint("repeat", __name__)


@views.get("/imports/<draft_id>/repeat")
def show(draft_id: str) -> Response | str:
    """Show how the import can be repeated."""
    draft = find_draft(draft_id)
    if not draft.deliveries:
        return see_other("home.open_import", draft_id=draft.id)
    zone = account_locale(draft.account or None, services().config.env)[1].time_zone
    return show_screen(
        "repeat.html",
        draft,
        "Done",
        suggested=suggest_repetition(draft, zone),
        jobs_file=services().jobs.file,
        may_make=current_person().may("admin"),
    )


@views.post("/imports/<draft_id>/repeat")
@require("admin")
def make(draft_id: str) -> Response:
    """Make the job."""
    draft, form, who = find_draft(draft_id), request.form, current_person().name
    chosen = Repetition(
        name=form.get("name", ""),
        time=form.get("time", ""),
        zone=form.get("zone", ""),
        days=form.get("days", "every"),
        pattern=form.get("pattern", "*"),
        hold=bool(form.get("hold")),
    )
    made = repeat_import(draft, chosen, services().imports, services().jobs).task(chosen.name.strip())
    facts = {"draft": draft.id, "job": made.name, "account": draft.account}
    services().record(who, "made a job", **facts)
    return see_other("jobs.show_job", name=made.name, made="yes")
