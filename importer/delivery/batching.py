"""Form the next batch of rows: in the order of the file, rows of one lead never overtaking each other."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

from importer.core.model import Record

_LOOK_AHEAD = 2_000


@dataclass(frozen=True, slots=True)
class _Group:
    """Rows that go again as one batch.

    Of rows that hold a bad one only the ``first`` few are tried; 0 means that no bad row is known. ``set_aside`` says
    that the rows were set aside while a bad one was searched.
    """

    records: tuple[Record, ...]
    first: int = 0
    set_aside: bool = False


class RowQueue:
    """The rows still to be sent. Memory is bounded by the look-ahead, whatever the file's length.

    ``lead_key`` returns the identifier of a row's lead (empty: none known). When ``same_lead_in_one_call`` is false a
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
        self._groups: deque[_Group] = deque()
        self._withheld: dict[int, tuple[Record, ...]] = {}
        self._ahead: deque[Record] = deque()
        self._exhausted = False

    def put_back(self, records: Sequence[Record]) -> None:
        """Queue these rows once more, as one batch and before all others."""
        other = self._withheld.pop(records[0].row, ())
        self._groups.appendleft(_Group((*records, *other), first=len(records) if other else 0))

    def put_back_suspects(self, records: Sequence[Record], *, first_alone: bool = False) -> None:
        """Queue these rows once more, before all others; at least one of them makes LeadSquared refuse its whole call.

        The bad row is searched by halves: one half is tried, and its result shows whether the other half is bad, which
        saves a call. So a bad row among 25 costs at most seven calls more. ``first_alone`` says that the first row is
        the likely one. Call :meth:`completed` when the call of a batch has ended.
        """
        first = 1 if first_alone else (len(records) + 1) // 2
        self._groups.appendleft(_Group(tuple(records), first=first if len(records) > 1 else 0))

    def completed(self, records: Sequence[Record], *, applied: bool) -> None:
        """Decide about the rows that were withheld for a batch: its call was ``applied``, or refused or uncertain."""
        other = self._withheld.pop(records[0].row, ())
        if not other:
            return
        if applied:
            # The tried half is good, so the bad row is in the other half.
            self.put_back_suspects(other)
            return
        # The tried half is bad; nothing is known of the other one, so it goes with other rows set aside.
        if self._groups and self._groups[0].set_aside:
            other += self._groups.popleft().records
        self._groups.appendleft(_Group(other, set_aside=True))

    def next_batch(self, size: int, busy: Collection[str]) -> list[Record]:
        """Return up to ``size`` rows of which no lead is ``busy``; empty when none may go now."""
        # Rows that were put back come first. A group that must wait also holds back later rows of its leads.
        blocked = set(busy)
        for withheld in self._withheld.values():
            blocked |= self.leads(withheld)
        for index, group in enumerate(self._groups):
            leads = self.leads(group.records)
            if leads.isdisjoint(blocked):
                del self._groups[index]
                return self._take_from_group(group, index, size)
            blocked |= leads
        return self._take_from_source(size, blocked)

    def _take_from_group(self, group: _Group, index: int, size: int) -> list[Record]:
        if group.first:
            self._withheld[group.records[0].row] = group.records[group.first :]
            return list(group.records[: group.first])
        if len(group.records) > size:
            self._groups.insert(index, _Group(group.records[size:]))
        return list(group.records[:size])

    def _take_from_source(self, size: int, blocked: set[str]) -> list[Record]:
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
        """Return whether no row is left."""
        if self._groups or self._ahead or self._withheld:
            return False
        record = self._pop()
        if record is None:
            return True
        self._ahead.appendleft(record)
        return False

    def leads(self, records: Sequence[Record]) -> set[str]:
        """Return the known leads of some rows."""
        return {lead for lead in map(self._lead_key, records) if lead}
