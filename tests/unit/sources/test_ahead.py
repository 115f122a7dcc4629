"""Work ahead of its use: results in order, errors where they belong, and never too much at once."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from importer.sources.ahead import worked_ahead


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

    assert list(worked_ahead(work, items(), threads)) == [(item, item * item) for item in range(count)]


def test_only_a_few_items_are_held() -> None:
    """One more than there are threads; the others are not even asked for."""
    asked: list[int] = []

    def items() -> Iterator[int]:
        for item in range(10):
            asked.append(item)
            yield item

    found = worked_ahead(str, items(), 2)
    for done in range(8):
        assert next(found) == (done, str(done))
        assert len(asked) == done + 3
    found.close()  # type: ignore[attr-defined]


def test_an_error_of_the_work_stands_at_its_place() -> None:
    """What was before it comes out first."""
    found = worked_ahead(lambda item: 6 // item, iter([3, 2, 0, 1]), 2)
    assert [next(found), next(found)] == [(3, 2), (2, 3)]
    with pytest.raises(ZeroDivisionError):
        next(found)


def test_an_error_of_the_items_is_raised() -> None:
    """Also when nobody has taken what was made before."""

    def items() -> Iterator[int]:
        yield 1
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        list(worked_ahead(str, items(), 2))
