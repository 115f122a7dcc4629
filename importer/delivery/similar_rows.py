"""Find rows that are almost a row of an earlier import that this file otherwise repeats: most likely it was corrected.

Somebody corrects the e-mail address or the time of a visit in the source. The next export has the corrected row in
place of the one that was sent, with another key; sent as a new row, it would make a second activity.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Set
from dataclasses import dataclass
from pathlib import Path

from importer.core.canonical import LEAD_FIELD_KINDS, ComparisonType, canonical_form
from importer.core.errors import ImporterError
from importer.core.model import DELIVERED, Outcome, Record, Status
from importer.delivery.context import ComparisonScope
from importer.delivery.identity_table import IdentityTable, load_identities
from importer.delivery.pairing import CONTAINS_EARLIER, RowId
from importer.delivery.row_identity import EVENT, MOMENT, field_kinds
from importer.ledger import KnownRow, Run
from importer.planning import Plan, open_plan, to_records
from importer.targets import TARGETS, EffectType, Target

_MOST_RUNS = 50
_MOST_ROWS = 2_000_000
"""Earlier imports that are compared: the newest, up to so many runs and rows."""
_IN_CRM = (*sorted(DELIVERED), Status.PENDING, Status.UNCERTAIN)


class RecordComparer:
    """Compares records by the canonical forms of their fields."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._kinds = field_kinds(target.mapping)
        self._lead_fields = frozenset(f"activity.{name}" for name in target.lead_keys)

    def form(self, record: Record, name: str) -> str:
        """Return the canonical form of a field; empty for one that the record does not send."""
        return canonical_form(record.fields.get(name, ""), self._kinds.get(name, ComparisonType.TEXT))

    def differing_fields(self, row: Record, earlier: Record) -> list[str]:
        """Return the flat names of the fields whose values differ, in the order of the mapping."""
        names = dict.fromkeys([*row.fields, *earlier.fields])
        return [name for name in names if self.form(row, name) != self.form(earlier, name)]

    def lead(self, record: Record) -> tuple[str, str]:
        """Return the lead field and the canonical value that identify the record's lead."""
        field, value = self._target.lead_reference(record)
        return field, canonical_form(value, LEAD_FIELD_KINDS.get(field, ComparisonType.TEXT))

    def is_almost(self, row: Record, earlier: Record) -> bool:
        """Whether the records are of one activity type and differ in one field, or only in their lead."""
        names = self.differing_fields(row, earlier)
        others = [name for name in names if name not in self._lead_fields]
        return EVENT not in names and len(others) + (self.lead(row) != self.lead(earlier)) == 1


@dataclass(frozen=True, slots=True)
class _MissingRow:
    """A row of an earlier import that this file does not have; ``keyed``: it has a time of its own."""

    known: KnownRow
    record: Record
    keyed: bool


class SimilarRows:
    """Rows of earlier imports that a file lacks, although it has nearly all rows of their files."""

    def __init__(self, scope: ComparisonScope, table: IdentityTable, taken: Set[RowId]) -> None:
        self._scope = scope
        self._table = table
        self._taken = taken
        self._comparer = RecordComparer(scope.target)

    def find(self, places: Collection[int]) -> dict[int, KnownRow]:
        """Return for those of the rows at ``places`` that are almost a missing row which one it is, each used once."""
        if not places or self._scope.target.effect() is not EffectType.ACTIVITY:
            return {}
        missing: dict[tuple[str, ...], list[_MissingRow]] = defaultdict(list)
        for one in self._missing_rows():
            for key in self._near_keys(one.record, keyed=one.keyed):
                missing[key].append(one)
        if not missing:
            return {}
        used: set[RowId] = set()
        found: dict[int, KnownRow] = {}
        rows = {int(self._table.rows[place]): place for place in places}
        for record in read_records(self._scope.plan, rows.keys()).values():
            keyed = self._table.file_row(rows[record.row]).keyed
            for one in [one for key in self._near_keys(record, keyed=keyed) for one in missing.get(key, ())]:
                place = (one.known.run_id, one.known.row)
                if place not in used and self._comparer.is_almost(record, one.record):
                    used.add(place)
                    found[rows[record.row]] = one.known
                    break
        return found

    def _near_keys(self, record: Record, *, keyed: bool) -> Iterator[tuple[str, ...]]:
        """Yield the keys under which almost equal records lie: activity type with lead, and with a time of its own."""
        event = self._comparer.form(record, EVENT)
        yield ("lead", event, *self._comparer.lead(record))
        if keyed:
            yield ("moment", event, self._comparer.form(record, MOMENT))

    def _missing_rows(self) -> Iterator[_MissingRow]:
        """Yield the rows in the CRM, of earlier imports that this file repeats, that it does not have; newest first."""
        scope, rows = self._scope, 0
        corrected = {(one.of_run, one.of_row) for one in scope.ledger.updates(scope.run_id).values()}
        for run in scope.ledger.runs(account=scope.account.name, limit=_MOST_RUNS):
            target = TARGETS.get(run.new.target)
            if run.id == scope.run_id or target is None or target.effect() is not EffectType.ACTIVITY:
                continue
            # Runs come newest first, so what corrects a row is known before the row.
            taken = self._taken | corrected
            corrected |= {(one.of_run, one.of_row) for one in scope.ledger.updates(run.id).values()}
            outcomes = [one for one in scope.ledger.outcomes(run.id, _IN_CRM) if (run.id, one.row) not in taken]
            rows += run.new.rows
            if outcomes and rows <= _MOST_ROWS:
                yield from self._missing_of(run, {one.row: one for one in outcomes})

    def _missing_of(self, run: Run, outcomes: Mapping[int, Outcome]) -> Iterator[_MissingRow]:
        scope = self._scope
        try:
            plan = open_plan(Path(run.new.folder))
            earlier = load_identities(plan, scope.account, scope.ledger.install_key())
            if earlier.share_in(self._table) < CONTAINS_EARLIER:
                return
            records = read_records(plan, outcomes.keys())
        except (ImporterError, OSError):
            # Without its plan nothing is known of the fields of its rows.
            return
        for row, record in records.items():
            one = outcomes[row]
            known = KnownRow(run.id, row, run.new.source, one.status, one.activity_id, one.lead_id, one.at)
            yield _MissingRow(known, record, earlier.file_row(earlier.place_of(row)).keyed)


def read_records(plan: Plan, rows: Collection[int]) -> dict[int, Record]:
    """Read the records of some ready rows of a plan, without keys, by row number."""
    return {
        record.row: record
        for _, numbers, batch in plan.find_ready(rows)
        for record in to_records(numbers, batch, [""] * len(numbers))
    }
