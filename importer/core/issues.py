"""The catalogue of everything that can be wrong with a row, and the problems made from it.

The words are in `problem_types.toml`: one code, one explanation, one remedy each. `docs/problems.md` is generated from
it, so a code that is not there cannot be raised and cannot be undocumented.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Formatter

from importer.core.text import shorten_text


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with one row.

    ``row`` is numbered as the spreadsheet shows it. ``column`` is the heading and ``letter`` the column's letter
    (both empty when the whole row is meant); ``field`` is the CRM field the cell was for; ``value`` the cell's text,
    shortened and with invisible characters made visible.
    """

    code: str
    row: int
    message: str
    remedy: str
    column: str = ""
    letter: str = ""
    field: str = ""
    value: str = ""

    def __str__(self) -> str:
        place = f"row {self.row}"
        if self.column:
            letter = f"{self.letter} " if self.letter else ""
            place += f', column {letter}"{self.column}"'
        return f"{place}: {self.message} {self.remedy}".rstrip()


@dataclass(frozen=True, slots=True)
class ProblemType:
    """A type of problem. ``message`` and ``remedy`` may hold ``{placeholders}`` for the check that finds it."""

    code: str
    title: str
    explanation: str
    message: str
    remedy: str


def make_problem(
    code: str, row: int, *, column: str = "", letter: str = "", field: str = "", value: str = "", **details: object
) -> Problem:
    """Make the problem of type ``code`` at a place, with its words from the catalogue.

    ``details`` fill the type's placeholders; ``value`` and ``column`` are always available to them.

    Raises :class:`KeyError` for a code that the catalogue lacks: that is a bug, not bad data.
    """
    return ProblemMaker(code, details, column=column, letter=letter, field=field).at(row, value)


class ProblemMaker:
    """A factory for problems of type ``code`` in one column; ``words`` fill the placeholders that all of them share.

    The shared part of the messages is formatted once. Raises :class:`KeyError` as :func:`make_problem` does.
    """

    def __init__(
        self, code: str, words: Mapping[str, object], *, column: str = "", letter: str = "", field: str = ""
    ) -> None:
        problem_type = CATALOGUE[code]
        self._code, self._place = code, (column, letter, field)
        self._words = {"column": column, "field": field, **words}
        self._templates = (problem_type.message, problem_type.remedy)
        self._parts = tuple(_split_at_value(template, self._words) for template in self._templates)

    def at(self, row: int, value: str, own: Mapping[str, object] | None = None) -> Problem:
        """Make the problem of one row; ``own`` fills the placeholders that differ from row to row."""
        shown = shorten_text(value)
        message, remedy = (
            shown.join(parts) if parts else template.format(**{"value": shown, **self._words, **(own or {})})
            for template, parts in zip(self._templates, self._parts, strict=True)
        )
        return Problem(self._code, row, message, remedy, *self._place, shown)


def _split_at_value(template: str, words: Mapping[str, object]) -> list[str]:
    """Fill the template except for the value, and return the parts around it; none when words are missing."""
    parts = [""]
    for literal, name, form, _ in Formatter().parse(template):
        parts[-1] += literal
        if name == "value":
            parts.append("")
        elif name is not None:
            if name not in words:
                return []
            parts[-1] += format(words[name], form or "")
    return parts


ACCOUNT_CODES = frozenset(
    {
        "not-an-account-option",
        "not-of-account-type",
        "too-long-for-account",
        "unknown-user",
        "inactive-user",
        "unknown-activity-type",
    }
)
"""Codes of problems that a change of the account may solve, not only one of the file."""

NON_DATA_CODES = frozenset({"footer-row", "units-row", "repeated-headings"})
"""Codes of problems of rows that are no data, and that a mapping may leave out."""

CATALOGUE: dict[str, ProblemType] = {
    code: ProblemType(code, **words)
    for code, words in tomllib.loads(Path(__file__).with_name("problem_types.toml").read_text("utf-8")).items()
}
"""The types of problems by their codes, in the order of the page."""
