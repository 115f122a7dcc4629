"""The gate before every view: host, origin, session, CSRF token and role are checked in this order."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from flask import Request, Response, current_app, g, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.http import parse_cookie
from werkzeug.wrappers import Response as BaseResponse

from importer.core.platform import is_own_connection, user_name
from importer.web.security.access import Person, Role, is_public, required_role, takes_upload
from importer.web.security.audit import AuditTrail
from importer.web.security.http_rules import SAFE_METHODS, is_from_other_page, set_security_headers
from importer.web.security.options import SecurityOptions
from importer.web.security.sessions import AccessDatabase, OneTimeTokens, Session, Sessions
from importer.web.security.throttle import Throttle
from importer.web.security.users import UserStore

_TOKEN = re.compile(r"[A-Za-z0-9_-]{20,200}")
_TOKEN_BYTES = 32
_ENTRY_SECONDS = 60.0
_OPEN_AGAIN = "Open the page again: run importer web, or use the window in which it runs."
_SIGN_IN = "Sign in again."


class Gate:
    """Decides about each request of one application. Made by ``protect``."""

    def __init__(self, options: SecurityOptions) -> None:
        self.options = options
        self.database = AccessDatabase(options.folder)
        self.audit = AuditTrail(options.folder, options.clock)
        self.users = UserStore(options.home, options.clock, options.password_hasher)
        self.throttle = Throttle(self.database, self.now)
        self.one_time = OneTimeTokens(self.database, self.now)
        self.sessions = Sessions(self.database, self.now, idle=options.idle_seconds, longest=options.session_seconds)
        self._origins = options.origins_by_host()

    def now(self) -> float:
        """Return the time in seconds since 1970."""
        return self.options.clock.now().timestamp()

    def new_token(self) -> str:
        """Return a new random token."""
        return base64.urlsafe_b64encode(self.options.token_bytes(_TOKEN_BYTES)).rstrip(b"=").decode()

    def new_entry_token(self) -> str:
        """Return a token that lets the one person of this computer enter, once and within a minute."""
        token = self.new_token()
        self.one_time.add(token, {"purpose": "enter"}, seconds=_ENTRY_SECONDS)
        return token

    def entry_url(self) -> str:
        """Return an address with a new entry token, which browsers neither send to a server nor name to other pages."""
        return f"{self.options.public_origin.rstrip('/')}/enter#{self.new_entry_token()}"

    def check_request(self) -> ResponseReturnValue | None:
        """Answer a request that must not reach its view; ``None`` lets it pass."""
        g.session_token, g.person = _session_token(request.cookies, self.options.cookie_name), None
        origin = self._origins.get(request.environ.get("HTTP_HOST", "").lower())
        if origin is None:
            return _refuse_plainly("This page is not served under that name.")
        if self.options.secure and request.scheme != "https":
            return _refuse_plainly("This page is served over TLS only.")
        if self.options.local and not _is_from_this_user(request):
            return _refuse_plainly("This page is for the person who started it.")
        if is_from_other_page(request.method, request.headers, origin):
            return _refuse_plainly("The request came from another page.")
        view = current_app.view_functions.get(request.endpoint or "")
        largest = self.options.largest_upload if takes_upload(view) else self.options.largest_request
        request.max_content_length = largest
        if is_static(request):
            return None
        g.person = self._find_person(g.session_token)
        return self._check_person(view)

    def _check_person(self, view: Any) -> ResponseReturnValue | None:
        if g.person is None and not is_public(view):
            return self._ask_to_sign_in()
        if request.method not in SAFE_METHODS and not self._has_csrf_token():
            return self.refuse(
                403, "The page was open for too long, or somebody signed in anew.", "Reload it and try again."
            )
        if g.person is not None and not is_public(view) and not g.person.may(required_role(view)):
            self.audit.record(g.person.name, "refused", path=request.path, needs=required_role(view))
            return self.refuse(
                403,
                f"This needs the role {required_role(view)}; yours is {g.person.role}.",
                "Ask somebody who has it, or an administrator for the role.",
            )
        return None

    def is_signed_in(self, cookies: str) -> bool:
        """Return whether the header ``Cookie`` of a request is that of somebody who has signed in."""
        return self._find_person(_session_token(parse_cookie(cookies), self.options.cookie_name)) is not None

    def _find_person(self, token: str) -> Person | None:
        session = self.sessions.find(token) if token else None
        return self.resolve(session) if session else None

    def resolve(self, session: Session) -> Person | None:
        """Return the person of a session, with the role of today; ``None`` when the session counts no more."""
        match session.source, self.options.local:
            case ("local", True):
                return Person(session.name, Role(session.role))
            case ("oidc", False) if self.options.oidc and session.stamp == self.options.oidc.stamp:
                return Person(session.name, Role(session.role))
            case ("password", False):
                user = self.users.find_user(session.name)
                return Person(user.name, user.role) if user and user.stamp == session.stamp else None
        return None

    def _ask_to_sign_in(self) -> ResponseReturnValue:
        if self.options.local:
            return self.refuse(403, "This page is for the person who started it.", _OPEN_AGAIN)
        if wants_page(request) and request.method in SAFE_METHODS:
            return redirect(f"/sign-in?{urlencode({'next': request.full_path.rstrip('?')})}", 303)
        return self.refuse(401, "You are signed out.", _SIGN_IN)

    def refuse(self, status: int, message: str, remedy: str) -> ResponseReturnValue:
        """Answer with a page, or with JSON where a script asked."""
        if wants_page(request):
            return render_template("security/refused.html", message=message, remedy=remedy), status
        return jsonify(message=message, remedy=remedy), status

    def csrf_token(self) -> str:
        """Return the CSRF token of this session, or of this browser before somebody signs in."""
        if not g.session_token:
            g.session_token = g.fresh_token = self.new_token()
        return hmac.new(g.session_token.encode(), b"csrf", hashlib.sha256).hexdigest()

    def _has_csrf_token(self) -> bool:
        # The header first: reading the form means reading the whole upload.
        given = request.headers.get("X-CSRF-Token") or request.form.get("csrf", "")
        return bool(g.session_token) and hmac.compare_digest(given.encode(), self.csrf_token().encode())

    def start_session(self, response: BaseResponse, session: Session, how: str) -> None:
        """Sign somebody in: with a new session id, whatever cookie the browser had before."""
        token = self.new_token()
        self.sessions.start(token, session, replaces=g.session_token)
        g.pop("fresh_token", None)
        self._set_cookie(response, token)
        self.audit.record(session.name, "signed in", how=how, address=request.remote_addr)

    def end_session(self, response: BaseResponse, *, everywhere: bool) -> None:
        """Sign the person of this request out, here or on every device."""
        if g.person is not None:
            if everywhere:
                self.sessions.end_all(g.person.name)
            self.audit.record(g.person.name, "signed out", everywhere=everywhere)
        self.sessions.end(g.session_token)
        response.delete_cookie(
            self.options.cookie_name, path="/", secure=self.options.secure, httponly=True, samesite="Lax"
        )

    def finish_response(self, response: Response) -> Response:
        """Add the security headers, and the cookie of a browser that got its first form."""
        if "fresh_token" in g:
            self._set_cookie(response, g.fresh_token)
        set_security_headers(response.headers, secure=self.options.secure, is_static=is_static(request))
        return response

    def _set_cookie(self, response: BaseResponse, token: str) -> None:
        response.set_cookie(
            self.options.cookie_name, token, path="/", secure=self.options.secure, httponly=True, samesite="Lax"
        )

    def local_session(self) -> Session:
        """Return the session of the one person on this computer, who may do everything."""
        return Session(local_name(), Role.ADMIN, "local", "")

    def note_failure(self, what: str, **facts: object) -> None:
        """Record a sign-in that failed."""
        self.audit.record("nobody", what, address=request.remote_addr, **facts)


def _is_from_this_user(request: Request) -> bool:
    """Return whether the person who runs the program made the request, as far as the system tells.

    On a computer with several people, others could read the entry token among the arguments of the browser, or the
    cookie by a server on another port, for browsers share cookies between ports.
    """
    ports = request.environ.get("REMOTE_PORT", ""), request.environ.get("SERVER_PORT", "")
    return not all(map(str.isdecimal, ports)) or is_own_connection(int(ports[0]), int(ports[1]))


def _refuse_plainly(message: str) -> Response:
    """Refuse a request that no page of ours makes, with nothing that depends on who made it."""
    return Response(f"{message}\n", 403, mimetype="text/plain")


def wants_page(request: Request) -> bool:
    """Return whether the answer is shown as a page: a script gets JSON."""
    mode = request.headers.get("Sec-Fetch-Mode")
    return mode == "navigate" if mode else request.accept_mimetypes.accept_html and not request.is_json


def is_static(request: Request) -> bool:
    """Return whether one of our own scripts, styles or pictures is asked for, which anybody may read."""
    return (request.endpoint or "").rpartition(".")[2] == "static"


def local_name() -> str:
    """Return the name of the person who runs this program."""
    # In a container a user may have a number only.
    return user_name(unknown="local user")


def _session_token(cookies: Mapping[str, str], name: str) -> str:
    token = cookies.get(name, "")
    return token if _TOKEN.fullmatch(token) else ""
