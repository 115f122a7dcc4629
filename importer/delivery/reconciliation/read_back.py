"""Looks in the CRM for what a row would have left there, and proves on a known row that looking there works."""

from __future__ import annotations

from datetime import datetime, timedelta

from importer.core.errors import CrmError
from importer.core.model import Outcome
from importer.delivery.context import Work
from importer.delivery.reconciliation.comparison import same_activity, same_key
from importer.delivery.reconciliation.evidence import lead_words
from importer.delivery.reconciliation.matcher import Looked
from importer.leadsquared.query_client import UnansweredError
from importer.targets.interface import Footprint, Trace

_CANARIES = 5
_DELETED_AFTER = timedelta(hours=1)
_MOST_UNANSWERED = 3


class Looking:
    """Reads the CRM for one delivery. Safe to use from several threads, but for :meth:`unproven`.

    ``import_key`` is the name of the field with our key as it stands in a footprint's content, empty when none is in
    use. ``visible_after`` is the age in seconds of the youngest row that was seen to be shown.
    """

    def __init__(self, work: Work) -> None:
        self._work = work
        self.trace = Trace.ACTIVITY if "activity" in work.target.sections else Trace.LEAD
        self.import_key = work.target.mapping.import_key or "" if self.trace is Trace.ACTIVITY else ""
        self.visible_after = float("inf")
        self._unanswered = 0

    def begin(self) -> None:
        """Take heart again: a new reading begins, and what did not answer before may answer now."""
        self._unanswered = 0

    def at(self, lead: tuple[str, str, str]) -> Looked:
        """The activities or leads that the CRM shows for a lead field, its value and an activity type. Never raises.

        After some leads in a row without an answer the others of this reading are not asked for: each would be asked
        several times, in vain.
        """
        if self._unanswered >= _MOST_UNANSWERED:
            return Looked(trouble="Reading back failed: LeadSquared does not answer questions at present.")
        try:
            looked = self._look(*lead)
        except CrmError as error:
            self._unanswered = self._unanswered + 1 if isinstance(error, UnansweredError) else 0
            return Looked(trouble=f"Reading back failed: {error.message}")
        self._unanswered = 0
        return looked

    def _look(self, field: str, value: str, event: str) -> Looked:
        reader = self._work.reader
        if self.trace is Trace.LEAD:
            return Looked(leads=tuple(reader.find_leads(field, value)))
        if field == "ProspectID":
            return self._look_at(value, event)
        ids = [seen.id for seen in reader.find_leads(field, value)]
        if len(ids) > 1:
            return Looked(trouble=f"{len(ids)} leads have {field} {value}: {', '.join(ids)}.")
        return self._look_at(ids[0], event) if ids else Looked(gone=True)

    def _look_at(self, lead_id: str, event: str) -> Looked:
        """The lead's activities. Where none can be shown, a lead that is gone explains it."""
        reader = self._work.reader
        try:
            activities = tuple(reader.activities_of_lead(lead_id, event))
        except UnansweredError:
            raise
        except CrmError:
            if reader.find_leads("ProspectID", lead_id):
                raise
            return Looked(gone=True)
        return Looked(activities, gone=not activities and not reader.find_leads("ProspectID", lead_id))

    def unproven(self) -> str:
        """Why reading back is not proven on the newest row that is known to be in the CRM; empty when it is.

        The row must be visible and known by its content. It then also tells how soon LeadSquared shows a new row.
        """
        work = self._work
        candidates = [
            outcome
            for outcome in work.ledger.newest_created(work.run.id, _CANARIES)
            if outcome.activity_id or self.trace is Trace.LEAD
        ]
        records = work.records_of([outcome.row for outcome in candidates])
        reason = "no row of this run is known to be in LeadSquared."
        for outcome in candidates:
            age = work.clock.now() - datetime.fromisoformat(outcome.at)
            footprint = work.target.footprint(records[outcome.row])
            looked = self.at((footprint.lead_field, footprint.lead_value, footprint.event))
            reason, hidden = self._why_not(outcome, footprint, looked)
            if not reason:
                self.visible_after = min(self.visible_after, age.total_seconds())
                break
            if hidden and age < _DELETED_AFTER:
                # A row just created that is not shown: LeadSquared may show others late, too.
                break
        return reason

    def _why_not(self, outcome: Outcome, footprint: Footprint, looked: Looked) -> tuple[str, bool]:
        """Why this row proves nothing (empty: it does), and whether the CRM hides a row that should be shown."""
        where = f"row {outcome.row}, which LeadSquared has confirmed,"
        if looked.trouble:
            return looked.trouble, False
        if looked.gone:
            return f"{where} cannot be shown: {lead_words(footprint)} is gone.", False
        if self.trace is Trace.LEAD:
            shown = any(seen.id.lower() == outcome.lead_id.lower() for seen in looked.leads)
            return ("", False) if shown else (f"{where} is not shown (lead {outcome.lead_id}).", True)
        own = [seen for seen in looked.activities if seen.id.lower() == outcome.activity_id.lower()]
        if not own:
            return f"{where} is not shown (activity {outcome.activity_id}).", True
        if self.import_key:
            known = same_key(footprint.content.get(self.import_key, ""), own[0].fields.get(self.import_key, ""))
        else:
            known = same_activity(footprint, own[0])
        return ("", False) if known else (f"{where} has other content now (activity {outcome.activity_id}).", False)
