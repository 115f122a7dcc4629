"""Read from the marks of a corrected sheet which row of an earlier import each of its rows stands for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from importer.delivery.lineage.marks import SENT_ROW, RowMarker
from importer.ledger import RowOrigin
from importer.planning import Plan

if TYPE_CHECKING:
    from importer.ledger import Ledger


@dataclass(frozen=True, slots=True)
class SheetOrigins:
    """The rows of a corrected sheet: the origins of those whose mark holds, and the numbers of those whose does not.

    Rows without a mark, such as those that a person added, are in neither. ``sent`` holds those of an annotated copy
    that were sent when it was written.
    """

    by_row: dict[int, RowOrigin] = field(default_factory=dict)
    doubtful: tuple[int, ...] = ()
    sent: dict[int, RowOrigin] = field(default_factory=dict)


def read_origins(plan: Plan, ledger: Ledger, marker: RowMarker) -> SheetOrigins:
    """Read the origins of a plan's rows, ready or not; there are none unless its source is a sheet to correct.

    A mark counts for the first row, from the top, that it fits: a copied row is a row of its own.
    """
    tenants = ledger.tenants()
    account = plan.facts.account
    of_tenant: dict[str, bool] = {"": True}
    by_row: dict[int, RowOrigin] = {}
    sent: dict[int, RowOrigin] = {}
    doubtful: list[int] = []
    taken: set[RowOrigin] = set()

    def is_known(run_id: str) -> bool:
        if run_id not in of_tenant:
            run = ledger.run(run_id)
            name = run.new.account if run is not None and run.id == run_id else None
            of_tenant[run_id] = name == account or (name in tenants and tenants[name] == tenants.get(account))
        return of_tenant[run_id]

    for rows, origin, cells in plan.marked_rows():
        columns = cells.to_pydict()
        numbers, marks = origin.column("number").to_pylist(), origin.column("mark").to_pylist()
        for place, (row, number, text) in enumerate(zip(rows.tolist(), numbers, marks, strict=True)):
            if not text.strip():
                continue
            mark = marker.read(text)
            own = {label: texts[place] or "" for label, texts in columns.items()}
            new = mark is not None and mark.origin not in taken and is_known(mark.origin.run_id)
            if mark is not None and new and marker.fits(mark, number, own):
                taken.add(mark.origin)
                (sent if mark.origin.source == SENT_ROW else by_row)[row] = mark.origin
            else:
                doubtful.append(row)
    return SheetOrigins(by_row, tuple(doubtful), sent)
