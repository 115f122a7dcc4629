"""Read back from the CRM what a row would have left there, and prove on a known row that reading back works."""

from __future__ import annotations

from datetime import datetime, timedelta

from importer.core.errors import CrmError
from importer.core.model import Outcome
from importer.delivery.context import DeliveryContext
from importer.delivery.reconciliation.evidence import describe_lead
from importer.delivery.reconciliation.matcher import ReadBackResult, same_activity, same_key
from importer.leadsquared import UnansweredError
from importer.targets import EffectType, ReadBackQuery

_MAX_CANARIES = 5
_LONGEST_DELAY = timedelta(hours=1)
"""A row older than this that is not shown was deleted; a younger one may be shown late."""
_MAX_UNANSWERED = 3


class ReadBack:
    """Reads the CRM for one delivery. Safe to use from several threads, but for :meth:`check_canary`.

    ``import_key`` is the name of the field with our key as it stands in a query's content, empty when none is in use.
    ``visible_after`` is the age in seconds of the youngest row that the CRM was seen to show.
    """

    def __init__(self, context: DeliveryContext) -> None:
        self._context = context
        self.effect = context.target.effect()
        self.import_key = context.target.mapping.import_key or "" if self.effect is EffectType.ACTIVITY else ""
        self.visible_after = float("inf")
        self._unanswered = 0

    def reset_unanswered(self) -> None:
        """Reset the counter of unanswered questions, at the beginning of a reading."""
        self._unanswered = 0

    def read(self, lead: tuple[str, str, str]) -> ReadBackResult:
        """Read the activities or leads that the CRM shows for a lead field, its value and an activity type.

        Never raises. After some leads in a row without an answer the others of this reading are not queried: each would
        be queried several times, in vain.
        """
        if self._unanswered >= _MAX_UNANSWERED:
            return ReadBackResult(trouble="Reading back failed: LeadSquared does not answer questions at present.")
        try:
            result = self._read(*lead)
        except CrmError as error:
            self._unanswered = self._unanswered + 1 if isinstance(error, UnansweredError) else 0
            return ReadBackResult(trouble=f"Reading back failed: {error.message}")
        self._unanswered = 0
        return result

    def _read(self, field: str, value: str, event: str) -> ReadBackResult:
        reader = self._context.reader
        if self.effect is EffectType.LEAD:
            return ReadBackResult(leads=tuple(reader.find_leads(field, value)))
        lead_id = value
        if field != "ProspectID":
            ids = [lead.id for lead in reader.find_leads(field, value)]
            if not ids:
                return ReadBackResult(gone=True)
            if len(ids) > 1:
                return ReadBackResult(trouble=f"{len(ids)} leads have {field} {value}: {', '.join(ids)}.")
            lead_id = ids[0]
        # Where no activities can be shown, a lead that is gone explains it.
        try:
            activities = tuple(reader.activities_of_lead(lead_id, event))
        except UnansweredError:
            raise
        except CrmError:
            if reader.find_leads("ProspectID", lead_id):
                raise
            return ReadBackResult(gone=True)
        return ReadBackResult(activities, gone=not activities and not reader.find_leads("ProspectID", lead_id))

    def check_canary(self) -> str:
        """Check that reading back shows the newest row known to be in the CRM; return why not, or an empty text.

        The row must be visible and recognised by its content. It then also shows how soon the CRM shows a new row.
        """
        context = self._context
        canaries = [
            outcome
            for outcome in context.ledger.newest_created(context.run.id, _MAX_CANARIES)
            if outcome.activity_id or self.effect is EffectType.LEAD
        ]
        records = context.records_of([outcome.row for outcome in canaries])
        reason = "no row of this run is known to be in LeadSquared."
        for outcome in canaries:
            age = context.clock.now() - datetime.fromisoformat(outcome.at)
            query = context.target.read_back_query(records[outcome.row])
            result = self.read((query.lead_field, query.lead_value, query.event))
            reason, hidden = self._verify_canary(outcome, query, result)
            if not reason:
                self.visible_after = min(self.visible_after, age.total_seconds())
                break
            if hidden and age < _LONGEST_DELAY:
                # A row just created that is not shown: LeadSquared may show others late, too.
                break
        return reason

    def _verify_canary(self, outcome: Outcome, query: ReadBackQuery, result: ReadBackResult) -> tuple[str, bool]:
        """Return why this row proves nothing (empty: it does), and whether the CRM hides it though it should not."""
        row = f"row {outcome.row}, which LeadSquared has confirmed,"
        if result.trouble:
            return result.trouble, False
        if result.gone:
            return f"{row} cannot be shown: {describe_lead(query)} is gone.", False
        if self.effect is EffectType.LEAD:
            shown = any(lead.id.lower() == outcome.lead_id.lower() for lead in result.leads)
            return ("", False) if shown else (f"{row} is not shown (lead {outcome.lead_id}).", True)
        own = [each for each in result.activities if each.id.lower() == outcome.activity_id.lower()]
        if not own:
            return f"{row} is not shown (activity {outcome.activity_id}).", True
        if self.import_key:
            known = same_key(query.content.get(self.import_key, ""), own[0].fields.get(self.import_key, ""))
        else:
            known = same_activity(query, own[0])
        return ("", False) if known else (f"{row} has other content now (activity {outcome.activity_id}).", False)
