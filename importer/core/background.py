"""Background threads: run tasks one after another, or compute results ahead of their use.

Both pay for work that spends most of its time in libraries which release the interpreter lock (Arrow, NumPy, zlib).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class BackgroundWorker:
    """Run tasks one after another on a background thread; the context ends when the last task has ended.

    At most one task is running or queued, so at most one task's data is held in addition. An exception of a task is
    raised in the caller: at the next :meth:`submit` or :meth:`wait`, or at the end of the context unless another
    exception is already on its way out.
    """

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="background")
        self._last: Future[None] | None = None

    def __enter__(self) -> BackgroundWorker:
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self._pool.shutdown()
        if error is None:
            self.wait()

    def submit(self, work: Callable[..., None], *arguments: Any) -> None:
        """Wait for the task before, then start ``work`` with these arguments."""
        self.wait()
        self._last = self._pool.submit(work, *arguments)

    def prefetch(self, items: Iterator[Item]) -> Iterator[Item]:
        """Yield ``items``, computing the next one while the caller works with the current one."""
        end = object()
        pending = self._pool.submit(next, items, end)
        while True:
            made = [pending.result()]
            if made[0] is end:
                return
            pending = self._pool.submit(next, items, end)
            # Popped, so that this frame holds no reference: the caller decides when an item's memory is freed.
            yield made.pop()  # type: ignore[misc]  # it is not the mark of the end

    def wait(self) -> None:
        """Wait until the last task has ended, and raise its exception."""
        last, self._last = self._last, None
        if last is not None:
            last.result()


def prefetch(work: Callable[[Item], Result], items: Iterator[Item], threads: int) -> Iterator[tuple[Item, Result]]:
    """Yield each item with the result of ``work`` for it, in the order of ``items``, computed ahead by ``threads``.

    At most ``threads`` + 1 items are held. An exception of ``work`` is raised where its result would be yielded; one of
    ``items`` as soon as it occurs.
    """
    pending: deque[tuple[Item, Future[Result]]] = deque()
    with ThreadPoolExecutor(threads, thread_name_prefix="prefetch") as pool:
        for item in items:
            pending.append((item, pool.submit(work, item)))
            if len(pending) > threads:
                first, future = pending.popleft()
                yield first, future.result()
        for first, future in pending:
            yield first, future.result()
