"""Add accounts to the accounts file or remove them, and leave every other character of the file as it was.

A YAML library that keeps comments would write the whole file anew in its own style. Here only the lines of one account
change, and the result is parsed again: when its content is not exactly the wanted one, nothing is written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from importer.config.accounts import find_accounts_file, sandbox_file
from importer.config.accounts_file import parse_accounts, validate_account_name
from importer.config.secrets import KeyStorage, key_location, store_keys
from importer.config.settings import build_account, parse_origin
from importer.config.yaml import InvalidValueError
from importer.core.errors import SettingsError, UsageError
from importer.core.filesystem import open_atomic

AskForKey = Callable[[str], str]
"""Asks the person for a key, whose name is given, without showing it."""

_HEAD = "# Accounts of importer. Keys never stand here, only where they are kept; see docs/accounts.md.\n"


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
    if name in parse_accounts(_read(path), path) and not replace:
        raise UsageError(
            f"{path} has an account {name} already.", "Use another name; or give --replace to write it anew."
        )


def add_account(account: NewAccount, path: Path, home: Path, ask: AskForKey) -> None:
    """Write the account into the file ``path``, and store its keys first, unless the environment holds them.

    Raises :class:`UsageError`, :class:`SettingsError` or :class:`AccountsFileError`; the file is then as it was.
    """
    check_name_free(account.name, path, home, replace=account.replace)
    before = _read(path)
    host = parse_origin(account.host, "The host")
    async_host = parse_origin(account.async_host, "The async host") if account.async_host else ""
    names = ["access_key", "secret_key", *(["api_key"] if async_host else [])]
    locations = {name: key_location(account.keeping, account.name, name, home) for name in names}
    entry = {"host": host, **({"async_host": async_host} if async_host else {}), **locations, **account.settings}
    text = with_account(before, account.name, entry)
    parse_accounts(text, path)
    keys = {} if account.keeping is KeyStorage.ENVIRONMENT else {name: ask(name).strip() for name in names}
    for key, given in keys.items():
        if not given:
            raise UsageError(f"The {key.replace('_', ' ')} is empty. Nothing was written.", "Run it again.")
    # Building the account checks keys and settings together, before any of them is written.
    plain = {setting: str(value) for setting, value in entry.items() if not setting.endswith("_key")}
    build_account(account.name, lambda setting: {**plain, **keys}.get(setting, ""))
    store_keys(account.keeping, account.name, keys, home)
    write_accounts(path, text, before)


def remove_account(name: str, path: Path) -> None:
    """Remove the account from the file. Its keys stay where they are, and so do its entries in the ledger.

    Raises :class:`UsageError` for a name that the file does not have.
    """
    before = _read(path)
    parse_accounts(before, path)
    write_accounts(path, without_account(before, name), before)


def with_account(text: str, name: str, entry: Mapping[str, Any]) -> str:
    """Return ``text`` with the account ``name``, in place of one of that name or after the last.

    Raises :class:`UsageError` when the text is written in a way in which that cannot be done.
    """
    as_read = yaml.load(yaml.safe_dump(dict(entry)), Loader=yaml.BaseLoader)  # noqa: S506  # nosec B506
    wanted = {**_load_accounts(text), name: as_read}
    end = "\r\n" if "\r\n" in text else "\n"
    lines = text.splitlines(keepends=True) or [_HEAD]
    if not lines[-1].endswith("\n"):
        lines[-1] += end
    table = _find_table(text)
    if table is None:
        lines.append(f"accounts:{end}")
        first = last = len(lines)
        column = 2
    elif not table.value:
        first = last = _find_accounts_line(text) + 1
        lines[first - 1] = lines[first - 1].replace("{}", "", 1)
        column = 2
    else:
        column = table.value[0][0].start_mark.column
        first, last = _find_lines(table, name) or (_last_line(table) + 1,) * 2
    dumped = yaml.safe_dump(
        {name: dict(entry)}, sort_keys=False, allow_unicode=True, default_flow_style=None, width=999
    )
    block = [" " * column + line + end for line in dumped.splitlines()]
    return _verify("".join([*lines[:first], *block, *lines[last:]]), wanted)


def without_account(text: str, name: str) -> str:
    """Return ``text`` without the account ``name``.

    Raises :class:`UsageError` as :func:`with_account`, and for a name that the text does not have.
    """
    wanted = _load_accounts(text)
    if wanted.pop(name, None) is None:
        known = ", ".join(sorted(wanted)) or "none"
        raise UsageError(f"The accounts file has no account {name}.", f"Accounts in it: {known}.")
    table = _find_table(text)
    place = _find_lines(table, name) if table is not None else None
    assert place is not None
    lines = text.splitlines(keepends=True)
    if not wanted:
        number = _find_accounts_line(text)
        lines[number] = lines[number].replace("accounts:", "accounts: {}", 1)
    return _verify("".join([*lines[: place[0]], *lines[place[1] :]]), wanted)


def write_accounts(path: Path, text: str, before: str) -> None:
    """Write ``text`` into the file ``path``, whole or not at all, with the mode that it had (0600 for a new one).

    ``before`` is what was read. Raises :class:`UsageError` when the file was changed since, and :class:`SettingsError`
    when the disk refuses.
    """
    place = path.resolve()
    try:
        mode = place.stat().st_mode & 0o777 if place.exists() else 0o600
        place.parent.mkdir(parents=True, exist_ok=True)
        with open_atomic(place, mode=mode) as file:
            file.write(text.encode())
            if _read(place) != before:
                raise UsageError(f"{path} was changed by somebody else just now.", "Look at it, then run again.")
    except OSError as error:
        raise SettingsError(f"{path} cannot be written: {error.strerror or error}.", "Nothing was changed.") from None


def _read(path: Path) -> str:
    """The text of the file with its line ends; empty when there is none."""
    return path.read_bytes().decode("utf-8-sig") if path.exists() else ""


def _load_accounts(text: str) -> dict[str, Any]:
    content = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506  every scalar stays text  # nosec B506
    accounts = content.get("accounts") if isinstance(content, dict) else None
    return dict(accounts) if accounts else {}


def _find_pair(text: str) -> tuple[yaml.Node, yaml.Node] | None:
    """Find the nodes of the key `accounts` and of its value."""
    root = yaml.compose(text, Loader=yaml.BaseLoader)
    if not isinstance(root, yaml.MappingNode):
        return None
    return next(((key, value) for key, value in root.value if key.value == "accounts"), None)


def _find_accounts_line(text: str) -> int:
    pair = _find_pair(text)
    assert pair is not None
    return int(pair[0].start_mark.line)


def _find_table(text: str) -> yaml.MappingNode | None:
    """Find the table of accounts; ``None`` when the text has none, an empty one when it has no account."""
    pair = _find_pair(text)
    if pair is None:
        return None
    table = pair[1]
    if not isinstance(table, yaml.MappingNode):
        return yaml.MappingNode("tag:yaml.org,2002:map", [])
    if table.value and table.flow_style:
        raise _not_editable()
    return table


def _find_lines(table: yaml.MappingNode, name: str) -> tuple[int, int] | None:
    """Find the lines of the account, from the first to before the last, counted from 0."""
    found = (node for node in table.value if node[0].value == name)
    return next(((key.start_mark.line, _last_line(value) + 1) for key, value in found), None)


def _last_line(node: yaml.Node) -> int:
    if isinstance(node, yaml.CollectionNode) and node.value and not node.flow_style:
        last = node.value[-1]
        return _last_line(last[1] if isinstance(last, tuple) else last)
    return int(node.end_mark.line)


def _verify(text: str, wanted: dict[str, Any]) -> str:
    """Return ``text`` when its accounts are exactly the ``wanted`` ones. Raises :class:`UsageError`."""
    try:
        right = _load_accounts(text) == wanted
    except yaml.YAMLError:
        right = False
    if not right:
        raise _not_editable()
    return text


def _not_editable() -> UsageError:
    return UsageError(
        "The accounts file is written in a way in which one account cannot be changed without the others.",
        "Write each account as a block of lines below its name, as docs/accounts.md shows. Nothing was changed.",
    )
