"""Adds and removes accounts in the text of an accounts file, and leaves every other character as it was.

A YAML library that keeps comments would write the whole file anew in its own hand. Here only the lines of one account
change, and the result is read again: when it does not say exactly what it should, nothing is written.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from importer.core.errors import SettingsError, UsageError
from importer.core.filesystem import scratch_folder, write_synced

_HEAD = "# Accounts of importer. Keys never stand here, only where they are kept; see docs/accounts.md.\n"


def with_account(text: str, name: str, entry: Mapping[str, Any]) -> str:
    """``text`` with the account ``name``, in place of one of that name or after the last.

    Raises :class:`UsageError` when the text is written in a way in which that cannot be done.
    """
    wanted = {**_accounts(text), name: _as_read(entry)}
    end = "\r\n" if "\r\n" in text else "\n"
    lines = text.splitlines(keepends=True) or [_HEAD]
    if not lines[-1].endswith("\n"):
        lines[-1] += end
    table = _table(text)
    if table is None:
        lines.append(f"accounts:{end}")
        first = last = len(lines)
        column = 2
    elif not table.value:
        first = last = _accounts_line(text) + 1
        lines[first - 1] = lines[first - 1].replace("{}", "", 1)
        column = 2
    else:
        column = table.value[0][0].start_mark.column
        place = _lines_of(table, name)
        first, last = place or (_last_line(table) + 1,) * 2
    said = {name: dict(entry)}
    dumped = yaml.safe_dump(said, sort_keys=False, allow_unicode=True, default_flow_style=None, width=999)
    block = [" " * column + line + end for line in dumped.splitlines()]
    return _proven("".join([*lines[:first], *block, *lines[last:]]), wanted)


def without_account(text: str, name: str) -> str:
    """``text`` without the account ``name``. Raises as :func:`with_account`, and for a name that it does not have."""
    wanted = _accounts(text)
    if wanted.pop(name, None) is None:
        known = ", ".join(sorted(wanted)) or "none"
        raise UsageError(f"The accounts file has no account {name}.", f"Accounts in it: {known}.")
    table = _table(text)
    place = _lines_of(table, name) if table is not None else None
    assert place is not None
    lines = text.splitlines(keepends=True)
    if not wanted:
        number = _accounts_line(text)
        lines[number] = lines[number].replace("accounts:", "accounts: {}", 1)
    return _proven("".join([*lines[: place[0]], *lines[place[1] :]]), wanted)


def _as_read(entry: Mapping[str, Any]) -> Any:
    return yaml.load(yaml.safe_dump(dict(entry)), Loader=yaml.BaseLoader)  # noqa: S506  # nosec B506


def _accounts(text: str) -> dict[str, Any]:
    content = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506  every scalar stays text  # nosec B506
    accounts = content.get("accounts") if isinstance(content, dict) else None
    return dict(accounts) if accounts else {}


def _pair(text: str) -> tuple[yaml.Node, yaml.Node] | None:
    root = yaml.compose(text, Loader=yaml.BaseLoader)
    if not isinstance(root, yaml.MappingNode):
        return None
    return next(((key, value) for key, value in root.value if key.value == "accounts"), None)


def _accounts_line(text: str) -> int:
    pair = _pair(text)
    assert pair is not None
    return int(pair[0].start_mark.line)


def _table(text: str) -> yaml.MappingNode | None:
    """The table of accounts; ``None`` when the text has none, an empty one when nothing stands in it."""
    pair = _pair(text)
    if pair is None:
        return None
    table = pair[1]
    if not isinstance(table, yaml.MappingNode):
        return yaml.MappingNode("tag:yaml.org,2002:map", [])
    if table.value and table.flow_style:
        raise _unfit()
    return table


def _lines_of(table: yaml.MappingNode, name: str) -> tuple[int, int] | None:
    """The lines of the account, from the first to before the last, counted from 0."""
    for key, value in table.value:
        if key.value == name:
            return key.start_mark.line, _last_line(value) + 1
    return None


def _last_line(node: yaml.Node) -> int:
    if isinstance(node, yaml.CollectionNode) and node.value and not node.flow_style:
        last = node.value[-1]
        return _last_line(last[1] if isinstance(last, tuple) else last)
    return int(node.end_mark.line)


def _proven(text: str, wanted: dict[str, Any]) -> str:
    try:
        right = _accounts(text) == wanted
    except yaml.YAMLError:
        right = False
    if not right:
        raise _unfit()
    return text


def _unfit() -> UsageError:
    return UsageError(
        "The accounts file is written in a way in which one account cannot be changed without the others.",
        "Write each account as a block of lines below its name, as docs/accounts.md shows. Nothing was changed.",
    )


def write(path: Path, text: str, before: str) -> None:
    """Put ``text`` into the file ``path``, whole or not at all, with the mode that it had (0600 for a new one).

    ``before`` is what was read; raises :class:`UsageError` when the file says something else by now, and
    :class:`SettingsError` when the disk refuses.
    """
    place = path.resolve()
    try:
        mode = place.stat().st_mode & 0o777 if place.exists() else 0o600
        place.parent.mkdir(parents=True, exist_ok=True)
        with scratch_folder(place.parent, ".importer-") as private:
            draft = private / "accounts.yaml"
            write_synced(draft, text.encode())
            draft.chmod(mode)
            if read(place) != before:
                raise UsageError(f"{path} was changed by somebody else just now.", "Look at it, then run again.")
            draft.replace(place)
    except OSError as error:
        raise SettingsError(f"{path} cannot be written: {error.strerror or error}.", "Nothing was changed.") from None


def read(path: Path) -> str:
    """The text of the file; empty when there is none. Line ends stay as they are."""
    return path.read_bytes().decode("utf-8-sig") if path.exists() else ""
