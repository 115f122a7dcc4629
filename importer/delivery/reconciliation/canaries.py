"""Prove on rows that are known to be in the CRM (the canaries) that reading back works, and measure the clocks on them.

Absence counts only where a row that is there was found in the same way: by the same lead field and activity type, by
fields that this row fills as well, written at a time that fits its call.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from importer.core.model import Outcome
from importer.delivery.context import DeliveryContext
from importer.delivery.reconciliation.clock_difference import (
    ClockDifference,
    Measurement,
    difference_at,
    measure,
    send_time,
)
from importer.delivery.reconciliation.evidence import describe_lead
from importer.delivery.reconciliation.matcher import (
    ReadBackResult,
    RowGroup,
    compared_fields,
    created_since,
    find_candidates,
    has_own_time,
    parse_crm_time,
    write_times,
)
from importer.delivery.reconciliation.read_back import ReadBack
from importer.targets import EffectType, ReadBackQuery

_KNOWN_ROWS = 200
"""So many of the newest rows are looked through for canaries."""
_MAX_READINGS = 5
_LONGEST_DELAY = timedelta(hours=1)
"""A row older than this that is not shown was deleted; a younger one may be shown late."""

_NO_ROW = "no row of this run is known to be in LeadSquared."

_Kind = tuple[str, str]


class Canaries:
    """The proofs of one delivery. ``visible_after`` is the age in seconds of the youngest row that the CRM showed."""

    def __init__(self, context: DeliveryContext, read_back: ReadBack) -> None:
        self._context = context
        self._read_back = read_back
        self.visible_after = float("inf")
        self._measured: dict[int, Measurement] = {}
        self._proven: dict[_Kind, set[str]] = {}
        self._reason = _NO_ROW

    def prove(self, queries: Iterable[ReadBackQuery]) -> None:
        """Read canaries for rows with these ``queries``; what was proven earlier does not count any more."""
        self._proven, self._reason = {}, _NO_ROW
        needed: dict[_Kind, set[str]] = {}
        for query in queries:
            needed.setdefault(_kind(query), set()).update(self._fields(query))
        known = [
            outcome
            for outcome in self._context.ledger.newest_created(self._context.run.id, _KNOWN_ROWS)
            if outcome.activity_id or self._read_back.effect is EffectType.LEAD
        ]
        records = self._context.records_of([outcome.row for outcome in known])
        readings = 0
        for outcome in known:
            query = self._context.target.read_back_query(records[outcome.row])
            fields = needed.get(_kind(query), set()) - self._proven.get(_kind(query), set())
            new_kind = _kind(query) in needed and _kind(query) not in self._proven
            if readings == _MAX_READINGS or not (new_kind or fields & self._fields(query)):
                continue
            readings += 1
            if not self._read(outcome, query):
                break

    def why_unproven(self, query: ReadBackQuery) -> str:
        """Return why the absence of a row with this ``query`` proves nothing; empty when it does."""
        if not self._proven:
            return self._reason
        proven = self._proven.get(_kind(query))
        if proven is None:
            kind = f"an activity of type {query.event}" if query.event else "a row"
            return f"{kind} found by {query.lead_field} is not known to be in LeadSquared."
        missing = sorted(self._fields(query) - proven)
        return f"no row with {', '.join(missing)} is known to be in LeadSquared." if missing else ""

    def difference(self, skew: float | None) -> ClockDifference:
        """Return the difference of the clocks for a call whose ``Date`` said ``skew``."""
        return difference_at(skew, list(self._measured.values()))

    def _fields(self, query: ReadBackQuery) -> set[str]:
        """Return the names of the fields by which a row with this query is recognised."""
        if self._read_back.effect is EffectType.LEAD:
            return set()
        key = self._read_back.import_key
        return {key} if key and query.content.get(key) else set(compared_fields(query))

    def _read(self, outcome: Outcome, query: ReadBackQuery) -> bool:
        """Read one canary; return whether to go on with others."""
        age = self._context.clock.now() - datetime.fromisoformat(outcome.at)
        result = self._read_back.read((query.lead_field, query.lead_value, query.event))
        reason, hidden = self._verify(outcome, query, result)
        if not reason:
            self._proven.setdefault(_kind(query), set()).update(self._fields(query))
            self.visible_after = min(self.visible_after, max(0.0, age.total_seconds()))
            return True
        self._reason = reason
        # A row just created that is not shown: LeadSquared may show others late, too.
        return not (hidden and age < _LONGEST_DELAY)

    def _verify(self, outcome: Outcome, query: ReadBackQuery, result: ReadBackResult) -> tuple[str, bool]:
        """Return why this row proves nothing (empty: it does), and whether the CRM hides it though it should not."""
        row = f"row {outcome.row}, which LeadSquared has confirmed,"
        if result.trouble:
            return result.trouble, False
        if result.gone:
            return f"{row} cannot be shown: {describe_lead(query)} is gone.", False
        if self._read_back.effect is EffectType.LEAD:
            return self._verify_lead(outcome, row, result)
        own = [each for each in result.activities if each.id.lower() == outcome.activity_id.lower()]
        if not own:
            return f"{row} is not shown (activity {outcome.activity_id}).", True
        # The times at which it was changed are later, and the earliest one is exact where `CreatedOn` is among them.
        times = write_times(own[0], query)
        difference = self._measure(outcome, min(times, default=None), exact=not has_own_time(query))
        sent, _ = self._sent(outcome)
        group = RowGroup(query, 1, send_time(sent, difference))
        if find_candidates(group, ReadBackResult(activities=(own[0],)), (), self._read_back.import_key):
            return "", False
        return f"{row} has other content now, or another time (activity {outcome.activity_id}).", False

    def _verify_lead(self, outcome: Outcome, row: str, result: ReadBackResult) -> tuple[str, bool]:
        own = [lead for lead in result.leads if lead.id.lower() == outcome.lead_id.lower()]
        if not own:
            return f"{row} is not shown (lead {outcome.lead_id}).", True
        difference = self._measure(outcome, parse_crm_time(own[0].created_on), exact=True)
        sent, _ = self._sent(outcome)
        if created_since(own[0], send_time(sent, difference)) is False:
            return f"{row} is shown with a time of creation before it was sent (lead {outcome.lead_id}).", False
        return "", False

    def _measure(self, outcome: Outcome, stamp: datetime | None, *, exact: bool) -> ClockDifference:
        """Measure the difference of the clocks on this row, and return the one that holds for its call."""
        sent, skew = self._sent(outcome)
        if stamp is not None:
            found = measure(stamp, sent, datetime.fromisoformat(outcome.at), skew, exact=exact)
            if found is not None:
                self._measured[outcome.row] = found
        return self.difference(skew)

    def _sent(self, outcome: Outcome) -> tuple[datetime, float | None]:
        sent, skew = self._context.ledger.sent_at(self._context.run.id, outcome.row)
        return datetime.fromisoformat(sent), skew


def _kind(query: ReadBackQuery) -> _Kind:
    return query.lead_field, query.event
