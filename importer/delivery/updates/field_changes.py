"""Decide which fields of an activity a row may correct, and whether LeadSquared still holds what was sent.

Pure: given the row, the earlier row and the activity as LeadSquared shows it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from importer.core.model import DELIVERED, Outcome, Record, Status
from importer.core.text import join_words, pluralize
from importer.delivery.reconciliation.matcher import BY_IMPORT_KEY, same_text
from importer.delivery.similar_rows import RecordComparer
from importer.leadsquared import CrmActivity
from importer.ledger import DECIDED
from importer.planning import Plan
from importer.targets import EffectType, Target, UpdateActivities

_SECTION = "activity."


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field of an activity, by its flat name: the text that was sent ``before``, and the one that it gets."""

    name: str
    before: str
    after: str

    @property
    def schema_name(self) -> str:
        """The name of the field in LeadSquared."""
        return self.name.removeprefix(_SECTION)


class Shown(StrEnum):
    """What LeadSquared shows of the fields that are to change."""

    BEFORE = "before"
    """What was sent earlier, in some fields perhaps the new values already."""
    AFTER = "after"
    """The new values."""
    OTHER = "other"
    """In some field neither: somebody changed it since."""


class UpdateRules:
    """What an update may change in activities of one plan. ``headings`` returns how people call some fields."""

    def __init__(self, plan: Plan, target: Target, headings: Callable[[Sequence[str]], list[str]]) -> None:
        mapping = target.mapping
        self._target = target
        self._comparer = RecordComparer(target)
        self._headings = headings
        self._import_key = f"{_SECTION}{mapping.import_key}"
        used = (names.split(", ") for names in plan.facts.fields.values())
        keys = {name for names in used if "row_key" in names for name in names}
        named = {f"{_SECTION}{name}" for name in (*target.lead_keys, *mapping.row_key)}
        self._fixed = frozenset({*keys, *named, *mapping.row_key})

    def find_changes(self, row: Record, earlier: Record) -> list[FieldChange] | str:
        """Return the fields that differ from the earlier row; or why they cannot be corrected, as a sentence."""
        if self._target.effect() is EffectType.LEAD:
            return "This import creates leads only; a mapping for bulk-upsert-leads corrects them."
        if self._comparer.lead(row) != self._comparer.lead(earlier):
            return "The two rows are of different leads."
        names = [name for name in self._comparer.differing_fields(row, earlier) if name != self._import_key]
        fixed = [name for name in names if self._is_fixed(name)]
        if fixed:
            return f"An update cannot change {join_words(self._headings(fixed))}."
        # LeadSquared reads and writes a custom field set as a whole.
        outer = {name.partition(".")[0] for name in map(_schema_name, names) if "." in name}
        listed = dict.fromkeys([*row.fields, *earlier.fields])
        names = [name for name in listed if name in names or _schema_name(name).partition(".")[0] in outer]
        empty = [name for name in names if name not in row.fields]
        if empty:
            verb = pluralize(len(empty), "is", "are")
            return f"{join_words(self._headings(empty))} {verb} empty in this row, and empty cells are not sent."
        return [FieldChange(name, earlier.fields.get(name, ""), row.fields[name]) for name in names]

    def _is_fixed(self, name: str) -> bool:
        plain = _schema_name(name)
        return not name.startswith(_SECTION) or name in self._fixed or not UpdateActivities.can_set(plain)

    def describe(self, changes: Sequence[FieldChange]) -> str:
        """List the fields as people call them."""
        return join_words(self._headings([one.name for one in changes]))


def _schema_name(name: str) -> str:
    return name.removeprefix(_SECTION)


def compare_shown(changes: Sequence[FieldChange], activity: CrmActivity) -> tuple[Shown, list[FieldChange]]:
    """Return what the activity shows of the fields, and those that hold neither text."""
    other, old = [], False
    for one in changes:
        shown = activity.fields.get(one.schema_name, "")
        if same_text(one.after, shown):
            continue
        old = True
        if not same_text(one.before, shown):
            other.append(one)
    return (Shown.OTHER if other else Shown.BEFORE if old else Shown.AFTER), other


def values_shown(changes: Sequence[FieldChange], activity: CrmActivity) -> Mapping[str, str]:
    """Return the texts that the activity shows of the fields, by their names in LeadSquared."""
    return {one.schema_name: activity.fields.get(one.schema_name, "") for one in changes}


def knows_activity(outcome: Outcome | None) -> bool:
    """Whether the activity of an earlier row is certainly its own.

    Its id came in the answer to its call, was found by the import key, or the row itself is an update. What was only
    recognised by its content may be somebody else's.
    """
    if outcome is None or outcome.status not in DELIVERED or not outcome.activity_id or outcome.error_code == DECIDED:
        return False
    return not outcome.evidence or BY_IMPORT_KEY in outcome.evidence or outcome.status is Status.UPDATED
