"""Row numbers written as ranges: 2-26,30."""

from __future__ import annotations

from collections.abc import Iterable


def spans(rows: Iterable[int]) -> list[tuple[int, int]]:
    """The fewest closed ranges that hold exactly ``rows``, in order."""
    found: list[tuple[int, int]] = []
    for row in sorted(set(rows)):
        if found and row == found[-1][1] + 1:
            found[-1] = (found[-1][0], row)
        else:
            found.append((row, row))
    return found


def write_rows(rows: Iterable[int]) -> str:
    """``rows`` as a text of ranges."""
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in spans(rows))


def read_rows(text: str) -> tuple[int, ...]:
    """The row numbers in a text that :func:`write_rows` wrote."""
    found: list[int] = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        found.extend(range(int(first), int(last or first) + 1))
    return tuple(found)
