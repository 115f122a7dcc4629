"""Marks of the rows of a report, by which a sheet that comes back knows its rows again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from importer.core.model import DELIVERED, Status
from importer.delivery import Lineage
from importer.planning import PlanChunk
from importer.reports.interface import TO_FIX, SheetOrigin

_TO_DECIDE = frozenset({Status.CHANGED, Status.UNCERTAIN})
_SENT = frozenset({*DELIVERED, Status.SKIPPED, Status.PENDING, Status.UNCERTAIN})


def mark_rows(
    lineage: Lineage, chunk: PlanChunk, statuses: Sequence[str], *, mark_sent: bool
) -> Mapping[int, SheetOrigin]:
    """Return where the rows of a chunk come from, with new marks, by row number.

    These are the rows to correct and those to decide about; with ``mark_sent``, for an annotated copy, the rows to
    correct and those that were sent.
    """
    if lineage.marker is None:
        return {}
    known = lineage.sheet.sent if mark_sent else {}
    wanted = TO_FIX | (_SENT if mark_sent and lineage.run_id else _TO_DECIDE if not mark_sent else frozenset())
    numbers = chunk.rows.tolist()
    places = [place for place, status in enumerate(statuses) if status in wanted or numbers[place] in known]
    cells = chunk.cells.iloc[places]
    columns = {label: cells[label].tolist() for label in cells.columns} if places else {}
    found = {}
    for place, at in enumerate(places):
        row, status = numbers[at], statuses[at]
        own = {label: texts[place] for label, texts in columns.items()}
        if row in known or (mark_sent and status in _SENT):
            origin = lineage.sent_origin(row)
        elif status in _TO_DECIDE:
            # A decision is about the row of this run, whatever row it corrects.
            origin = lineage.own_origin(row, own)
        else:
            origin = lineage.origin(row, own)
        found[row] = SheetOrigin(origin.row, lineage.marker.make(origin, own))
    return found
