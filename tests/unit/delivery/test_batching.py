"""Rows go in order, and rows of one lead never overtake each other."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from importer.core.model import Record
from importer.delivery.batching import RowQueue
from tests.support.sampled import examples


def queue_of(leads: list[str], *, together: bool = True) -> RowQueue:
    records = (Record(row, f"key-{row}", {"lead": lead}) for row, lead in enumerate(leads, start=2))
    return RowQueue(records, lambda record: record.fields["lead"], same_lead_in_one_call=together)


def rows(batch: list[Record]) -> list[int]:
    return [record.row for record in batch]


def test_batches_follow_the_file() -> None:
    """Rows leave in the order of the file, up to the size asked for."""
    queue = queue_of(["a", "b", "c", "d", "e"])
    assert [rows(queue.next_batch(2, ())) for _ in range(4)] == [[2, 3], [4, 5], [6], []]
    assert queue.empty()


def test_a_busy_lead_is_passed_over_and_keeps_its_order() -> None:
    """Rows of a lead that has a call in flight wait; others go ahead."""
    queue = queue_of(["a", "b", "a", "c"])
    assert rows(queue.next_batch(25, {"a"})) == [3, 5]
    assert not queue.empty()
    assert rows(queue.next_batch(25, ())) == [2, 4]


def test_one_call_never_carries_a_lead_twice_where_that_is_not_allowed() -> None:
    """Where the call may not hold a lead twice, the second row waits for the next batch."""
    queue = queue_of(["a", "a", "b", ""], together=False)
    assert rows(queue.next_batch(25, ())) == [2, 4, 5]
    assert rows(queue.next_batch(25, ())) == [3]


def test_rows_put_back_go_first_and_in_their_own_batch() -> None:
    """A refused call's rows are sent again before anything new."""
    queue = queue_of(["a", "b", "c"])
    batch = queue.next_batch(2, ())
    queue.put_back(batch)
    assert rows(queue.next_batch(25, ())) == [2, 3]
    assert rows(queue.next_batch(25, ())) == [4]


def test_a_group_that_waits_also_holds_its_leads_back_in_later_rows() -> None:
    """While a group waits for a busy lead, none of its leads may be overtaken by rows further down."""
    queue = queue_of(["a", "b", "b", "c"])
    queue.put_back(queue.next_batch(2, ()))
    assert rows(queue.next_batch(25, {"a"})) == [5]


def test_a_bad_row_is_searched() -> None:
    """Two thirds of the suspects are tried; when both are stored the rest is parted without being tried as a whole."""
    queue = queue_of(["a", "b", "c", "d", "e", "f"])
    queue.put_back_suspects(queue.next_batch(6, ()))
    first, second = queue.next_batch(25, ()), queue.next_batch(25, ())
    assert (rows(first), rows(second)) == ([2, 3], [4, 5])
    assert queue.next_batch(25, ()) == []
    assert not queue.empty()
    queue.completed(first, applied=True)
    assert queue.next_batch(25, ()) == []
    queue.completed(second, applied=True)
    third = queue.next_batch(25, ())
    assert rows(third) == [6]
    queue.completed(third, applied=False)
    assert rows(queue.next_batch(25, ())) == [7]
    queue.put_back_suspects([Record(9, "k", {"lead": "x"})])
    assert rows(queue.next_batch(25, ())) == [9]
    assert queue.empty()


def test_rows_set_aside_while_searching_go_together() -> None:
    """Each time a tried part is refused, the rest joins what was set aside before."""
    queue = queue_of([*"abcdefghi"])
    queue.put_back_suspects(queue.next_batch(9, ()))
    for refused, stored in (([2, 3, 4], [5, 6, 7]), ([2], [3])):
        first, second = queue.next_batch(25, ()), queue.next_batch(25, ())
        assert (rows(first), rows(second)) == (refused, stored)
        queue.completed(first, applied=False)
        queue.completed(second, applied=True)
        queue.put_back_suspects(first)
    assert rows(queue.next_batch(25, ())) == [2]
    assert rows(queue.next_batch(25, ())) == [4, 8, 9, 10]
    assert queue.empty()


def test_rows_set_aside_never_overtake_rows_of_their_leads() -> None:
    """They stay where they are, behind rows of the same lead that were put back."""
    queue = queue_of([*"abcdxy", "c"])
    queue.put_back_suspects(queue.next_batch(3, ()))
    first, second = queue.next_batch(25, ()), queue.next_batch(25, ())
    for batch in (first, second):
        queue.completed(batch, applied=False)
    queue.put_back_suspects([Record(50, "k", {"lead": "e"}), Record(51, "k", {"lead": "f"})])
    tried = queue.next_batch(25, ())
    queue.put_back([Record(99, "k", {"lead": "c"})])
    queue.completed(tried, applied=False)
    assert [rows(queue.next_batch(25, ())) for _ in range(3)] == [[51], [99], [4]]


def test_the_first_row_is_tried_alone_when_it_is_the_likely_one() -> None:
    """What comes back untried is tried again as it was; and no row of a withheld lead overtakes."""
    queue = queue_of(["a", "b", "b", "c", "b", "d"])
    queue.put_back_suspects(queue.next_batch(4, ()), first_alone=True)
    first = queue.next_batch(25, ())
    assert rows(first) == [2]
    assert rows(queue.next_batch(25, ())) == [7]
    queue.put_back(first)
    assert rows(queue.next_batch(25, ())) == [2]
    queue.completed(first, applied=False)
    assert rows(queue.next_batch(25, ())) == [3, 4, 5]
    assert rows(queue.next_batch(25, ())) == [6]


@pytest.mark.slow
@settings(deadline=None, max_examples=examples(100))
@given(bad=st.sets(st.integers(2, 26), min_size=1, max_size=3))
def test_a_bad_row_costs_at_most_nine_calls(bad: set[int]) -> None:
    """A CRM that refuses whole calls: at most nine calls more for each bad row among 25, and each good row once."""
    queue = queue_of([f"lead {row}" for row in range(25)])
    stored: list[int] = []
    calls = 0
    while batch := queue.next_batch(25, ()):
        calls += 1
        refused = bad & set(rows(batch))
        queue.completed(batch, applied=not refused)
        if refused and len(batch) > 1:
            queue.put_back_suspects(batch)
        elif not refused:
            stored += rows(batch)
    assert sorted(stored) == sorted(set(range(2, 27)) - bad)
    assert calls - 1 <= 9 * len(bad)
    assert queue.empty()


def test_a_group_larger_than_the_size_is_cut() -> None:
    """While a mapping is unproven, even a returned batch leaves row by row."""
    queue = queue_of(["a", "b", "c"])
    queue.put_back(queue.next_batch(3, ()))
    assert [rows(queue.next_batch(1, ())) for _ in range(3)] == [[2], [3], [4]]


@pytest.mark.slow
@settings(deadline=None, max_examples=examples(100))
@given(
    leads=st.lists(st.sampled_from(["", "a", "b", "c"]), max_size=30),
    size=st.integers(1, 6),
    together=st.booleans(),
    choices=st.lists(st.tuples(st.sampled_from(["a", "b", "c", ""]), st.integers(0, 3)), max_size=60),
)
def test_every_row_leaves_once_and_in_the_order_of_its_lead(
    leads: list[str], size: int, together: bool, choices: list[tuple[str, int]]
) -> None:
    """Whatever is busy or put back meanwhile: each row leaves exactly once in the end, each lead in order."""
    queue = queue_of(leads, together=together)
    delivered: list[Record] = []
    for busy, fate in choices:
        batch = queue.next_batch(size, {busy} if busy else set())
        if batch and fate == 0:
            queue.put_back(batch)
        elif batch and fate == 1:
            queue.completed(batch, applied=False)
            queue.put_back_suspects(batch, first_alone=size > 3)
        elif batch:
            queue.completed(batch, applied=fate == 2)
            delivered += batch
    while batch := queue.next_batch(size, ()):
        queue.completed(batch, applied=bool(size % 2))
        delivered += batch
    assert sorted(rows(delivered)) == list(range(2, 2 + len(leads)))
    for lead in ("a", "b", "c"):
        own = [record.row for record in delivered if record.fields["lead"] == lead]
        assert own == sorted(own)
