"""Work of one kind in a thread of its own, one piece at a time, beside the work of the caller.

Reading, checking and writing spend most of their time in libraries that let other threads run meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

Item = TypeVar("Item")


class Beside:
    """A context in which pieces of work run beside the caller, in their order; it ends when the last one has ended.

    At most one piece is under way, so at most one piece's data is held in addition. What a piece raises is raised in
    the caller: at the next piece, or at the end of the context, unless another error is already on its way out.
    """

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="beside")
        self._last: Future[None] | None = None

    def __enter__(self) -> Beside:
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self._pool.shutdown()
        if error is None:
            self.settle()

    def do(self, work: Callable[..., None], *arguments: Any) -> None:
        """Begin with ``work`` when the piece before has ended."""
        self.settle()
        self._last = self._pool.submit(work, *arguments)

    def ahead(self, items: Iterator[Item]) -> Iterator[Item]:
        """``items``, the next of which is made while the caller works with one."""
        end = object()
        waiting = self._pool.submit(next, items, end)
        while True:
            made = [waiting.result()]
            if made[0] is end:
                return
            waiting = self._pool.submit(next, items, end)
            # The caller's alone: it must not be held here while the caller has done with it.
            yield made.pop()  # type: ignore[misc]  # it is not the mark of the end

    def settle(self) -> None:
        """Wait until the last piece has ended."""
        last, self._last = self._last, None
        if last is not None:
            last.result()
