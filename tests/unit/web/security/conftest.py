from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from flask import Flask, render_template_string, request
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from importer.web.security import Gate, SecurityOptions, accepts_upload, current_person, protect, public, require
from tests.support.compiled_templates import CompiledTemplates

WEB = Path(__file__).parents[4] / "importer" / "web"


PASSWORD = "four words of mine"
FAST = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
"""Hashes in no time; the store's own parameters are tested by themselves."""


COMPILED = CompiledTemplates()


class SetClock:
    """A clock that stands still until a test moves it."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment

    def monotonic(self) -> float:
        return self.moment.timestamp()

    def sleep(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


class Site:
    """An application behind the gate, with one view of each kind."""

    def __init__(self, options: SecurityOptions, clock: SetClock) -> None:
        self.options, self.clock = options, clock
        self.app = Flask("site", template_folder=str(WEB / "templates"), static_folder=str(WEB / "static"))
        self.app.testing = True
        self.app.jinja_options = {"bytecode_cache": COMPILED}
        self.gate: Gate = protect(self.app, options)
        self.called: list[str] = []
        self._add_views()

    def _add_views(self) -> None:
        app = self.app

        @app.get("/")
        def home() -> str:
            return render_template_string("{{ person.name }} {{ person.role }} {{ csrf_token() }}")

        @app.post("/change")
        def change() -> str:
            self.called.append("change")
            return current_person().name

        @app.post("/approve")
        @require("approve")
        def approve() -> str:
            self.called.append("approve")
            return "approved"

        @require("admin")
        @app.get("/admin")
        def admin() -> str:
            return "admin"

        @app.post("/upload")
        @accepts_upload
        def upload() -> str:
            return str(len(request.get_data()))

        @app.get("/address")
        @public
        def address() -> str:
            return str(request.remote_addr)

        @app.get("/health")
        @public
        def health() -> str:
            return "well"

    def browser(self) -> Browser:
        return Browser(self)


class Browser:
    """A client that sends what browsers send."""

    def __init__(self, site: Site) -> None:
        self.site, self.client = site, FlaskClient(site.app)
        self.origin = site.options.public_origin

    def get(self, path: str, **headers: str) -> TestResponse:
        return self.client.get(path, base_url=self.origin, headers=_headers(headers))

    def sign_in(self, name: str, password: str, **more: str) -> TestResponse:
        return self.post("/sign-in", data={"name": name, "password": password, **more})

    def post(
        self, path: str, *, csrf: str | None = None, data: dict[str, str] | None = None, **headers: str
    ) -> TestResponse:
        form = {"csrf": self.csrf() if csrf is None else csrf, **(data or {})}
        sent = _headers({"Origin": self.origin, **headers})
        return self.client.post(path, base_url=self.origin, data=form, headers=sent)

    def csrf(self) -> str:
        """The token of the page that this browser would have open."""
        for path in ("/", "/enter", "/sign-in"):
            found = re.search(r"[0-9a-f]{64}", self.get(path).text)
            if found:
                return found.group()
        raise AssertionError("no page has a token")

    def cookie(self) -> str:
        found = self.client.get_cookie(self.site.options.cookie_name, domain=self.origin.split("/")[2].split(":")[0])
        return found.value if found else ""

    def enter(self) -> Browser:
        assert self.post("/enter", data={"token": self.site.gate.new_entry_token()}).status_code == 303
        return self


def _headers(named: dict[str, str]) -> dict[str, str]:
    usual = {"Accept": "text/html"}
    return {**usual, **{name.replace("_", "-"): value for name, value in named.items() if value}}


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def make_site(tmp_path: Path, clock: SetClock) -> Callable[..., Site]:
    def make(origin: str = "http://127.0.0.1:8765", *, local: bool = True, **more: object) -> Site:
        options = SecurityOptions(tmp_path, origin, local, clock, password_hasher=FAST, **more)  # type: ignore[arg-type]
        return Site(options, clock)

    return make


@pytest.fixture
def site(make_site: Callable[..., Site]) -> Site:
    return make_site()


@pytest.fixture
def team(make_site: Callable[..., Site]) -> Site:
    """A page for several people, of whom there are one of each role."""
    site = make_site("https://import.example", local=False)
    for role in ("prepare", "approve", "admin"):
        site.gate.users.add_user(f"{role}r", PASSWORD, role, by="test")
    return site
