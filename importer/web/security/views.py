"""The pages for entering, signing in and signing out, and the gate's place in an application."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from flask import Blueprint, Flask, g, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from importer.core.errors import SettingsError, UsageError
from importer.core.text import format_count
from importer.web.security.access import current_person, public
from importer.web.security.gate import Gate
from importer.web.security.options import SecurityOptions
from importer.web.security.sessions import Session
from importer.web.security.users import normalize_name

if TYPE_CHECKING:
    from importer.web.security.oidc import OidcProvider

# A path of this page: two slashes or a backslash would lead to another host.
_OWN_PATH = re.compile(r"/(?![/\\])[!-\[\]-~]*")


def protect(app: Flask, options: SecurityOptions) -> Gate:
    """Put the gate before all views of ``app`` and add the pages for signing in and out."""
    gate = Gate(options)
    app.before_request(gate.check_request)
    app.after_request(gate.finish_response)
    app.context_processor(lambda: {"csrf_token": gate.csrf_token, "person": g.get("person")})
    app.register_blueprint(_make_blueprint(gate, _make_provider(app, gate)))
    return gate


def _make_blueprint(gate: Gate, provider: OidcProvider | None) -> Blueprint:
    """Return the pages of ``gate``: those for one person on this computer, or those for a team."""
    pages = Blueprint("security", __name__, template_folder="../templates")
    if gate.options.local:
        _add_entry(pages, gate)
    else:
        _add_sign_in(pages, gate)
        _add_account(pages, gate)
        if provider is not None:
            _add_provider(pages, gate, provider)

    @pages.post("/sign-out")
    @public
    def sign_out() -> ResponseReturnValue:
        response = redirect("/enter" if gate.options.local else "/sign-in", 303)
        gate.end_session(response, everywhere=request.form.get("everywhere") == "yes")
        return response

    return pages


def _make_provider(app: Flask, gate: Gate) -> OidcProvider | None:
    """Return the provider at which people sign in, if there is one. Raises :class:`SettingsError` without Authlib."""
    options = gate.options.oidc
    if options is None:
        return None
    try:
        from importer.web.security.oidc import OidcProvider
    except ImportError:
        raise SettingsError(
            "Signing in with a provider needs another package.", "Install it: pip install 'importer[oidc]'"
        ) from None
    address = f"{gate.options.public_origin.rstrip('/')}/sign-in/provider/return"
    return OidcProvider(app, options, gate.one_time, address)


def _add_entry(pages: Blueprint, gate: Gate) -> None:
    @pages.get("/enter")
    @public
    def enter() -> ResponseReturnValue:
        return render_template("security/enter.html", failed=False)

    @pages.post("/enter")
    @public
    def exchange() -> ResponseReturnValue:
        content = gate.one_time.redeem(request.form.get("token", ""))
        if content is None or content.get("purpose") != "enter":
            gate.note_failure("entry refused")
            return render_template("security/enter.html", failed=True), 403
        response = redirect("/", 303)
        gate.start_session(response, gate.local_session(), "entry token")
        return response


def _add_sign_in(pages: Blueprint, gate: Gate) -> None:
    label = gate.options.oidc.label if gate.options.oidc else ""

    def form(error: str = "", status: int = 200) -> ResponseReturnValue:
        return render_template("security/sign_in.html", error=error, next=_next_page(), provider=label), status

    @pages.get("/sign-in")
    @public
    def sign_in() -> ResponseReturnValue:
        return redirect(_next_page(), 303) if g.person else form()

    @pages.post("/sign-in")
    @public
    def check() -> ResponseReturnValue:
        # As it is compared: each spelling would have attempts of its own otherwise.
        name, address = normalize_name(request.form.get("name", "")[:200]), request.remote_addr or ""
        wait = math.ceil(gate.throttle.begin(name, address))
        if wait > 0:
            text = f"There were too many wrong passwords. Wait {format_count(wait, 'second')}, then try again."
            delayed = make_response(form(text, 429))
            delayed.headers["Retry-After"] = str(wait)
            return delayed
        user = gate.users.check_password(name, request.form.get("password", ""))
        if user is None:
            # Only a name that exists: people type passwords into the wrong field.
            known = gate.users.find_user(name)
            gate.note_failure("sign-in refused", name=known.name if known else "unknown")
            return form("Name or password is wrong.", 403)
        gate.throttle.succeed(name, address)
        response = redirect(_next_page(), 303)
        gate.start_session(response, Session(user.name, user.role, "password", user.stamp), "password")
        return response


def _add_account(pages: Blueprint, gate: Gate) -> None:
    def show(error: str = "", status: int = 200) -> ResponseReturnValue:
        has_password = gate.users.find_user(current_person().name) is not None
        changed = request.args.get("changed") == "yes"
        page = render_template("security/account.html", error=error, changed=changed, has_password=has_password)
        return page, status

    @pages.get("/account")
    def account() -> ResponseReturnValue:
        return show()

    @pages.post("/account/password")
    def change_password() -> ResponseReturnValue:
        name, address = current_person().name, request.remote_addr or ""
        if gate.throttle.begin(name, address) > 0:
            return show("There were too many wrong passwords. Wait a little, then try again.", 429)
        if gate.users.check_password(name, request.form.get("password", "")) is None:
            gate.note_failure("password change refused", name=name)
            return show("The present password is wrong.", 403)
        gate.throttle.succeed(name, address)
        new = request.form.get("new", "")
        if new != request.form.get("again", ""):
            return show("The new password was typed in two ways.", 422)
        try:
            user = gate.users.set_password(name, new, by=name)
        except UsageError as error:
            return show(f"{error.message} {error.remedy}", 422)
        response = redirect("/account?changed=yes", 303)
        gate.start_session(response, Session(user.name, user.role, "password", user.stamp), "new password")
        return response


def _add_provider(pages: Blueprint, gate: Gate, provider: OidcProvider) -> None:
    from importer.web.security.oidc import SignInFailed

    # A link and no form: the policy for forms allows no redirect to another host.
    @pages.get("/sign-in/provider")
    @public
    def begin() -> ResponseReturnValue:
        gate.csrf_token()
        try:
            return redirect(provider.begin(g.session_token, _next_page()), 303)
        except SignInFailed as error:
            return gate.refuse(502, error.message, error.remedy)

    @pages.get("/sign-in/provider/return")
    @public
    def finish() -> ResponseReturnValue:
        try:
            session, next_page = provider.finish(g.session_token, request.args)
        except SignInFailed as error:
            gate.note_failure("sign-in refused", how="provider", why=error.message)
            return gate.refuse(403, error.message, error.remedy)
        response = redirect(next_page, 303)
        gate.start_session(response, session, "provider")
        return response


def _next_page() -> str:
    """Return the page that was asked for before the sign-in, if it is one of this server."""
    page = request.values.get("next", "")
    return page if _OWN_PATH.fullmatch(page) else "/"
