"""Number of examples and limits of fuzzing, and what must hold of every reading, whatever the bytes."""

from __future__ import annotations

import os
import resource
import signal
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings

from importer.core.errors import ImporterError
from importer.sources.interface import Chunk, SourceOptions
from importer.sources.opening import open_in_process

ROOT = Path(__file__).parents[3]
TIMES = float(os.environ.get("FUZZ_TIMES", "1"))
"""Factor on the number of examples of `make test`; `make fuzz` sets it."""

LONGEST = 10.0
"""Seconds for one small file; more is a hang."""

MOST_MEMORY = 500 << 20
"""Bytes by which the memory may grow while small files are read."""


def examples(number: int) -> Callable[[Any], Any]:
    """Return settings for this number of examples in `make test`; longer runs try other examples each time."""
    return settings(
        max_examples=max(1, round(number * TIMES)),
        deadline=None,
        derandomize=TIMES == 1,
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )


@contextmanager
def bounded() -> Iterator[None]:
    """Fail when the body takes too long or too much memory."""

    def hang(*_: object) -> None:
        raise AssertionError(f"still not done after {LONGEST:g} s")

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    earlier = signal.signal(signal.SIGALRM, hang)
    signal.setitimer(signal.ITIMER_REAL, LONGEST)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, earlier)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown * 1024 < MOST_MEMORY, f"{grown:,} kB of memory"


Reading = list[tuple[int, int, tuple[str, ...]]]


def read_all(path: Path, options: SourceOptions, size: int) -> Reading:
    """Read row, line and cells of every row, and check how they are numbered. Raises :class:`ImporterError`."""
    source = open_in_process(path, options)
    assert source.columns
    last = source.header_row
    read: Reading = []
    for chunk in source.chunks(size):
        last = _check_numbers(chunk, last, size, len(source.columns))
        cells = [chunk.cells.iloc[:, place].tolist() for place in range(chunk.cells.shape[1])]
        read += zip(chunk.rows.tolist(), chunk.lines.tolist(), zip(*cells, strict=True), strict=True)
    return read


def _check_numbers(chunk: Chunk, last: int, size: int, width: int) -> int:
    """Check a chunk that comes behind row ``last``; return its last row."""
    rows = chunk.rows.tolist()
    assert 0 < len(rows) <= size
    assert len(rows) == len(chunk.lines) == len(chunk.cells)
    assert chunk.cells.shape[1] == width
    assert rows == sorted(set(rows)), "rows out of order"
    assert rows[0] > last, "a row stands before its forerunner"
    assert {problem.row for problem in chunk.problems} <= set(rows)
    return int(rows[-1])


def examine(path: Path, options: SourceOptions, size: int) -> dict[str, Any]:
    """Read a file twice, in chunks of two sizes: ``rows``, or ``refused`` with the text of an error, or ``bug``."""
    began = time.monotonic()
    results: list[Any] = []
    try:
        for chunk in (size, 50_000):
            try:
                results.append(read_all(path, options, chunk))
            except ImporterError as error:
                results.append(f"{error.message} {error.remedy}" if error.message and error.remedy else None)
        assert None not in results, "an error without a message"
        assert results[0] == results[1], "another size of chunks reads something else"
    except MemoryError:
        return {"refused": "memory"}
    except BaseException:
        return {"bug": traceback.format_exc()}
    found = {"refused": results[0]} if isinstance(results[0], str) else {"rows": len(results[0])}
    return {**found, "seconds": time.monotonic() - began}


def make_options(**given: Any) -> SourceOptions:
    """Return options with these values."""
    return replace(SourceOptions(), **given)
