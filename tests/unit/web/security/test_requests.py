"""Requests that are answered, and those that another page or an intruder made."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from werkzeug.datastructures import Headers

from importer.web.security.http_rules import is_from_other_page
from tests.unit.web.security.conftest import WEB, Site

HERE = "http://127.0.0.1:8765"


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8765",
        "127.0.0.1",
        "127.0.0.1:8766",
        "localhost:8765.evil.example",
        "127.0.0.1:8765, evil",
        "",
    ],
)
def test_a_strange_host_is_refused(site: Site, host: str) -> None:
    """A name that points to this computer (DNS rebinding) reaches nothing, not even what is public."""
    browser = site.browser().enter()
    for path in ("/", "/health", "/enter", "/static/security.js"):
        answer = browser.client.get(path, base_url=HERE, headers={"Host": host})
        assert answer.status_code == 403, path
        assert "csrf" not in answer.text


def test_this_computer_has_two_names(site: Site) -> None:
    for host in ("127.0.0.1:8765", "localhost:8765", "LOCALHOST:8765"):
        assert site.browser().client.get("/health", base_url=HERE, headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    ("host", "status"),
    [("import.example", 200), ("import.example:443", 200), ("localhost", 403), ("127.0.0.1:8765", 403)],
)
def test_a_team_has_its_public_name_only(make_site: Callable[..., Site], host: str, status: int) -> None:
    team = make_site("https://import.example", local=False)
    answer = team.browser().client.get("/health", base_url="https://import.example", headers={"Host": host})
    assert answer.status_code == status


def test_a_public_name_without_tls_is_refused(make_site: Callable[..., Site]) -> None:
    """A request that went past the proxy is not answered."""
    team = make_site("https://import.example", local=False)
    assert team.browser().client.get("/health", base_url="http://import.example").status_code == 403


@pytest.mark.parametrize(
    "sent",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:9999"},
        {"Origin": "https://127.0.0.1:8765"},
        {"Origin": "http://127.0.0.1:8765.evil.example"},
        {"Origin": "", "Referer": "http://evil.example/127.0.0.1:8765"},
        {"Origin": "", "Referer": "http://[bad/"},
        {"Origin": ""},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "http://evil.example", "Sec-Fetch-Site": "same-origin"},
    ],
    ids=str,
)
def test_another_page_changes_nothing(site: Site, sent: dict[str, str]) -> None:
    """Even with cookie and CSRF token, as if both had leaked."""
    browser = site.browser().enter()
    assert browser.post("/change", **sent).status_code == 403
    assert site.called == []


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"Sec-Fetch-Site": "same-origin"},
        {"Origin": "", "Referer": f"{HERE}/page"},
        {"Origin": "", "Sec-Fetch-Site": "same-origin"},
    ],
    ids=str,
)
def test_our_own_pages_change_things(site: Site, sent: dict[str, str]) -> None:
    assert site.browser().enter().post("/change", **sent).status_code == 200
    assert site.called == ["change"]


def test_other_ports_cannot_read(site: Site) -> None:
    """Browsers send our cookie to us from pages on other ports, which are the same site for them."""
    browser = site.browser().enter()
    for place in ("same-site", "cross-site"):
        for mode, kind in (("no-cors", "script"), ("cors", "empty"), ("navigate", "iframe"), ("no-cors", "image")):
            sent = {"Sec-Fetch-Site": place, "Sec-Fetch-Mode": mode, "Sec-Fetch-Dest": kind}
            assert browser.get("/", **sent).status_code == 403
        sent = {"Sec-Fetch-Site": place, "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
        assert browser.get("/", **sent).status_code == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "TRACE", "post", "FOO"])
def test_all_methods_but_reading_ones_need_proof(method: str) -> None:
    assert is_from_other_page(method, Headers(), HERE)
    assert not is_from_other_page(method, Headers({"Origin": HERE}), HERE)


@pytest.mark.parametrize("token", ["", "0" * 64, "é", "x"])
def test_a_change_needs_the_csrf_token(site: Site, token: str) -> None:
    browser = site.browser().enter()
    assert browser.post("/change", csrf=token).status_code == 403
    assert browser.post("/change", csrf=token, X_CSRF_Token=token).status_code == 403
    assert site.called == []


def test_the_csrf_token_is_that_of_the_session(site: Site) -> None:
    first, second = site.browser().enter(), site.browser().enter()
    assert first.csrf() != second.csrf()
    assert first.post("/change", csrf=second.csrf()).status_code == 403
    assert first.post("/change", csrf="", X_CSRF_Token=first.csrf()).status_code == 200


@pytest.mark.parametrize("path", ["/", "/nothing", "/enter", "/static/security.js", "/admin", "/health"])
def test_every_answer_has_the_headers(site: Site, path: str) -> None:
    """Pages, scripts, refusals and errors."""
    for browser in (site.browser(), site.browser().enter()):
        answer = browser.get(path)
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "form-action 'self'" in policy
        assert "unsafe" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert "camera=()" in answer.headers["Permissions-Policy"]
        assert "Access-Control-Allow-Origin" not in answer.headers
        assert ("no-store" in answer.headers["Cache-Control"]) == (not path.startswith("/static"))


def test_an_error_of_a_view_has_the_headers_and_no_traceback(site: Site) -> None:
    site.app.testing = False
    site.app.add_url_rule("/broken", view_func=lambda: 1 / 0, endpoint="broken")
    answer = site.browser().enter().get("/broken")
    assert answer.status_code == 500
    assert "ZeroDivisionError" not in answer.text
    assert answer.headers["X-Frame-Options"] == "DENY"


def test_browsers_insist_on_tls_where_there_is_tls(make_site: Callable[..., Site], site: Site) -> None:
    team = make_site("https://import.example", local=False)
    assert team.browser().get("/health").headers["Strict-Transport-Security"] == "max-age=31536000"
    assert "Strict-Transport-Security" not in site.browser().get("/health").headers


def test_requests_have_a_largest_size(make_site: Callable[..., Site]) -> None:
    site = make_site(largest_upload=4000, largest_request=2000)
    browser = site.browser().enter()
    token = {"X-CSRF-Token": browser.csrf(), "Origin": HERE}
    for path, size, status in (("/upload", 3000, 200), ("/upload", 5000, 413), ("/change", 3000, 413)):
        sent = {"data": b"x" * size} if path == "/upload" else {"data": {"csrf": browser.csrf(), "x": "x" * size}}
        headers = token if path == "/upload" else {"Origin": HERE}
        assert browser.client.post(path, base_url=HERE, headers=headers, **sent).status_code == status  # type: ignore[arg-type]


def test_no_page_has_inline_scripts_or_styles() -> None:
    for path in (WEB / "templates" / "security").glob("*.html"):
        assert re.findall(r"<style|\sstyle=|\son[a-z]+=|<script(?! src=)|javascript:", path.read_text("utf-8")) == []


def test_other_people_of_this_computer_are_refused(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even with the token or the cookie, which they may have seen."""
    asked: list[tuple[int, int]] = []

    def is_own(client_port: int, server_port: int) -> bool:
        asked.append((client_port, server_port))
        return client_port == 50_000

    monkeypatch.setattr("importer.web.security.gate.is_own_connection", is_own)
    browser = site.browser().enter()
    for port, status in (("50000", 200), ("50001", 403), ("", 200)):
        environ = {"REMOTE_PORT": port}
        assert browser.client.get("/", base_url=HERE, environ_overrides=environ).status_code == status
    assert asked == [(50_000, 8765), (50_001, 8765)]
