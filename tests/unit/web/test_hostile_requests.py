"""Requests to the screens that no screen makes: each is refused with words for people, and changes nothing."""

from __future__ import annotations

import io
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from importer.app import Environment
from importer.core.errors import SettingsError
from importer.core.model import Status
from importer.core.time import SystemClock
from importer.jobs import FileState
from importer.jobs.files.inbox import InboxFile
from importer.web.application import make_app
from importer.web.drafts import Delivery, Draft
from importer.web.imports import ImportService, Total
from importer.web.security import SecurityOptions
from importer.web.services import WebConfig
from tests.support.delivery_world import RecordingProgress

HERE = "https://import.example"
PASSWORD = "four words of mine"
MAPPING = "target: capture-lead\nsearch_by: EmailAddress\nlead:\n  EmailAddress: {column: Email, type: email}\n"
FILE = b"Email,City\nasha@example.com,Pune\nnot an address,<script>alert(1)</script>\nanother,Pune\n"


class Page:
    """The page of a team in which two people are needed, with one import that was checked."""

    def __init__(self, home: Path) -> None:
        stop = threading.Event()
        self.env = Environment(
            home=home,
            variables={},
            clock=SystemClock(stop),
            stop=stop,
            progress=RecordingProgress(),  # type: ignore[arg-type]
            make_crm=_no_account,
            confirm=lambda *_: False,
            random_text=lambda: "0123456789",
        )
        fast = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
        config = WebConfig(
            self.env,
            load_account=_no_account,
            start_sandbox=lambda: None,
            reset_sandbox=lambda: None,
            local=False,
            two_people=True,
        )
        options = SecurityOptions(home, HERE, local=False, clock=self.env.clock, password_hasher=fast)
        self.app, self.gate = make_app(config, options)
        self.imports: ImportService = self.app.extensions["importer"].imports
        roles = {"asha": "admin", "ravi": "admin", "mira": "approve"}
        for name, role in roles.items():
            self.gate.users.add_user(name, PASSWORD, role, by="test")
        self.people = {name: Person(self, name) for name in roles}
        self.draft = self.checked_import()

    def checked_import(self) -> Draft:
        draft = self.imports.create(io.BytesIO(FILE), "visits.csv", "asha", "")
        self.imports.tasks.wait(draft.id, 20)
        self.imports.store.mapping(draft).write_text(MAPPING)
        self.imports.check(draft, "asha")
        self.imports.tasks.wait(draft.id, 20)
        return self.imports.store.load(draft.id)


class Person:
    """Somebody with a browser who has signed in."""

    def __init__(self, page: Page, name: str) -> None:
        self._client = FlaskClient(page.app)
        self._token = self._find_token()
        self.post("/sign-in", data={"name": name, "password": PASSWORD})
        self._token = self._find_token()

    def _find_token(self) -> str:
        text = self._client.get("/sign-in", base_url=HERE, follow_redirects=True).text
        found = re.search(r'name="csrf" (?:content|value)="([0-9a-f]{64})"', text)
        assert found, text
        return found[1]

    def get(self, path: str, **query: str) -> TestResponse:
        return self._client.get(path, base_url=HERE, query_string=query)

    def post(self, path: str, **body: Any) -> TestResponse:
        return self._client.post(path, base_url=HERE, headers={"Origin": HERE, "X-CSRF-Token": self._token}, **body)


def _no_account(*_: object) -> Any:
    raise SettingsError("There is no account.", "Add one.")


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Page:
    return Page(tmp_path_factory.mktemp("page"))


@pytest.fixture
def sent(page: Page, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Who began to send; nothing is sent really. The import is as it was before, afterwards."""
    people: list[str] = []
    monkeypatch.setattr(ImportService, "_start_sending", lambda self, draft, who: people.append(who))
    monkeypatch.setattr(ImportService, "_require_current", lambda self, draft: None)
    yield people
    page.imports.store.update(page.draft.id, approved="", approved_by="", prepared_by=(), deliveries=())


@pytest.mark.parametrize(
    "body",
    [
        None,
        5,
        [],
        {},
        {"changes": 5},
        {"changes": {"a": 1}},
        {"changes": "abc"},
        {"changes": [5]},
        {"changes": [{"row": "2", "letter": "A", "text": "x"}]},
        {"changes": [{"row": True, "letter": "A", "text": "x"}]},
        {"changes": [{"row": 0, "letter": "A", "text": "x"}]},
        {"changes": [{"row": 1e400, "letter": "A", "text": "x"}]},
        {"changes": [{"row": 10**30, "letter": "A", "text": "x"}]},
        {"changes": [{"row": 2, "letter": "row", "text": "x"}]},
        {"changes": [{"row": 2, "letter": "__proto__", "text": "x"}]},
        {"changes": [{"row": 2, "letter": None, "text": "x"}]},
        {"changes": [{"row": 2, "letter": "A", "text": None}]},
        {"changes": [{"row": 2, "letter": "A", "text": "\ud800"}]},
        {"changes": [{"row": 2, "letter": "A", "text": "x" * 20_001}]},
        {"letter": "A", "old": "another", "new": "\ud800"},
        {"letter": "A", "old": "another", "new": "x" * 20_001},
        {"letter": "row", "old": "another", "new": "x"},
    ],
    ids=lambda body: str(body)[:60],
)
def test_corrections_that_no_grid_makes(page: Page, body: Any) -> None:
    for action in ("cells", "replace"):
        answer = page.people["asha"].post(f"/imports/{page.draft.id}/{action}", json=body)
        assert answer.status_code == 422, answer.text
    assert page.imports.store.read(page.draft.id, "edits.json") is None


@pytest.mark.parametrize(
    ("screen", "form"),
    [
        ("file", {"header_row": "9" * 5000}),
        ("file", {"header_row": "-1"}),
        ("purpose", {"target": "../x"}),
        ("columns", {"new-constant": "schema.x", "new-value": "schema.py"}),
        ("columns", {"new-constant": "schema", "new-value": "schema.py"}),
        ("columns", {"new-constant": "target.x", "new-value": "x"}),
        ("columns", {"field-0": "schema.x"}),
        ("columns", {"field-0": "other", "other-0": "lookup_file"}),
    ],
)
def test_forms_that_no_screen_makes(page: Page, screen: str, form: dict[str, str]) -> None:
    """Above all, no part of a mapping can be written that names code or another file."""
    before = page.imports.store.mapping(page.draft).read_bytes()
    answer = page.people["asha"].post(f"/imports/{page.draft.id}/{screen}", data=form)
    assert answer.status_code == 422, answer.text
    assert page.imports.store.mapping(page.draft).read_bytes() == before


@pytest.mark.parametrize("name", ["x", "../../etc/passwd", "..", "%00", "a" * 300, "web-imports"])
def test_ids_that_are_none(page: Page, name: str) -> None:
    for path in (f"/imports/{name}", f"/imports/{name}/rows", f"/imports/{name}/download/source"):
        assert page.people["asha"].get(path).status_code == 404


def test_downloads_are_files_to_save(page: Page) -> None:
    """What they hold came from outside, and must not run as a part of the page."""
    for kind in ("source", "mapping"):
        answer = page.people["asha"].get(f"/imports/{page.draft.id}/download/{kind}")
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"
    assert page.people["asha"].get(f"/imports/{page.draft.id}/download/draft.json").status_code == 404


def test_cells_are_text_in_every_screen(page: Page) -> None:
    for screen in ("file", "columns", "review", "approve"):
        answer = page.people["asha"].get(f"/imports/{page.draft.id}/{screen}")
        assert answer.status_code == 200
        assert "<script>alert" not in answer.text


def test_messages_show_no_path_of_the_server(page: Page) -> None:
    person = page.people["asha"]
    answer = person.post("/imports", data={"file": (io.BytesIO(b""), "empty.csv")})
    draft = answer.headers["Location"].rsplit("/", 1)[1]
    page.imports.tasks.wait(draft, 20)
    text = person.get(f"/imports/{draft}/file").text
    assert "empty.csv is empty" in text
    assert str(page.env.home) not in text
    (page.imports.store.folder(page.draft.id) / "mapping.yaml").write_text("lead: [")
    text = person.get(f"/imports/{page.draft.id}/columns").text
    assert "mapping.yaml" in text
    assert str(page.env.home) not in text
    page.imports.store.mapping(page.draft).write_text(MAPPING)


def test_what_was_seen_is_what_is_approved(page: Page, sent: list[str]) -> None:
    """Somebody may check the import again while another person looks at it."""
    ravi = page.people["ravi"]
    form_of_screen = (Path(page.app.root_path) / "templates" / "approve.html").read_text("utf-8")
    assert 'name="checked" value="{{ draft.checked }}"' in form_of_screen
    for form in ({}, {"checked": ""}, {"checked": "another"}):
        assert ravi.post(f"/imports/{page.draft.id}/send", data=form).status_code == 422
    assert sent == []
    assert ravi.post(f"/imports/{page.draft.id}/send", data={"checked": page.draft.checked}).status_code == 303
    assert sent == ["ravi"]


def test_nobody_approves_what_she_prepared(page: Page, sent: list[str]) -> None:
    """Neither the owner, nor who corrected a cell of it, by whatever way rows are sent."""
    form = {"checked": page.draft.checked}
    assert page.people["asha"].post(f"/imports/{page.draft.id}/send", data=form).status_code == 422
    changes = [{"row": 3, "letter": "A", "text": "ravi@example.com"}]
    assert page.people["ravi"].post(f"/imports/{page.draft.id}/cells", json={"changes": changes}).status_code == 200
    assert page.people["ravi"].post(f"/imports/{page.draft.id}/send", data=form).status_code == 422
    page.imports.store.update(page.draft.id, deliveries=(Delivery("run-1"),))
    for decision in ("send", "absent"):
        answer = page.people["ravi"].post(
            f"/imports/{page.draft.id}/decide", data={"run": "run-1", "decision": decision, "row": "3", "continue": "1"}
        )
        assert "Another person must approve" in answer.text
    assert sent == []


def test_continuing_is_no_way_around_the_approval(page: Page, sent: list[str]) -> None:
    assert page.people["asha"].post(f"/imports/{page.draft.id}/resume").status_code == 422
    assert sent == []
    page.imports.store.update(page.draft.id, approved=page.draft.checked)
    assert page.people["asha"].post(f"/imports/{page.draft.id}/resume").status_code == 303
    assert sent == ["asha"]


def test_an_import_at_work_is_not_removed(page: Page) -> None:
    store = page.imports.store
    before = store.read(page.draft.id, "task.json")
    store.write(page.draft.id, "task.json", {**before, "state": "running"})
    assert page.people["asha"].post(f"/imports/{page.draft.id}/remove").status_code == 422
    store.write(page.draft.id, "task.json", before)
    assert store.load(page.draft.id).id == page.draft.id


def test_an_import_is_removed_by_its_owner_or_an_admin(page: Page) -> None:
    draft = page.imports.store.create("visits.csv", "ravi", "", page.env.clock.now())
    assert page.people["mira"].post(f"/imports/{draft.id}/remove").status_code == 422
    assert page.imports.store.load(draft.id) == draft
    assert page.people["asha"].post(f"/imports/{draft.id}/remove").status_code == 303
    assert page.people["asha"].get(f"/imports/{draft.id}").status_code == 404


def test_an_import_with_undecided_rows_is_not_removed(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise who prepared them could decide in the history to send them."""
    draft = page.imports.store.create("visits.csv", "ravi", "", page.env.clock.now())
    for counts, status in (({Status.CHANGED: 1}, 422), ({Status.UNCERTAIN: 2}, 422), ({Status.CREATED: 3}, 303)):
        total = Total(counts, 3, None)
        monkeypatch.setattr(ImportService, "total", lambda self, draft, total=total: total)
        assert page.people["ravi"].post(f"/imports/{draft.id}/remove").status_code == status


def test_the_sandbox_button_leads_to_no_other_site(page: Page) -> None:
    assert page.people["asha"].post("/sandbox", data={"back": "https://evil.example"}).headers["Location"] == "/"


JOBS = """\
jobs:
  nightly: {account: default, mapping: visits.yaml, source: {folder: in}, guards: {approval: true}}
  hasty: {account: default, mapping: visits.yaml, source: {folder: hasty}}
"""


def test_no_file_is_sent_by_a_job_without_an_approval(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither by an inbox whose files nobody looks at, nor by the approval of who put the file there."""
    home = page.env.home
    monkeypatch.chdir(home)
    (home / "jobs.yaml").write_text(JOBS)
    (home / "visits.yaml").write_text(MAPPING)
    for folder in ("in", "hasty"):
        (home / folder).mkdir()
    answers = {
        job: page.people["asha"].post(f"/jobs/{job}/files", data={"file": (io.BytesIO(FILE), "visits.csv")}).status_code
        for job in ("hasty", "nightly")
    }
    assert answers == {"hasty": 422, "nightly": 303}
    assert page.people["asha"].get("/jobs").text.count('/files"') == 1
    assert "Put it there" not in page.people["asha"].get("/jobs/hasty").text
    assert list((home / "hasty").iterdir()) == []
    store = page.app.extensions["importer"].jobs.open().store
    info = (home / "in" / "visits.csv").stat()
    seen = InboxFile(home / "in" / "visits.csv", info.st_size, info.st_mtime_ns, info.st_ino)
    record = store.add_file("nightly", seen, "a" * 64, "", page.env.clock.now())
    store.update_file(record.id, state=FileState.HELD.value, outcome="held", message="every file is held")
    approve = f"/jobs/nightly/files/{record.id}/approve"
    assert page.people["asha"].post(approve, data={"sha": record.sha}).status_code == 422
    assert page.people["mira"].post(approve, data={"sha": "another"}).status_code == 422
    assert page.people["mira"].post(approve, data={"sha": record.sha}).status_code == 303
    assert store.file_record(record.id).approved_by == "mira"
    (home / "jobs.yaml").unlink()


def test_numbers_that_no_database_holds(page: Page) -> None:
    assert page.people["asha"].get("/history", page=str(10**30)).status_code == 200
    assert page.people["asha"].get("/history", page="-1").status_code == 200


def test_stopping_what_does_not_run_changes_nothing(page: Page) -> None:
    assert page.people["asha"].post(f"/imports/{page.draft.id}/stop").status_code == 303
    assert page.imports.store.read(page.draft.id, "stop.json") is None
