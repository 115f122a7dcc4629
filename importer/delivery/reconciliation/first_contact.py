"""Before the first call of a new ledger: are the rows perhaps in the CRM already, sent by a ledger that was lost?"""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

from importer.core.errors import CrmError, RunStopped
from importer.core.model import Record, Status
from importer.delivery.context import Work
from importer.delivery.reconciliation.comparison import same_activity
from importer.targets.interface import Footprint

_LOOKED_AT = 3


def refuse_known_rows(work: Work) -> None:
    """Look at the leads of the first rows, if no call was ever made to the account.

    A deleted ledger, a new computer and a second one all begin with an empty memory, and would send everything again.
    Raises :class:`RunStopped` when the CRM holds activities exactly like these rows. Does nothing for a deliberate
    repeat, and for calls that leave no activity: LeadSquared itself refuses or updates a lead that is there already.
    """
    if work.plan.facts.again or work.ledger.last_call_ended_at(work.account.name):
        return
    if "activity" not in work.target.sections:
        return
    first = islice(work.records(leave_out=tuple(Status)), _LOOKED_AT)
    known = [str(record.row) for record in first if _is_there(record, work)]
    if known:
        raise RunStopped(
            f"The ledger knows of no import to account {work.account.name}, but LeadSquared already holds activities "
            f"exactly like row{'s' if len(known) > 1 else ''} {', '.join(known)} of this file. Was the ledger deleted, "
            "or is this another computer? Nothing was sent.",
            "Put the old ledger folder back (IMPORTER_HOME), or import on the computer that has it. If the rows shall "
            "be created once more, say why: importer run … --again REASON",
        )


def _is_there(record: Record, work: Work) -> bool:
    footprint = without_own_key(work.target.footprint(record), work.target.mapping.import_key)
    try:
        if footprint.lead_field == "ProspectID":
            ids = [footprint.lead_value]
        else:
            ids = [lead.id for lead in work.reader.find_leads(footprint.lead_field, footprint.lead_value)]
        seen = [activity for lead in ids for activity in work.reader.activities_of_lead(lead, footprint.event)]
    except CrmError:
        # The question is only asked to be on the safe side; a lead that cannot be looked at says nothing.
        return False
    return any(same_activity(footprint, activity) for activity in seen)


def without_own_key(footprint: Footprint, own: str | None) -> Footprint:
    """The footprint without the import key: a lost ledger made other ones, so they are not compared."""
    return replace(footprint, content={name: text for name, text in footprint.content.items() if name != own})
