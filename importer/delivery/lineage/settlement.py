"""Find the rows of a plan that rows of corrected sheets have settled: by their run and number, or by their cells.

A bad row that was corrected is in tomorrow's export again, and in the file that it came from. It must neither be asked
for nor sent a second time.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from importer.core.model import Status
from importer.delivery.lineage.marks import SENT_ROW, Cells, RowMarker
from importer.delivery.lineage.origins import SheetOrigins, read_origins
from importer.ledger import Correction, KnownRow, RowOrigin
from importer.planning import Plan

if TYPE_CHECKING:
    from importer.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Candidate:
    """A row that may have been corrected: its root, which is itself unless it corrects another row, and the digests of
    its cells."""

    root: RowOrigin
    sources: frozenset[bytes]


@dataclass(frozen=True, slots=True)
class Lineage:
    """What is known about the corrections of a plan's rows.

    ``settled`` holds the correction of each row that needs nothing more, by row number; ``sheet`` the origins of the
    rows if the source is a corrected sheet itself. Without a ``marker`` no marks can be made.
    """

    settled: Mapping[int, KnownRow] = field(default_factory=dict)
    sheet: SheetOrigins = field(default_factory=SheetOrigins)
    marker: RowMarker | None = None
    run_id: str = ""

    def origin(self, row: int, cells: Cells) -> RowOrigin:
        """Return the row that a row stands for: the one that it corrects, else itself."""
        return self.sheet.by_row.get(row) or self.own_origin(row, cells)

    def own_origin(self, row: int, cells: Cells) -> RowOrigin:
        """Return the origin of a row that stands for itself."""
        assert self.marker is not None
        return own_origin(self.run_id, row, cells, self.marker)

    def sent_origin(self, row: int) -> RowOrigin:
        """Return the origin of a row that was sent and stands for itself."""
        return self.sheet.sent.get(row) or RowOrigin(self.run_id, row, SENT_ROW)


def own_origin(run_id: str, row: int, cells: Cells, marker: RowMarker) -> RowOrigin:
    """Return the origin of a row that corrects no other one: itself."""
    return RowOrigin(run_id, row, marker.source_digest(cells, marker.columns))


def load_lineage(plan: Plan, ledger: Ledger, run_id: str = "") -> Lineage:
    """Load what the ledger knows about corrections of the plan's invalid and rejected rows; a check has no ``run_id``.

    A ledger without corrections costs one query.
    """
    marker = RowMarker(plan.facts, ledger.install_key())
    sheet = read_origins(plan, ledger, marker)
    columns = ledger.correction_columns(plan.facts.account)
    if not columns:
        return Lineage(sheet=sheet, marker=marker, run_id=run_id)
    rejected = {outcome.row for outcome in ledger.outcomes(run_id, [Status.REJECTED])} if run_id else set[int]()
    candidates: dict[int, Candidate] = {}
    for rows, cells in plan.invalid_rows_and(rejected):
        texts = cells.to_pydict()
        own = ({label: column[place] or "" for label, column in texts.items()} for place in range(len(rows)))
        candidates.update(find_candidates(zip(rows.tolist(), own, strict=True), marker, columns, sheet, run_id))
    found = find_corrections(candidates, ledger, plan.facts.account, run_id)
    settled = {row: one.known for row, one in found.items() if one.is_settled}
    return Lineage(settled, sheet, marker, run_id)


def find_candidates(
    rows: Iterable[tuple[int, Cells]],
    marker: RowMarker,
    column_sets: Sequence[Sequence[str]],
    sheet: SheetOrigins,
    run_id: str,
) -> Iterator[tuple[int, Candidate]]:
    """Yield rows, given with their cells, as candidates; ``column_sets`` are those that digests were made of."""
    for row, cells in rows:
        origin = sheet.by_row.get(row)
        if origin is not None:
            yield row, Candidate(origin, frozenset([origin.source]))
        else:
            known = [columns for columns in column_sets if cells.keys() >= set(columns)]
            sources = frozenset(marker.source_digest(cells, columns) for columns in known)
            yield row, Candidate(own_origin(run_id, row, cells, marker), sources)


def find_corrections(
    candidates: Mapping[int, Candidate], ledger: Ledger, account: str, run_id: str
) -> dict[int, Correction]:
    """Return the corrections of candidates, by row number; those that the run itself makes do not count.

    Rows are equal as often as the row was in one file: two equal bad rows need two corrections.
    """
    sources = {digest for one in candidates.values() for digest in one.sources}
    # Of several corrections of one row a settled one counts, else the newest.
    oldest_first = ledger.corrections(account, sorted(sources), run_id, run_id)
    by_root = {one.origin: one for one in sorted(oldest_first, key=lambda one: one.is_settled)}
    by_source: dict[bytes, dict[str, list[Correction]]] = defaultdict(lambda: defaultdict(list))
    for one in by_root.values():
        by_source[one.origin.source][one.origin.run_id].append(one)

    # First pass: the row itself was corrected. Second pass: an equal row of another file was.
    found = {row: by_root[one.root] for row, one in candidates.items() if one.root in by_root}
    used: Counter[bytes] = Counter(source for row in found for source in candidates[row].sources)
    for row, candidate in candidates.items():
        if row in found:
            continue
        for source in candidate.sources:
            others = [several for run, several in by_source[source].items() if run != candidate.root.run_id or not run]
            most = max(others, key=len, default=[])
            if used[source] < len(most):
                found[row] = most[used[source]]
                used[source] += 1
                break
    return found
