"""Compare the rows of a plan with rows that were corrected: what a correction has settled is not sent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from importer.core.model import DELIVERED, Status
from importer.core.text import format_count
from importer.delivery.context import ComparisonScope, DeliveryContext
from importer.delivery.identity_table import IdentityTable
from importer.delivery.lineage.marks import Cells, RowMarker
from importer.delivery.lineage.origins import SheetOrigins, read_origins
from importer.delivery.lineage.settlement import find_candidates, find_corrections
from importer.delivery.pairing import Disposition, Likeness, RowDecision, unidentified
from importer.delivery.row_identity import IDENTITY_VERSION
from importer.ledger import Correction, IdentityPart, KnownRow

_MAY_BE_THERE = frozenset({*DELIVERED, Status.SKIPPED, Status.PENDING, Status.UNCERTAIN})


@dataclass(frozen=True, slots=True)
class CorrectedRows:
    """The corrections that concern the ready rows of a plan; ``sheet`` is what the source itself corrects."""

    scope: ComparisonScope
    table: IdentityTable
    marker: RowMarker
    sheet: SheetOrigins

    @classmethod
    def of(cls, context: DeliveryContext, table: IdentityTable) -> CorrectedRows:
        """Read which rows the plan's source corrects, if it is such a sheet, and record them in the ledger."""
        found = cls.read(context.scope, table)
        if found.sheet.by_row:
            context.ledger.record_origins(context.run.id, found.sheet.by_row)
        if found.sheet.doubtful:
            context.progress.note(describe_doubtful(len(found.sheet.doubtful)))
        return found

    @classmethod
    def read(cls, scope: ComparisonScope, table: IdentityTable) -> CorrectedRows:
        """Read which rows the plan's source corrects."""
        marker = RowMarker(scope.plan.facts, scope.ledger.install_key())
        return cls(scope, table, marker, read_origins(scope.plan, scope.ledger, marker))

    def decide(self, places: Sequence[int]) -> dict[int, RowDecision]:
        """Return decisions about those of the ready rows at ``places`` that were corrected, or correct a row again."""
        scope = self.scope
        columns = scope.ledger.correction_columns(scope.account.name)
        if not places or not columns:
            return {}
        candidates = dict(
            find_candidates(self._rows(set(places)), self.marker, columns, self.sheet, scope.run_id),
        )
        found = find_corrections(candidates, scope.ledger, scope.account.name, scope.run_id)
        place_of = {row: self.table.place_of(row) for row in found}
        meant = self._meant_updates({place_of[row]: one for row, one in found.items()})
        return {place_of[row]: self._decision(row, one) for row, one in found.items() if place_of[row] not in meant}

    def find_sent(self, places: Iterable[int]) -> dict[int, RowDecision]:
        """Return decisions about those of the ready rows at ``places`` whose mark says that they were sent before.

        Rows that were found equal are not asked for: these have other values now.
        """
        ledger, found = self.scope.ledger, dict[int, RowDecision]()
        for place in places if self.sheet.sent and not self.scope.target.latest_wins() else ():
            origin = self.sheet.sent.get(int(self.table.rows[place]))
            run = ledger.run(origin.run_id) if origin else None
            if origin is None or run is None:
                continue
            outcome = ledger.outcomes_between(run.id, origin.row, origin.row).get(origin.row)
            # An uncertain row may have been found not to be there since.
            if outcome is not None and outcome.status in _MAY_BE_THERE:
                ids = outcome.activity_id, outcome.lead_id
                known = KnownRow(run.id, origin.row, run.new.source, outcome.status, *ids, outcome.at)
                disposition = Disposition.WAIT if known.is_open else Disposition.HOLD
                found[place] = RowDecision(disposition, Likeness.MARKED, unidentified(known))
        return found

    def was_sent(self, place: int) -> bool:
        """Whether the mark of a ready row says that it was sent before."""
        return int(self.table.rows[place]) in self.sheet.sent

    def _rows(self, wanted: set[int]) -> Iterator[tuple[int, Cells]]:
        start = 0
        for numbers, _, cells in self.scope.plan.ready_rows():
            here = [place for place in range(len(numbers)) if start + place in wanted]
            texts = cells.take(here).to_pydict() if here else {}
            for index, place in enumerate(here):
                yield int(numbers[place]), {label: column[index] or "" for label, column in texts.items()}
            start += len(numbers)

    def _decision(self, row: int, correction: Correction) -> RowDecision:
        earlier = unidentified(correction.known)
        if not correction.is_settled:
            return RowDecision(Disposition.WAIT, Likeness.CORRECTED, earlier)
        if row in self.sheet.by_row:
            return RowDecision(Disposition.HOLD, Likeness.RECORRECTED, earlier)
        own = self.table.file_row(self.table.place_of(row))
        says_when = own.keyed or own.named is not None
        return RowDecision(Disposition.SKIP if says_when else Disposition.HOLD, Likeness.CORRECTED, earlier)

    def _meant_updates(self, found: Mapping[int, Correction]) -> set[int]:
        """Return the places of rows that update a lead and are meant to be sent nevertheless.

        These are corrections of the same lead in other words, and good rows that only look like a bad one.
        """
        if not self.scope.target.latest_wins():
            return set()
        rows = {place: self.table.identity(place) for place in found}
        by_key = self._earlier(IdentityPart.KEY, {one.key for one in rows.values()})
        by_source = {
            source for _, _, source in self._earlier(IdentityPart.SOURCE, {one.source for one in rows.values()})
        }
        same_lead = {(key, row_of) for key, row_of, _ in by_key}
        return {
            place
            for place, one in rows.items()
            if (one.key, (found[place].known.run_id, found[place].known.row)) in same_lead
            or (one.row not in self.sheet.by_row and one.source in by_source)
        }

    def _earlier(self, part: IdentityPart, digests: set[bytes]) -> list[tuple[bytes, tuple[str, int], bytes]]:
        scope = self.scope
        found = scope.ledger.earlier_rows(scope.account.name, part, sorted(digests), IDENTITY_VERSION, scope.run_id)
        return [(one.identity.key, (one.known.run_id, one.known.row), one.identity.source) for one in found]


def describe_doubtful(rows: int) -> str:
    """Describe rows of a corrected sheet whose marks do not hold."""
    one = rows == 1
    return (
        f"{format_count(rows)} of this sheet {'counts as a new row' if one else 'count as new rows'}: "
        f"{'it was' if one else 'they were'} copied, or filled with other values than the "
        f"{'row' if one else 'rows'} to correct."
    )
