"""The mapping of a draft as a document whose lines the page changes, written as YAML for the command line too."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from importer.config import parse_yaml
from importer.core.errors import MappingError, MappingProblem, UsageError
from importer.core.filesystem import atomic_write
from importer.mapping import template_headings
from importer.planning import read_mapping

SECTIONS = ("lead", "activity")
EVENT_FIELD = "activity.ActivityEvent"
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
        """Return the headings that the value comes from, as far as the page can change them.

        A day and its time of day, which may be another column or midnight, belong to the column of the day.
        """
        column, template = self.rule.get("column"), self.rule.get("template")
        if isinstance(template, str) and self.rule.get("type") == "datetime":
            return template_headings(template)[:1]
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

    def left_out_values(self) -> dict[str, list[str]]:
        """Return the texts whose rows are left out, by the heading of their column."""
        return {
            str(one["column"]): [one["not"]] if isinstance(one["not"], str) else list(one["not"])
            for one in self._conditions()
            if _leaves_values_out(one)
        }

    def leave_out_values(self, texts: Mapping[str, Sequence[str]]) -> None:
        """Leave out the rows with some texts, by the heading of their column; other conditions stay as they are."""
        kept = self.other_conditions()
        kept += [{"column": heading, "not": list(values)} for heading, values in texts.items() if values]
        self.set_option("where", {"all": kept} if len(kept) > 1 else next(iter(kept), None))

    def other_conditions(self) -> list[Rule]:
        """Return the conditions for importing a row that the page cannot change."""
        return [one for one in self._conditions() if not _leaves_values_out(one)]

    def tested_columns(self) -> Iterator[str]:
        """Yield the headings of the columns on which it depends whether a row is imported."""
        for condition in self._conditions():
            yield from named_columns(condition)

    def _conditions(self) -> list[Rule]:
        """Return the conditions that must all hold for a row to be imported."""
        where = self.data.get("where")
        if not isinstance(where, dict):
            return []
        return list(where["all"]) if set(where) == {"all"} and isinstance(where["all"], list) else [where]

    def _tidy(self) -> None:
        for name in (*SECTIONS, "ignore"):
            if name in self.data and not self.data[name]:
                del self.data[name]


def _leaves_values_out(condition: Any) -> bool:
    return isinstance(condition, dict) and set(condition) == {"column", "not"} and bool(condition["not"])


def named_columns(rule: Rule) -> Iterator[str]:
    """Yield the headings that a rule or condition names: its columns, those of its template, and of all inside it."""
    if isinstance(rule.get("column"), str):
        yield rule["column"]
    if isinstance(rule.get("template"), str):
        yield from template_headings(rule["template"])
    if isinstance(rule.get("first_of"), list):
        yield from map(str, rule["first_of"])
    inner = [*_values_of(rule.get("fields")), *_items_of(rule.get("when")), *_items_of(rule.get("if"))]
    for group in ("all", "any"):
        inner += _items_of(rule.get(group))
    for one in inner:
        yield from named_columns({"column": one} if isinstance(one, str) else one)


def _values_of(table: Any) -> Iterable[Any]:
    return table.values() if isinstance(table, dict) else ()


def _items_of(given: Any) -> list[Any]:
    """Return the rules of a list, or the only one that was written without a list."""
    return [one for one in (given if isinstance(given, list) else [given]) if isinstance(one, dict)]


def find_mapping_problems(path: Path) -> list[MappingProblem]:
    """Return what is wrong with a mapping file; empty when it can be used."""
    try:
        read_mapping(path)
    except MappingError as error:
        return list(error.problems)
    return []
