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

from importer.core.errors import CrmError, RunStopped
from importer.core.model import DELIVERED, Outcome, Record, Status
from importer.delivery.context import DeliveryContext
from importer.leadsquared import UnansweredError
from importer.targets import EffectType

_THREADS = 8
_CHUNK = 25
_NOT_FOUND = "LeadSquared has no lead with this number in another spelling either."


class PhoneSpellings:
    """The spellings that LeadSquared holds of the phones of some rows of one delivery, by row number."""

    def __init__(self, context: DeliveryContext) -> None:
        self._context = context
        self._stored: dict[int, str] = {}
        self._refused = False

    def respell(self, records: Iterator[Record]) -> Iterator[Record]:
        """Yield the records with the phones that find their leads as LeadSquared holds them.

        Raises :class:`RunStopped` when LeadSquared does not answer.
        """
        asks_first = True
        with ThreadPoolExecutor(_THREADS, thread_name_prefix="phones") as pool:
            while chunk := list(islice(records, _CHUNK)):
                if asks_first:
                    list(pool.map(self._look_up, chunk))
                asks_first = bool(self._stored) or EffectType.LEAD in self._context.target.makes
                for record in chunk:
                    stored = self._stored.get(record.row)
                    name = self._context.target.matched_phone(record)
                    yield replace(record, fields={**record.fields, name: stored}) if stored else record

    def _look_up(self, record: Record) -> None:
        name = self._context.target.matched_phone(record)
        if not name or record.row in self._stored or self._refused:
            return
        field = name.partition(".")[2] if name.startswith("lead.") else self._context.target.lead_reference(record)[0]
        try:
            stored = self._context.reader.stored_phone(field, record.fields[name])
        except UnansweredError as error:
            raise RunStopped(
                f"LeadSquared does not say how it holds the phone of row {record.row}: {error.message}",
                "Check the connection, then run: importer resume",
            ) from None
        except CrmError as error:
            self._refused = True
            self._context.progress.note(
                f"Phones are sent as they are, for LeadSquared cannot be asked: {error.message}"
            )
            return
        if stored:
            self._stored[record.row] = stored

    def retry_refused(self) -> None:
        """Let rows be sent again that were refused although LeadSquared holds their phone, in another spelling."""
        if EffectType.LEAD in self._context.target.makes:
            return
        refused = {
            outcome.row: outcome
            for outcome in self._context.ledger.outcomes(self._context.run.id, [Status.REJECTED])
            if outcome.row not in self._stored and not outcome.evidence and "lead" in outcome.error.casefold()
        }
        changed: list[Outcome] = []
        for row, record in self._context.records_of(refused).items() if self._context.target.searches_phones else ():
            self._context.check_stop()
            self._look_up(record)
            found = row in self._stored
            status = Status.NOT_SENT if found else Status.REJECTED
            changed.append(replace(refused[row], status=status, evidence="" if found else _NOT_FOUND))
        if changed and not self._refused:
            self._context.ledger.correct(self._context.run.id, changed, "the phone was looked up in LeadSquared")

    def note(self) -> None:
        """Add to the outcomes of respelled rows which spelling LeadSquared holds."""
        settled = (
            self._context.ledger.outcomes(self._context.run.id, [*sorted(DELIVERED), Status.REJECTED])
            if self._stored
            else ()
        )
        noted = []
        for outcome in settled:
            stored = self._stored.get(outcome.row)
            if stored:
                text = f"LeadSquared holds the phone as {stored}, so it was sent in this spelling."
                noted.append(replace(outcome, evidence=f"{outcome.evidence} {text}".lstrip()))
        if noted:
            self._context.ledger.correct(self._context.run.id, noted, "the phone was sent as LeadSquared holds it")
        self._stored.clear()
