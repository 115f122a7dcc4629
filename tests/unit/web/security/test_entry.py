"""Entering as the one person of this computer, and what becomes of the session."""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Callable

import pytest

from importer.core.errors import SettingsError
from importer.web.security import gate as gate_module
from tests.unit.web.security.conftest import Site


def test_without_a_token_there_is_no_data(site: Site) -> None:
    browser = site.browser()
    for path in ("/", "/admin", "/nothing"):
        answer = browser.get(path)
        assert answer.status_code == 403
        assert "importer web" in answer.text
    assert browser.post("/change").status_code == 403
    assert browser.get("/", Accept="application/json").json["remedy"].startswith("Open the page again")
    assert site.called == []


def test_a_token_enters_once(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("getpass.getuser", lambda: "asha")
    token = site.gate.new_entry_token()
    browser = site.browser()
    assert browser.post("/enter", data={"token": token}).status_code == 303
    assert browser.get("/").text.startswith("asha admin ")
    other = site.browser()
    assert other.post("/enter", data={"token": token}).status_code == 403
    assert other.get("/").status_code == 403


@pytest.mark.parametrize(("seconds", "status"), [(59, 303), (60, 403)])
def test_a_token_enters_within_a_minute(site: Site, seconds: int, status: int) -> None:
    browser, token = site.browser(), site.gate.new_entry_token()
    site.clock.sleep(seconds)
    assert browser.post("/enter", data={"token": token}).status_code == status


def test_a_token_is_never_in_what_is_sent_as_an_address(site: Site) -> None:
    """Behind the # it stays in the browser, whose script sends it as a form."""
    address, _, token = site.gate.entry_url().partition("#")
    assert address == "http://127.0.0.1:8765/enter"
    assert len(token) == 43
    browser = site.browser()
    assert browser.get(f"/enter?token={token}").status_code == 200
    assert browser.get("/").status_code == 403
    assert "location.hash" in browser.get("/static/security.js").text
    assert "/static/security.js" in browser.get("/enter").text


def test_entering_gives_a_new_session_id(site: Site) -> None:
    """An id that somebody planted in the browser is worth nothing after signing in (session fixation)."""
    browser, intruder = site.browser(), site.browser()
    planted = "p" * 43
    for each in (browser, intruder):
        each.client.set_cookie(site.options.cookie_name, planted, domain="127.0.0.1")
    browser.enter()
    assert browser.cookie() != planted
    assert intruder.get("/").status_code == 403
    before = browser.cookie()
    browser.enter()
    assert browser.cookie() != before
    intruder.client.set_cookie(site.options.cookie_name, before, domain="127.0.0.1")
    assert intruder.get("/").status_code == 403


def test_the_cookie_is_for_this_page_alone(make_site: Callable[..., Site]) -> None:
    site = make_site()
    browser = site.browser()
    answer = browser.post("/enter", data={"token": site.gate.new_entry_token()})
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("importer-session-8765=")
    assert "HttpOnly; Path=/; SameSite=Lax" in cookie
    assert "Domain" not in cookie
    assert "Secure" not in cookie
    secure = make_site("https://localhost:8765")
    answer = secure.browser().post("/enter", data={"token": secure.gate.new_entry_token()})
    assert answer.headers["Set-Cookie"].startswith("__Host-importer=")
    assert "Secure; HttpOnly; Path=/; SameSite=Lax" in answer.headers["Set-Cookie"]


@pytest.mark.parametrize(
    ("step", "steps", "status"), [(86_399, 1, 200), (86_400, 1, 403), (80_000, 7, 200), (80_000, 8, 403)]
)
def test_a_session_ends(site: Site, step: int, steps: int, status: int) -> None:
    """After a day without a request, and after a week in any case."""
    browser = site.browser().enter()
    for _ in range(steps):
        site.clock.sleep(step)
        answer = browser.get("/")
    assert answer.status_code == status


def test_signing_out_here_and_everywhere(site: Site) -> None:
    first, second = site.browser().enter(), site.browser().enter()
    old = first.cookie()
    assert first.post("/sign-out").status_code == 303
    assert first.cookie() == ""
    first.client.set_cookie(site.options.cookie_name, old, domain="127.0.0.1")
    assert first.get("/").status_code == 403
    assert second.get("/").status_code == 200
    third = site.browser().enter()
    assert third.post("/sign-out", data={"everywhere": "yes"}).status_code == 303
    assert second.get("/").status_code == 403


def test_nobody_is_signed_out_by_another_page(site: Site) -> None:
    browser = site.browser().enter()
    assert browser.get("/sign-out").status_code == 405
    assert browser.post("/sign-out", csrf="").status_code == 403
    assert browser.get("/").status_code == 200


def test_processes_share_sessions_of_which_only_digests_are_kept(make_site: Callable[..., Site]) -> None:
    site, other = make_site(), make_site()
    browser, token = site.browser().enter(), site.gate.new_entry_token()
    elsewhere = other.browser()
    elsewhere.client.set_cookie(site.options.cookie_name, browser.cookie(), domain="127.0.0.1")
    assert elsewhere.get("/").status_code == 200
    content = site.gate.database.path.read_bytes()
    assert browser.cookie().encode() not in content
    assert token.encode() not in content
    assert stat.S_IMODE(site.gate.database.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(site.gate.database.path.parent.stat().st_mode) == 0o700


def test_a_session_of_this_computer_is_none_for_the_team(make_site: Callable[..., Site]) -> None:
    """Its person may do everything, and has no password."""
    browser = make_site().browser().enter()
    team = make_site("https://import.example", local=False)
    elsewhere = team.browser()
    elsewhere.client.set_cookie("__Host-importer", browser.cookie(), domain="import.example")
    assert elsewhere.get("/", Accept="application/json").status_code == 401
    for answer in (elsewhere.get("/enter"), elsewhere.post("/enter", data={"token": team.gate.new_entry_token()})):
        assert answer.status_code in (303, 401)
        assert answer.headers.get("Location", "/sign-in").startswith("/sign-in")


def test_entries_are_in_the_audit_trail(site: Site) -> None:
    browser = site.browser()
    browser.post("/enter", data={"token": "wrong"})
    browser.enter().post("/sign-out")
    what = [(entry["what"], entry.get("address")) for entry in site.gate.audit.read(10)]
    assert what == [("signed out", None), ("signed in", "127.0.0.1"), ("entry refused", "127.0.0.1")]
    assert "wrong" not in site.gate.audit.path.read_text()


def test_a_file_of_sessions_that_cannot_be_used(make_site: Callable[..., Site]) -> None:
    site = make_site()
    site.gate.database.path.write_bytes(b"no database" * 100)
    with pytest.raises(SettingsError, match=r"access\.sqlite"):
        make_site()


def test_a_failure_undoes_a_change(site: Site) -> None:
    """Whether SQLite or our own code failed."""

    def end_sessions_and_fail(number: int) -> None:
        with site.gate.database.transaction() as connection:
            connection.execute("DELETE FROM sessions")
            connection.execute(("nonsense", 1 / number)[0])

    browser = site.browser().enter()
    with pytest.raises(sqlite3.Error):
        end_sessions_and_fail(1)
    with pytest.raises(ZeroDivisionError):
        end_sessions_and_fail(0)
    assert browser.get("/").status_code == 200


def test_a_user_without_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a container that runs under a number."""

    def no_name() -> str:
        raise KeyError("uid not found")

    monkeypatch.setattr("getpass.getuser", no_name)
    assert gate_module.local_name() == "local user"
