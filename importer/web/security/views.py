"""The pages for entering, signing in and signing out."""

from __future__ import annotations

from flask import Blueprint, abort, redirect, render_template, request
from flask.typing import ResponseReturnValue

from importer.web.security.access import public
from importer.web.security.gate import Gate


def make_blueprint(gate: Gate) -> Blueprint:
    """Return the pages of ``gate``."""
    pages = Blueprint("security", __name__, template_folder="../templates")

    @pages.get("/enter")
    @public
    def enter() -> ResponseReturnValue:
        if not gate.options.local:
            abort(404)
        return render_template("security/enter.html", failed=False)

    @pages.post("/enter")
    @public
    def exchange() -> ResponseReturnValue:
        if not gate.options.local:
            abort(404)
        content = gate.one_time.redeem(request.form.get("token", ""))
        if content is None or content.get("purpose") != "enter":
            gate.note_failure("entry refused")
            return render_template("security/enter.html", failed=True), 403
        response = redirect("/", 303)
        gate.start_session(response, gate.local_session(), "entry token")
        return response

    @pages.post("/sign-out")
    @public
    def sign_out() -> ResponseReturnValue:
        response = redirect("/enter" if gate.options.local else "/sign-in", 303)
        gate.end_session(response, everywhere=request.form.get("everywhere") == "yes")
        return response

    return pages
