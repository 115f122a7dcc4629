"""Name the lead that holds the value for which LeadSquared refused a row as a duplicate."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from importer.core.errors import CrmError, RunStopped
from importer.core.model import Outcome, Record, Status
from importer.delivery.context import DeliveryContext
from importer.leadsquared import DUPLICATE_ENTRY, CrmLead

_MAX_ROWS = 50
"""So many refused rows of a run are looked into at most: each costs a query."""

_FIELDS = {"phone": ("Phone", "Mobile"), "mobile": ("Mobile",), "mail": ("EmailAddress",)}
"""Fields that a refusal means, by a word of its message; it names them as the screen does."""

_LABELS = {"EmailAddress": "e-mail"}


def name_owners_of_duplicates(context: DeliveryContext) -> None:
    """Add to the first rows that were refused as duplicates which lead has the value.

    It only explains what is settled: where LeadSquared does not answer, or the run is to stop, the rows stay as they
    are.
    """
    refused = [
        outcome
        for outcome in context.ledger.outcomes(context.run.id, [Status.REJECTED])
        if outcome.error_code == DUPLICATE_ENTRY
    ]
    waiting = [outcome for outcome in refused[:_MAX_ROWS] if not outcome.evidence]
    if not waiting:
        return
    records = context.records_of([outcome.row for outcome in waiting])
    explained = []
    try:
        for outcome in waiting:
            text = _describe_owner(context, outcome, records[outcome.row])
            explained += [replace(outcome, evidence=text)] if text else []
    except (CrmError, RunStopped):
        pass
    if explained:
        context.ledger.correct(context.run.id, explained, "the lead with the same value was looked up")


def _describe_owner(context: DeliveryContext, outcome: Outcome, record: Record) -> str:
    """Describe the lead that has a unique value of the row and is not the row's own; empty when none is found."""
    field, value = context.target.lead_reference(record)
    updates = context.target.updates_leads
    own = {lead.id.lower() for lead in context.reader.find_leads(field, value)} if updates and value else set()
    for name, text in _candidates(outcome, record):
        for lead in context.reader.find_leads(name, text):
            if lead.id.lower() not in own:
                return f"The {_LABELS.get(name, name.lower())} {text} is that of {_describe_lead(lead)}."
    return ""


def _candidates(outcome: Outcome, record: Record) -> Iterator[tuple[str, str]]:
    """Yield the fields of the row that the refusal may mean, with their values."""
    message = outcome.error.casefold()
    named = [field for word, fields in _FIELDS.items() if word in message for field in fields]
    for field in dict.fromkeys(named or ("EmailAddress", "Phone", "Mobile")):
        for section in ("lead", "activity"):
            text = record.fields.get(f"{section}.{field}", "").strip()
            if text:
                yield field, text


def _describe_lead(lead: CrmLead) -> str:
    name = " ".join(filter(None, (lead.fields.get("FirstName", ""), lead.fields.get("LastName", ""))))
    known = ", ".join(filter(None, (name, lead.fields.get("EmailAddress", ""))))
    return f"lead {lead.id} ({known})" if known else f"lead {lead.id}"
