"""The findings of a comparison with the lines of the mapping, and suggestions for names that the account lacks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from importer.core.errors import MappingProblem
from importer.core.text import find_nearest
from importer.crm_schema.model import ActivityType, FieldConstraint, FieldFacts
from importer.mapping import FieldRule, LoadedMapping, fold_heading

REFRESH_HINT = "(importer doctor --refresh reads them)"


@dataclass(slots=True)
class FindingsCollector:
    """The findings so far. Paths are such as ``activity.mx_Custom_1.value``."""

    loaded: LoadedMapping
    problems: list[MappingProblem] = field(default_factory=list)
    warnings: list[MappingProblem] = field(default_factory=list)
    constraints: dict[str, FieldConstraint] = field(default_factory=dict)
    unchecked: list[str] = field(default_factory=list)

    def add_problem(self, path: str, message: str, remedy: str) -> None:
        """Add something that is certain to fail."""
        self.problems.append(MappingProblem(*self.loaded.line_of(path), path, message, remedy))

    def add_warning(self, path: str, message: str, remedy: str) -> None:
        """Add something that may fail."""
        self.warnings.append(MappingProblem(*self.loaded.line_of(path), path, message, remedy))

    def add_unchecked(self, what: str) -> None:
        """Add something that could not be compared, in words that fit into a list."""
        if what not in self.unchecked:
            self.unchecked.append(what)

    def collect(self) -> Findings:
        """Return all findings in the order of the mapping's lines."""
        return Findings(
            problems=tuple(sorted(self.problems, key=_place)),
            warnings=tuple(sorted(self.warnings, key=_place)),
            constraints=self.constraints,
            unchecked=tuple(self.unchecked),
        )


def _place(problem: MappingProblem) -> tuple[int, int]:
    return problem.line, problem.column


IMPORT_KEY_LENGTH = 20
"""Characters of the key that marks a row's activity or lead."""


@dataclass(frozen=True, slots=True)
class CallTraits:
    """The properties of the LeadSquared call that receives the rows.

    ``activity_keys`` stand beside the activity's fields and are none of the account's. ``creates`` and ``updates`` say
    what the call does with leads.
    """

    activity_keys: tuple[str, ...]
    creates: bool
    updates: bool


@dataclass(frozen=True, slots=True)
class Findings:
    """The result of a comparison.

    ``problems`` are certain to fail; ``warnings`` may. ``constraints`` are for the cells, by flat field name.
    ``unchecked`` are the things that could not be compared, in words that fit into a list.
    """

    problems: tuple[MappingProblem, ...] = ()
    warnings: tuple[MappingProblem, ...] = ()
    constraints: Mapping[str, FieldConstraint] = field(default_factory=dict)
    unchecked: tuple[str, ...] = ()

    def softened(self) -> Findings:
        """Return the findings where nothing is certain: problems become warnings, and cells are not checked."""
        return replace(self, problems=(), warnings=(*self.problems, *self.warnings), constraints={})


_SHOWN = 12


def suggest_field(name: str, rule: FieldRule | None, fields: Sequence[FieldFacts]) -> str:
    """Suggest a name instead of ``name``: the field that has this name for people, that the column's heading names, or
    whose schema name is nearest; else where to look."""
    found = _meant(name, rule.column if rule and rule.column else "", fields)
    if found is None:
        return "LeadSquared shows the schema names under Settings > Leads."
    shown = f' ("{found.display_name}")' if found.display_name else ""
    return f"Did you mean {found.schema_name}{shown}?"


def _meant(name: str, heading: str, fields: Sequence[FieldFacts]) -> FieldFacts | None:
    plain = name.removeprefix("mx_").replace("_", " ")
    for words in ([name], [plain, name], [heading]):
        wanted = {fold_heading(word) for word in words if word}
        for known in fields:
            if fold_heading(known.schema_name) in wanted or (
                known.display_name and fold_heading(known.display_name) in wanted
            ):
                return known
    by_word = {field.schema_name: field for field in reversed(fields)}
    by_word.update({field.display_name: field for field in reversed(fields) if field.display_name not in by_word})
    for word in (name, plain):
        for near in find_nearest(word, (known for known in by_word if known)):
            return by_word[near]
    return None


def suggest_activity_type(code: str, hints: Iterable[str], types: Sequence[ActivityType]) -> str:
    """List the activity types of the account, after the one probably meant by the code or by one of the ``hints``."""
    names = {kind.name: kind for kind in reversed(types) if kind.name}
    meant = ""
    for hint in (code, *hints):
        for near in find_nearest(hint, names):
            meant = meant or f"Did you mean {format_activity_type(names[near])}? "
    listed = ", ".join(format_activity_type(kind) for kind in types[:_SHOWN])
    more = f" and {len(types) - _SHOWN} more" if len(types) > _SHOWN else ""
    return f"{meant}It has: {listed}{more}." if types else "It has none."


def format_activity_type(kind: ActivityType) -> str:
    """Format an activity type for messages: ``201 "Webinar attended"``."""
    return f'{kind.event} "{kind.name}"' if kind.name else kind.event
