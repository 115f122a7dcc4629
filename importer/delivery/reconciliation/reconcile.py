"""Reconcile uncertain rows with the CRM by reading back; only a row that is certainly absent may be sent again.

One row goes this way: wait until the CRM has settled → measure the clocks on known rows (the canaries) → first
reading → prove on known rows that reading back works → wait once more → second reading. What either reading shows is
recorded; what neither shows is released.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from importer.core.failpoints import reach
from importer.core.model import Outcome, Record, Status
from importer.core.text import pluralize
from importer.core.time import format_iso
from importer.delivery.context import DeliveryContext
from importer.delivery.outcomes import MAX_REPEATS, REFUSED_WHOLE
from importer.delivery.reconciliation.canaries import Canaries
from importer.delivery.reconciliation.clock_difference import SendTime, send_time
from importer.delivery.reconciliation.evidence import format_evidence
from importer.delivery.reconciliation.matcher import (
    ReadBackResult,
    RowGroup,
    RowMatch,
    RowPresence,
    content_form,
    match_rows,
)
from importer.delivery.reconciliation.read_back import ReadBack
from importer.delivery.reconciliation.window import SentRow, WindowReader
from importer.targets import EffectType, ReadBackQuery

_THREADS = 8
_CHUNK = 200
_CASE_INSENSITIVE = frozenset({"ProspectID", "EmailAddress"})
_ASYNC_HORIZON = timedelta(hours=9, minutes=30)
MAX_REPOSTS = 1
MAX_REPOSTS_WITH_KEY = 4
"""With an import key each sending is found for certain, and a second effect would be seen; yet there must be an end."""


@dataclass(frozen=True, slots=True)
class _UncertainRow:
    """An uncertain row with all that a read-back needs.

    ``skew`` is the server's clock minus ours as its answers told, in seconds; ``None`` when none did.
    """

    outcome: Outcome
    query: ReadBackQuery
    sent_at: datetime
    skew: float | None
    repeatable: bool = False

    @property
    def lead(self) -> tuple[str, str, str]:
        """What tells leads apart; ids and e-mail addresses may differ in case."""
        field, value = self.query.lead_field, self.query.lead_value
        return (field, value.strip().lower() if field in _CASE_INSENSITIVE else value, self.query.event)


class Reconciler:
    """Reads back the uncertain rows of one delivery and records in the ledger what it finds."""

    def __init__(self, context: DeliveryContext) -> None:
        self._context = context
        self._read_back = ReadBack(context.reader, context.target)
        self._released: set[int] = set()
        self._created_leads: set[str] | None = None
        self._canaries = Canaries(context, self._read_back)
        self._window = WindowReader(context, self._canaries, self._read_back.import_key)
        # Rows of which a call before may come late: that it did is found by the row's lead.
        open_rows = context.ledger.outcomes(context.run.id, [Status.NOT_SENT, Status.UNCERTAIN])
        self._sent_before = {outcome.row for outcome in open_rows if outcome.attempts}

    def resolve(self, uncertain: Sequence[Outcome], records: Mapping[int, Record]) -> set[int]:
        """Settle what can be settled; return the rows that may be sent again, because they are certainly absent.

        Each of the two readings first waits until LeadSquared has had time to finish what it may still be doing. Rows
        that stay uncertain carry their evidence.
        Raises :class:`RunStopped` when the person asks to stop; nothing is lost by that.
        """
        rows = [self._uncertain_row(outcome, records[outcome.row]) for outcome in uncertain if outcome.row in records]
        rows = [row for row in rows if self._can_be_read(row)]
        self._sent_before.update(row.outcome.row for row in rows)
        return self._resolve(rows, settle=True) if rows else set()

    def resolve_refused(self, calls: Sequence[Sequence[Outcome]], records: Mapping[int, Record]) -> set[int]:
        """Settle the uncertain rows of calls that were refused as a whole, all calls at once; as :meth:`resolve`.

        LeadSquared has answered these calls, so the readings wait no longer than it was seen to need to show a new row.
        """
        rows = []
        for outcomes in calls:
            sent, skew = self._context.ledger.sent_at(self._context.run.id, outcomes[0].row)
            sent_at = datetime.fromisoformat(sent)
            for outcome in outcomes:
                query = self._context.target.read_back_query(records[outcome.row])
                rows.append(_UncertainRow(outcome, query, sent_at, skew))
        rows = [row for row in rows if self._can_be_read(row)]
        return self._resolve(rows, settle=False) if rows else set()

    def _resolve(self, rows: Sequence[_UncertainRow], *, settle: bool) -> set[int]:
        # First reading, with the difference of the clocks.
        self._released, self._created_leads = set(), None
        self._wait_to_settle(len(rows), settle)
        self._read_back.reset_unanswered()
        self._canaries.prove(row.query for row in rows)
        absent = self._read(rows, settle=settle)
        if not absent:
            return self._released
        absent = self._keep_unproven(absent)
        if not absent:
            return self._released
        # Second reading.
        reach("between-readings")
        self._wait_to_settle(len(absent), settle)
        self._wait_until_visible(absent)
        self._read_back.reset_unanswered()
        self._release(self._read(absent, settle=settle), "Absent in two complete readings.")
        return self._released

    def _read(self, rows: Sequence[_UncertainRow], *, settle: bool) -> list[_UncertainRow]:
        """Read once and return the absent rows; those of refused calls by all that was written since, if possible."""
        by_lead = {row.outcome.row for row in rows if settle or row.outcome.row in self._sent_before}
        others = [
            SentRow(row.outcome.row, row.query, send_time(row.sent_at, self._canaries.difference(row.skew)))
            for row in rows
            if row.outcome.row not in by_lead
        ]
        by_lead |= self._window.may_be_there(others)
        absent = [row for row in rows if row.outcome.row not in by_lead]
        return absent + self._read_rows([row for row in rows if row.outcome.row in by_lead])

    def find_pending(self, pending: Sequence[Outcome], records: Mapping[int, Record]) -> None:
        """Look once for accepted rows whose state LeadSquared refuses to tell, and record those that are there.

        The others stay pending; once LeadSquared has certainly ended its work on them, they are uncertain.
        """
        rows = [self._uncertain_row(outcome, records[outcome.row]) for outcome in pending if outcome.row in records]
        rows = [row for row in rows if row.query.lead_field and row.query.lead_value]
        self._released, self._created_leads = set(), None
        self._read_back.reset_unanswered()
        self._canaries.prove(row.query for row in rows)
        now = self._context.clock.now()
        for row in self._read_rows(rows):
            ended = now >= row.sent_at + _ASYNC_HORIZON
            status = Status.UNCERTAIN if ended else Status.PENDING
            text = f"{row.outcome.error} It was not found either."
            self._keep_uncertain([replace(row, outcome=replace(row.outcome, status=status))], text, seen=0)

    def _keep_unproven(self, absent: Sequence[_UncertainRow]) -> list[_UncertainRow]:
        """Return the rows whose absence counts; the others stay uncertain, for reading back is not proven for them."""
        self._canaries.prove(row.query for row in absent)
        proven, kept = [], defaultdict(list)
        for row in absent:
            unproven = self._canaries.why_unproven(row.query)
            if unproven:
                kept[unproven].append(row)
            else:
                proven.append(row)
        for reason, rows in kept.items():
            self._keep_uncertain(rows, f"Not found, but reading back could not be proven: {reason}", seen=0)
        return proven

    def _uncertain_row(self, outcome: Outcome, record: Record) -> _UncertainRow:
        sent, skew = self._context.ledger.sent_at(self._context.run.id, outcome.row)
        sent_at = datetime.fromisoformat(sent) if sent else self._context.clock.now()
        target = self._context.target
        return _UncertainRow(outcome, target.read_back_query(record), sent_at, skew, target.repeatable(record))

    def _can_be_read(self, row: _UncertainRow) -> bool:
        """Return whether the row can be read back now; else record why not."""
        known_at = row.sent_at + _ASYNC_HORIZON
        unanswered = self._context.target.is_async and not row.outcome.request_id
        if not row.query.lead_field or not row.query.lead_value:
            reason = "The row holds nothing by which its lead could be looked up."
        elif unanswered and self._context.clock.now() < known_at:
            reason = (
                f"LeadSquared may still be working on it until {known_at:%Y-%m-%d %H:%M} UTC; "
                "`importer resume` then looks."
            )
        else:
            return True
        self._context.ledger.settle(self._context.run.id, [replace(row.outcome, evidence=reason)], reason)
        return False

    def _wait_to_settle(self, rows: int, settle: bool) -> None:
        if settle:
            reach("settling")
            self._context.wait(
                f"{rows} {pluralize(rows, 'row')} without a clear answer: "
                "LeadSquared gets time to finish before the import looks",
                self._context.account.settle_seconds,
            )

    def _wait_until_visible(self, rows: Sequence[_UncertainRow]) -> None:
        """Wait until the newest of the rows is as old as the canary was when the CRM showed it."""
        now = self._context.clock.now()
        age = min((now - row.sent_at).total_seconds() for row in rows)
        visible_after = max(self._canaries.visible_after, self._window.visible_after)
        seconds = min(visible_after - age, self._context.account.settle_seconds)
        self._context.wait("LeadSquared gets time to show what it may have stored", seconds)

    def _read_rows(self, rows: Sequence[_UncertainRow]) -> list[_UncertainRow]:
        """Read the rows' leads once, record what is decided, and return the rows that are absent."""
        by_lead: dict[tuple[str, str, str], list[_UncertainRow]] = {}
        for row in rows:
            by_lead.setdefault(row.lead, []).append(row)
        absent: list[_UncertainRow] = []
        leads = list(by_lead)
        with ThreadPoolExecutor(_THREADS, thread_name_prefix="read-back") as pool:
            for start in range(0, len(leads), _CHUNK):
                self._context.check_stop()
                chunk = leads[start : start + _CHUNK]
                for lead, result in zip(chunk, pool.map(self._read_back.read, chunk), strict=True):
                    absent.extend(self._match_lead(by_lead[lead], result))
        self._context.save_learned_limits()
        return absent

    def _match_lead(self, rows: Sequence[_UncertainRow], result: ReadBackResult) -> list[_UncertainRow]:
        """Decide for all rows of one lead together, so that no activity is given to two; return the absent rows."""
        by_content: dict[object, list[_UncertainRow]] = {}
        for row in sorted(rows, key=lambda row: row.outcome.row):
            # Rows with the same key cannot be told apart when they are read back.
            import_key = self._read_back.import_key
            key = row.query.content.get(import_key, "") if import_key else ""
            by_content.setdefault(key or content_form(row.query), []).append(row)
        groups = list(by_content.values())
        owned = self._owned_ids(result)
        matched = match_rows([self._row_group(group) for group in groups], result, owned, self._read_back.import_key)
        absent: list[_UncertainRow] = []
        outdated: list[_UncertainRow] = []
        for group, matches in zip(groups, matched, strict=True):
            for row, match in zip(group, matches, strict=True):
                if match.presence is RowPresence.ABSENT:
                    absent.append(row)
                elif match.presence is RowPresence.OUTDATED:
                    outdated.append(row)
                else:
                    self._record(row, match, result)
        # Nothing has to be proven for these: an update of a lead that is there may be made twice.
        self._release(outdated, "The lead is in LeadSquared without the row's values, so it is updated once more.")
        return absent

    def _owned_ids(self, result: ReadBackResult) -> set[str]:
        """Return the ids among those shown that belong to a row: of activities, or of leads that a row created."""
        ledger = self._context.ledger
        if result.leads:
            if self._created_leads is None:
                created = ledger.outcomes(self._context.run.id, [Status.CREATED])
                self._created_leads = {outcome.lead_id.lower() for outcome in created}
            return {lead.id for lead in result.leads if lead.id.lower() in self._created_leads}
        ids = [activity.id for activity in result.activities]
        return set(ledger.activity_owner(self._context.account.name, ids)) if ids else set()

    def _row_group(self, rows: Sequence[_UncertainRow]) -> RowGroup:
        # A refusal has answered for the rows of its call: what a lead that is gone did not get then, it never will.
        answered = all(row.outcome.error_code == REFUSED_WHOLE for row in rows)
        times = [send_time(row.sent_at, self._canaries.difference(row.skew)) for row in rows]
        query = rows[0].query
        # A lead that the call created is not found by the id that was sent: it got one of LeadSquared's own.
        creates = EffectType.LEAD in self._context.target.makes and query.lead_field != "ProspectID"
        return RowGroup(
            query=query,
            rows=len(rows),
            sent=SendTime(min(time.earliest for time in times), min(time.latest for time in times)),
            absent_without_lead=answered or creates,
        )

    def _record(self, row: _UncertainRow, match: RowMatch, result: ReadBackResult) -> None:
        lead_id = match.lead_id or row.outcome.lead_id
        if match.presence is RowPresence.UNCLEAR:
            seen = None if result.trouble or result.gone else len(result.leads or result.activities)
            unclear = replace(row, outcome=replace(row.outcome, lead_id=lead_id))
            self._keep_uncertain([unclear], match.text, seen=seen, candidate_ids=match.candidate_ids)
            return
        outcome = replace(
            row.outcome,
            status=match.status,
            activity_id=match.activity_id,
            lead_id=lead_id,
            error_code=match.code,
            error=match.text if match.status is Status.REJECTED else "",
            evidence=match.text,
            at=format_iso(self._context.clock.now()),
        )
        reach("decision-made")
        self._context.ledger.settle(self._context.run.id, [outcome], match.text)
        if self._created_leads is not None and outcome.status is Status.CREATED:
            self._created_leads.add(outcome.lead_id.lower())

    def _keep_uncertain(
        self,
        rows: Sequence[_UncertainRow],
        text: str,
        *,
        seen: int | None = None,
        candidate_ids: Sequence[str] = (),
    ) -> None:
        """Leave rows uncertain, with the evidence that a person needs to settle them."""
        now = self._context.clock.now()
        outcomes = [
            replace(
                row.outcome,
                evidence=format_evidence(
                    text,
                    row.query,
                    sent_at=row.sent_at,
                    read_at=now,
                    import_key=self._read_back.import_key,
                    seen=seen,
                    candidate_ids=candidate_ids,
                ),
            )
            for row in rows
        ]
        self._context.ledger.settle(self._context.run.id, outcomes, text)

    def _release(self, rows: Sequence[_UncertainRow], evidence: str) -> None:
        """Let rows that are certainly not in the CRM be sent once more."""
        released: list[Outcome] = []
        most = MAX_REPOSTS_WITH_KEY if self._read_back.import_key else MAX_REPOSTS
        for row in rows:
            if row.outcome.status is Status.PENDING:
                continue
            whole_call_refused = row.outcome.error_code == REFUSED_WHOLE
            reposts = 0 if whole_call_refused else self._context.ledger.reposts(self._context.run.id, row.outcome.row)
            # Repetitions within a delivery count as well.
            if reposts >= most + (MAX_REPEATS if row.repeatable else 0):
                times = "a second time" if reposts == 1 else f"{reposts + 1} times"
                text = f"Not there after it was sent {times}; a person has to check it."
                self._keep_uncertain([row], text, seen=0)
                continue
            released.append(replace(row.outcome, status=Status.NOT_SENT, evidence=evidence))
        if released:
            reach("decision-made")
            self._context.ledger.settle(self._context.run.id, released, evidence)
            reach("row-released")
        self._released.update(outcome.row for outcome in released)
