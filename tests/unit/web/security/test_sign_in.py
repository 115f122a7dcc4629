"""Signing in with a password, and what each role may do."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from werkzeug.test import TestResponse

from importer.web.security import current_person, public
from importer.web.security.sessions import AccessDatabase
from importer.web.security.throttle import Throttle
from tests.unit.web.security.conftest import PASSWORD, Browser, SetClock, Site

ADDRESS = {"REMOTE_ADDR": "10.1.1.1"}


def test_a_person_signs_in_and_out(team: Site) -> None:
    browser = team.browser()
    assert browser.get("/").headers["Location"] == "/sign-in?next=%2F"
    assert browser.sign_in("approver", PASSWORD).status_code == 303
    assert browser.cookie()
    assert browser.get("/").text.startswith("approver approve ")
    assert browser.get("/sign-in").status_code == 303
    assert browser.post("/sign-out").headers["Location"] == "/sign-in"
    assert browser.get("/").status_code == 303


def test_a_script_gets_json_when_nobody_is_signed_in(team: Site) -> None:
    for sent in ({"Accept": "application/json"}, {"Sec-Fetch-Mode": "cors", "Sec-Fetch-Site": "same-origin"}):
        answer = team.browser().get("/", **sent)
        assert (answer.status_code, answer.json["message"]) == (401, "You are signed out.")


@pytest.mark.parametrize(
    ("name", "password"), [("approver", "wrong password"), ("nobody", PASSWORD), ("", ""), ("approver", "x" * 2000)]
)
def test_a_refusal_does_not_say_what_was_wrong(team: Site, name: str, password: str) -> None:
    browser = team.browser()
    answer = browser.sign_in(name, password)
    assert answer.status_code == 403
    assert "Name or password is wrong." in answer.text
    assert browser.get("/").status_code == 303


def test_signing_in_gives_a_new_session_id(team: Site) -> None:
    browser, intruder = team.browser(), team.browser()
    browser.get("/sign-in")
    before = browser.cookie()
    browser.sign_in("approver", PASSWORD)
    assert browser.cookie() != before
    intruder.client.set_cookie("__Host-importer", before, domain="import.example")
    assert intruder.get("/").status_code == 303


@pytest.mark.parametrize(
    ("role", "allowed"),
    [("prepare", ["/change"]), ("approve", ["/change", "/approve"]), ("admin", ["/change", "/approve", "/admin"])],
)
def test_what_each_role_may_do(team: Site, role: str, allowed: list[str]) -> None:
    browser = team.browser()
    browser.sign_in(f"{role}r", PASSWORD)
    answers = {
        "/change": browser.post("/change"),
        "/approve": browser.post("/approve"),
        "/admin": browser.get("/admin"),
    }
    assert [path for path, answer in answers.items() if answer.status_code == 200] == allowed
    assert all(f"yours is {role}" in answer.text for path, answer in answers.items() if path not in allowed)


def test_a_change_of_role_counts_at_once(team: Site) -> None:
    browser = team.browser()
    browser.sign_in("approver", PASSWORD)
    team.gate.users.set_role("approver", "prepare", by="root")
    assert browser.post("/approve").status_code == 403
    assert team.gate.audit.read(1)[0]["what"] == "refused"


@pytest.mark.parametrize(
    "end",
    [
        lambda site: site.gate.users.remove_user("approver", by="root"),
        lambda site: site.gate.users.set_password("approver", "another four words", by="root"),
        lambda site: site.clock.sleep(2 * 3600),
        lambda site: site.gate.sessions.end_all("approver"),
    ],
    ids=["removed", "new password", "two idle hours", "signed out everywhere"],
)
def test_a_session_ends_with_its_reason(team: Site, end: Callable[[Site], None]) -> None:
    browser = team.browser()
    browser.sign_in("approver", PASSWORD)
    end(team)
    assert browser.get("/").status_code == 303
    assert browser.post("/approve").status_code == 401


@pytest.mark.parametrize(
    ("asked", "reached"),
    [
        ("/history?page=2", "/history?page=2"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("/\t/evil.example", "/"),
        ("https://evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("", "/"),
    ],
)
def test_nobody_is_led_to_another_site(team: Site, asked: str, reached: str) -> None:
    assert team.browser().sign_in("approver", PASSWORD, next=asked).headers["Location"] == reached


def test_wrong_passwords_are_delayed_more_and_more(team: Site) -> None:
    browser = team.browser()
    for _ in range(3):
        assert browser.sign_in("approver", "wrong password").status_code == 403
    delays = []
    for _ in range(12):
        answer = browser.sign_in("approver", PASSWORD)
        assert answer.status_code == 429
        delays.append(int(answer.headers["Retry-After"]))
        team.clock.sleep(delays[-1])
        assert browser.sign_in("approver", "wrong password").status_code == 403
    assert delays[:5] == [1, 2, 4, 8, 16]
    assert delays[-1] == 900
    team.clock.sleep(900)
    assert browser.sign_in("approver", PASSWORD).status_code == 303
    assert browser.sign_in("approver", "wrong password").status_code == 403


def test_failures_are_recorded_without_what_was_typed(team: Site) -> None:
    browser = team.browser()
    browser.sign_in("my secret password", "approver")
    browser.sign_in("approver", "my secret password")
    assert [entry["name"] for entry in team.gate.audit.read(2)] == ["approver", "unknown"]
    assert "my secret" not in team.gate.audit.path.read_text()
    assert b"my secret" not in team.gate.database.path.read_bytes()


def test_signing_out_twice(team: Site) -> None:
    browser = team.browser()
    browser.sign_in("approver", PASSWORD)
    assert browser.post("/sign-out").status_code == 303
    assert browser.post("/sign-out").status_code == 303
    assert [entry["what"] for entry in team.gate.audit.read(2)] == ["signed out", "signed in"]


def test_a_public_view_knows_nobody_until_somebody_signs_in(team: Site) -> None:
    team.app.add_url_rule("/whoami", view_func=public(lambda: current_person().name), endpoint="whoami")
    browser = team.browser()
    assert browser.get("/whoami").status_code == 401
    browser.sign_in("approver", PASSWORD)
    assert browser.get("/whoami").text == "approver"


def test_spellings_of_a_name_share_their_failures(team: Site) -> None:
    """Names are compared without regard to letter case and width of letters, and so are guesses counted."""
    browser = team.browser()
    spellings = ["approver", "APPROVER", " Approver ", "\uff41pprover"]
    assert [browser.sign_in(name, "wrong password").status_code for name in spellings] == [403, 403, 403, 429]


def change(browser: Browser, old: str, new: str, again: str = "") -> TestResponse:
    return browser.post("/account/password", data={"password": old, "new": new, "again": again or new})


def test_a_person_changes_her_password(team: Site) -> None:
    browser, other = team.browser(), team.browser()
    for each in (browser, other):
        each.sign_in("approver", PASSWORD)
    before = browser.cookie()
    assert "Change the password" in browser.get("/account").text
    assert change(browser, PASSWORD, "another four words").headers["Location"] == "/account?changed=yes"
    assert browser.cookie() != before
    assert "signed out on all other devices" in browser.get("/account?changed=yes").text
    assert other.get("/").status_code == 303
    assert other.sign_in("approver", PASSWORD).status_code == 403
    assert other.sign_in("approver", "another four words").status_code == 303


def test_a_password_that_is_not_changed(team: Site) -> None:
    """Also an open session needs the present password, and may not guess it."""
    browser = team.browser()
    browser.sign_in("approver", PASSWORD)
    assert change(browser, PASSWORD, "short").status_code == 422
    assert change(browser, PASSWORD, "another four words", "another five words").status_code == 422
    assert [change(browser, "wrong password", "another four words").status_code for _ in range(4)] == [
        403,
        403,
        403,
        429,
    ]
    assert team.gate.audit.read(1)[0]["what"] == "password change refused"
    assert team.gate.users.check_password("approver", PASSWORD) is not None
    assert team.browser().get("/account").status_code == 303


@pytest.fixture
def throttle(tmp_path: object, clock: SetClock) -> Throttle:
    return Throttle(AccessDatabase(tmp_path), lambda: clock.moment.timestamp())  # type: ignore[arg-type]


def test_guesses_from_many_addresses_are_delayed(throttle: Throttle) -> None:
    """Though by no more than a minute: strangers must not keep a person out."""
    waits = [throttle.begin("asha", f"10.0.{number}.1") for number in range(11)]
    assert waits == [0.0] * 10 + [1.0]
    assert throttle.begin("ravi", "10.0.1.1") == 0


def test_one_address_that_tries_many_names_is_delayed(throttle: Throttle) -> None:
    waits = [throttle.begin(f"user{number}", "10.0.0.1") for number in range(21)]
    assert waits == [0.0] * 20 + [1.0]
    assert throttle.begin("user1", "10.0.0.2") == 0


def test_one_household_has_one_ipv6_network(throttle: Throttle) -> None:
    waits = [throttle.begin("asha", f"2001:db8::{number}") for number in range(4)]
    assert waits == [0.0] * 3 + [1.0]
    assert throttle.begin("asha", "2001:db8:0:1::1") == 0
    assert throttle.begin("asha", "") == 0


def test_success_and_time_forget_failures(throttle: Throttle, clock: SetClock) -> None:
    for _ in range(3):
        throttle.begin("asha", "10.0.0.1")
    throttle.succeed("asha", "10.0.0.1")
    assert [throttle.begin("asha", "10.0.0.1") for _ in range(4)] == [0, 0, 0, 1]
    clock.sleep(24 * 3600)
    assert throttle.begin("asha", "10.0.0.1") == 0


def test_an_attempt_counts_before_it_is_known_to_fail(throttle: Throttle) -> None:
    """Many guesses at once gain nothing."""
    assert [throttle.begin("asha", "10.0.0.1") for _ in range(5)] == [0, 0, 0, 1, 1]
