"""Signing in with an OpenID Connect provider that runs on this computer."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from werkzeug.test import TestResponse

from importer.core.errors import SettingsError
from importer.core.redaction import Secret
from importer.web.security import OidcOptions, Role
from tests.support.oidc_provider import CLIENT_ID, CLIENT_SECRET, Provider, running_provider
from tests.unit.web.security.conftest import Browser, Site

ADDRESSES = {"asha@example.com": Role.APPROVE, "ravi@example.com": Role.ADMIN}


@pytest.fixture(scope="module")
def running() -> Iterator[Provider]:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with running_provider() as provider:
        yield provider


@pytest.fixture
def provider(running: Provider) -> Provider:
    """The running provider, honest again."""
    fresh = vars(Provider())
    vars(running).update({name: fresh[name] for name in fresh if name not in ("app", "issuer")})
    return running


@pytest.fixture
def make_team(make_site: Callable[..., Site], provider: Provider) -> Callable[..., Site]:
    def make(**more: Any) -> Site:
        options = {"roles_by_address": ADDRESSES, **more}
        oidc = OidcOptions(provider.issuer, CLIENT_ID, Secret(CLIENT_SECRET), **options)
        return make_site("https://import.example", local=False, oidc=oidc)

    return make


def go(browser: Browser, path: str = "/sign-in/provider") -> str:
    """Follow the browser's way to the provider and back; return the address that the provider sends it to."""
    there = browser.get(path)
    assert there.status_code == 303, there.text
    back = requests.get(there.headers["Location"], allow_redirects=False, timeout=10).headers["Location"]
    assert back.startswith("https://import.example/sign-in/provider/return?")
    return back.removeprefix("https://import.example")


def enter(browser: Browser) -> TestResponse:
    return browser.get(go(browser), Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="navigate", Sec_Fetch_Dest="document")


def test_a_person_signs_in_with_the_provider(make_team: Callable[..., Site]) -> None:
    team = make_team()
    browser = team.browser()
    assert "Sign in with your organisation" in browser.get("/sign-in?next=/history").text
    back = go(browser, "/sign-in/provider?next=/history")
    before = browser.cookie()
    answer = browser.get(back)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/history")
    assert browser.cookie() != before
    assert browser.get("/").text.startswith("asha@example.com approve ")
    assert team.gate.audit.read(1)[0]["how"] == "provider"


def test_what_is_sent_to_the_provider(make_team: Callable[..., Site]) -> None:
    address = urlsplit(make_team().browser().get("/sign-in/provider").headers["Location"])
    asked = parse_qs(address.query)
    assert asked["scope"] == ["openid email"]
    assert {"state", "nonce", "code_challenge"} <= set(asked)
    assert CLIENT_SECRET not in address.query


def test_an_answer_works_once_and_in_one_browser(make_team: Callable[..., Site], provider: Provider) -> None:
    """An intruder's own answer signs nobody in, and a stolen one is worth nothing elsewhere."""
    team = make_team()
    mine, other = team.browser(), team.browser()
    other.get("/sign-in")
    back = go(mine)
    assert other.get(back).status_code == 403
    assert mine.get(back).status_code == 403
    back = go(mine)
    assert mine.get(back.replace("state=", "state=x")).status_code == 403
    assert mine.get(back).status_code == 303
    assert mine.get(back).status_code == 403
    back = go(other)
    team.clock.sleep(600)
    assert other.get(back).status_code == 403


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"iss": "https://evil.example"},
        {"iss": None},
        {"aud": "another-client"},
        {"aud": [CLIENT_ID, "another"], "azp": "another"},
        {"sub": None},
        {"exp": None},
        {"exp": 1},
        {"at_hash": "wrong"},
    ],
    ids=str,
)
def test_an_id_token_for_something_else(
    make_team: Callable[..., Site], provider: Provider, claims: dict[str, Any]
) -> None:
    provider.claims = claims
    browser = make_team().browser()
    assert enter(browser).status_code == 403
    assert browser.get("/").status_code == 303


@pytest.mark.parametrize(
    "forge", [Provider.sign_with_another_key, Provider.sign_with_shared_secret, Provider.sign_not_at_all]
)
def test_forged_signatures(
    make_team: Callable[..., Site], provider: Provider, forge: Callable[[Provider], None]
) -> None:
    """Whatever algorithms the provider says that it uses."""
    forge(provider)
    assert enter(make_team().browser()).status_code == 403


def test_an_answer_without_id_token(make_team: Callable[..., Site], provider: Provider) -> None:
    provider.sends_id_token = False
    assert enter(make_team().browser()).status_code == 403


def test_the_providers_keys_may_change(make_team: Callable[..., Site], provider: Provider) -> None:
    team = make_team()
    assert enter(team.browser()).status_code == 303
    provider.change_key()
    assert enter(team.browser()).status_code == 303


@pytest.mark.parametrize(("seconds", "status"), [(50, 303), (-50, 303), (80, 403), (-80, 403)])
def test_clocks_may_differ_by_a_minute(
    make_team: Callable[..., Site], provider: Provider, seconds: int, status: int
) -> None:
    """A token from the future, or one that is over."""
    now = int(time.time())
    provider.claims = {"iat": now + seconds, "exp": now + seconds + (3600 if seconds > 0 else 0)}
    assert enter(make_team().browser()).status_code == status


@pytest.mark.parametrize(
    ("options", "claims", "person"),
    [
        ({}, {"email": "RAVI@example.com"}, "ravi@example.com admin"),
        ({}, {"email": "stranger@example.com"}, ""),
        ({}, {"email_verified": False}, ""),
        ({}, {"email_verified": None}, ""),
        ({}, {"email_verified": "true"}, ""),
        ({}, {"email": None}, ""),
        ({"trust_addresses": True}, {"email_verified": None}, "asha@example.com approve"),
        (
            {"role_claim": "groups", "roles_by_claim": {"crm": Role.ADMIN}},
            {"groups": ["crm", 5]},
            "asha@example.com admin",
        ),
        (
            {"role_claim": "groups", "roles_by_claim": {"crm": Role.PREPARE}},
            {"groups": "crm"},
            "asha@example.com approve",
        ),
        (
            {"role_claim": "realm.roles", "roles_by_claim": {"crm": Role.PREPARE}, "roles_by_address": {}},
            {"realm": {"roles": ["crm"]}, "email": None},
            "person-1 prepare",
        ),
        (
            {"role_claim": "https://x.example/roles", "roles_by_claim": {"crm": Role.PREPARE}, "roles_by_address": {}},
            {"https://x.example/roles": ["crm"], "email_verified": False},
            "person-1 prepare",
        ),
        ({"role_claim": "a.b", "roles_by_claim": {"crm": Role.ADMIN}, "roles_by_address": {}}, {"a": 5}, ""),
        ({"roles_by_address": {"": Role.ADMIN}}, {"email": None}, ""),
    ],
    ids=str,
)
def test_roles(
    make_team: Callable[..., Site], provider: Provider, options: dict[str, Any], claims: dict[str, Any], person: str
) -> None:
    """By a verified address, or by a claim."""
    provider.claims = claims
    browser = make_team(**options).browser()
    assert enter(browser).status_code == (303 if person else 403)
    assert not person or browser.get("/").text.startswith(f"{person} ")


def test_a_changed_list_of_addresses_ends_sessions(make_team: Callable[..., Site]) -> None:
    browser = make_team().browser()
    enter(browser)
    later = make_team(roles_by_address={"asha@example.com": Role.PREPARE}).browser()
    later.client.set_cookie("__Host-importer", browser.cookie(), domain="import.example")
    assert later.get("/").status_code == 303


@pytest.mark.parametrize("answer", [{"iss": "https://evil.example"}, {"code": "made-up"}])
def test_answers_of_another_provider(
    make_team: Callable[..., Site], provider: Provider, answer: dict[str, str]
) -> None:
    provider.answer = answer
    assert enter(make_team().browser()).status_code == 403


def test_a_provider_that_refuses_the_person(make_team: Callable[..., Site], provider: Provider) -> None:
    provider.refuses = True
    answer = enter(make_team().browser())
    assert answer.status_code == 403
    assert "did not let you in" in answer.text


@pytest.mark.parametrize("metadata", [{"issuer": "https://evil.example"}, {"authorization_endpoint": None}])
def test_a_provider_that_is_another(
    make_team: Callable[..., Site], provider: Provider, metadata: dict[str, str]
) -> None:
    provider.metadata = metadata
    assert make_team().browser().get("/sign-in/provider").status_code == 502


def test_a_provider_that_is_not_there(make_site: Callable[..., Site]) -> None:
    oidc = OidcOptions("http://127.0.0.1:1", CLIENT_ID, Secret(CLIENT_SECRET))
    answer = make_site("https://import.example", local=False, oidc=oidc).browser().get("/sign-in/provider")
    assert answer.status_code == 502
    assert "Try again in a minute" in answer.text


def test_without_authlib(make_team: Callable[..., Site], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "importer.web.security.oidc", None)
    with pytest.raises(SettingsError) as caught:
        make_team()
    assert caught.value.remedy == "Install it: pip install 'importer[oidc]'"
