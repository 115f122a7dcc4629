"""Work beside the caller: in order, one piece at a time, and no error is lost."""

from __future__ import annotations

import threading
import time
import weakref
from collections.abc import Iterator

import pytest

from importer.core.background import Beside


def test_pieces_run_in_their_order_and_are_done_at_the_end() -> None:
    """In a thread of their own."""
    done: list[tuple[int, str]] = []
    with Beside() as beside:
        for number in range(20):
            beside.do(lambda number: done.append((number, threading.current_thread().name)), number)
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

    with Beside() as beside:
        for number in beside.ahead(items()):
            assert second.wait(10)
            assert len(made) <= number + 2
    assert made == [0, 1, 2, 3]
    with Beside() as beside:
        assert list(beside.ahead(iter(()))) == []


def test_an_item_is_the_callers_alone() -> None:
    """Large ones can be let go while the next one is being made."""

    class Large:
        """Something whose end can be seen."""

    with Beside() as beside:
        for item in beside.ahead(Large() for _ in range(2)):
            gone = weakref.ref(item)
            del item
            end = time.monotonic() + 10
            while gone() is not None:
                assert time.monotonic() < end
                time.sleep(0.001)


def broken() -> None:
    raise OSError("the disk is full")


def begin_and_fail() -> None:
    with Beside() as beside:
        beside.do(broken)
        raise KeyError


def test_what_a_piece_raises_reaches_the_caller() -> None:
    """At the next piece, or at the end; an error of the caller goes first."""
    with pytest.raises(OSError, match="full"), Beside() as beside:
        beside.do(broken)
    with Beside() as beside:
        beside.do(broken)
        with pytest.raises(OSError, match="full"):
            beside.do(broken)
    with pytest.raises(KeyError):
        begin_and_fail()

    def items() -> Iterator[int]:
        yield 1
        broken()

    with Beside() as beside, pytest.raises(OSError, match="full"):
        list(beside.ahead(items()))
