"""The page with a CRM in memory, and a browser's requests to it."""

from __future__ import annotations

import io
import re
import threading
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from importer.app import Environment
from importer.config import load_account
from importer.web.application import make_app
from importer.web.imports import ImportService
from importer.web.security import SecurityOptions
from importer.web.services import Services, WebConfig
from tests.support.compiled_templates import CompiledTemplates
from tests.support.delivery_world import RecordingProgress, VirtualClock
from tests.support.full_crm import FullCrm

ORIGIN = "http://127.0.0.1:8765"
VARIABLES = {
    "LEADSQUARED_HOST": "https://api-in21.leadsquared.com",
    "LEADSQUARED_ACCESS_KEY": "test-access-key",
    "LEADSQUARED_SECRET_KEY": "test-secret-key",
    "LEADSQUARED_TIME_ZONE": "Asia/Kolkata",
}
COMPILED = CompiledTemplates()


class Page:
    """The page of one person, who has entered."""

    def __init__(self, home: Path, **settings: Any) -> None:
        self.clock = VirtualClock()
        self.crm = FullCrm(self.clock)
        numbers = iter(range(100_000))
        self.env = Environment(
            home=home,
            variables=VARIABLES,
            clock=self.clock,
            stop=threading.Event(),
            progress=RecordingProgress(),
            make_crm=lambda account: self.crm,
            confirm=lambda question: pytest.fail("nobody is asked behind the page"),
            random_text=lambda: f"{next(numbers):04x}",
        )
        self.config = WebConfig(
            env=self.env,
            load_account=lambda name: load_account(name, self.env.variables, home),
            start_sandbox=lambda: self.sandbox_starts.append(1),
            reset_sandbox=lambda: self.sandbox_resets.append(1),
            make_clock=lambda stop: self.clock,
            **settings,
        )
        self.sandbox_starts: list[int] = []
        self.sandbox_resets: list[int] = []
        self.app, self.gate = make_app(self.config, SecurityOptions(home, ORIGIN, local=True, clock=self.clock))
        self.app.jinja_env.bytecode_cache = COMPILED
        self.client = FlaskClient(self.app)
        self._csrf = ""
        self._csrf = self._find_csrf("/enter")
        assert self.post("/enter", token=self.gate.new_entry_token()).status_code == 303
        self._csrf = self._find_csrf("/")

    def _find_csrf(self, path: str) -> str:
        found = re.search(r'name="csrf"\s+(?:content|value)="([0-9a-f]{64})"', self.get(path).text)
        assert found is not None
        return found.group(1)

    @property
    def services(self) -> Services:
        found: Services = self.app.extensions["importer"]
        return found

    @property
    def imports(self) -> ImportService:
        return self.services.imports

    def get(self, path: str, **headers: str) -> TestResponse:
        return self.client.get(path, base_url=ORIGIN, headers={"Accept": "text/html", **headers})

    def post(self, path: str, **form: Any) -> TestResponse:
        data = {"csrf": self._csrf, **form}
        return self.client.post(path, base_url=ORIGIN, data=data, headers={"Accept": "text/html", "Origin": ORIGIN})

    def post_json(self, path: str, **content: Any) -> TestResponse:
        headers = {"Accept": "application/json", "Origin": ORIGIN, "X-CSRF-Token": self._csrf}
        return self.client.post(path, base_url=ORIGIN, json=content, headers=headers)

    def upload(self, text: str | bytes, name: str = "visits.csv", account: str = "default") -> str:
        """Upload a file and wait until it has been read; returns the id of its import."""
        content = io.BytesIO(text.encode() if isinstance(text, str) else text)
        answer = self.post("/imports", file=(content, name), account=account)
        assert answer.status_code == 303, answer.text
        draft_id = answer.location.rsplit("/", 1)[1]
        self.imports.tasks.wait(draft_id, 60)
        return draft_id

    def do(self, draft_id: str, action: str, **form: Any) -> TestResponse:
        """Post to an address of an import, and wait for what that starts."""
        if action == "send":
            # The screen that shows the import names the check that it shows.
            form = {"checked": self.imports.store.load(draft_id).checked, **form}
        answer = self.post(f"/imports/{draft_id}/{action}", **form)
        self.imports.tasks.wait(draft_id, 60)
        return answer

    def see(self, draft_id: str, screen: str) -> str:
        answer = self.get(f"/imports/{draft_id}/{screen}")
        assert answer.status_code == 200, (answer.status_code, answer.location, answer.text)
        return answer.text


@pytest.fixture
def page(tmp_path: Path) -> Page:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    return Page(home)
