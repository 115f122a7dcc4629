"""The Columns screen: one line for each column of the file, with its field, the reason, and its clean-ups."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from importer.app import ColumnSample
from importer.core.errors import MappingProblem
from importer.core.text import format_count, is_or_are
from importer.targets import Target
from importer.transforms import example_of
from importer.web.mapping_document import Line, MappingDocument, Rule, named_columns

_OWN_NAMES = {
    "RelatedProspectId": "Id of the lead",
    "SearchByValue": "What the lead is found by",
    "EmailAddress": "E-mail of the lead",
    "ActivityEvent": "Type of the activity",
    "ActivityNote": "Note",
    "ActivityDateTime": "Date and time",
    "ActivityOwnerEmail": "E-mail of the owner",
}
"""Fields of the calls for activities, which no account lists, as people call them."""
_CAPITALS = re.compile(r"(?<=[a-z])(?=[A-Z])")
_MIDNIGHT = " 00:00"
_SHOWN_OPTIONS = ("type", "timezone", "country")


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
    commonest texts with their number of rows; the rows with one of the texts ``left_out`` are not imported, and
    ``question`` names those that may not be wanted.
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
    left_out: frozenset[str] = frozenset()
    question: str = ""
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
        for heading in dict.fromkeys(named_columns(line.rule)):
            by_heading.setdefault(heading, []).append(line)
    proposed = {str(one["column"]): one for one in proposal.get("columns", ())}
    left_out, unwanted = document.left_out_values(), proposal.get("unwanted_rows") or {}
    lines = [_column_line(index, one, by_heading, proposed, problems) for index, one in enumerate(facts)]
    return [
        replace(
            line,
            left_out=frozenset(left_out.get(line.heading, ())),
            question=_question(unwanted) if line.heading == unwanted.get("column") else "",
        )
        for line in lines
    ]


def _question(unwanted: Mapping[str, Any]) -> str:
    """Return the question about rows that a person may not want, such as cancelled ones."""
    texts = ", ".join(f'"{text}"' for text in unwanted["texts"])
    rows = unwanted["rows"]
    return f"{format_count(rows)} {is_or_are(rows)} marked {texts}. Tick below what you do not want to import."


def _column_line(
    index: int,
    facts: ColumnSample,
    by_heading: Mapping[str, Sequence[Line]],
    proposed: Mapping[str, Mapping[str, Any]],
    problems: Sequence[MappingProblem],
) -> ColumnLine:
    found = by_heading.get(facts.heading) or by_heading.get(facts.label) or ()
    # The line whose column this is; a template or a second field that uses it is only mentioned.
    own = next((line for line in found if line.columns and line.columns[0] in (facts.heading, facts.label)), None)
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


def _choices(entry: Mapping[str, Any], facts: ColumnSample) -> Iterator[RuleChoice]:
    for rule in entry.get("rules", ()):
        whole = dict(rule) if "template" in rule else {"column": facts.heading or facts.label, **rule}
        form = rule.get("format")
        if isinstance(form, str) and str(rule.get("template", "")).endswith(_MIDNIGHT):
            # The column has days only; their time of day is added.
            form = form.removesuffix(" %H:%M")
        example = f"31 December 2026 is written {example_of(form)}" if isinstance(form, str) else ""
        yield RuleChoice(whole, example or ", ".join(f"{key} {value}" for key, value in rule.items()))


def own_choices(target: type[Target], known: Iterable[FieldChoice]) -> list[FieldChoice]:
    """Return the fields that a call for activities has beside those that the account lists."""
    names = {one.name for one in known}
    keys = [f"activity.{key}" for key in target.activity_keys]
    return [FieldChoice(name, field_label(name)) for name in keys if name not in names]


def field_label(name: str, known: Iterable[FieldChoice] = ()) -> str:
    """Return what people call a field: its label in the account, or else its name in words."""
    label = next((one.label for one in known if one.name == name), "")
    field = name.partition(".")[2]
    return label or _OWN_NAMES.get(field) or _CAPITALS.sub(" ", field.removeprefix("mx_")).replace("_", " ")


def describe_rule(rule: Rule) -> list[str]:
    """Describe the clean-ups of a rule as short words, for chips."""
    words = [str(name) for name in rule.get("transforms", ())]
    words += [f"{name} {rule[name]}" for name in _SHOWN_OPTIONS if rule.get(name)]
    forms = rule.get("format") or ()
    words += [f"such as {example_of(form)}" for form in ([forms] if isinstance(forms, str) else forms)]
    if rule.get("lookup"):
        words.append(f"{len(rule['lookup'])} values replaced")
    if rule.get("required"):
        words.append("must be filled")
    return words
