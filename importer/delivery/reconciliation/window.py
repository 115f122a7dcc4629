"""Find out with few queries which rows of refused calls may be in the CRM, by all activities written since.

A call that was refused as a whole has rarely stored anything. One query shows a thousand activities of one type,
whatever their leads, so it tells of many rows at once that nothing like them was written. It decides nothing else: a
row of which something alike is shown is read by its lead, and so are all rows where this way of reading is not proven.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from importer.core.errors import CrmError
from importer.core.model import Outcome
from importer.delivery.context import DeliveryContext
from importer.delivery.reconciliation.canaries import Canaries
from importer.delivery.reconciliation.clock_difference import SKEW_MARGIN, UNKNOWN, SendTime, send_time
from importer.delivery.reconciliation.matcher import (
    MIN_TRUNCATED_LENGTH,
    compared_fields,
    normal_form,
    same_activity,
    same_key,
    shown_text,
)
from importer.leadsquared import CrmActivity, WrittenActivity
from importer.targets import EffectType, ReadBackQuery

_NEWEST = 25
_PAGE = 1000
_MAX_ACTIVITIES = 50_000
_FIRST_YEAR = 2000
"""An earlier window means that the clocks of some row are not known."""


@dataclass(frozen=True, slots=True)
class SentRow:
    """A row to look for: its number, how it is recognised, and when it was sent by the server's clock."""

    row: int
    query: ReadBackQuery
    sent: SendTime


class WindowReader:
    """Reads the activities that were written in a window, of one delivery."""

    def __init__(self, context: DeliveryContext, canaries: Canaries, import_key: str) -> None:
        self._context = context
        self._canaries = canaries
        self._import_key = import_key
        self._youngest: dict[str, float] = {}

    @property
    def visible_after(self) -> float:
        """The age in seconds at which a row of each type read so far was shown; 0 when none was read."""
        return max(self._youngest.values(), default=0.0)

    def may_be_there(self, rows: Sequence[SentRow]) -> set[int]:
        """Return the numbers of the rows that must be read by their lead; of the others nothing was written."""
        if self._context.target.effect() is not EffectType.ACTIVITY:
            return {row.row for row in rows}
        by_event: dict[str, list[SentRow]] = defaultdict(list)
        for row in rows:
            by_event[row.query.event].append(row)
        return {number for event, several in by_event.items() for number in self._of_event(event, several)}

    def _of_event(self, event: str, rows: Sequence[SentRow]) -> Iterable[int]:
        everything = [row.row for row in rows]
        canaries = self._newest_call(event)
        if not event or not canaries:
            return everything
        written = self._read(event, rows, canaries[0][0])
        if written is None:
            return everything
        proven = self._prove(canaries, written)
        if proven is None:
            return everything
        owned = self._context.ledger.activity_owner(self._context.account.name, [each.id for each in written])
        index = _ContentIndex([each.parse() for each in written if each.id not in owned], self._import_key)
        return [row.row for row in rows if not self._fields(row.query) <= proven or index.has(row.query)]

    def _newest_call(self, event: str) -> list[tuple[Outcome, ReadBackQuery]]:
        """Return the rows of this type that the newest call with receipts created."""
        known = [
            each for each in self._context.ledger.newest_created(self._context.run.id, _NEWEST) if each.activity_id
        ]
        records = self._context.records_of([outcome.row for outcome in known])
        queries = [(each, self._context.target.read_back_query(records[each.row])) for each in known]
        return [(each, query) for each, query in queries if each.at == known[0].at and query.event == event]

    def _read(self, event: str, rows: Sequence[SentRow], canary: Outcome) -> list[WrittenActivity] | None:
        """Read all activities since the rows and the canary were sent; ``None`` where reading by lead is cheaper."""
        context = self._context
        sent_at, skew = context.ledger.sent_at(context.run.id, canary.row)
        difference = self._canaries.difference(skew)
        if UNKNOWN.low in (difference.low, -difference.high):
            return None
        first = min(
            [send_time(datetime.fromisoformat(sent_at), difference).earliest, *(row.sent.earliest for row in rows)]
        )
        if first.year < _FIRST_YEAR:
            return None
        last = send_time(context.clock.now(), difference).latest
        leads = len({(row.query.lead_field, row.query.lead_value) for row in rows})
        most = min(_MAX_ACTIVITIES, _PAGE * leads)
        try:
            return context.reader.activities_written(event, first - SKEW_MARGIN, last + SKEW_MARGIN, most)
        except CrmError:
            return None

    def _prove(
        self, canaries: Sequence[tuple[Outcome, ReadBackQuery]], written: Sequence[WrittenActivity]
    ) -> set[str] | None:
        """Return the fields of the canaries if all of them are shown with their content, else ``None``."""
        shown = {each.id.lower(): each for each in written}
        proven: set[str] = set()
        for outcome, query in canaries:
            own = shown.get(outcome.activity_id.lower())
            if own is None or not self._is_same(query, own.parse()):
                return None
            proven |= self._fields(query)
        age = self._context.clock.now() - datetime.fromisoformat(canaries[0][0].at)
        event = canaries[0][1].event
        self._youngest[event] = min(self._youngest.get(event, age.total_seconds()), max(0.0, age.total_seconds()))
        return proven

    def _is_same(self, query: ReadBackQuery, activity: CrmActivity) -> bool:
        if self._import_key and query.content.get(self._import_key):
            return same_key(query.content[self._import_key], activity.fields.get(self._import_key, ""))
        return same_activity(query, activity)

    def _fields(self, query: ReadBackQuery) -> set[str]:
        key = self._import_key
        return {key} if key and query.content.get(key) else set(compared_fields(query))


class _ContentIndex:
    """Activities by their content, cut to what a shortened text still shows; the lead is left out of it."""

    def __init__(self, activities: Sequence[CrmActivity], import_key: str) -> None:
        self._activities = activities
        self._import_key = import_key
        self._by_names: dict[tuple[str, ...], set[tuple[str, ...]]] = {}

    def has(self, query: ReadBackQuery) -> bool:
        """Return whether an activity may be that of a row with this query."""
        key = query.content.get(self._import_key, "") if self._import_key else ""
        if key:
            return any(same_key(key, each.fields.get(self._import_key, "")) for each in self._activities)
        names = tuple(compared_fields(query))
        if names not in self._by_names:
            shown = (tuple(_cut(shown_text(each, name)) for name in names) for each in self._activities)
            self._by_names[names] = set(shown)
        return tuple(_cut(query.content[name]) for name in names) in self._by_names[names]


def _cut(text: str) -> str:
    return normal_form(text)[:MIN_TRUNCATED_LENGTH]
