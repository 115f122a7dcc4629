"""The Columns screen: one line for each column of the file, with its field, the reason, and its clean-ups."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from importer.app import ColumnSample
from importer.core.errors import MappingProblem
from importer.transforms import example_of
from importer.web.mapping_document import Line, MappingDocument, Rule

IGNORED = ""
_SHOWN_OPTIONS = ("type", "format", "timezone", "country")


@dataclass(frozen=True, slots=True)
class FieldChoice:
    """A field that a column may fill: its full name, the label that the account shows, its type and its options."""

    name: str
    label: str
    kind: str = ""
    mandatory: bool = False
    options: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class RuleChoice:
    """One of several rules among which a person must choose, with an example of what it means."""

    rule: Rule
    example: str


@dataclass(frozen=True, slots=True)
class ColumnLine:
    """One column: where it goes, why, and what must be decided.

    ``choices`` are the rules among which a person must choose before the column is imported. ``values`` are its
    commonest texts with their number of rows.
    """

    index: int
    letter: str
    heading: str
    samples: tuple[str, ...]
    filled: float
    name: str
    rule: Rule
    confidence: str
    reason: str
    also: tuple[str, ...] = ()
    choices: tuple[RuleChoice, ...] = ()
    proposed: str = ""
    values: tuple[tuple[str, int], ...] = ()
    problems: tuple[MappingProblem, ...] = ()

    @property
    def is_imported(self) -> bool:
        return bool(self.name)


def column_lines(
    facts: Sequence[ColumnSample],
    document: MappingDocument,
    proposal: Mapping[str, Any],
    problems: Sequence[MappingProblem],
) -> list[ColumnLine]:
    """Return the lines of the screen, in the order of the file."""
    by_heading: dict[str, list[Line]] = {}
    for line in document.lines():
        for heading in _headings_of(line.rule):
            by_heading.setdefault(heading, []).append(line)
    proposed = {str(one["column"]): one for one in proposal.get("columns", ())}
    return [_column_line(index, one, by_heading, proposed, problems) for index, one in enumerate(facts)]


def _column_line(
    index: int,
    facts: ColumnSample,
    by_heading: Mapping[str, Sequence[Line]],
    proposed: Mapping[str, Mapping[str, Any]],
    problems: Sequence[MappingProblem],
) -> ColumnLine:
    found = by_heading.get(facts.heading) or by_heading.get(facts.label) or ()
    # The line whose column this is; a template or a second field that uses it is only mentioned.
    own = next((line for line in found if line.columns), None)
    said = proposed.get(facts.label) or proposed.get(facts.heading) or {}
    entry: Mapping[str, Any] = next(iter(said.get("fields", ())), {})
    is_proposed = own is not None and entry.get("field") == own.name
    waits = bool(entry.get("waits")) and own is None
    reason = entry.get("reason", "") if is_proposed or waits else "" if own else said.get("ignored", "")
    return ColumnLine(
        index=index,
        letter=facts.letter,
        heading=facts.heading or facts.label,
        samples=tuple(text for text, _ in facts.values[:3]),
        filled=facts.filled,
        name=own.name if own else "",
        rule=own.rule if own else {},
        confidence=str(entry.get("confidence", "")) if is_proposed or waits else "",
        reason=str(reason),
        also=tuple(line.name for line in found if line is not own),
        choices=tuple(_choices(entry, facts)) if waits else (),
        proposed=str(entry.get("field", "")) if waits else "",
        values=facts.values,
        problems=tuple(one for one in problems if own and one.path.startswith(own.name)),
    )


def _headings_of(rule: Rule) -> Iterator[str]:
    """Yield the headings that a rule names: its column, the placeholders of its template, and those of inner fields."""
    if isinstance(rule.get("column"), str):
        yield rule["column"]
    template = rule.get("template")
    if isinstance(template, str):
        yield from (part.split("}")[0] for part in template.split("{")[1:])
    inner = rule.get("fields")
    for one in inner.values() if isinstance(inner, dict) else ():
        yield from _headings_of({"column": one} if isinstance(one, str) else one)


def _choices(entry: Mapping[str, Any], facts: ColumnSample) -> Iterator[RuleChoice]:
    for rule in entry.get("rules", ()):
        whole = {"column": facts.heading or facts.label, **rule}
        form = rule.get("format")
        example = f"31 December 2026 is written {example_of(form)}" if isinstance(form, str) else ""
        yield RuleChoice(whole, example or ", ".join(f"{key} {value}" for key, value in rule.items()))


def describe_rule(rule: Rule) -> list[str]:
    """Describe the clean-ups of a rule as short words, for chips."""
    words = [str(name) for name in rule.get("transforms", ())]
    words += [f"{name} {rule[name]}" for name in _SHOWN_OPTIONS if rule.get(name)]
    if rule.get("lookup"):
        words.append(f"{len(rule['lookup'])} values replaced")
    if rule.get("required"):
        words.append("must be filled")
    return words
