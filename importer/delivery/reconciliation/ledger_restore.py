"""After a ledger was put back from a backup: rows that were sent since the backup are looked for before any is sent."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from importer.core.errors import CrmError, RunStopped
from importer.core.model import Outcome, Record, Status, VerdictKind
from importer.core.time import iso
from importer.delivery.context import Work
from importer.delivery.reconciliation.comparison import same_activity, written_since
from importer.delivery.reconciliation.first_contact import without_own_key
from importer.leadsquared.interface import ActivitySeen
from importer.ledger.interface import Call, CallEnd, Sending
from importer.targets.interface import Footprint

RESTORED = "restored"
"""Code of a call that the lost ledger made, written down again, and of its row."""

LOOKED_FOR = timedelta(days=7)
"""So long after a person accepted a ledger, every row that it does not know is looked for."""

_ALLOWANCE = timedelta(days=1)
"""For clocks that disagree: what was written so long before the ledger's last call is no trace of a lost one."""

_Seen = dict[tuple[str, str, str], list[ActivitySeen]]


def find_lost_rows(work: Work) -> int:
    """Write down rows that LeadSquared holds already and a ledger accepted lately does not know; how many.

    Each is booked under a call of its own, as the lost ledger had it, so that later files recognise the row as well.
    Does nothing for a deliberate repeat, and for calls that leave no activity: LeadSquared itself refuses or updates a
    lead that is there already. Raises :class:`RunStopped` when LeadSquared cannot be asked.
    """
    accepted = work.ledger.adopted_at()
    if not accepted or work.plan.facts.again or "activity" not in work.target.sections:
        return 0
    if work.clock.now() - datetime.fromisoformat(accepted) > LOOKED_FOR:
        return 0
    work.progress.note("The ledger was accepted lately: rows that it does not know are looked for before any is sent.")
    found = 0
    last = work.ledger.last_call_ended_at(work.account.name, before=accepted)
    since = datetime.fromisoformat(last) - _ALLOWANCE if last else None
    seen: _Seen = {}
    for record in work.records(leave_out=tuple(Status)):
        work.check_stop()
        activity = _activity_of(record, work, since, seen)
        if activity is not None:
            _write_down(record, activity, work)
            found += 1
    return found


def _activity_of(record: Record, work: Work, since: datetime | None, seen: _Seen) -> ActivitySeen | None:
    """An activity exactly like the row, written after ``since``, that belongs to no other row."""
    footprint = without_own_key(work.target.footprint(record), work.target.mapping.import_key)
    lead = (footprint.lead_field, footprint.lead_value, footprint.event)
    try:
        if lead not in seen:
            seen[lead] = _activities(work, *lead)
    except CrmError as error:
        raise RunStopped(
            f"Row {record.row} may have been sent before the ledger was put back, and LeadSquared cannot be asked: "
            f"{error.message}",
            "Nothing was doubled. Run again later: importer resume",
        ) from None
    alike = [one for one in seen[lead] if same_activity(footprint, one) and _may_be_lost(one, since, footprint)]
    owned = work.ledger.activity_owner(work.account.name, [activity.id for activity in alike])
    return next((activity for activity in alike if activity.id not in owned), None)


def _may_be_lost(activity: ActivitySeen, since: datetime | None, footprint: Footprint) -> bool:
    """Whether a call that the ledger does not know can have written it."""
    has_own_time = bool(footprint.content.get("ActivityDateTime"))
    return since is None or written_since(activity, since, 0.0, has_own_time)


def _activities(work: Work, field: str, value: str, event: str) -> list[ActivitySeen]:
    ids = [value] if field == "ProspectID" else [lead.id for lead in work.reader.find_leads(field, value)]
    return [activity for lead in ids for activity in work.reader.activities_of_lead(lead, event)]


def _write_down(record: Record, activity: ActivitySeen, work: Work) -> None:
    kind, ledger = work.target.call_class, work.ledger
    digest = hashlib.sha256(activity.id.encode()).hexdigest()
    sending = (Sending(record.row, record.key),)
    number = ledger.begin_call(Call(work.run.id, work.account.name, work.target.name, kind, digest, sending))
    outcome = Outcome(
        record.row,
        Status.CREATED,
        activity_id=activity.id,
        error_code=RESTORED,
        attempts=1,
        at=iso(work.clock.now()),
        evidence=f"Found in LeadSquared as activity {activity.id} after the ledger was put back; not sent again.",
    )
    ledger.finish_call(number, CallEnd(VerdictKind.APPLIED, 0, RESTORED, "", 0.0), [outcome])
