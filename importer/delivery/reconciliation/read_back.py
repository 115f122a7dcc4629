"""Read back from the CRM what a row would have left there."""

from __future__ import annotations

from importer.core.errors import CrmError
from importer.delivery.reconciliation.matcher import ReadBackResult
from importer.leadsquared import CrmReader, UnansweredError
from importer.targets import EffectType, Target

_MAX_UNANSWERED = 3


class ReadBack:
    """Reads the CRM for one delivery. Safe to use from several threads.

    ``import_key`` is the name of the field with our key as it stands in a query's content, empty when none is in use.
    """

    def __init__(self, reader: CrmReader, target: Target) -> None:
        self._reader = reader
        self.effect = target.effect()
        self.import_key = target.mapping.import_key or "" if self.effect is EffectType.ACTIVITY else ""
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
        reader = self._reader
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
