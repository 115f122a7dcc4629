"""The sandbox as a web application: LeadSquared's calls, the control calls, and the page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, jsonify, render_template, request

from importer.sandbox.crm import Call, Crm
from importer.sandbox.faults import order_of
from importer.sandbox.page import shown
from importer.sandbox.replies import Reply

_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
_CONTROLS = ("state", "reset", "settings", "faults")
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def make_app(crm: Crm) -> Flask:
    """The application of one sandbox. It lets :class:`~importer.sandbox.replies.Dropped` through to its server."""
    app = Flask(__name__, static_folder=None)
    app.url_map.merge_slashes = False
    app.config["PROPAGATE_EXCEPTIONS"] = True
    app.json.sort_keys = False  # type: ignore[attr-defined]  # the default provider of Flask has it

    @app.get("/")
    def front_page() -> Response:
        return _inside(lambda: _page(crm))

    @app.get("/__sandbox__/state")
    def state() -> Response:
        wanted = frozenset(name for name in request.args.get("parts", "").split(",") if name)
        return _inside(lambda: jsonify(crm.state(wanted)))

    @app.post("/__sandbox__/reset")
    def reset() -> Response:
        return _inside(lambda: _done(crm.reset))

    @app.get("/__sandbox__/settings")
    def read_settings() -> Response:
        return _inside(lambda: jsonify(crm.state(frozenset({"options"}))["options"]))

    @app.post("/__sandbox__/settings")
    def settings() -> Response:
        return _inside(lambda: _done(lambda: crm.change_options(_sent())))

    @app.post("/__sandbox__/faults")
    def faults() -> Response:
        return _inside(lambda: _done(lambda: _order(crm, _sent())))

    @app.route("/__sandbox__/<name>", methods=_METHODS, provide_automatic_options=False)
    def no_control(name: str) -> Response:
        # Without this, a control call with a wrong method would be taken for a call of the API.
        return _inside(lambda: Response(status=405 if name in _CONTROLS else 404))

    @app.route("/<path:path>", methods=_METHODS, provide_automatic_options=False)
    def call(path: str) -> Response:
        return _response(crm.answer(_call()))

    return app


def _call() -> Call:
    headers = {name.lower(): value for name, value in request.headers.items()}
    return Call(
        request.method, request.path, request.args.to_dict(), headers, request.get_data(), request.host_url.rstrip("/")
    )


def _response(reply: Reply) -> Response:
    return Response(reply.body, reply.status, dict(reply.headers), content_type=reply.content_type)


def _inside(answer: Callable[[], Response]) -> Response:
    """The answer, if it is a program or page of this computer that asks; a web page from elsewhere gets none."""
    origin = request.headers.get("Origin")
    is_foreign = origin is not None and origin != request.host_url.rstrip("/")
    if _name(request.host) not in _LOOPBACK or is_foreign:
        return Response("Only programs on this computer may ask this.\n", 403, content_type="text/plain")
    try:
        return answer()
    except ValueError as error:
        response = jsonify({"error": str(error)})
        response.status_code = 400
        return response


def _name(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _sent() -> dict[str, Any]:
    content = request.get_json(force=True, silent=True)
    if not isinstance(content, dict):
        raise ValueError("A JSON object is expected.")
    return content


def _done(act: Callable[[], None]) -> Response:
    act()
    return jsonify({"ok": True})


def _order(crm: Crm, order: dict[str, Any]) -> None:
    if order.pop("clear", False):
        crm.faults.clear()
    if order:
        crm.faults.add(order_of(order))


def _page(crm: Crm) -> Response:
    response = Response(render_template("sandbox.html", **shown(crm), host=request.host_url.rstrip("/")))
    response.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'"
    response.headers["Cache-Control"] = "no-store"
    return response
