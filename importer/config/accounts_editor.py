"""Add accounts to the accounts file or remove them, and store their keys."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from importer.config.accounts import find_accounts_file, sandbox_file
from importer.config.accounts_file import parse_accounts, validate_account_name
from importer.config.entry_table import EntryTable, read_entries, write_entries
from importer.config.secrets import KeyStorage, key_location, store_keys
from importer.config.settings import build_account, parse_origin
from importer.config.yaml import InvalidValueError
from importer.core.errors import UsageError

AskForKey = Callable[[str], str]
"""Asks the person for a key, whose name is given, without showing it."""

ACCOUNTS = EntryTable(
    key="accounts",
    entry="account",
    head="# Accounts of importer. Keys never stand here, only where they are kept; see docs/accounts.md.\n",
    docs="docs/accounts.md",
)


@dataclass(frozen=True, slots=True)
class NewAccount:
    """An account to be added: ``settings`` are those of the accounts file, without the keys."""

    name: str
    host: str
    async_host: str
    keeping: KeyStorage
    settings: Mapping[str, Any] = field(default_factory=dict)
    replace: bool = False


def find_file_to_write(environment: Mapping[str, str], home: Path) -> Path:
    """Find the accounts file, or the place of a new one: ``IMPORTER_ACCOUNTS``, else the home folder."""
    found = find_accounts_file(environment, home)
    given = environment.get("IMPORTER_ACCOUNTS", "").strip()
    return found or (Path(given).expanduser() if given else home / "accounts.yaml")


def check_name_free(name: str, path: Path, home: Path, *, replace: bool) -> None:
    """Check that a new account can have the name, before anybody is asked for keys. Raises :class:`UsageError`."""
    try:
        validate_account_name(name)
    except InvalidValueError as error:
        raise UsageError(error.message, error.remedy) from None
    if sandbox_file(home, name).is_file():
        raise UsageError(f"There is a sandbox called {name}, which would be used in its place.", "Use another name.")
    if name in parse_accounts(read_entries(path), path) and not replace:
        raise UsageError(
            f"{path} has an account {name} already.", "Use another name; or give --replace to write it anew."
        )


def add_account(account: NewAccount, path: Path, home: Path, ask: AskForKey) -> None:
    """Write the account into the file ``path``, and store its keys first, unless the environment holds them.

    Raises :class:`UsageError`, :class:`SettingsError` or :class:`AccountsFileError`; the file is then as it was.
    """
    check_name_free(account.name, path, home, replace=account.replace)
    before = read_entries(path)
    host = parse_origin(account.host, "The host")
    async_host = parse_origin(account.async_host, "The async host") if account.async_host else ""
    names = ["access_key", "secret_key", *(["api_key"] if async_host else [])]
    locations = {name: key_location(account.keeping, account.name, name, home) for name in names}
    entry = {"host": host, **({"async_host": async_host} if async_host else {}), **locations, **account.settings}
    text = ACCOUNTS.with_entry(before, account.name, entry)
    parse_accounts(text, path)
    keys = {} if account.keeping is KeyStorage.ENVIRONMENT else {name: ask(name).strip() for name in names}
    for key, given in keys.items():
        if not given:
            raise UsageError(f"The {key.replace('_', ' ')} is empty. Nothing was written.", "Run it again.")
    # Building the account checks keys and settings together, before any of them is written.
    plain = {setting: str(value) for setting, value in entry.items() if not setting.endswith("_key")}
    build_account(account.name, lambda setting: {**plain, **keys}.get(setting, ""))
    store_keys(account.keeping, account.name, keys, home)
    write_entries(path, text, before)


def remove_account(name: str, path: Path) -> None:
    """Remove the account from the file. Its keys stay where they are, and so do its entries in the ledger.

    Raises :class:`UsageError` for a name that the file does not have.
    """
    before = read_entries(path)
    parse_accounts(before, path)
    write_entries(path, ACCOUNTS.without_entry(before, name), before)
