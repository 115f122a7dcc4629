"""Tell the id of an activity from the id of its lead in answers whose form is not documented."""

from __future__ import annotations

import threading
from dataclasses import replace

from importer.core.errors import CrmError, RunStopped
from importer.core.model import Outcome, Status
from importer.leadsquared import CrmReader

_MAX_TRIES = 3
"""So many answers are checked at most when LeadSquared shows neither of their ids as a lead."""


class AnswerIds:
    """Puts the ids of answers into their places. The order is looked up once, and then believed.

    Safe to use from several threads.
    """

    def __init__(self) -> None:
        self._swapped: bool | None = None
        self._tries = 0
        self._lock = threading.Lock()

    def assign(self, outcome: Outcome, reader: CrmReader, *, without_activity: str) -> Outcome:
        """Return the outcome of a created activity with its ids in their places.

        One that turns out to name only the lead is uncertain, with the error code ``without_activity``: the activity
        has to be looked for.
        """
        if outcome.status is not Status.CREATED or not outcome.activity_id:
            return outcome
        with self._lock:
            if self._swapped is None and self._tries < _MAX_TRIES:
                self._tries += 1
                self._swapped = _are_swapped(outcome, reader)
        if not self._swapped:
            return outcome
        if outcome.lead_id:
            return replace(outcome, activity_id=outcome.lead_id, lead_id=outcome.activity_id)
        return replace(
            outcome,
            status=Status.UNCERTAIN,
            activity_id="",
            lead_id=outcome.activity_id,
            error_code=without_activity,
            error="LeadSquared answered with the id of the lead, and with none of the activity.",
        )


def _are_swapped(outcome: Outcome, reader: CrmReader) -> bool | None:
    """Return whether what should be the activity's id is that of a lead; ``None`` while that is not known."""
    try:
        if outcome.lead_id and reader.find_leads("ProspectID", outcome.lead_id):
            return False
        return True if reader.find_leads("ProspectID", outcome.activity_id) else None
    except (CrmError, RunStopped):
        # The row is created either way; the order is looked up with the next answer.
        return None
