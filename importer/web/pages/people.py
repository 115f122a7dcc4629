"""People: the users of a team with their roles, the audit trail, and the removal of what somebody uploaded."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, abort, render_template, request
from werkzeug.wrappers import Response

from importer.core.errors import UsageError
from importer.core.time import format_iso
from importer.web.drafts import Draft
from importer.web.pages.common import has_undecided_rows, see_other
from importer.web.security import Role, UserStore, current_person, require
from importer.web.services import services

views = Blueprint("people", __name__)

_SHOWN_ENTRIES = 100
_MOST_DAYS = 10_000


@views.get("/people")
@require("admin")
def show() -> str:
    """Show the users, what was recorded, and how much each person has uploaded."""
    config, users = services().config, services().users.list_users()
    owners = [draft.owner for draft in services().imports.store.all()]
    return render_template(
        "people.html",
        users=[] if config.local else users,
        roles=list(Role),
        entries=services().recorded(_SHOWN_ENTRIES),
        owners={name: owners.count(name) for name in sorted(set(owners))},
    )


@views.post("/people/add")
@require("admin")
def add() -> Response:
    """Add a user with a first password, which she then changes."""
    form = request.form
    _users().add_user(form.get("name", ""), form.get("password", ""), form.get("role", ""), by=current_person().name)
    return see_other("people.show")


@views.post("/people/role")
@require("admin")
def change_role() -> Response:
    """Give a user another role."""
    _users().set_role(request.form.get("name", ""), request.form.get("role", ""), by=current_person().name)
    return see_other("people.show")


@views.post("/people/remove")
@require("admin")
def remove() -> Response:
    """Remove a user, who is signed out everywhere."""
    _users().remove_user(request.form.get("name", ""), by=current_person().name)
    return see_other("people.show")


def _users() -> UserStore:
    """Return the users of a team; one person on her own computer has none."""
    if services().config.local:
        abort(404)
    return services().users


@views.post("/people/erase")
@require("admin")
def erase() -> Response:
    """Remove the uploads, mappings and corrections of a person, or of everybody, that were begun long enough ago."""
    owner, days = request.form.get("owner", ""), request.form.get("days", 0, int)
    if not 0 <= days <= _MOST_DAYS:
        raise UsageError("That is no number of days.", f"Write one from 0 to {_MOST_DAYS:,}.")
    before = format_iso(services().config.env.clock.now() - timedelta(days=days))
    found = [one for one in services().imports.store.all() if owner in ("", one.owner) and one.created_at <= before]
    removed = [draft for draft in found if _may_go(draft)]
    for draft in removed:
        services().imports.store.remove(draft.id)
    facts = {"owner": owner or "everybody", "days": days, "removed": len(removed), "kept": len(found) - len(removed)}
    services().record(current_person().name, "erased imports", **facts)
    return see_other("people.show", removed=len(removed), kept=len(found) - len(removed))


def _may_go(draft: Draft) -> bool:
    """Return whether nothing waits for the import: it is not at work, and no row of it needs a decision."""
    return not services().imports.tasks.status(draft.id).is_running and not has_undecided_rows(draft)
