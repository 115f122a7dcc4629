"""Proxy and authorities of an account: where they may stand, who may change them, and what is never shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from importer.config.accounts import load_account
from importer.config.accounts_file import parse_accounts
from importer.config.settings import parse_proxy
from importer.core.errors import AccountsFileError, SettingsError
from importer.core.redaction import HIDDEN, redact
from tests.support.certificates import self_signed

KEYS = {
    "LEADSQUARED_HOST": "https://api-in21.leadsquared.com",
    "LEADSQUARED_ACCESS_KEY": "canary-access-0001",
    "LEADSQUARED_SECRET_KEY": "canary-secret-0002",
}
ENTRY = """\
accounts:
  india:
    host: https://api-in21.leadsquared.com
    access_key: {env: LEADSQUARED_ACCESS_KEY}
    secret_key: {env: LEADSQUARED_SECRET_KEY}
"""


@pytest.mark.parametrize(
    ("given", "parsed"),
    [
        ("proxy.example.com:3128", "http://proxy.example.com:3128"),
        ("http://proxy.example.com", "http://proxy.example.com:8080"),
        ("https://me:pass%2Bword1@proxy.example.com:1/", "https://me:pass%2Bword1@proxy.example.com:1"),
    ],
)
def test_addresses_of_proxies(given: str, parsed: str) -> None:
    """With or without scheme and port; the password is a secret in both of its spellings."""
    assert parse_proxy(given, "x").reveal() == parsed
    assert redact("pass+word1 pass%2Bword1") == f"{HIDDEN} {HIDDEN}" or "@" not in given


@pytest.mark.parametrize("given", ["socks5://h:1", "http://", "http://h:x", "http://h/path", "http://me:secretpass1@"])
def test_what_is_no_proxy(given: str) -> None:
    """The message never quotes it."""
    with pytest.raises(SettingsError) as caught:
        parse_proxy(given, "LEADSQUARED_PROXY")
    assert caught.value.message == "LEADSQUARED_PROXY is not the address of a proxy."


def test_the_environment_names_them_for_every_account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An account's own settings come first."""
    monkeypatch.chdir(tmp_path)
    authority = self_signed(tmp_path)
    authority.chmod(0o644)
    tmp_path.chmod(0o755)
    network = {"LEADSQUARED_PROXY": "http://one.example:1", "LEADSQUARED_CA_FILE": str(authority)}
    (tmp_path / "accounts.yaml").write_text(f"{ENTRY}    proxy: two.example:2\n", "utf-8")
    first = load_account(None, {**KEYS, **network}, tmp_path)
    second = load_account("india", {**KEYS, **network}, tmp_path)
    assert first.proxy is not None
    assert second.proxy is not None
    assert (first.proxy.reveal(), second.proxy.reveal()) == ("http://one.example:1", "http://two.example:2")
    assert first.ca_certificates == second.ca_certificates
    assert "PRIVATE" not in first.ca_certificates
    assert first.ca_certificates.startswith("-----BEGIN CERTIFICATE-----")


def test_a_password_of_a_proxy_is_kept_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As keys are; in the accounts file it is refused, by the loader and by the check."""
    monkeypatch.chdir(tmp_path)
    place = tmp_path / "accounts.yaml"
    place.write_text(f"{ENTRY}    proxy: {{env: OUR_PROXY}}\n", "utf-8")
    parse_accounts(place.read_text("utf-8"), place)
    account = load_account("india", {**KEYS, "OUR_PROXY": "http://me:proxy-word-1@h:1"}, tmp_path)
    assert account.proxy is not None
    assert account.proxy.reveal() == "http://me:proxy-word-1@h:1"
    assert "proxy-word-1" not in repr(account)
    text = f"{ENTRY}    proxy: http://me:proxy-word-1@h:1\n"
    place.write_text(text, "utf-8")
    for load in (lambda: load_account("india", KEYS, tmp_path), lambda: parse_accounts(text, place)):
        with pytest.raises((SettingsError, AccountsFileError)) as caught:
            load()
        assert "password" in caught.value.message.lower()
        assert "proxy-word-1" not in caught.value.message


@pytest.mark.parametrize("proxy", ["http://h/path", "{env: A, file: b}"])
def test_a_wrong_proxy_of_the_accounts_file_is_named(proxy: str) -> None:
    """With its line."""
    with pytest.raises(AccountsFileError, match="line 6"):
        parse_accounts(f"{ENTRY}    proxy: {proxy}\n", Path("accounts.yaml"))


@pytest.mark.parametrize(
    ("mode", "folder", "content", "words"),
    [
        (0o666, 0o755, "", "others may"),
        (0o644, 0o777, "", "everybody may put files"),
        (0o644, 0o755, "no certificate", "holds no certificate"),
        (0o644, 0o755, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", "holds no certificate"),
    ],
)
def test_authorities_are_guarded_as_keys(tmp_path: Path, mode: int, folder: int, content: str, words: str) -> None:
    """Whoever can change them can read along; everybody may read them."""
    path = self_signed(tmp_path)
    if content:
        path.write_text(content, "ascii")
    path.chmod(mode)
    tmp_path.chmod(folder)
    with pytest.raises(SettingsError) as caught:
        load_account(None, {**KEYS, "LEADSQUARED_CA_FILE": str(path)}, tmp_path)
    assert words in caught.value.message
