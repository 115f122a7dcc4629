"""Adds an account to the accounts file, or removes one. Keys are put to their places before the file names them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from importer.config.accounts import accounts_file, sandbox_file
from importer.config.accounts_file import editor
from importer.config.accounts_file.key_store import Keeping, keep, place_of
from importer.config.accounts_file.loader import parse_accounts
from importer.config.accounts_file.model import checked_name
from importer.config.settings import build_account, checked_origin
from importer.core.errors import UsageError
from importer.mapping.unfit import UnfitError

Ask = Callable[[str], str]
"""Asks the person for a key, whose name is given, without showing it."""


@dataclass(frozen=True, slots=True)
class Wish:
    """The account that somebody wants: ``settings`` are those of the accounts file, without the keys."""

    name: str
    host: str
    async_host: str
    keeping: Keeping
    settings: Mapping[str, Any] = field(default_factory=dict)
    replace: bool = False


def file_to_write(environment: Mapping[str, str], home: Path) -> Path:
    """The accounts file, or where a new one goes: ``IMPORTER_ACCOUNTS``, else the home folder."""
    found = accounts_file(environment, home)
    given = environment.get("IMPORTER_ACCOUNTS", "").strip()
    return found or (Path(given).expanduser() if given else home / "accounts.yaml")


def refuse_taken(name: str, path: Path, home: Path, *, replace: bool) -> None:
    """Raises :class:`UsageError` for a name that an account has or none can have, before anybody is asked for keys."""
    try:
        checked_name(name)
    except UnfitError as error:
        raise UsageError(error.message, error.remedy) from None
    if sandbox_file(home, name).is_file():
        raise UsageError(f"There is a sandbox called {name}, which would be used in its place.", "Use another name.")
    if name in parse_accounts(editor.read(path), path) and not replace:
        raise UsageError(
            f"{path} has an account {name} already.", "Use another name; or give --replace to write it anew."
        )


def add(wish: Wish, path: Path, home: Path, ask: Ask) -> None:
    """Write the account into the file ``path``, with its keys asked from the person where they are kept by us.

    Raises :class:`UsageError`, :class:`SettingsError` or :class:`AccountsFileError`; the file is then as it was.
    """
    refuse_taken(wish.name, path, home, replace=wish.replace)
    before = editor.read(path)
    host = checked_origin(wish.host, "The host")
    async_host = checked_origin(wish.async_host, "The async host") if wish.async_host else ""
    names = ["access_key", "secret_key", *(["api_key"] if async_host else [])]
    places = {name: place_of(wish.keeping, wish.name, name, home) for name in names}
    entry = {"host": host, **({"async_host": async_host} if async_host else {}), **places, **wish.settings}
    text = editor.with_account(before, wish.name, entry)
    parse_accounts(text, path)
    keys = {} if wish.keeping is Keeping.ENVIRONMENT else {name: ask(name).strip() for name in names}
    _refuse_bad(wish.name, entry, keys)
    keep(wish.keeping, wish.name, keys, home)
    editor.write(path, text, before)


def _refuse_bad(name: str, entry: Mapping[str, Any], keys: Mapping[str, str]) -> None:
    for key, text in keys.items():
        if not text:
            raise UsageError(f"The {key.replace('_', ' ')} is empty. Nothing was written.", "Run it again.")
    plain = {setting: str(value) for setting, value in entry.items() if not setting.endswith("_key")}
    build_account(name, lambda setting: {**plain, **keys}.get(setting, ""))


def remove(name: str, path: Path) -> None:
    """Take the account out of the file. Its keys stay where they are, and the ledger goes on knowing it.

    Raises :class:`UsageError` for a name that it does not have.
    """
    before = editor.read(path)
    parse_accounts(before, path)
    editor.write(path, editor.without_account(before, name), before)
