"""The same work for one item after the other, some of them at the same time, the results in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Made = TypeVar("Made")


def worked_ahead(work: Callable[[Item], Made], items: Iterator[Item], threads: int) -> Iterator[tuple[Item, Made]]:
    """Each item with what ``work`` makes of it, in the order of ``items``; at most ``threads`` + 1 items are held.

    It pays for work that spends most of its time in libraries which let other threads run meanwhile. What ``work``
    raises is raised where its result would stand; what the items raise, as soon as they do.
    """
    waiting: deque[tuple[Item, Future[Made]]] = deque()
    with ThreadPoolExecutor(threads, thread_name_prefix="ahead") as pool:
        for item in items:
            waiting.append((item, pool.submit(work, item)))
            if len(waiting) > threads:
                first, made = waiting.popleft()
                yield first, made.result()
        for first, made in waiting:
            yield first, made.result()
