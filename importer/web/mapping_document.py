"""The mapping of a draft as a document whose lines the page changes, written as YAML for the command line too."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from importer.config import parse_yaml
from importer.core.errors import MappingError, MappingProblem, UsageError
from importer.core.filesystem import atomic_write
from importer.planning import read_mapping

SECTIONS = ("lead", "activity")
Rule = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Line:
    """One field of the mapping with its rule; ``name`` is such as ``lead.EmailAddress``."""

    section: str
    field: str
    rule: Rule

    @property
    def name(self) -> str:
        return f"{self.section}.{self.field}"

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the headings that the value comes from, as far as the page can change them."""
        column = self.rule.get("column")
        return (column,) if isinstance(column, str) else ()


class MappingDocument:
    """A mapping that can be changed line by line. Texts, lists and tables only, as in the YAML file."""

    def __init__(self, data: dict[str, Any]) -> None:
        self.data = data

    @classmethod
    def read(cls, path: Path) -> MappingDocument:
        """Read a mapping file. Raises :class:`UsageError` without one, :class:`MappingError` if it is no YAML."""
        try:
            document = parse_yaml(path.read_text("utf-8"))
        except FileNotFoundError:
            raise UsageError("This file has no mapping yet.", "Look at the step File first.") from None
        if document.problems or not isinstance(document.data, dict):
            raise MappingError(str(path), document.problems)
        return cls(document.data)

    def write(self, path: Path) -> None:
        """Write the mapping file."""
        atomic_write(path, self.text())

    def text(self) -> str:
        """Return the text of the mapping file."""
        self._tidy()
        return yaml.safe_dump(self.data, sort_keys=False, allow_unicode=True, width=110)

    @property
    def target(self) -> str:
        return str(self.data.get("target", ""))

    def lines(self) -> Iterator[Line]:
        """Yield the fields of both sections with their rules."""
        for section in SECTIONS:
            rules = self.data.get(section)
            for field, rule in (rules if isinstance(rules, dict) else {}).items():
                yield Line(section, str(field), {"column": rule} if isinstance(rule, str) else dict(rule))

    def line(self, name: str) -> Line | None:
        """Return the line called ``name``, such as ``lead.EmailAddress``."""
        return next((line for line in self.lines() if line.name == name), None)

    def put(self, name: str, rule: Rule) -> None:
        """Add or replace the line called ``name``."""
        section, _, field = name.partition(".")
        short = rule["column"] if set(rule) == {"column"} else rule
        self.data.setdefault(section, {})[field] = short

    def remove(self, name: str) -> None:
        """Remove a line if it is there."""
        section, _, field = name.partition(".")
        rules = self.data.get(section)
        if isinstance(rules, dict):
            rules.pop(field, None)

    def set_ignored(self, headings: list[str]) -> None:
        """Say which columns are deliberately not imported."""
        self.data["ignore"] = headings

    def set_option(self, name: str, value: Any) -> None:
        """Set an option of the whole mapping; an empty value removes it."""
        if value in ("", None, [], {}):
            self.data.pop(name, None)
        else:
            self.data[name] = value

    def _tidy(self) -> None:
        for name in (*SECTIONS, "ignore"):
            if name in self.data and not self.data[name]:
                del self.data[name]


def find_mapping_problems(path: Path) -> list[MappingProblem]:
    """Return what is wrong with a mapping file; empty when it can be used."""
    try:
        read_mapping(path)
    except MappingError as error:
        return list(error.problems)
    return []
