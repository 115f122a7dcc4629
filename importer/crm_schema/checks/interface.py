"""What comparing a mapping with an account needs, and what it gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from importer.core.errors import MappingProblem
from importer.crm_schema.constraints import Demand

IMPORT_KEY_LENGTH = 20
"""Characters of the key that marks a row's activity or lead."""


@dataclass(frozen=True, slots=True)
class Call:
    """What the comparison must know of the LeadSquared call that receives the rows.

    ``activity_keys`` stand beside the activity's fields and are none of the account's. ``creates`` and ``updates`` say
    what the call does with leads.
    """

    activity_keys: tuple[str, ...]
    creates: bool
    updates: bool


@dataclass(frozen=True, slots=True)
class Findings:
    """What a comparison found.

    ``problems`` are certain to fail; ``warnings`` may. ``demands`` are for the cells, by flat field name. ``unchecked``
    are the things that could not be compared, in words that fit into a list.
    """

    problems: tuple[MappingProblem, ...] = ()
    warnings: tuple[MappingProblem, ...] = ()
    demands: Mapping[str, Demand] = field(default_factory=dict)
    unchecked: tuple[str, ...] = ()

    def softened(self) -> Findings:
        """The same where nothing is certain: problems are warnings, and cells are not looked at."""
        return replace(self, problems=(), warnings=(*self.problems, *self.warnings), demands={})
