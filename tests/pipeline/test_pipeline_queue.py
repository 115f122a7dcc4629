"""Rows go in order, and rows of one lead never overtake each other."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from importer.model import Record
from importer.pipeline.queue import RowQueue


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


def test_halves_isolate_a_bad_row() -> None:
    """A refused batch comes back as two batches that together are the old one."""
    queue = queue_of(["a", "b", "c", "d", "e"])
    queue.put_back_in_halves(queue.next_batch(5, ()))
    assert [rows(queue.next_batch(25, ())) for _ in range(2)] == [[2, 3, 4], [5, 6]]
    queue.put_back_in_halves([Record(9, "k", {"lead": "x"})])
    assert rows(queue.next_batch(25, ())) == [9]
    assert queue.empty()


def test_a_group_larger_than_the_size_is_cut() -> None:
    """While a mapping is unproven, even a returned batch leaves row by row."""
    queue = queue_of(["a", "b", "c"])
    queue.put_back(queue.next_batch(3, ()))
    assert [rows(queue.next_batch(1, ())) for _ in range(3)] == [[2], [3], [4]]


@settings(deadline=None, max_examples=100)
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
            queue.put_back_in_halves(batch)
        else:
            delivered += batch
    while batch := queue.next_batch(size, ()):
        delivered += batch
    assert sorted(rows(delivered)) == list(range(2, 2 + len(leads)))
    for lead in ("a", "b", "c"):
        own = [record.row for record in delivered if record.fields["lead"] == lead]
        assert own == sorted(own)
