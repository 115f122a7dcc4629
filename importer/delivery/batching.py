"""Form the next batch of rows: in the order of the file, rows of one lead never overtaking each other."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from importer.core.model import Record

_LOOK_AHEAD = 2_000


_PARTS = 3
"""So many parts a refused batch is cut into. More of them need fewer rounds, and more calls."""


@dataclass(slots=True)
class _Search:
    """A search for the bad row of a batch: ``open`` of its parts are still to be tried; ``found``: one was refused."""

    open: int
    found: bool = False


@dataclass(frozen=True, slots=True)
class _Group:
    """Rows that go again as one batch.

    As ``part_of`` a search, the result of their call belongs to it. ``rest_of`` names the search whose last part they
    are: they stay until the results of the other parts have come. ``set_aside`` says that nothing is known of them,
    because the bad row was found in another part.
    """

    records: tuple[Record, ...]
    part_of: _Search | None = None
    rest_of: _Search | None = None
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
        self._tried: dict[int, _Search] = {}
        self._ahead: deque[Record] = deque()
        self._exhausted = False

    def put_back(self, records: Sequence[Record]) -> None:
        """Queue these rows once more, as one batch and before all others."""
        self._groups.appendleft(_Group(tuple(records), part_of=self._tried.pop(records[0].row, None)))

    def put_back_suspects(self, records: Sequence[Record], *, first_alone: bool = False) -> None:
        """Queue these rows once more, before all others; at least one of them makes LeadSquared refuse its whole call.

        The bad row is searched by thirds: two are tried at the same time, and their results show whether it is in the
        last one, which saves a call. So a bad row among 25 costs some eight calls more, in three rounds of reading
        back. ``first_alone`` says that the first row is the likely one. Call :meth:`completed` when the call of a batch
        has ended.
        """
        size = 1 if first_alone else -(-len(records) // _PARTS)
        ends = [size, len(records)] if first_alone else [*range(size, len(records), size), len(records)]
        *tried, rest = (tuple(records[start:end]) for start, end in pairwise([0, *dict.fromkeys(ends)]))
        search = _Search(len(tried)) if tried else None
        self._groups.appendleft(_Group(rest, rest_of=search))
        self._groups.extendleft(_Group(part, part_of=search) for part in reversed(tried))

    def completed(self, records: Sequence[Record], *, applied: bool) -> None:
        """Note that the call of a batch was ``applied``, or refused or uncertain, in the search that it is part of."""
        search = self._tried.pop(records[0].row, None)
        if search is None:
            return
        search.open -= 1
        search.found |= not applied
        if search.open:
            return
        (rest,) = (group for group in self._groups if group.rest_of is search)
        self._groups.remove(rest)
        if search.found:
            self._set_aside(rest.records)
        else:
            # The other parts are good, so the bad row is in this one.
            self.put_back_suspects(rest.records)

    def _set_aside(self, records: tuple[Record, ...]) -> None:
        """Queue rows of which nothing is known, together with others of that kind where no row overtakes another."""
        passed: set[str] = set()
        for index, group in enumerate(self._groups):
            leads = self.leads(group.records)
            if group.set_aside and leads.isdisjoint(passed):
                del self._groups[index]
                records += group.records
                break
            passed |= leads
        self._groups.appendleft(_Group(records, set_aside=True))

    def next_batch(self, size: int, busy: Collection[str]) -> list[Record]:
        """Return up to ``size`` rows of which no lead is ``busy``; empty when none may go now."""
        # Rows that were put back come first. A group that must wait also holds back later rows of its leads.
        blocked = set(busy)
        for index, group in enumerate(self._groups):
            leads = self.leads(group.records)
            if group.rest_of is None and leads.isdisjoint(blocked):
                del self._groups[index]
                return self._take_from_group(group, index, size)
            blocked |= leads
        return self._take_from_source(size, blocked)

    def _take_from_group(self, group: _Group, index: int, size: int) -> list[Record]:
        if group.part_of is not None:
            self._tried[group.records[0].row] = group.part_of
            return list(group.records)
        if len(group.records) > size:
            self._groups.insert(index, replace(group, records=group.records[size:]))
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
        if self._groups or self._ahead:
            return False
        record = self._pop()
        if record is None:
            return True
        self._ahead.appendleft(record)
        return False

    def leads(self, records: Sequence[Record]) -> set[str]:
        """Return the known leads of some rows."""
        return {lead for lead in map(self._lead_key, records) if lead}
