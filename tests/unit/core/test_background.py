"""Background tasks: in order, one at a time, no error is lost; results ahead of their use stay in order."""

from __future__ import annotations

import threading
import time
import weakref
from collections.abc import Iterator

import pytest

from importer.core.background import BackgroundWorker, prefetch


def test_tasks_run_in_their_order_and_are_done_at_the_end() -> None:
    """In a thread of their own."""
    done: list[tuple[int, str]] = []
    with BackgroundWorker() as worker:
        for number in range(20):
            worker.submit(lambda number: done.append((number, threading.current_thread().name)), number)
    assert [number for number, _ in done] == list(range(20))
    assert threading.current_thread().name not in {name for _, name in done}


def test_the_next_item_is_made_while_one_is_used() -> None:
    """And only that one."""
    made: list[int] = []
    second = threading.Event()

    def items() -> Iterator[int]:
        for number in range(4):
            made.append(number)
            if number == 1:
                second.set()
            yield number

    with BackgroundWorker() as worker:
        for number in worker.prefetch(items()):
            assert second.wait(10)
            assert len(made) <= number + 2
    assert made == [0, 1, 2, 3]
    with BackgroundWorker() as worker:
        assert list(worker.prefetch(iter(()))) == []


def test_an_item_is_the_callers_alone() -> None:
    """Large ones can be let go while the next one is being made."""

    class Large:
        """Something whose end can be seen."""

    with BackgroundWorker() as worker:
        for item in worker.prefetch(Large() for _ in range(2)):
            gone = weakref.ref(item)
            del item
            end = time.monotonic() + 10
            while gone() is not None:
                assert time.monotonic() < end
                time.sleep(0.001)


def broken() -> None:
    raise OSError("the disk is full")


def begin_and_fail() -> None:
    with BackgroundWorker() as worker:
        worker.submit(broken)
        raise KeyError


def test_an_exception_of_a_task_reaches_the_caller() -> None:
    """At the next task, or at the end; an error of the caller goes first."""
    with pytest.raises(OSError, match="full"), BackgroundWorker() as worker:
        worker.submit(broken)
    with BackgroundWorker() as worker:
        worker.submit(broken)
        with pytest.raises(OSError, match="full"):
            worker.submit(broken)
    with pytest.raises(KeyError):
        begin_and_fail()

    def items() -> Iterator[int]:
        yield 1
        broken()

    with BackgroundWorker() as worker, pytest.raises(OSError, match="full"):
        list(worker.prefetch(items()))


@pytest.mark.parametrize("threads", [1, 2, 5])
@pytest.mark.parametrize("count", [0, 1, 2, 9])
def test_results_are_in_order(threads: int, count: int) -> None:
    """However many threads there are, and also when the first piece takes longest."""
    second_is_done = threading.Event()

    def work(item: int) -> int:
        if item == 0 and threads > 1 and count > 1:
            assert second_is_done.wait(10)
        second_is_done.set()
        return item * item

    def items() -> Iterator[int]:
        yield from range(count)

    assert list(prefetch(work, items(), threads)) == [(item, item * item) for item in range(count)]


def test_only_a_few_items_are_held() -> None:
    """One more than there are threads; the others are not even asked for."""
    asked: list[int] = []

    def items() -> Iterator[int]:
        for item in range(10):
            asked.append(item)
            yield item

    found = prefetch(str, items(), 2)
    for done in range(8):
        assert next(found) == (done, str(done))
        assert len(asked) == done + 3
    found.close()  # type: ignore[attr-defined]


def test_an_error_of_the_work_stands_at_its_place() -> None:
    """What was before it comes out first."""
    found = prefetch(lambda item: 6 // item, iter([3, 2, 0, 1]), 2)
    assert [next(found), next(found)] == [(3, 2), (2, 3)]
    with pytest.raises(ZeroDivisionError):
        next(found)


def test_an_error_of_the_items_is_raised() -> None:
    """Also when nobody has taken what was made before."""

    def items() -> Iterator[int]:
        yield 1
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        list(prefetch(str, items(), 2))
