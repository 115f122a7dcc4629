"""Send a phone number in the spelling in which LeadSquared holds it.

LeadSquared matches a phone as a text: a lead that it holds as 9812300001 is not found by +91-9812300001, and a call
that creates leads makes a second one. Its own phone look-up knows numbers whatever their spelling, so it is asked:
before a row goes to a call that creates leads, and after a call that does not has refused the row. Where the first rows
are held in another spelling, all rows are looked up before.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from importer.core.errors import CrmError, RunStopped
from importer.core.model import DELIVERED, Outcome, Record, Status
from importer.leadsquared import UnansweredError
from importer.targets import EffectType

if TYPE_CHECKING:
    from importer.delivery.context import DeliveryContext

_THREADS = 8
_CHUNK = 25
_NOT_FOUND = "LeadSquared has no lead with this number in another spelling either."


class PhoneSpellings:
    """The spellings that LeadSquared holds of the phones of some rows, by row number."""

    def __init__(self) -> None:
        self._stored: dict[int, str] = {}
        self._refused = False

    def respell(self, context: DeliveryContext, records: Iterator[Record]) -> Iterator[Record]:
        """Yield the records with the phones that find their leads as LeadSquared holds them.

        Raises :class:`RunStopped` when LeadSquared does not answer.
        """
        asks_first = True
        with ThreadPoolExecutor(_THREADS, thread_name_prefix="phones") as pool:
            while chunk := list(islice(records, _CHUNK)):
                if asks_first:
                    list(pool.map(lambda record: self._look_up(context, record), chunk))
                asks_first = bool(self._stored) or EffectType.LEAD in context.target.makes
                for record in chunk:
                    stored = self._stored.get(record.row)
                    name = context.target.matched_phone(record)
                    yield replace(record, fields={**record.fields, name: stored}) if stored else record

    def _look_up(self, context: DeliveryContext, record: Record) -> None:
        name = context.target.matched_phone(record)
        if not name or record.row in self._stored or self._refused:
            return
        field = name.partition(".")[2] if name.startswith("lead.") else context.target.lead_reference(record)[0]
        try:
            stored = context.reader.stored_phone(field, record.fields[name])
        except UnansweredError as error:
            raise RunStopped(
                f"LeadSquared does not say how it holds the phone of row {record.row}: {error.message}",
                "Check the connection, then run: importer resume",
            ) from None
        except CrmError as error:
            self._refused = True
            context.progress.note(f"Phones are sent as they are, for LeadSquared cannot be asked: {error.message}")
            return
        if stored:
            self._stored[record.row] = stored

    def retry_refused(self, context: DeliveryContext) -> None:
        """Let rows be sent again that were refused although LeadSquared holds their phone, in another spelling."""
        if EffectType.LEAD in context.target.makes:
            return
        refused = {
            outcome.row: outcome
            for outcome in context.ledger.outcomes(context.run.id, [Status.REJECTED])
            if outcome.row not in self._stored and not outcome.evidence and "lead" in outcome.error.casefold()
        }
        changed: list[Outcome] = []
        for row, record in context.records_of(refused).items() if context.target.searches_phones else ():
            context.check_stop()
            self._look_up(context, record)
            found = row in self._stored
            status = Status.NOT_SENT if found else Status.REJECTED
            changed.append(replace(refused[row], status=status, evidence="" if found else _NOT_FOUND))
        if changed and not self._refused:
            context.ledger.correct(context.run.id, changed, "the phone was looked up in LeadSquared")

    def note(self, context: DeliveryContext) -> None:
        """Add to the outcomes of respelled rows which spelling LeadSquared holds."""
        settled = context.ledger.outcomes(context.run.id, [*sorted(DELIVERED), Status.REJECTED]) if self._stored else ()
        noted = []
        for outcome in settled:
            stored = self._stored.get(outcome.row)
            if stored:
                text = f"LeadSquared holds the phone as {stored}, so it was sent in this spelling."
                noted.append(replace(outcome, evidence=f"{outcome.evidence} {text}".lstrip()))
        if noted:
            context.ledger.correct(context.run.id, noted, "the phone was sent as LeadSquared holds it")
        self._stored.clear()
