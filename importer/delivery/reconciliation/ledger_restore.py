"""Check the CRM before a ledger is trusted that may not know of earlier imports.

A ledger that was put back from a backup does not know the rows sent since the backup: they are searched for, and
restored (:func:`restore_lost_rows`). A new ledger knows nothing at all: before its first call the leads of the first
rows are read (:func:`refuse_rows_already_in_crm`).
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice

from importer.core.errors import CrmError, RunStopped
from importer.core.model import Outcome, Record, Status, VerdictKind
from importer.core.text import pluralize
from importer.core.time import format_iso
from importer.delivery.context import DeliveryContext
from importer.delivery.reconciliation.clock_difference import SendTime
from importer.delivery.reconciliation.matcher import same_activity, written_since
from importer.leadsquared import CrmActivity
from importer.ledger import Call, CallEnd, RowToSend
from importer.targets import EffectType, ReadBackQuery

RESTORED = "restored"
"""Code of a call that the lost ledger made, recorded again, and of its row."""

SEARCH_PERIOD = timedelta(days=7)
"""So long after a person accepted a ledger, every row that it does not know is searched for."""

_CLOCK_MARGIN = timedelta(days=1)
"""For clocks that disagree: what was written so long before the ledger's last call is not of a lost one."""

_FIRST_ROWS = 3
"""How many rows are searched for before the first call of a new ledger."""

_Lead = tuple[str, str, str]


def restore_lost_rows(context: DeliveryContext) -> int:
    """Record rows that LeadSquared holds and a lately accepted ledger does not know; return how many.

    Each is recorded under a call of its own, as the lost ledger had it, so that later files recognise the row as well.
    Does nothing for a deliberate repeat, and for calls that leave no activity: LeadSquared itself refuses or updates a
    lead that is there already. Raises :class:`RunStopped` when LeadSquared does not answer.
    """
    accepted = context.ledger.adopted_at()
    if not accepted or context.plan.facts.again or context.target.effect() is not EffectType.ACTIVITY:
        return 0
    if context.clock.now() - datetime.fromisoformat(accepted) > SEARCH_PERIOD:
        return 0
    context.progress.note(
        "The ledger was accepted lately: rows that it does not know are looked for before any is sent."
    )
    found = 0
    last = context.ledger.last_call_ended_at(context.account.name, before=accepted)
    since = datetime.fromisoformat(last) - _CLOCK_MARGIN if last else None
    # Each row without outcome is searched for; the activities of a lead are read once.
    activities: dict[_Lead, list[CrmActivity]] = {}
    for record in context.records(leave_out=tuple(Status)):
        context.check_stop()
        activity = _find_activity(record, context, since, activities)
        if activity is not None:
            _restore(record, activity, context)
            found += 1
    return found


def _find_activity(
    record: Record, context: DeliveryContext, since: datetime | None, activities: dict[_Lead, list[CrmActivity]]
) -> CrmActivity | None:
    """Find an activity exactly like the row, written after ``since``, that belongs to no other row.

    ``activities`` keeps what was read of each lead.
    """
    query = without_import_key(context.target.read_back_query(record), context.target.mapping.import_key)
    lead = (query.lead_field, query.lead_value, query.event)
    try:
        if lead not in activities:
            activities[lead] = _read_activities(context, query)
    except CrmError as error:
        raise RunStopped(
            f"Row {record.row} may have been sent before the ledger was put back, and LeadSquared cannot be asked: "
            f"{error.message}",
            "Nothing was doubled. Run again later: importer resume",
        ) from None
    alike = [
        activity
        for activity in activities[lead]
        if same_activity(query, activity) and (since is None or written_since(activity, query, SendTime(since, since)))
    ]
    owned = context.ledger.activity_owner(context.account.name, [activity.id for activity in alike])
    return next((activity for activity in alike if activity.id not in owned), None)


def _restore(record: Record, activity: CrmActivity, context: DeliveryContext) -> None:
    """Record the row as created, under a call of its own."""
    ledger = context.ledger
    digest = hashlib.sha256(activity.id.encode()).hexdigest()
    sending = (RowToSend(record.row, record.key),)
    call = Call(context.run.id, context.account.name, context.target.name, context.target.call_class, digest, sending)
    number = ledger.begin_call(call)
    outcome = Outcome(
        record.row,
        Status.CREATED,
        activity_id=activity.id,
        error_code=RESTORED,
        attempts=1,
        at=format_iso(context.clock.now()),
        evidence=f"Found in LeadSquared as activity {activity.id} after the ledger was put back; not sent again.",
    )
    ledger.finish_call(number, CallEnd(VerdictKind.APPLIED, 0, RESTORED, "", 0.0), [outcome])


def refuse_rows_already_in_crm(context: DeliveryContext) -> None:
    """Read the leads of the first rows, if no call was ever made to the account.

    A deleted ledger, a new computer and a second one all begin with an empty ledger, and would send everything again.
    Raises :class:`RunStopped` when the CRM holds activities exactly like these rows. Does nothing for a deliberate
    repeat, and for calls that leave no activity: LeadSquared itself refuses or updates a lead that is there already.
    """
    if context.plan.facts.again or context.ledger.last_call_ended_at(context.account.name):
        return
    if context.target.effect() is not EffectType.ACTIVITY:
        return
    first = islice(context.records(leave_out=tuple(Status)), _FIRST_ROWS)
    known = [str(record.row) for record in first if _is_in_crm(record, context)]
    if known:
        raise RunStopped(
            f"The ledger knows of no import to account {context.account.name}, but LeadSquared already holds "
            f"activities exactly like {pluralize(len(known), 'row')} {', '.join(known)} of this file. Was the "
            "ledger deleted, or is this another computer? Nothing was sent.",
            "Put the old ledger folder back (IMPORTER_HOME), or import on the computer that has it. If the rows shall "
            "be created once more, say why: importer run … --again REASON",
        )


def _is_in_crm(record: Record, context: DeliveryContext) -> bool:
    query = without_import_key(context.target.read_back_query(record), context.target.mapping.import_key)
    try:
        return any(same_activity(query, activity) for activity in _read_activities(context, query))
    except CrmError:
        # The check is only made to be on the safe side; a lead that cannot be read proves nothing.
        return False


def _read_activities(context: DeliveryContext, query: ReadBackQuery) -> list[CrmActivity]:
    ids = [query.lead_value]
    if query.lead_field != "ProspectID":
        ids = [lead.id for lead in context.reader.find_leads(query.lead_field, query.lead_value)]
    return [activity for lead in ids for activity in context.reader.activities_of_lead(lead, query.event)]


def without_import_key(query: ReadBackQuery, import_key: str | None) -> ReadBackQuery:
    """Return the query without the import key: a lost ledger made other ones, so they are not compared."""
    return replace(query, content={name: text for name, text in query.content.items() if name != import_key})
