"""Which rows go next: batches in the order of the file, rows of one lead never overtaking each other."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterator, Sequence

from importer.model import Record

_LOOK_AHEAD = 2_000


class RowQueue:
    """The rows still to be sent. Memory is bounded by the look-ahead, whatever the file's length.

    ``lead_key`` gives what identifies a row's lead (empty: none known). When ``same_lead_in_one_call`` is false a
    batch never holds two rows of one lead.
    """

    def __init__(
        self,
        records: Iterator[Record],
        lead_key: Callable[[Record], str],
        *,
        same_lead_in_one_call: bool,
    ) -> None:
        self._source = records
        self._lead_key = lead_key
        self._together = same_lead_in_one_call
        self._groups: deque[tuple[Record, ...]] = deque()
        self._ahead: deque[Record] = deque()
        self._exhausted = False

    def put_back(self, records: Sequence[Record]) -> None:
        """These rows go again, as one batch and before all others."""
        self._groups.appendleft(tuple(records))

    def put_back_in_halves(self, records: Sequence[Record]) -> None:
        """These rows go again in two batches, so that a bad one among them is isolated."""
        middle = (len(records) + 1) // 2
        for part in (records[middle:], records[:middle]):
            if part:
                self.put_back(part)

    def next_batch(self, size: int, busy: Collection[str]) -> list[Record]:
        """Up to ``size`` rows of which no lead is ``busy``; empty when none may go now."""
        blocked = set(busy)
        for index, group in enumerate(self._groups):
            leads = self.leads(group)
            if leads.isdisjoint(blocked):
                del self._groups[index]
                if len(group) > size:
                    self._groups.insert(index, group[size:])
                return list(group[:size])
            blocked |= leads
        return self._from_ahead(size, blocked)

    def _from_ahead(self, size: int, blocked: set[str]) -> list[Record]:
        batch: list[Record] = []
        passed: list[Record] = []
        while len(batch) < size and len(passed) < _LOOK_AHEAD:
            record = self._pop()
            if record is None:
                break
            lead = self._lead_key(record)
            if lead and lead in blocked:
                passed.append(record)
                continue
            batch.append(record)
            if lead and not self._together:
                blocked.add(lead)
        self._ahead.extendleft(reversed(passed))
        return batch

    def _pop(self) -> Record | None:
        if self._ahead:
            return self._ahead.popleft()
        if self._exhausted:
            return None
        record = next(self._source, None)
        self._exhausted = record is None
        return record

    def empty(self) -> bool:
        """Whether no row is left."""
        if self._groups or self._ahead:
            return False
        record = self._pop()
        if record is None:
            return True
        self._ahead.appendleft(record)
        return False

    def leads(self, records: Sequence[Record]) -> set[str]:
        """The known leads of some rows."""
        return {lead for lead in map(self._lead_key, records) if lead}
