"""The places a key may come from, in which order, and what they must be like."""

from __future__ import annotations

import builtins
import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import keyring
import keyring.errors
import pytest

from importer.config import secrets
from importer.config.accounts import account_from_environment, load_account
from importer.config.secrets import key_from_credentials, key_from_file, key_from_keyring
from importer.core.errors import SettingsError
from tests.unit.core.environment_helpers import ACCESS, HOST, SECRET, environment


def key_file(path: Path, text: str = SECRET, mode: int = 0o600) -> Path:
    path.write_text(text)
    path.chmod(mode)
    return path


def test_a_private_file(tmp_path: Path) -> None:
    """Its text, without the line break at its end; a link to it is fine, as containers mount secrets that way."""
    path = key_file(tmp_path / "key", f"{SECRET}\n")
    (tmp_path / "link").symlink_to(path)
    assert key_from_file(path, "x") == key_from_file(tmp_path / "link", "x") == SECRET


def pipe(path: Path) -> None:
    os.mkfifo(path, 0o600)


def in_a_public_folder(path: Path) -> None:
    key_file(path)
    path.parent.chmod(0o777)


BAD: dict[str, tuple[Callable[[Path], object], str]] = {
    "a folder": (lambda path: path.mkdir(mode=0o700), "is not an ordinary file"),
    "a pipe": (pipe, "is not an ordinary file"),
    "open to the group": (lambda path: key_file(path, mode=0o640), "is not private"),
    "open to all": (lambda path: key_file(path, mode=0o604), "is not private"),
    "too large": (lambda path: key_file(path, SECRET * 200), "is too large"),
    "in a folder of everybody": (in_a_public_folder, "everybody may put files"),
    "two lines": (lambda path: key_file(path, f"{SECRET}\n{ACCESS}"), "does not hold one key"),
    "not ASCII": (lambda path: key_file(path, f"{SECRET}ü"), "does not hold one key"),
    "empty": (lambda path: key_file(path, " \n"), "does not hold one key"),
    "missing": (lambda path: None, "cannot be read"),
    "a loop of links": (lambda path: path.symlink_to(path), "cannot be read"),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_file_that_is_not_trusted(tmp_path: Path, kind: str) -> None:
    """The message says why and names the path, never the content."""
    make, words = BAD[kind]
    path = tmp_path / "key"
    make(path)
    with pytest.raises(SettingsError, match=words) as caught:
        key_from_file(path, "`secret_key` of account x")
    told = caught.value.message + caught.value.remedy
    assert str(path) in told
    assert SECRET not in told
    assert caught.value.__context__ is None or caught.value.__suppress_context__


def test_a_file_of_somebody_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only our own files are trusted, and the service manager's."""
    path = key_file(tmp_path / "lsq_secret_key")
    owner = path.stat().st_uid
    monkeypatch.setattr(secrets, "user_id", lambda: owner + 1)
    with pytest.raises(SettingsError, match="belongs to somebody else"):
        key_from_file(path, "x")


def test_a_path_that_no_file_can_have() -> None:
    """A NUL character is a refusal like any other."""
    with pytest.raises(SettingsError, match="cannot be read"):
        key_from_file(Path("a\0b"), "x")


def test_credentials_of_the_service_manager(tmp_path: Path) -> None:
    """Found by name; a group's right to read is systemd's access list; others must have none."""
    key_file(tmp_path / "lsq_secret_key", mode=0o440)
    variables = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    assert key_from_credentials(variables, "lsq_secret_key", "x") == SECRET
    assert key_from_credentials(variables, "lsq_api_key", "x") is None
    assert key_from_credentials({}, "lsq_secret_key", "x") is None
    (tmp_path / "lsq_secret_key").chmod(0o444)
    with pytest.raises(SettingsError, match="is not private"):
        key_from_credentials(variables, "lsq_secret_key", "x")


def test_the_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its password, or an empty text when it has none."""
    monkeypatch.setattr(keyring, "get_password", lambda service, user: SECRET if user == "a/secret_key" else None)
    assert key_from_keyring("importer", "a/secret_key") == SECRET
    assert key_from_keyring("importer", "b/secret_key") == ""


@pytest.mark.parametrize("error", [keyring.errors.NoKeyringError("x"), OSError("x"), RuntimeError("x")])
def test_a_keyring_that_cannot_be_asked(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """A server without keyring gets a sentence, not a traceback."""

    def fail(service: str, user: str) -> str:
        raise error

    monkeypatch.setattr(keyring, "get_password", fail)
    with pytest.raises(SettingsError, match="cannot be asked"):
        key_from_keyring("importer", "x")


def test_a_keyring_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The remedy is the command that installs it."""
    real = builtins.__import__

    def lacking(name: str, *rest: Any, **named: Any) -> Any:
        if name.startswith("keyring"):
            raise ImportError(name)
        return real(name, *rest, **named)

    monkeypatch.setattr(builtins, "__import__", lacking)
    with pytest.raises(SettingsError) as caught:
        key_from_keyring("importer", "x")
    assert "pip install 'importer[keyring]'" in caught.value.remedy


def test_the_order_of_the_default_account(tmp_path: Path) -> None:
    """Credentials before file before variable."""
    file = key_file(tmp_path / "file", "from-the-file-0001")
    key_file(tmp_path / "lsq_secret_key", "from-credentials-0001")
    variables = environment(SECRET_KEY="from-the-variable-0001")

    def secret(**more: str) -> str:
        return account_from_environment({**variables, **more}).keys.secret.reveal()

    assert secret() == "from-the-variable-0001"
    assert secret(LEADSQUARED_SECRET_KEY_FILE=str(file)) == "from-the-file-0001"
    both = {"LEADSQUARED_SECRET_KEY_FILE": str(file), "CREDENTIALS_DIRECTORY": str(tmp_path)}
    assert secret(**both) == "from-credentials-0001"


def test_the_sources_of_an_accounts_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keyring and credential work as variable and file do; a credential's name cannot leave its folder."""
    monkeypatch.setitem(
        sys.modules, "keyring", SimpleNamespace(get_password=lambda service, user: f"{service}-{user}-password")
    )
    key_file(tmp_path / "my_secret", SECRET)
    path = tmp_path / "accounts.yaml"
    path.write_text(
        f"a: {{host: {HOST}, access_key: {{keyring: importer}}, secret_key: {{credential: ../../my_secret}},"
        " api_key: {credential: nothing}}"
    )
    variables = {"IMPORTER_ACCOUNTS": str(path), "CREDENTIALS_DIRECTORY": str(tmp_path)}
    keys = load_account("a", variables, tmp_path).keys
    assert keys.access.reveal() == "importer-a/access_key-password"
    assert keys.secret.reveal() == SECRET
    assert not keys.api
