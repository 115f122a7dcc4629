"""Accounts: from the environment, from the accounts file, from a sandbox of this machine; every refusal with its words."""

from __future__ import annotations

import json
import stat
import sys
import types
from pathlib import Path

import pytest

from importer.errors import SettingsError
from importer.model import CallClass, Limit
from importer.settings import (
    account_from_environment,
    build_account,
    checked_origin,
    home_folder,
    load_account,
    sandbox_file,
    with_limits,
)

KEY = "ground0canary0key"
ENVIRONMENT = {
    "LEADSQUARED_HOST": "api-in21.leadsquared.com",
    "LEADSQUARED_ACCESS_KEY": KEY,
    "LEADSQUARED_SECRET_KEY": f" {KEY}-s\n",
}


def refusal(**changes: str) -> SettingsError:
    with pytest.raises(SettingsError) as caught:
        account_from_environment({**ENVIRONMENT, **changes})
    assert KEY not in str(caught.value)
    assert caught.value.remedy
    return caught.value


def test_the_environment_is_an_account() -> None:
    """Defaults where nothing is said; keys lose the line break that came along."""
    account = account_from_environment(ENVIRONMENT)
    assert (account.name, account.host, account.async_host) == ("default", "https://api-in21.leadsquared.com", "")
    assert account.keys.secret.reveal() == f"{KEY}-s"
    assert not account.keys.api
    assert account.limits == dict.fromkeys(CallClass, Limit(25, 5.0))
    assert (account.daily_calls, account.settle_seconds, account.timeout_seconds) == (0, 120.0, 60.0)
    assert (account.time_zone, account.country, account.is_sandbox) == ("", "", False)


def test_every_setting_counts() -> None:
    """Limits by class, budget, times, zone and country."""
    more = {
        "ASYNC_HOST": "https://asyncapi-in21.leadsquared.com/",
        "API_KEY": f"{KEY}-a",
        "CALLS_PER_WINDOW": "10",
        "BULK_CALLS_PER_WINDOW": "5",
        "WINDOW_SECONDS": "2.5",
        "DAILY_CALLS": "9000",
        "SETTLE_SECONDS": "0",
        "TIMEOUT_SECONDS": "7",
        "TIME_ZONE": " Asia/Kolkata ",
        "COUNTRY": "in",
    }
    account = account_from_environment({**ENVIRONMENT, **{f"LEADSQUARED_{name}": text for name, text in more.items()}})
    assert account.async_host == "https://asyncapi-in21.leadsquared.com"
    assert account.limits[CallClass.BULK] == Limit(5, 2.5)
    assert account.limits[CallClass.STANDARD] == account.limits[CallClass.ASYNC] == Limit(10, 2.5)
    assert (account.daily_calls, account.settle_seconds, account.timeout_seconds) == (9000, 0.0, 7.0)
    assert (account.time_zone, account.country) == ("Asia/Kolkata", "IN")
    learned = with_limits(account, {CallClass.ASYNC: Limit(1, 1.0)})
    assert (learned.limits[CallClass.ASYNC], learned.limits[CallClass.BULK]) == (Limit(1, 1.0), Limit(5, 2.5))


def test_what_is_missing_is_named() -> None:
    """One or several variables, and where to look."""
    assert refusal(LEADSQUARED_HOST=" ").message == "LEADSQUARED_HOST is not set."
    both = refusal(LEADSQUARED_HOST="", LEADSQUARED_SECRET_KEY="")
    assert both.message == "LEADSQUARED_HOST and LEADSQUARED_SECRET_KEY are not set."
    assert "importer demo" in both.remedy


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("CALLS_PER_WINDOW", "0"),
        ("CALLS_PER_WINDOW", "many"),
        ("BULK_CALLS_PER_WINDOW", "1001"),
        ("WINDOW_SECONDS", "nan"),
        ("DAILY_CALLS", "-1"),
        ("SETTLE_SECONDS", "1e9"),
        ("TIMEOUT_SECONDS", "0"),
    ],
)
def test_numbers_have_a_range(name: str, text: str) -> None:
    """Negative, zero, huge and no numbers are refused with the range."""
    error = refusal(**{f"LEADSQUARED_{name}": text})
    assert error.message == f"LEADSQUARED_{name} is {text!r}."
    assert error.remedy.startswith("Expected a number from")


@pytest.mark.parametrize("text", [f"{KEY} x", f'"{KEY}\u200b', f"{KEY}\nmore"])
def test_a_key_with_odd_characters_is_refused_without_being_shown(text: str) -> None:
    """A quoted or broken key is found before it reaches a header."""
    assert "LEADSQUARED_ACCESS_KEY holds blanks" in refusal(LEADSQUARED_ACCESS_KEY=text).message


@pytest.mark.parametrize(
    ("pasted", "origin"),
    [
        ("api.leadsquared.com", "https://api.leadsquared.com"),
        ("https://API-US11.leadsquared.com:443/v2/", "https://api-us11.leadsquared.com"),
        ("asyncapi-in21.leadsquared.com", "https://asyncapi-in21.leadsquared.com"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://localhost", "http://localhost"),
        ("https://[::1]:9", "https://[::1]:9"),
    ],
)
def test_hosts_as_people_paste_them(pasted: str, origin: str) -> None:
    """With or without scheme, path, port and capitals."""
    assert checked_origin(pasted, "HOST") == origin


@pytest.mark.parametrize(
    "pasted",
    [
        "http://api.leadsquared.com",
        "https://api.leadsquared.com.evil.example",
        "https://evil.example/api.leadsquared.com",
        "https://api.leadsquared.com@evil.example",
        "https://evil-leadsquared.com",
        "https://api.leadsquared.com:8443",
        "https://api.leadsquared.com.",
        "https://api-in2l.leadsquared.com",
        "https://аpi.leadsquared.com",
        "https://api.leadsquared.com\\@evil.example",
        "https://203.0.113.7",
        "https://api.leadsquared.com?x=1",
        "http://localhost.evil.example",
        "https://api.leadsquared.com:notaport",
        "ftp://127.0.0.1",
        "",
    ],
)
def test_look_alikes_are_refused(pasted: str) -> None:
    """Keys go nowhere but to LeadSquared over HTTPS, or to this machine."""
    with pytest.raises(SettingsError, match="HOST is not a LeadSquared host"):
        checked_origin(pasted, "HOST")


def test_the_home_folder_is_private(tmp_path: Path) -> None:
    """It is made when it is not there, and nobody else may look inside."""
    folder = home_folder({"IMPORTER_HOME": str(tmp_path / "a" / "b")})
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError, match="cannot be used"):
        home_folder({"IMPORTER_HOME": str(tmp_path / "file" / "x")})


def test_the_usual_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a word it is the user's data folder."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert home_folder({}) == tmp_path / "importer"


def accounts(folder: Path, text: str) -> dict[str, str]:
    path = folder / "accounts.yaml"
    path.write_text(text, "utf-8")
    return {**ENVIRONMENT, "IMPORTER_ACCOUNTS": str(path)}


ENTRY = """\
accounts:
  india:
    host: api-in21.leadsquared.com
    access_key: {env: INDIA_KEY}
    secret_key: {file: FILE}
    api_key: {keyring: leadsquared}
    time_zone: Asia/Kolkata
"""


def test_an_account_of_the_accounts_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its keys come from the environment, a private file and the keyring, never from the YAML."""
    secret = tmp_path / "secret"
    secret.write_text(f"{KEY}-from-file\n", "utf-8")
    secret.chmod(0o600)
    ring = types.SimpleNamespace(get_password=lambda service, user: f"{KEY}-of-{service}-{user}".replace("/", "-"))
    monkeypatch.setitem(sys.modules, "keyring", ring)
    environment = accounts(tmp_path, ENTRY.replace("FILE", str(secret))) | {"INDIA_KEY": f"{KEY}-i"}
    account = load_account("india", environment, tmp_path)
    assert (account.name, account.time_zone) == ("india", "Asia/Kolkata")
    assert account.keys.access.reveal() == f"{KEY}-i"
    assert account.keys.secret.reveal() == f"{KEY}-from-file"
    assert account.keys.api.reveal() == f"{KEY}-of-leadsquared-india-api_key"
    chosen = load_account(None, environment | {"LEADSQUARED_ACCOUNT": "india"}, tmp_path)
    assert chosen.name == "india"
    assert load_account("default", environment, tmp_path).name == "default"
    assert load_account(None, environment, tmp_path).name == "default"


def test_the_accounts_file_lies_where_one_works_or_in_the_home_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The working folder comes first; a plain list of names without `accounts:` is fine, too."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.chdir(tmp_path)
    plain = "a:\n  host: 127.0.0.1\n"
    (home / "accounts.yaml").write_text(plain, "utf-8")
    assert load_account("a", {}, home).host == "https://127.0.0.1"
    (tmp_path / "accounts.yaml").write_text(plain.replace("127.0.0.1", "localhost"), "utf-8")
    assert load_account("a", {}, home).host == "https://localhost"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("accounts: [", "cannot be read as YAML"),
        ("just words", "does not list accounts"),
        ("accounts: {a: text}", "does not list accounts"),
        ("accounts: {a: {hots: x}}", "account a has the unknown setting hots"),
        (f"accounts: {{a: {{host: localhost, access_key: {KEY}}}}}", "`access_key` of account a must not stand in"),
        ("accounts: {a: {host: localhost, access_key: {vault: x}}}", "`access_key` of account a must not stand in"),
        ("accounts: {b: {host: localhost}}", "There is no account called a"),
        ("accounts: {a: {host: localhost, settle_seconds: soon}}", "`settle_seconds` of account a is 'soon'"),
        ("accounts: {a: {host: localhost, access_key: {file: /nonexistent/key}}}", "cannot be read"),
    ],
)
def test_mistakes_in_the_accounts_file(tmp_path: Path, text: str, message: str) -> None:
    """Each is told with the file or the account, and never with what stands there as a key."""
    with pytest.raises(SettingsError) as caught:
        load_account("a", accounts(tmp_path, text), tmp_path)
    assert message in caught.value.message
    assert KEY not in str(caught.value)
    assert caught.value.remedy


def test_an_accounts_file_that_is_no_text(tmp_path: Path) -> None:
    """Another encoding is refused; its content is not quoted."""
    path = tmp_path / "accounts.yaml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SettingsError, match="cannot be read as YAML"):
        load_account("a", {"IMPORTER_ACCOUNTS": str(path)}, tmp_path)


def test_without_an_accounts_file_no_name_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message says which are known: none."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SettingsError) as caught:
        load_account("a", {}, tmp_path)
    assert caught.value.remedy == "Accounts known in accounts.yaml: none."


@pytest.mark.parametrize("how", ["readable by others", "too large", "a folder", "no text"])
def test_a_key_file_must_be_private(tmp_path: Path, how: str) -> None:
    """A file that others can read, or that is no small text file, is refused with what to do."""
    path = tmp_path / "key"
    if how == "a folder":
        path.mkdir(mode=0o700)
    else:
        path.write_bytes({"too large": b"x" * 5000, "no text": b"\xff\xfe"}.get(how, KEY.encode()))
        path.chmod(0o644 if how == "readable by others" else 0o600)
    entry = f"accounts: {{a: {{host: localhost, access_key: {{file: {path}}}}}}}"
    with pytest.raises(SettingsError) as caught:
        load_account("a", accounts(tmp_path, entry), tmp_path)
    assert str(path) in caught.value.message
    assert ("chmod 600" in caught.value.remedy) == (how != "no text")


def test_without_the_keyring_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message says what to install."""
    monkeypatch.setitem(sys.modules, "keyring", None)
    entry = "accounts: {a: {host: localhost, access_key: {keyring: leadsquared}}}"
    with pytest.raises(SettingsError) as caught:
        load_account("a", accounts(tmp_path, entry), tmp_path)
    assert "importer[keyring]" in caught.value.remedy


def test_a_sandbox_is_an_account(tmp_path: Path) -> None:
    """By its connection file; a broken one says how to start it again."""
    path = sandbox_file(tmp_path, "my sandbox/../x")
    assert path == tmp_path / "sandboxes" / "my_sandbox____x" / "connection.json"
    path = sandbox_file(tmp_path, "sandbox")
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"host": "http://127.0.0.1:1", "access_key": KEY, "calls_per_window": 7}), "utf-8")
    account = load_account("sandbox", {}, tmp_path)
    assert (account.is_sandbox, account.limits[CallClass.BULK].calls) == (True, 7)
    path.write_text("[]", "utf-8")
    with pytest.raises(SettingsError, match="cannot be read"):
        load_account("sandbox", {}, tmp_path)


def test_names_of_settings_in_messages() -> None:
    """An account of a file is named with its setting, in small letters."""
    with pytest.raises(SettingsError, match="`host` of account x is not a LeadSquared host"):
        build_account("x", lambda key: "")
