"""Add named entries to a YAML file, or remove them, and leave every other character of the file as it was.

A YAML library that keeps comments would write the whole file anew in its own style. Here only the lines of one entry
change, and the result is parsed again: when its content is not exactly the wanted one, nothing is written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from importer.core.errors import SettingsError, UsageError
from importer.core.filesystem import open_atomic


@dataclass(frozen=True, slots=True)
class EntryTable:
    """A kind of file that holds one table of named entries.

    ``key`` is the name of the table, such as ``accounts``; ``entry`` that of one entry, such as ``account``. ``head``
    is the first line of a new file; ``docs`` the page that shows how entries are written.
    """

    key: str
    entry: str
    head: str
    docs: str

    def with_entry(self, text: str, name: str, entry: Mapping[str, Any]) -> str:
        """Return ``text`` with the entry ``name``, in place of one of that name or after the last.

        Raises :class:`UsageError` when the text is written in a way in which that cannot be done.
        """
        as_read = yaml.load(yaml.safe_dump(dict(entry)), Loader=yaml.BaseLoader)  # noqa: S506  # nosec B506
        wanted = {**self._load(text), name: as_read}
        end = "\r\n" if "\r\n" in text else "\n"
        lines = text.splitlines(keepends=True) or [self.head]
        if not lines[-1].endswith("\n"):
            lines[-1] += end
        table = self._find_table(text)
        if table is None:
            lines.append(f"{self.key}:{end}")
            first = last = len(lines)
            column = 2
        elif not table.value:
            first = last = self._find_line(text) + 1
            lines[first - 1] = lines[first - 1].replace("{}", "", 1)
            column = 2
        else:
            column = table.value[0][0].start_mark.column
            first, last = _find_lines(table, name) or (_last_line(table) + 1,) * 2
        dumped = yaml.safe_dump(
            {name: dict(entry)}, sort_keys=False, allow_unicode=True, default_flow_style=None, width=999
        )
        block = [" " * column + line + end for line in dumped.splitlines()]
        return self._verify("".join([*lines[:first], *block, *lines[last:]]), wanted)

    def without_entry(self, text: str, name: str) -> str:
        """Return ``text`` without the entry ``name``.

        Raises :class:`UsageError` as :meth:`with_entry`, and for a name that the text does not have.
        """
        wanted = self._load(text)
        if wanted.pop(name, None) is None:
            known = ", ".join(sorted(wanted)) or "none"
            raise UsageError(
                f"The {self.key} file has no {self.entry} {name}.", f"{self.key.capitalize()} in it: {known}."
            )
        table = self._find_table(text)
        place = _find_lines(table, name) if table is not None else None
        assert place is not None
        lines = text.splitlines(keepends=True)
        if not wanted:
            number = self._find_line(text)
            lines[number] = lines[number].replace(f"{self.key}:", f"{self.key}: {{}}", 1)
        return self._verify("".join([*lines[: place[0]], *lines[place[1] :]]), wanted)

    def _load(self, text: str) -> dict[str, Any]:
        content = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506  every scalar stays text  # nosec B506
        entries = content.get(self.key) if isinstance(content, dict) else None
        return dict(entries) if entries else {}

    def _find_pair(self, text: str) -> tuple[yaml.Node, yaml.Node] | None:
        """Find the nodes of the table's key and of its value."""
        root = yaml.compose(text, Loader=yaml.BaseLoader)
        if not isinstance(root, yaml.MappingNode):
            return None
        return next(((key, value) for key, value in root.value if key.value == self.key), None)

    def _find_line(self, text: str) -> int:
        pair = self._find_pair(text)
        assert pair is not None
        return int(pair[0].start_mark.line)

    def _find_table(self, text: str) -> yaml.MappingNode | None:
        """Find the table; ``None`` when the text has none, an empty one when it has no entry."""
        pair = self._find_pair(text)
        if pair is None:
            return None
        table = pair[1]
        if not isinstance(table, yaml.MappingNode):
            return yaml.MappingNode("tag:yaml.org,2002:map", [])
        if table.value and table.flow_style:
            raise self._not_editable()
        return table

    def _verify(self, text: str, wanted: dict[str, Any]) -> str:
        """Return ``text`` when its entries are exactly the ``wanted`` ones. Raises :class:`UsageError`."""
        try:
            right = self._load(text) == wanted
        except yaml.YAMLError:
            right = False
        if not right:
            raise self._not_editable()
        return text

    def _not_editable(self) -> UsageError:
        return UsageError(
            f"The {self.key} file is written in a way in which one {self.entry} cannot be changed without the others.",
            f"Write each {self.entry} as a block of lines below its name, as {self.docs} shows. Nothing was changed.",
        )


def _find_lines(table: yaml.MappingNode, name: str) -> tuple[int, int] | None:
    """Find the lines of the entry, from the first to before the last, counted from 0."""
    found = (node for node in table.value if node[0].value == name)
    return next(((key.start_mark.line, _last_line(value) + 1) for key, value in found), None)


def _last_line(node: yaml.Node) -> int:
    if isinstance(node, yaml.CollectionNode) and node.value and not node.flow_style:
        last = node.value[-1]
        return _last_line(last[1] if isinstance(last, tuple) else last)
    return int(node.end_mark.line)


def read_entries(path: Path) -> str:
    """Return the text of the file with its line ends; empty when there is none."""
    return path.read_bytes().decode("utf-8-sig") if path.exists() else ""


def write_entries(path: Path, text: str, before: str) -> None:
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
            if read_entries(place) != before:
                raise UsageError(f"{path} was changed by somebody else just now.", "Look at it, then run again.")
    except OSError as error:
        raise SettingsError(f"{path} cannot be written: {error.strerror or error}.", "Nothing was changed.") from None
