"""Find out what a repeated call did to its leads: its answer tells only what its last attempt found.

A call for leads may be sent again when its answer was lost. The second answer then says that the lead is there, or that
its values are, and not that the first call had just put them there. The time at which a lead was created or changed
tells both apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from importer.core.errors import CrmError
from importer.core.model import Outcome, Record, Status
from importer.delivery.context import DeliveryContext
from importer.delivery.reconciliation.clock_difference import difference_at, send_time
from importer.delivery.reconciliation.matcher import changed_since, created_since, same_lead
from importer.leadsquared import DUPLICATE_ENTRY, CrmLead
from importer.ledger import UnclearCall
from importer.mapping import NEVER_UPDATES
from importer.targets import EffectType

_CREATED = "An earlier call without a clear answer created the lead."
_UPDATED = "An earlier call without a clear answer updated the lead."
_AS_ANSWERED = "Checked after an earlier call without a clear answer: that call had not created the lead."
_NOT_SHOWN = "An earlier call had no clear answer, and it is not known whether it wrote the lead already."


@dataclass(frozen=True, slots=True)
class _RepeatedRow:
    """A row whose answer came from a repeated call, and the first of its calls that may have written it."""

    outcome: Outcome
    first: UnclearCall


def correct_repeated_leads(context: DeliveryContext) -> None:
    """Correct the outcomes of rows that an earlier call of this run, without a clear answer, had written already.

    Does nothing for calls that leave activities. A lead that cannot be read keeps what its answer said, with a note.
    Raises :class:`RunStopped` when the person asks to stop.
    """
    if context.target.effect() is not EffectType.LEAD:
        return
    repeated = list(_repeated_rows(context))
    if not repeated:
        return
    leads = _read_leads(context, repeated)
    wanted = {lead.id.lower() for lead in leads.values()}
    created = {
        outcome.lead_id.lower()
        for outcome in context.ledger.outcomes(context.run.id, [Status.CREATED])
        if outcome.lead_id.lower() in wanted
    }
    corrected = []
    for row in repeated:
        lead = leads.get(row.outcome.row)
        corrected.append(_corrected(context, row, lead, created))
        if lead is not None and corrected[-1].status is Status.CREATED:
            created.add(lead.id.lower())
    context.ledger.correct(context.run.id, corrected, "checked by the times of the lead")


def _repeated_rows(context: DeliveryContext) -> Iterator[_RepeatedRow]:
    """Yield the rows to check, in order: answered as there already, after a call that may have put them there."""
    first: dict[int, UnclearCall] = {}
    known: dict[int, Outcome] = {}
    for call in context.ledger.unclear_calls(context.run.id):
        known |= context.ledger.outcomes_between(context.run.id, min(call.rows), max(call.rows))
        for row in call.rows:
            first.setdefault(row, call)
    for row in sorted(first):
        outcome = known[row]
        there = outcome.status in (Status.UPDATED, Status.UNCHANGED)
        refused = outcome.status is Status.REJECTED and outcome.error_code == DUPLICATE_ENTRY and outcome.attempts > 1
        if (there or refused) and not outcome.evidence:
            yield _RepeatedRow(outcome, first[row])


def _read_leads(context: DeliveryContext, repeated: Sequence[_RepeatedRow]) -> dict[int, CrmLead]:
    """Read the leads of the rows, by row; a lead that cannot be read is left out."""
    by_id = context.reader.leads_by_ids([row.outcome.lead_id for row in repeated if row.outcome.lead_id])
    found = {
        row.outcome.row: by_id[row.outcome.lead_id.lower()] for row in repeated if row.outcome.lead_id.lower() in by_id
    }
    refused = context.records_of([row.outcome.row for row in repeated if row.outcome.status is Status.REJECTED])
    return {**found, **dict(_find_refused(context, refused))}


def _find_refused(context: DeliveryContext, records: Mapping[int, Record]) -> Iterator[tuple[int, CrmLead]]:
    """Yield the lead with all values of a row that was refused as a duplicate: it may be the row's own."""
    for row, record in records.items():
        context.check_stop()
        query = context.target.read_back_query(record)
        try:
            leads = context.reader.find_leads(query.lead_field, query.lead_value)
        except CrmError:
            continue
        if len(leads) == 1 and same_lead(query, leads[0]):
            yield row, leads[0]


def _corrected(context: DeliveryContext, row: _RepeatedRow, lead: CrmLead | None, created: set[str]) -> Outcome:
    """Return the row's outcome by the times of its lead; ``created`` are the leads that other rows created."""
    outcome = row.outcome
    if lead is None:
        return replace(outcome, evidence=_NOT_SHOWN)
    sent = send_time(datetime.fromisoformat(row.first.sent_at), difference_at(row.first.server_skew, []))
    written = created_since(lead, sent)
    if written is None:
        return replace(outcome, evidence=_NOT_SHOWN)
    if lead.id.lower() not in created and written:
        return replace(outcome, status=Status.CREATED, lead_id=lead.id, error_code="", error="", evidence=_CREATED)
    never_updates = context.target.mapping.lead_update_behavior == NEVER_UPDATES
    if outcome.status is Status.UNCHANGED and not never_updates and changed_since(lead, sent):
        return replace(outcome, status=Status.UPDATED, evidence=_UPDATED)
    return replace(outcome, evidence=_AS_ANSWERED)
