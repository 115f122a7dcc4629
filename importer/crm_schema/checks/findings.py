"""Collects what a comparison finds, with the mapping's lines."""

from __future__ import annotations

from dataclasses import dataclass, field

from importer.core.errors import MappingProblem
from importer.crm_schema.checks.interface import Findings
from importer.crm_schema.constraints import Demand
from importer.mapping.loader import LoadedMapping

READS_THEM = "(importer doctor --refresh reads them)"


@dataclass(slots=True)
class Collected:
    """What was found so far. Paths are such as ``activity.mx_Custom_1.value``."""

    loaded: LoadedMapping
    problems: list[MappingProblem] = field(default_factory=list)
    warnings: list[MappingProblem] = field(default_factory=list)
    demands: dict[str, Demand] = field(default_factory=dict)
    unchecked: list[str] = field(default_factory=list)

    def fails(self, path: str, message: str, remedy: str) -> None:
        """Something that is certain to fail."""
        self.problems.append(MappingProblem(*self.loaded.line_of(path), path, message, remedy))

    def may_fail(self, path: str, message: str, remedy: str) -> None:
        """Something that may fail."""
        self.warnings.append(MappingProblem(*self.loaded.line_of(path), path, message, remedy))

    def not_checked(self, what: str) -> None:
        """Something that could not be compared, in words that fit into a list."""
        if what not in self.unchecked:
            self.unchecked.append(what)

    def findings(self) -> Findings:
        """All of it, in the order of the mapping's lines."""
        return Findings(
            problems=tuple(sorted(self.problems, key=_place)),
            warnings=tuple(sorted(self.warnings, key=_place)),
            demands=self.demands,
            unchecked=tuple(self.unchecked),
        )


def _place(problem: MappingProblem) -> tuple[int, int]:
    return problem.line, problem.column
